import socket
import threading
from urllib.parse import urlsplit

import ldap3
import pytest
from ldap3.protocol.rfc2696 import paged_search_control

from bridge.sandbox.ldap import Code, Directory, LdapSandbox, ServerLimits
from bridge.sandbox.ldap.sample import Company, sample_directory
from tests.sandbox.ldap.client import (
    BASE,
    WHO_AM_I,
    all_pages,
    attributes,
    connected,
    cookie,
    message,
    names,
    search,
    wire,
)


def test_the_root_says_what_there_is(client: ldap3.Connection) -> None:
    """The root DSE names contexts, controls and extensions, as operational attributes."""
    assert search(client, "", search_scope=ldap3.BASE, attributes=["+"]) == Code.SUCCESS
    root = attributes(client)
    assert root["namingContexts"] == [BASE.encode()]
    assert b"1.2.840.113556.1.4.319" in root["supportedControl"]
    assert root["supportedExtension"] == [b"1.3.6.1.4.1.4203.1.11.3"]
    assert search(client, "", search_scope=ldap3.BASE, attributes=["*"]) == Code.SUCCESS
    assert set(attributes(client)) == {"objectClass"}


def test_pages_are_of_one_moment(server: LdapSandbox, client: ldap3.Connection) -> None:
    """A paged search has the entries of its first page's moment; the next search has today's."""
    search(client, paged_size=20)
    first, going_on = names(client), cookie(client)
    gone = next(dn for dn in first if dn.startswith("uid="))
    server.directory.delete(gone)
    server.directory.add(f"uid=new,ou=people,{BASE}", {"objectClass": ["inetOrgPerson"]})
    search(client, paged_size=20, paged_cookie=going_on)
    assert len(first) + len(names(client)) == 27
    assert f"uid=new,ou=people,{BASE}" not in names(client)
    search(client)
    assert gone not in names(client)
    assert f"uid=new,ou=people,{BASE}" in names(client)


def test_cookies_are_good_once_and_here(server: LdapSandbox, client: ldap3.Connection) -> None:
    """A cookie that was used, or came from another connection, or was made up, is refused."""
    search(client, paged_size=5)
    first = cookie(client)
    with connected(server.url) as other:
        assert search(other, paged_size=5, paged_cookie=first) == Code.UNWILLING_TO_PERFORM
    assert search(client, paged_size=5, paged_cookie=first) == Code.SUCCESS
    for wrong in (first, b"made up"):
        assert search(client, paged_size=5, paged_cookie=wrong) == Code.UNWILLING_TO_PERFORM


def test_giving_up_a_paged_search(client: ldap3.Connection) -> None:
    """A page of size 0 ends the search without entries, and its cookie is dead (RFC 2696)."""
    search(client, paged_size=5)
    given_up = cookie(client)
    control = paged_search_control(size=0, cookie=given_up)
    assert search(client, controls=[control]) == Code.SUCCESS
    assert (names(client), cookie(client)) == ([], b"")
    assert search(client, paged_size=5, paged_cookie=given_up) == Code.UNWILLING_TO_PERFORM


def test_the_log_tells_what_was_asked(server: LdapSandbox, client: ldap3.Connection) -> None:
    """Each page of a search is in the log with what was asked, what was sent, and how it ended."""
    server.forget_operations()
    client.search(f"ou=people,{BASE}", "(&(uid=*)(sn=a*))", ldap3.LEVEL, attributes=["mail", "cn"], paged_size=2)
    logged = server.operations[-1]
    assert (logged.op, logged.base, logged.scope) == ("search", f"ou=people,{BASE}", "one")
    assert (logged.filter, logged.attributes) == ("(&(uid=*)(sn=a*))", ("mail", "cn"))
    assert (logged.page, logged.page_size) == (1, 2)
    assert (logged.entries, logged.result) == (len(names(client)), Code.SUCCESS)


def test_the_page_cap_may_change_at_run_time(server: LdapSandbox, client: ldap3.Connection) -> None:
    """With a page cap, unpaged searches are cut and larger pages made smaller; without, they are not."""
    assert [len(found) for _, found in all_pages(client, 20)] == [20, 7]
    server.limits = ServerLimits(page_cap=10)
    assert search(client) == Code.SIZE_LIMIT_EXCEEDED
    assert len(names(client)) == 10
    assert [len(found) for _, found in all_pages(client, 20)] == [10, 10, 7]


def test_nothing_is_left_when_it_closes(server: LdapSandbox) -> None:
    """Closing ends all connections and threads; starting again listens at the same address."""
    before, address = server.url, ("127.0.0.1", urlsplit(server.url).port)
    with wire(server.url) as silent, wire(server.url) as talking:
        talking.sendall(message(WHO_AM_I))
        talking.recv(65536)
        server.stop()
        assert silent.recv(65536) == b""
        assert talking.recv(65536) == b""
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ldap-")]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)
    server.start()
    assert server.url == before
    with connected(server.url) as client:
        assert search(client) == Code.SUCCESS


def test_disconnecting_everybody(server: LdapSandbox, client: ldap3.Connection) -> None:
    """All connections can be cut while the server goes on."""
    with wire(server.url) as other:
        other.sendall(message(WHO_AM_I))
        other.recv(65536)
        server.disconnect()
        assert other.recv(65536) == b""
    with connected(server.url) as again:
        assert search(again) == Code.SUCCESS


def test_a_port_that_is_taken(server: LdapSandbox) -> None:
    """A server that cannot listen raises OSError and leaves nothing behind."""
    second = LdapSandbox(Directory(), port=urlsplit(server.url).port or 0)
    with pytest.raises(OSError, match="in use"):
        second.start()
    second.stop()


def test_many_readers_while_entries_change(server: LdapSandbox) -> None:
    """Each of several clients gets whole answers while the directory is being changed."""
    group = next(entry.dn for entry in server.directory if entry.dn.startswith("cn="))
    sizes: list[int] = []

    def read() -> None:
        with connected(server.url) as client:
            for _ in range(20):
                client.search(group, "(objectClass=*)", ldap3.BASE, attributes=["member"])
                sizes.append(len(attributes(client)["member"]))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(200):
        server.directory.modify(group, "member", [f"uid=m{i},{BASE}" for i in range(1 + n % 2 * 99)])
    for reader in readers:
        reader.join()
    assert len(sizes) == 80
    assert set(sizes) - {len(sample_members(group))} <= {1, 100}


def sample_members(group: str) -> tuple[bytes, ...]:
    """Who was in the group at first."""
    return sample_directory(Company(people=20, groups=4, nested=1)).get(group).values("member")
