"""Who may read what: over real HTTP, by a real socket."""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bridge.config.references import Reference, Secret, Surroundings
from bridge.config.schedule import WebSection
from bridge.errors import BridgeError, Obstructed
from bridge.web.app import build_app, guarded
from bridge.web.asking import ask
from bridge.web.server import Site, WebServer

TOKEN = "sixteen-letters-or-more"


@dataclass
class Standing:
    """A service that says what it is told to."""

    secret: str = ""
    live: tuple[str, ...] = ()
    ready: tuple[str, ...] = ()

    def not_live(self) -> tuple[str, ...]:
        """Tell."""
        return self.live

    def not_ready(self) -> tuple[str, ...]:
        """Tell."""
        return self.ready

    def token(self) -> str:
        """Tell."""
        return self.secret

    def metrics(self) -> bytes:
        """Tell."""
        return b"figures 1\n"


@contextmanager
def served(standing: Standing, **site: Path) -> Iterator[WebServer]:
    """It, on a free port, with a page of another module."""
    page = Route("/page", guarded(standing, lambda _: PlainTextResponse("a page")))
    with WebServer(build_app(standing, [page]), Site.of("127.0.0.1:0", **site)) as server:
        yield server


def get(server: WebServer, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Ask: status and body. `host` and `authorization` are headers."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


PATHS = ("/livez", "/readyz", "/metrics", "/page")


def test_without_a_token_this_machine_reads_everything() -> None:
    """By any of its own names."""
    with served(Standing()) as server:
        for host in ("127.0.0.1", f"localhost:{server.port}", "[::1]:8470"):
            assert [get(server, path, host=host)[0] for path in PATHS] == [200] * 4
        assert get(server, "/metrics") == (200, "figures 1\n")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "", "[", "x@localhost"]
)
def test_a_page_from_elsewhere_reads_nothing(host: str) -> None:
    """A browser that was led here asks under the other's name, and gets no more than yes or no."""
    with served(Standing(ready=("the store",))) as server:
        assert get(server, "/readyz", host=host) == (503, '{"ok":false}')
        assert [get(server, path, host=host)[0] for path in ("/metrics", "/page")] == [401, 401]


