import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import ldap3
import pytest
from ldap3.core.exceptions import (
    LDAPExceptionError,
    LDAPSocketReceiveError,
)

from bridge.sandbox.ldap import (
    Code,
    Drop,
    Effect,
    EndEarly,
    OmitPaging,
    Refer,
    Refuse,
    Reset,
    Scope,
    Silence,
    Truncate,
)
from bridge.sandbox.ldap.faults import Answer, FoundT
from tests.servers.clients import found, signed_in
from tests.servers.proxy import FaultProxy
from tests.servers.slapd import BASE, Slapd
from tests.sources.ldap.directory import TREE, crowd, group, person_dn

LDIF = TREE + crowd(7) + group("staff", person_dn("u1"))
PEOPLE = "(objectClass=inetOrgPerson)"
WHOLE = [(0, 3), (0, 3), (0, 1)]
"""Seven people in pages of three: results and entries."""
PAGES = "1.2.840.113556.1.4.319"

pytestmark = pytest.mark.slapd


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """Seven people and a group."""
    with Slapd(LDIF) as slapd:
        yield slapd


@pytest.fixture
def proxy(slapd: Slapd) -> Iterator[FaultProxy]:
    """A proxy in front of them."""
    with FaultProxy(slapd.url) as proxy:
        yield proxy


def _client(url: str, user: str = "", password: str = "") -> AbstractContextManager[ldap3.Connection]:
    """A connection that raises nothing for results and gives a silent server up after a second."""
    return signed_in(url, user, password, receive_timeout=1, raise_exceptions=False, auto_referrals=False)


@contextmanager
def _wire(proxy: FaultProxy) -> Iterator[socket.socket]:
    """A socket, for what no client library would say."""
    with socket.create_connection(("127.0.0.1", urlsplit(proxy.url).port or 0), timeout=1) as client:
        yield client


def _bind(number: int) -> bytes:
    """An anonymous bind."""
    return bytes.fromhex(f"300c0201{number:02x}600702010304008000")


def _bound(number: int) -> bytes:
    """Its answer."""
    return bytes.fromhex(f"300c0201{number:02x}61070a010004000400")


def _pages(connection: ldap3.Connection) -> list[tuple[int, int]]:
    """Results and numbers of entries of all pages of three people, until there is no cookie."""
    pages: list[tuple[int, int]] = []
    cookie = b""
    while cookie or not pages:
        connection.search(BASE, PEOPLE, attributes=["uid"], paged_size=3, paged_cookie=cookie or None)
        pages.append((connection.result["result"], len(found(connection))))
        cookie = (connection.result.get("controls") or {}).get(PAGES, {}).get("value", {}).get("cookie", b"")
    return pages


class Announced:
    """A delay of an hour that says when it begins."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        self.begun.set()
        return replace(answer, delay=3600)


# ---- in LDAP ----


def test_without_faults_everything_passes(slapd: Slapd, proxy: FaultProxy) -> None:
    """The answers are the server's, and each is taken down, with what tells it from others."""
    with _client(proxy.url, slapd.admin_dn, slapd.admin_password) as connection:
        assert _pages(connection) == WHOLE
        assert connection.extend.standard.who_am_i() == f"dn:{slapd.admin_dn}"
    operations = [passage.operation for passage in proxy.passages]
    assert [operation.op for operation in operations] == ["bind", "search", "search", "search", "whoami"]
    assert [(operation.page, operation.entries, operation.result) for operation in operations[1:4]] == [
        (1, 3, 0),
        (2, 3, 0),
        (3, 1, 0),
    ]
    assert (operations[1].base, operations[1].scope, operations[1].filter) == (BASE, "subtree", PEOPLE)
    assert operations[1].attributes == ("uid",)
    assert not any(passage.effects for passage in proxy.passages)


