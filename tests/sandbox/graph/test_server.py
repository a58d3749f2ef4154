"""The sandbox as a server: its addresses, its certificate, its end; large tenants and many clients."""

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from bridge.sandbox.certificates import Authority
from bridge.sandbox.graph import EntraSandbox, Fault, Silence, Tenant
from bridge.sandbox.graph.effects import Scene
from bridge.sandbox.graph.generate import generate
from bridge.sandbox.messages import Delivery
from tests.sandbox.graph.api import Api, certificates, rehearse


@dataclass
class Signal:
    """Silence that says when it begins."""

    begun: threading.Event

    def befall(self, scene: Scene) -> Delivery:
        """Fall silent."""
        self.begun.set()
        return Silence().befall(scene)


def connected(api: Api) -> socket.socket:
    """A connection without TLS."""
    return socket.create_connection(("127.0.0.1", urlsplit(api.sandbox.url).port or 0))


def test_addresses(api: Api) -> None:
    """Sign-in and Graph are at one address; the same server has another name, for what should not go there."""
    sandbox = api.sandbox
    assert sandbox.authority == f"{sandbox.url}/{sandbox.tenant.id}"
    assert urlsplit(sandbox.url).hostname == "localhost"
    assert sandbox.elsewhere == sandbox.url.replace("localhost", "127.0.0.1")
    assert api.http.get(f"{sandbox.elsewhere}/common/discovery/instance").status_code == 200


def test_who_trusts_nobody(api: Api) -> None:
    """A client that does not trust the authority gets nowhere, and the others go on."""
    stranger = Authority().client_context()
    with (
        httpx.Client(verify=stranger, trust_env=False) as http,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE"),
    ):
        http.get(f"{api.sandbox.url}/v1.0/groups")
    assert api.get("/groups").status_code == 200


def test_no_tls(api: Api) -> None:
    """Who speaks no TLS gets no answer."""
    with connected(api) as plain:
        plain.sendall(b"GET /v1.0/groups HTTP/1.1\r\n\r\n")
        assert b"HTTP/1.1" not in plain.recv(1024)
    assert api.get("/groups").status_code == 200


def test_certificate(api: Api) -> None:
    """The certificate is good for the host's name and its address, and for no other."""
    address = urlsplit(api.sandbox.url)
    for name in ("localhost", "127.0.0.1"):
        plain = socket.create_connection(("127.0.0.1", address.port or 0))
        with certificates().client_context().wrap_socket(plain, server_hostname=name) as secure:
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection(("127.0.0.1", address.port or 0)) as raw,
    ):
        certificates().client_context().wrap_socket(raw, server_hostname="graph.microsoft.com")


def test_port() -> None:
    """A port can be named, and is free again afterwards."""
    with EntraSandbox(certificates=certificates()) as sandbox:
        port = urlsplit(sandbox.url).port or 0
    with EntraSandbox(certificates=certificates(), port=port) as sandbox:
        assert urlsplit(sandbox.url).port == port


def test_closing_ends_everything(api: Api) -> None:
    """Closing ends answers that would never come, and closing twice is closing once."""
    begun = threading.Event()
    api.sandbox.faults.add(Fault(Signal(begun)))
    asking = threading.Thread(target=_ask, args=(api,))
    asking.start()
    assert begun.wait(10)
    api.sandbox.close()
    asking.join(10)
    assert not asking.is_alive()
    api.sandbox.close()


def _ask(api: Api) -> None:
    with pytest.raises(httpx.TransportError):
        api.get("/groups")


def test_small_tenant_by_default() -> None:
    """Without a tenant there is an empty one."""
    with rehearse() as api:
        assert api.ids("/groups") == []


def test_many_clients_at_once(api: Api) -> None:
    """Eight clients read at once, and each sees everything."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: len(api.ids(f"{api.of('Internal Audit')}?$top=2")), range(32)))
    assert found == [5] * 32


def test_large_group() -> None:
    """A group of 100,000 is read in 101 pages, each member once."""
    tenant = generate(users=100_010, groups=0, largest=100_000)
    with rehearse(tenant) as api:
        pages = api.pages(f"{api.of('Everybody', 'transitiveMembers')}?$select=id,mail&$top=999")
        ids = {one["id"] for page in pages for one in page["value"]}
    assert (len(pages), len(ids)) == (101, 100_000)


def test_thousand_groups() -> None:
    """A thousand groups are read in fifty batches."""
    tenant = generate(users=130, groups=1000, members_per_group=100)
    with rehearse(tenant) as api:
        paths = [f"/groups/{one}/members?$select=id&$top=999" for one in api.ids("/groups?$top=999")]
        api.sandbox.clear_log()
        answers = [api.batch(*paths[start : start + 20]).json() for start in range(0, 1000, 20)]
        calls = api.sandbox.calls
    assert {len(one["body"]["value"]) for answer in answers for one in answer["responses"]} == {100, 101, 110}
    assert (calls.direct, calls.batches, calls.inner) == (50, 50, 1000)


def test_served_until_closed() -> None:
    """Serving in the foreground ends when somebody closes."""
    sandbox = EntraSandbox(Tenant(), certificates=certificates())
    serving = threading.Thread(target=sandbox.serve_forever)
    serving.start()
    with httpx.Client(verify=certificates().client_context(), trust_env=False) as http:
        assert http.get(f"{sandbox.url}/common/discovery/instance").status_code == 200
    sandbox.close()
    serving.join(10)
    assert not serving.is_alive()
