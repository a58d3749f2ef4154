"""The server: its life, its connections, many clients at once, and large organizations."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, HyperproofSandbox
from bridge.sandbox.hyperproof.generate import generate
from tests.sandbox.hyperproof.api import Api, rehearse


def port_of(sandbox: HyperproofSandbox) -> int:
    """The port that a sandbox listens on."""
    return httpx.URL(sandbox.url).port or 0


def exchange(sandbox: HyperproofSandbox, request: bytes) -> bytes:
    """Send bytes, and read until the server closes."""
    with socket.create_connection(("127.0.0.1", port_of(sandbox))) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_addresses(api: Api) -> None:
    """The API and the token endpoint are under one root, on loopback."""
    root = f"http://127.0.0.1:{port_of(api.sandbox)}"
    assert (api.sandbox.url, api.sandbox.api_url) == (root, f"{root}/v1")
    assert api.sandbox.token_url == f"{root}/oauth/token"


def test_default_client(api: Api) -> None:
    """The constants are the credentials of the client that may do everything."""
    assert api.ask_token(client_id=DEFAULT_CLIENT_ID, client_secret=DEFAULT_CLIENT_SECRET).status_code == 200


def test_connection_is_kept(api: Api) -> None:
    """Requests follow one another on one connection, after errors too."""
    ports = {
        api.get(path).extensions["network_stream"].get_extra_info("client_addr")[1]
        for path in ("/groups", "/none", "/users", "/groups/none")
    }
    assert len(ports) == 1


def test_closed_sandbox() -> None:
    """A closed sandbox answers no more, and can be closed again."""
    with HyperproofSandbox() as sandbox:
        port = port_of(sandbox)
    sandbox.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_open_connections_end() -> None:
    """Closing ends connections that clients keep open."""
    with HyperproofSandbox() as sandbox:
        connection = socket.create_connection(("127.0.0.1", port_of(sandbox)))
        connection.sendall(b"GET /v1/groups HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 401"
    with connection:
        assert connection.recv(65536).endswith(b"}")
        assert connection.recv(1) == b""


def test_same_port_again() -> None:
    """A port is free as soon as the sandbox is closed."""
    with HyperproofSandbox() as sandbox:
        port = port_of(sandbox)
        httpx.get(f"{sandbox.url}/v1/groups", trust_env=False)
    with HyperproofSandbox(port=port) as sandbox:
        assert port_of(sandbox) == port


def test_serve_forever_until_closed() -> None:
    """`serve_forever` ends when another thread closes the sandbox."""
    sandbox = HyperproofSandbox()
    serving = threading.Thread(target=sandbox.serve_forever)
    serving.start()
    assert exchange(sandbox, b"GET /v1/groups HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 401")
    sandbox.close()
    serving.join(10)
    assert not serving.is_alive()


@pytest.mark.parametrize("header", [b"Content-Length: many", b"Transfer-Encoding: chunked", b"Content-Length: -1"])
def test_body_of_unknown_length(api: Api, header: bytes) -> None:
    """A body whose length is not told is a 411, and ends the connection."""
    answer = exchange(api.sandbox, b"POST /v1/groups HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 411")


def test_request_that_is_none(api: Api) -> None:
    """What is no HTTP is a 400, and the server goes on."""
    assert b"400" in exchange(api.sandbox, b"nonsense and more nonsense\r\n\r\n")
    assert api.get("/groups").status_code == 200


def test_many_clients_at_once(api: Api) -> None:
    """Writes that come together are all done, each once."""
    people = [api.organization.add_user(email=f"p{number}@corp.example") for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda person: api.add("Newcomers", person.user_id), people))
    assert {answer.status_code for answer in answers} == {200}
    assert api.organization.members("Newcomers") == frozenset(people)
    assert [event.sequence for event in api.sandbox.history] == list(range(1, 61))


def test_large_organization() -> None:
    """Half a million memberships are told in one answer, and a change in one group shows in the next."""
    with rehearse(generate(users=2_000, groups=500, members_per_group=1_000)) as api:
        before = api.get("/groups/users").json()
        assert sum(len(one["userIds"]) for one in before) == 500_000
        leaver = before[0]["userIds"][0]
        api.call("PUT", f"/groups/{before[0]['groupId']}/users/delete", {"userIds": [leaver]})
        after = api.get("/groups/users").json()
        assert after[0]["userIds"] == before[0]["userIds"][1:]
        assert after[1:] == before[1:]