@pytest.mark.parametrize("code", [3, 4, 11, 51, 52])
@pytest.mark.parametrize(("page", "after"), [(1, 0), (2, 0), (2, 2)])
def test_a_result_in_place_of_the_servers(proxy: FaultProxy, code: int, page: int, after: int) -> None:
    """After so many entries of a page, and the search is over; the record names the fault."""
    fault = Refuse(code, after=after, message="as scripted")
    proxy.faults.add(fault, page=page)
    with _client(proxy.url) as connection:
        assert _pages(connection) == [*WHOLE[: page - 1], (code, after)]
        assert connection.result["message"] == "as scripted"
    last = proxy.passages[-1]
    assert (last.operation.page, last.operation.entries, last.operation.result) == (page, after, code)
    assert last.effects == (fault,)
    assert all(not passage.effects for passage in proxy.passages[:-1])


def test_a_referral_and_references(proxy: FaultProxy) -> None:
    """A referral carries its addresses; references come beside all entries and success."""
    proxy.faults.add(Refuse(Code.REFERRAL, referral=("ldap://b/dc=x",)), occurrence=1)
    proxy.faults.add(Refer(("ldap://c/dc=y",)), occurrence=2)
    with _client(proxy.url) as connection:
        assert _pages(connection) == [(10, 0)]
        assert connection.result["referrals"] == ["ldap://b/dc=x"]
        connection.search(BASE, PEOPLE)
        assert len(found(connection)) == 7
        assert [item["uri"] for item in connection.response or () if item["type"] == "searchResRef"] == [
            ["ldap://c/dc=y"]
        ]


@pytest.mark.parametrize("effect", [Drop(after=1), Truncate(after=1), Reset(after=1)], ids=str)
def test_a_connection_that_ends_in_the_middle(proxy: FaultProxy, effect: Effect) -> None:
    """On the second page, after one entry: closed, within a message or torn down; the next client is served."""
    proxy.faults.add(effect, page=2, occurrence=1)
    with _client(proxy.url) as connection, pytest.raises(LDAPExceptionError):
        _pages(connection)
    last = proxy.passages[-1]
    assert (last.operation.page, last.operation.entries, last.operation.result) == (2, 1, None)
    assert last.effects == (effect,)
    with _client(proxy.url) as connection:
        assert _pages(connection) == WHOLE


def test_a_reset_is_none_of_the_ordinary_ends(proxy: FaultProxy) -> None:
    """The client's socket reports an error, where a dropped one reports the end."""
    for effect, error in ((Reset(), ConnectionResetError), (Drop(), None)):
        proxy.faults.clear()
        proxy.faults.add(effect, op="bind")
        with _wire(proxy) as client:
            client.sendall(_bind(1))
            if error:
                with pytest.raises(error):
                    client.recv(100)
            else:
                assert client.recv(100) == b""


def test_silence_keeps_the_connection(proxy: FaultProxy) -> None:
    """Nothing more comes of that answer, and a client gives up by itself; what is asked then is answered."""
    proxy.faults.add(Silence(after=1), page=2, occurrence=1)
    with _client(proxy.url) as connection, pytest.raises(LDAPSocketReceiveError):
        _pages(connection)
    proxy.faults.add(Silence(), op="bind", occurrence=1)
    with _wire(proxy) as client:
        client.sendall(_bind(1) + _bind(2))
        assert client.recv(100) == _bound(2)


def test_paging_that_is_withheld(proxy: FaultProxy) -> None:
    """An empty cookie ends a search early with success; or the answer has no word about pages at all."""
    for effect, second in ((EndEarly(), (0, 3)), (EndEarly(after=1), (0, 1)), (OmitPaging(), (0, 3))):
        proxy.faults.clear()
        proxy.faults.add(effect, page=2)
        with _client(proxy.url) as connection:
            assert _pages(connection) == [(0, 3), second]
            assert (PAGES in (connection.result.get("controls") or {})) is (effect != OmitPaging())


def test_requests_are_told_apart(proxy: FaultProxy) -> None:
    """By base, filter, attributes and scope, and by which of them it is."""
    proxy.faults.add(Refuse(Code.BUSY), base="^ou=groups", matching="cn=staff", scope=Scope.ONE, occurrence=2)
    proxy.faults.add(Refuse(Code.UNAVAILABLE), attributes=r"\bmember\b")
    asked = (f"ou=groups,{BASE}", "(cn=staff)", ldap3.LEVEL)
    with _client(proxy.url) as connection:
        results = []
        for base, wanted, scope, attributes in (
            (*asked, ["cn"]),
            (f"ou=people,{BASE}", "(cn=staff)", ldap3.LEVEL, ["cn"]),
            (asked[0], "(cn=*)", ldap3.LEVEL, ["cn"]),
            (asked[0], "(cn=staff)", ldap3.SUBTREE, ["cn", "memberOf"]),
            (*asked, ["cn"]),
            (*asked, ["cn"]),
            (*asked, ["cn", "member"]),
        ):
            connection.search(base, wanted, scope, attributes=attributes)
            results.append(connection.result["result"])
    assert results == [0, 0, 0, 0, 51, 0, 52]


