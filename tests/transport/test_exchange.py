"""One exchange over real sockets: what httpx makes of real faults, and what we make of that."""

import gzip
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
import trustme

from bridge.transport.answer import Answer
from bridge.transport.exchange import Wire, open_http
from bridge.transport.failure import Failure, Stage
from bridge.transport.reaction import Call
from bridge.transport.settings import Limits, Route, Timeouts
from tests.transport.virtual import READ
from tests.transport.wire_server import RESET, WireServer, plain

BODY = b'[{"id": "a"}, {"id": "b"}]'


def exchange(
    server: WireServer,
    *,
    call: Call = READ,
    token: str = "",
    limits: Limits | None = None,
    timeouts: Timeouts | None = None,
    route: Route | None = None,
) -> Answer | Failure:
    """One exchange with this server."""
    timeouts = timeouts or Timeouts()
    with open_http(route or Route(), timeouts, loopback=True) as http:
        wire = Wire(http, monotonic, limits or Limits(), timeouts)
        return wire.exchange(replace(call, url=server.url), token)


def stage(outcome: Answer | Failure) -> Stage | None:
    """How far it came; None for an answer."""
    return outcome.stage if isinstance(outcome, Failure) else None


def test_whole_answer() -> None:
    """Status, headers whatever their case, and body."""
    with WireServer(plain(BODY, "Retry-After: 5")) as server:
        outcome = exchange(server, token="t0ken")
    assert isinstance(outcome, Answer)
    assert (outcome.status, outcome.headers["retry-after"], outcome.value) == (
        200,
        "5",
        [{"id": "a"}, {"id": "b"}],
    )
    assert b"\r\nAuthorization: Bearer t0ken" in server.requests[0]


def test_closed_port() -> None:
    """Nothing was sent."""
    with WireServer() as server:
        pass
    assert stage(exchange(server)) is Stage.UNSENT


