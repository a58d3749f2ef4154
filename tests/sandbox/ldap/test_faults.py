import socket
import threading
from dataclasses import replace

import ldap3
import pytest
from ldap3.core.exceptions import LDAPException, LDAPSessionTerminatedByServerError, LDAPSocketReceiveError

from bridge.sandbox.ldap import (
    Code,
    Delay,
    Drop,
    Effect,
    EndEarly,
    LdapSandbox,
    OmitPaging,
    Refer,
    Refuse,
    Reset,
    Scope,
    Silence,
    Truncate,
)
from bridge.sandbox.ldap.ber import BOOLEAN, ENUMERATED, encode, integer, octets, sequence
from bridge.sandbox.ldap.faults import Answer, FoundT
from tests.sandbox.ldap.client import (
    BASE,
    PASSWORD,
    READER,
    WHO_AM_I,
    all_pages,
    connected,
    cookie,
    message,
    names,
    outcome,
    search,
    wire,
)

_NAMES_ALONE = sequence(octets("1.1"))
_SUBTREE, _NEVER, _UNLIMITED, _FALSE = (
    integer(2, ENUMERATED),
    integer(0, ENUMERATED),
    integer(0),
    encode(BOOLEAN, b"\0"),
)
EVERYTHING = sequence(
    *(octets(BASE), _SUBTREE, _NEVER, _UNLIMITED, _UNLIMITED, _FALSE, octets("objectClass", 0x87), _NAMES_ALONE),
    tag=0x63,
)
"""A search for all 27 entries, as it goes over the wire."""


def read_all(connection: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


@pytest.mark.parametrize(
    "code",
    [
        Code.TIME_LIMIT_EXCEEDED,
        Code.SIZE_LIMIT_EXCEEDED,
        Code.ADMIN_LIMIT_EXCEEDED,
        Code.BUSY,
        Code.UNAVAILABLE,
        Code.UNWILLING_TO_PERFORM,
    ],
)
def test_a_result_after_some_entries(server: LdapSandbox, client: ldap3.Connection, code: Code) -> None:
    """The answer has so many entries, then this result with its message; the log says the same."""
    server.faults.add(Refuse(code, after=3, message="as scripted"))
    assert search(client) == code
    assert client.result["message"] == "as scripted"
    assert len(names(client)) == 3
    assert (server.operations[-1].entries, server.operations[-1].result) == (3, code)


def test_a_referral(server: LdapSandbox, client: ldap3.Connection) -> None:
    """A referral carries its addresses."""
    server.faults.add(Refuse(Code.REFERRAL, referral=("ldap://other.example/dc=x",)))
    assert search(client) == Code.REFERRAL
    assert client.result["referrals"] == ["ldap://other.example/dc=x"]


def test_references_beside_the_entries(server: LdapSandbox, client: ldap3.Connection) -> None:
    """References come with all entries and success, for the client to notice."""
    server.faults.add(Refer(("ldap://other.example/dc=x", "ldap://third.example/")))
    assert search(client) == Code.SUCCESS
    assert len(names(client)) == 27
    references = [item["uri"] for item in client.response or () if item["type"] == "searchResRef"]
    assert references == [["ldap://other.example/dc=x"], ["ldap://third.example/"]]


@pytest.mark.parametrize("after", [0, 5])
def test_a_dropped_connection(server: LdapSandbox, after: int) -> None:
    """After so many whole entries the connection is closed, without a result."""
    server.faults.add(Drop(after=after))
    with wire(server.url) as client:
        client.sendall(message(EVERYTHING))
        received = read_all(client)
    assert received.count(b"\x64") >= after
    assert (server.operations[-1].entries, server.operations[-1].result) == (after, None)
    with connected(server.url) as other, pytest.raises(LDAPSessionTerminatedByServerError):
        search(other)


@pytest.mark.parametrize("after", [0, 5])
def test_a_reset_connection(server: LdapSandbox, after: int) -> None:
    """After so many whole entries the connection is torn down: an error to the client, and no end of it."""
    server.faults.add(Reset(after=after))
    with wire(server.url) as client:
        client.sendall(message(EVERYTHING))
        with pytest.raises(ConnectionResetError):
            read_all(client)
    assert (server.operations[-1].entries, server.operations[-1].result) == (after, None)


@pytest.mark.parametrize("after", [0, 3, 500])
def test_a_truncated_message(server: LdapSandbox, after: int) -> None:
    """The answer breaks off within a message, be it an entry or the result itself."""
    with wire(server.url) as client:
        client.sendall(message(EVERYTHING))
        whole = b""
        while not whole.endswith(b"\x65\x07\x0a\x01\x00\x04\x00\x04\x00"):
            whole += client.recv(65536)
    server.faults.add(Truncate(after=after))
    with wire(server.url) as client:
        client.sendall(message(EVERYTHING))
        received = read_all(client)
    assert whole.startswith(received)
    assert 0 < len(received) < len(whole)
    assert server.operations[-1].entries == min(after, 27)
    assert server.operations[-1].result is None


def test_silence(server: LdapSandbox) -> None:
    """The search is never answered; the connection stays, and what is asked next is answered."""
    server.faults.add(Silence())
    with wire(server.url) as client:
        client.sendall(message(EVERYTHING))
        client.sendall(message(WHO_AM_I, 2))
        received = client.recv(65536)
    assert received[:5] == b"\x30\x0e\x02\x01\x02"


def test_a_client_gives_a_silent_server_up(server: LdapSandbox) -> None:
    """A client with a receive timeout ends with an error of its own, and the server closes all the same."""
    server.faults.add(Silence(after=2))
    connection = ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE), receive_timeout=1)
    connection.bind()
    with pytest.raises(LDAPSocketReceiveError):
        search(connection)
    connection.unbind()


