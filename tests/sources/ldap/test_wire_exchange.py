"""Questions and answers on a connection whose bytes come as they please."""

import socket

import pytest

from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.connection import opened
from bridge.sources.ldap.search import Query
from bridge.sources.ldap.wire_ber import DONE, ENTRY
from bridge.sources.ldap.wire_exchange import WireExchange
from tests.sources.ldap.directory import ADMIN, BASE, TREE, crowd, settings


class Dribble:
    """A socket that gives so many bytes at once, and no more."""

    def __init__(self, inner: socket.socket, size: int) -> None:
        self._inner = inner
        self._size = size

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def recv(self, size: int) -> bytes:
        """A few of the bytes that are here."""
        return self._inner.recv(min(size, self._size))


@pytest.mark.parametrize("size", [1, 7, 100])
def test_messages_are_found_however_their_bytes_come(size: int) -> None:
    """Waiting for the rest of one moves what is here: where it begins is told afterwards."""
    town = Directory.from_ldif(TREE + crowd(5))
    with LdapSandbox(town, credentials={ADMIN.user: ADMIN.password}) as server:
        chosen = settings(server.url)
        with opened(chosen, server.url) as session:
            session.connection.socket = Dribble(session.connection.socket, size)
            query = Query("people", f"ou=people,{BASE}", "(objectClass=inetOrgPerson)", ("mail",))
            tags = [message.tag for message in WireExchange(session).answers(query, [])]
    assert tags == [ENTRY] * 5 + [DONE]