def test_a_bind_can_go_wrong(slapd: Slapd, proxy: FaultProxy) -> None:
    """The right password does not help."""
    proxy.faults.add(Refuse(Code.BUSY), op="bind", base="^cn=admin")
    with _client(proxy.url, slapd.admin_dn, slapd.admin_password) as connection:
        assert not connection.bound
        assert connection.result["result"] == Code.BUSY


def test_it_ends_with_its_server_and_comes_back() -> None:
    """A server that dies takes its clients along, and one that comes back is found again."""
    with Slapd(LDIF, tls=False) as slapd, FaultProxy(slapd.url) as proxy:
        with _client(proxy.url) as connection:
            slapd.kill()
            with pytest.raises(LDAPExceptionError):
                _pages(connection)
        slapd.start()
        with _client(proxy.url) as connection:
            assert _pages(connection) == WHOLE


def test_it_stops_and_starts_on_the_same_port(proxy: FaultProxy) -> None:
    """Stopped, it refuses connections and has ended those that there were, delayed answers too."""
    address = ("127.0.0.1", urlsplit(proxy.url).port)
    effect = Announced()
    proxy.faults.add(effect, op="bind")
    with _wire(proxy) as client:
        client.sendall(_bind(1))
        assert effect.begun.wait(10)
        proxy.stop()
        assert client.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    proxy.faults.clear()
    proxy.start()
    with _client(proxy.url) as connection:
        assert _pages(connection) == WHOLE


def test_what_is_no_ldap_ends_the_connection(proxy: FaultProxy) -> None:
    """TLS that begins in the middle cannot be understood; the record says so."""
    with _client(proxy.url) as connection, pytest.raises(LDAPExceptionError):
        connection.start_tls()
    assert proxy.passages[-1].operation.op == "unreadable"


def test_it_speaks_tls_to_the_server(slapd: Slapd) -> None:
    """To an ldaps:// address, checked against its authority; with any other, nothing passes."""
    with FaultProxy(slapd.ldaps_url, ca_file=slapd.ca_file) as proxy, _client(proxy.url) as connection:
        assert _pages(connection) == WHOLE
    with FaultProxy(slapd.ldaps_url) as proxy, pytest.raises(LDAPExceptionError), _client(proxy.url):
        pass


# ---- without understanding ----


def test_an_opaque_proxy_passes_tls_on(slapd: Slapd) -> None:
    """The client itself checks the server's certificate."""
    with (
        FaultProxy(slapd.ldaps_url, opaque=True) as proxy,
        signed_in(proxy.url, ca_file=slapd.ca_file) as connection,
    ):
        assert _pages(connection) == WHOLE


@pytest.mark.parametrize(
    ("effect", "error"),
    [(Drop(after=20), None), (Reset(after=20), ConnectionResetError), (Silence(after=20), TimeoutError)],
)
def test_an_opaque_proxy_counts_bytes(slapd: Slapd, effect: Effect, error: type[OSError] | None) -> None:
    """The client gets so many of the server's bytes, and then the fault, on the connection that is meant."""
    with FaultProxy(slapd.url, opaque=True) as proxy:
        proxy.faults.add(effect, op="connection", occurrence=1)
        with _wire(proxy) as client:
            client.sendall(_bind(1))
            assert client.recv(100) == _bound(1)
            client.sendall(_bind(2))
            assert client.recv(100) == _bound(2)[: 20 - len(_bound(1))]
            if error:
                with pytest.raises(error):
                    client.recv(100)
            else:
                assert client.recv(100) == b""
        assert proxy.passages[-1].effects == (effect,)
        with _client(proxy.url) as connection:
            assert _pages(connection) == WHOLE