class Announced:
    """A delay of an hour that says when it begins."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        self.begun.set()
        return replace(answer, delay=3600)


def test_a_delay_ends_with_the_server(server: LdapSandbox) -> None:
    """A delayed answer does not keep the server from closing, and never comes."""
    delay = Announced()
    server.faults.add(delay)
    with wire(server.url) as client:
        client.sendall(message(EVERYTHING))
        assert delay.begun.wait(10)
        server.stop()
        assert client.recv(65536) == b""
    assert [(operation.op, operation.result) for operation in server.operations] == [("search", None)]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ldap-")]


def test_a_delayed_answer_is_whole(server: LdapSandbox, client: ldap3.Connection) -> None:
    """A short delay changes nothing else."""
    server.faults.add(Delay(seconds=0.01))
    assert search(client) == Code.SUCCESS
    assert len(names(client)) == 27


def test_the_silent_cut(server: LdapSandbox, client: ldap3.Connection) -> None:
    """A paged search ends early with success and an empty cookie: nothing tells it from a whole one."""
    server.faults.add(EndEarly(), page=2)
    assert [(code, len(found)) for code, found in all_pages(client, 10)] == [(0, 10), (0, 10)]
    server.faults.clear()
    server.faults.add(EndEarly(after=1), page=1)
    assert [(code, len(found)) for code, found in all_pages(client, 10)] == [(0, 1)]


def test_an_answer_without_its_control(server: LdapSandbox, client: ldap3.Connection) -> None:
    """A page's answer may lack the control that says where to go on."""
    server.faults.add(OmitPaging(), page=1)
    assert search(client, paged_size=10) == Code.SUCCESS
    assert "controls" not in client.result
    assert cookie(client) == b""


def test_a_fault_on_one_page(server: LdapSandbox, client: ldap3.Connection) -> None:
    """A fault with a page number leaves the other pages alone."""
    server.faults.add(Refuse(Code.BUSY, after=4), page=2)
    assert [(code, len(found)) for code, found in all_pages(client, 10)] == [(0, 10), (Code.BUSY, 4)]


def test_a_fault_on_one_search(server: LdapSandbox, client: ldap3.Connection) -> None:
    """An occurrence counts searches that fit, not pages nor others; the next try gets through."""
    server.faults.add(Refuse(Code.BUSY), base="^ou=groups", matching=r"objectclass=\*", occurrence=2)
    for base, code in [(BASE, 0), ("ou=Groups", 0), (BASE, 0), ("OU=groups", Code.BUSY), ("ou=groups", 0)]:
        if base != BASE:
            search(client, f"{base},{BASE}", "(cn=x)")
            assert all(code in {0, Code.BUSY} for code, _ in all_pages(client, 2, f"{base},{BASE}"))
            assert server.operations[-1].result == code
        else:
            assert search(client, base) == code


def test_a_fault_on_searches_of_a_kind(server: LdapSandbox, client: ldap3.Connection) -> None:
    """Searches are told apart by the attributes that they ask for, and by their scope."""
    server.faults.add(Refuse(Code.BUSY), attributes=r"member;range=\d+-")
    server.faults.add(Refuse(Code.UNAVAILABLE), scope=Scope.BASE)
    assert search(client, attributes=["cn", "member"]) == Code.SUCCESS
    assert search(client, attributes=["cn", "member;range=5-*"]) == Code.BUSY
    assert search(client, search_scope=ldap3.BASE) == Code.UNAVAILABLE


def test_faults_add_up(server: LdapSandbox, client: ldap3.Connection) -> None:
    """Several faults on one answer work one after the other."""
    server.faults.add(Refer(("ldap://other.example/",)))
    server.faults.add(Refuse(Code.SIZE_LIMIT_EXCEEDED, after=2))
    assert search(client) == Code.SIZE_LIMIT_EXCEEDED
    assert [item["type"] for item in client.response or ()] == ["searchResEntry"] * 2 + ["searchResRef"]


@pytest.mark.parametrize("effect", [Refuse(Code.BUSY), Drop(), Reset(), Truncate()])
def test_faults_of_a_bind(server: LdapSandbox, effect: Effect) -> None:
    """Signing in can go wrong too; the right password does not help, and does once it is over."""
    server.faults.add(effect, op="bind", base="^cn=reader", occurrence=1)
    connection = ldap3.Connection(
        ldap3.Server(server.url, get_info=ldap3.NONE), READER, PASSWORD, receive_timeout=10, raise_exceptions=True
    )
    with pytest.raises(LDAPException):
        connection.bind()
    connection.unbind()
    with connected(server.url, READER, PASSWORD) as again:
        assert again.bound


def test_faults_of_extended_operations(server: LdapSandbox) -> None:
    """Extended operations can be refused by script."""
    server.faults.add(Refuse(Code.UNAVAILABLE), op="whoami")
    with wire(server.url) as client:
        client.sendall(message(WHO_AM_I))
        assert outcome(client.recv(65536)) == (0x78, Code.UNAVAILABLE)