@pytest.mark.parametrize(
    ("shown", "may"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer {TOKEN}", True),
        ("", False),
        (f"Bearer {TOKEN}x", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer", False),
        ("Bearer \xff", False),
    ],
)
def test_with_a_token_it_has_to_be_shown(*, shown: str, may: bool) -> None:
    """Also on this machine; a probe gets its yes or no without."""
    with served(Standing(TOKEN, ready=("the store",))) as server:
        assert [get(server, path, authorization=shown)[0] for path in PATHS] == [
            200,
            503,
            *([200, 200] if may else [401, 401]),
        ]
        told = json.loads(get(server, "/readyz", authorization=shown)[1])
        assert told == ({"ok": False, "problems": ["the store"]} if may else {"ok": False})


def test_nothing_can_be_written() -> None:
    """There is nothing but reading, and nothing is kept by whoever carries it."""
    with served(Standing()) as server:
        assert [get(server, path, "POST")[0] for path in PATHS] == [405] * 4
        assert get(server, "/nothing")[0] == 404
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Server"] is None


def test_who_only_holds_connections_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a request is not waited for: the connection ends, before its first request and after one."""
    monkeypatch.setattr("bridge.web.server._SILENCE", 0.2)
    with served(Standing()) as server, ExitStack() as stack:
        address = ("127.0.0.1", server.port)
        held = [stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(3)]
        held[1].sendall(b"GET /livez HTTP/1.1\r\nHost: ")
        held[2].sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\nHost: ")
        answers = [b"".join(iter(lambda: one.recv(4096), b"")) for one in held]  # noqa: B023 - each is read to its end at once
        assert [answer.partition(b"\r\n")[0] for answer in answers] == [b"", b"", b"HTTP/1.1 200 OK"]
        assert get(server, "/livez")[0] == 200


def test_an_address_that_is_taken_is_told() -> None:
    """At the start, with the section to look at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        site = Site.of(f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Obstructed, match=r"cannot be listened on.*in use.*`web`"):
            WebServer(build_app(Standing()), site).__enter__()


def certificate(folder: Path) -> Path:
    """A new certificate with its key in one file."""
    made = trustme.CA().issue_cert("localhost")
    path = folder / "web.pem"
    path.write_bytes(made.private_key_and_cert_chain_pem.bytes())
    return path


def test_it_is_served_over_tls(tmp_path: Path) -> None:
    """And a certificate that is renewed counts without a restart."""
    with served(Standing(), certificate=certificate(tmp_path)) as server:
        first = ssl.get_server_certificate(("127.0.0.1", server.port))
        certificate(tmp_path)
        server.renew_certificate()
        assert ssl.get_server_certificate(("127.0.0.1", server.port)) != first
        with pytest.raises((http.client.HTTPException, OSError)):
            get(server, "/livez")


def test_a_key_that_does_not_fit_is_told(tmp_path: Path) -> None:
    """At the start."""
    (tmp_path / "web.pem").write_text("no certificate")
    site = Site.of("127.0.0.1:0", tmp_path / "web.pem")
    with pytest.raises(BridgeError, match="cannot be listened on"):
        WebServer(build_app(Standing()), site).__enter__()


# ---- the other end: the command `health` ---------------------------------------------------------------


def section(server: WebServer, token: Secret | None = None, certificate: Path | None = None) -> WebSection:
    """What the configuration would say of it."""
    return WebSection.model_construct(listen=f"127.0.0.1:{server.port}", token=token, certificate=certificate)


def secret(text: str) -> Secret:
    """A token."""
    return Secret(text, Reference("env", "TOKEN", Surroundings({}, Path())))


def test_health_is_asked_with_the_token_over_tls(tmp_path: Path) -> None:
    """It trusts the very certificate that the configuration names, and no other."""
    path = certificate(tmp_path)
    with served(Standing(TOKEN, ready=("the store",)), certificate=path) as server:
        web = section(server, token=secret(TOKEN), certificate=path)
        assert ask(web, "/livez").ok
        assert ask(web, "/readyz").problems == ("the store",)
        (tmp_path / "other").mkdir()
        told = ask(section(server, certificate=certificate(tmp_path / "other")), "/livez")
        assert not told.ok
        assert "CERTIFICATE_VERIFY_FAILED" in told.problems[0]


def test_health_is_asked_without_the_token() -> None:
    """As probes do, which read no configuration: yes or no is told to everybody."""
    with served(Standing(TOKEN, ready=("the store",))) as server:
        web = WebSection(listen=f"127.0.0.1:{server.port}")
        assert ask(web, "/livez").ok
        unready = ask(web, "/readyz")
        assert (unready.ok, len(unready.problems)) == (False, 1)


def test_what_does_not_answer_is_not_well() -> None:
    """Nothing there, or something else."""
    with served(Standing()) as server:
        gone = section(server)
        assert ask(gone, "/nothing").ok is False
    assert "does not answer" in ask(gone, "/livez").problems[0]


def test_what_listens_nowhere_cannot_be_asked() -> None:
    """It says what to set."""
    with pytest.raises(BridgeError, match=r"web\.listen"):
        ask(WebSection(listen="none"), "/livez")


def test_a_page_of_another_module_has_its_place() -> None:
    """Behind the same guard."""
    with served(Standing(TOKEN)) as server:
        assert get(server, "/page", authorization=f"Bearer {TOKEN}") == (200, "a page")


def test_a_replica_tells_its_role_to_whoever_may_read() -> None:
    """Leader or standby, as it is when somebody asks; everybody else gets yes or no."""
    roles = ["standby"]
    app = build_app(Standing(TOKEN), tells=lambda: {"role": roles[0]})
    with WebServer(app, Site.of("127.0.0.1:0")) as server:
        for role in ("standby", "leader"):
            roles[0] = role
            shown = json.loads(get(server, "/readyz", authorization=f"Bearer {TOKEN}")[1])
            assert shown == {"ok": True, "role": role, "problems": []}
        assert json.loads(get(server, "/readyz")[1]) == {"ok": True}
