"""Answers of a server as written by hand, and what comes of a page of them."""

import itertools
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import ldap3

from bridge.sandbox.ldap import responses
from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.search import PageEnd, Query, Reference, as_it_is
from bridge.sources.ldap.wire import WirePages
from tests.sources.ldap.directory import BASE

EVERYTHING = Query("everything", BASE, "(objectClass=*)", ("*", "+"))


class Pieces:
    """A socket that receives in small pieces; one of no bytes has not come yet, and has to be waited for."""

    def __init__(self, real: socket.socket, sizes: Sequence[int]) -> None:
        self._real = real
        self._sizes = itertools.cycle(sizes)

    def recv(self, size: int) -> bytes:
        piece = next(self._sizes)
        if self._real.gettimeout() == 0 and not piece:
            raise BlockingIOError
        return self._real.recv(min(size, max(piece, 1)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


Answer = Callable[[int], bytes]


@contextmanager
def at(answer: Answer, *, hangs_up: bool = True, sizes: Sequence[int] = (2**18,)) -> Iterator[Session]:
    """A connection on which this already waits: the answer to the search with the next id."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = ldap3.Connection(ldap3.Server("127.0.0.1", get_info=ldap3.NONE), raise_exceptions=True)
        connection.socket, connection.listening, connection.closed = Pieces(ours, sizes), True, False
        ours.settimeout(10)
        theirs.sendall(answer(connection.server.next_message_id() + 1))
        if hangs_up:
            theirs.shutdown(socket.SHUT_WR)
        yield Session("ldap://x", "corp (ldap://x)", "", connection)


def page(session: Session) -> list[Entry | Reference | PageEnd]:
    """A page as it comes."""
    return items(WirePages(session))


def items(wire: WirePages) -> list[Entry | Reference | PageEnd]:
    """The next page."""
    read = wire.fetch(EVERYTHING, 7, b"", as_it_is)
    assert read.first == (read.made[0].dn if read.made else b"")
    return [*read.made, *read.references, read.end]


def entries(number: int, *names: str) -> bytes:
    """Entries that answer a search."""
    return b"".join(responses.entry(number, name, [("cn", [b"x"])]) for name in names)


def done(number: int) -> bytes:
    """The end of the last page."""
    controls = responses.page_control(b"", 0)
    return responses.done(number, responses.SEARCH_DONE, responses.SUCCESS, controls=controls)


WHOLE = [Entry(b"cn=a", {"cn": [b"x"]}), Entry(b"cn=b", {"cn": [b"x"]}), PageEnd(0, "0 success", b"")]