@pytest.mark.parametrize("sent", [b"", RESET, b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Le" + RESET])
def test_connection_that_ends_before_an_answer(sent: bytes) -> None:
    """The request was sent, and nobody can say what became of it."""
    with WireServer(sent) as server:
        assert stage(exchange(server)) is Stage.LOST


def test_something_that_is_not_http() -> None:
    """The same, for all we know."""
    with WireServer(b"SSH-2.0-OpenSSH_9.6\r\n") as server:
        assert stage(exchange(server)) is Stage.LOST


@pytest.mark.parametrize(
    "sent",
    [
        plain(BODY, length=len(BODY) + 1),
        plain(b"", length=len(BODY)),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2]\r\n",
        plain(
            gzip.compress(BODY, mtime=0)[:-9], "Content-Encoding: gzip", length=len(gzip.compress(BODY, mtime=0))
        ),
        plain(b"not gzip at all", "Content-Encoding: gzip"),
    ],
)
def test_answer_that_ends_early(sent: bytes) -> None:
    """A list that was cut on the way is never taken for a short list."""
    with WireServer(sent) as server:
        assert stage(exchange(server)) is Stage.CUT


def test_cut_answer_that_claims_no_length_is_not_json() -> None:
    """Where only the end of the connection ends the body, the JSON itself shows the cut."""
    with WireServer(b"HTTP/1.1 200 OK\r\n\r\n" + BODY[:-5]) as server:
        outcome = exchange(server)
    assert isinstance(outcome, Answer)
    assert not outcome.is_json


def test_silent_server() -> None:
    """Silence beyond the read timeout ends the exchange."""
    never_started = WireServer()  # the kernel takes the connection, and nobody ever answers
    try:
        assert stage(exchange(never_started, timeouts=Timeouts(read=0.01))) is Stage.LOST
    finally:
        never_started.close()


def test_trickling_server() -> None:
    """So does an answer that comes bit by bit and never ends in time, though each bit is in time."""
    with WireServer(plain(BODY)) as server:
        outcome = exchange(server, timeouts=Timeouts(whole=0))
    assert outcome == Failure(Stage.LOST, "the answer did not end within 0 s")


def test_answer_larger_than_we_take() -> None:
    """It is not read to its end, also when it is small until it is unpacked."""
    packed = plain(gzip.compress(b" " * 4 * 1024 * 1024), "Content-Encoding: gzip")
    for sent in (plain(b" " * 4 * 1024 * 1024), packed):
        with WireServer(sent) as server:
            outcome = exchange(server, limits=Limits(answer_bytes=1024 * 1024))
        assert outcome == Failure(Stage.TOO_LARGE, "the answer is larger than 1 MiB")


def test_redirect_is_an_answer_like_any_other() -> None:
    """It is not followed."""
    with WireServer(plain(b"", "Location: /elsewhere", status="302 Found"), plain(BODY)) as server:
        outcome = exchange(server)
    assert isinstance(outcome, Answer)
    assert outcome.status == 302
    assert len(server.requests) == 1


def test_proxy_that_refuses() -> None:
    """A tunnel that is not opened has carried nothing, and the refusal does not tell our password."""
    with WireServer(plain(b"", status="407 Proxy Authentication Required")) as proxy:
        route = Route(proxy=f"http://me:pw@127.0.0.1:{proxy.port}")
        with open_http(route, Timeouts()) as http:
            outcome = Wire(http, monotonic, Limits(), Timeouts()).exchange(READ, "t0ken")
    assert isinstance(outcome, Failure)
    assert outcome.stage is Stage.UNSENT
    assert "pw" not in outcome.text
    assert b"t0ken" not in proxy.requests[0]


@pytest.mark.parametrize("address", ["http://me:half#ofit@proxy:3128", "socks5://me:half@proxy:1080"])
def test_proxy_of_the_environment_that_is_none(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password with a sign of its own looks like a port to the library: neither half of it is told."""
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(ValueError, match="HTTPS_PROXY") as raised:
        open_http(Route(), Timeouts())
    assert "half" not in str(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_loaded(content: str | None, tmp_path: Path) -> None:
    """The error names the file, which the library's own does not."""
    ca_file = tmp_path / "ca.pem"
    if content:
        ca_file.write_text(content)
    with pytest.raises(OSError, match=r"ca_file .*ca\.pem cannot be loaded"):
        open_http(Route(ca_file=ca_file), Timeouts())


# ---- TLS -------------------------------------------------------------------------------------------------


@pytest.fixture(name="authority")
def make_authority() -> trustme.CA:
    """A certificate authority that no machine knows."""
    return trustme.CA()


@pytest.fixture(name="secured")
def start_secured(authority: trustme.CA) -> Iterator[WireServer]:
    """A server with a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with WireServer(plain(BODY), context=context) as server:
        yield server


def test_unknown_authority_is_not_trusted(secured: WireServer) -> None:
    """Nothing is sent to a server that cannot prove its name."""
    assert stage(exchange(secured, token="t0ken")) is Stage.UNTRUSTED
    assert secured.requests == []


def test_named_authority_is_trusted(secured: WireServer, authority: trustme.CA, tmp_path: Path) -> None:
    """That is what ca_file is for."""
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    assert isinstance(exchange(secured, route=Route(ca_file=ca_file)), Answer)


def test_certificate_of_another_name_is_not_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    """A trusted authority does not make every server the right one."""
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(context)
    with WireServer(plain(BODY), context=context) as server:
        assert stage(exchange(server, route=Route(ca_file=ca_file))) is Stage.UNTRUSTED


def test_headers_of_a_call_go_with_the_token() -> None:
    """Besides those that every request has; a call without a token sends none."""
    with WireServer(plain(BODY), plain(BODY)) as server:
        exchange(server, call=replace(READ, headers={"Prefer": "return=minimal"}), token="t0ken")
        exchange(server, call=replace(READ, headers={"Prefer": "return=minimal"}))
    first, second = (head.lower() for head in server.requests)
    assert b"prefer: return=minimal" in first
    assert b"authorization: bearer t0ken" in first
    assert b"prefer: return=minimal" in second
    assert b"authorization" not in second
