"""Pages decoded in one pass, several times as fast as ldap3 decodes them.

Entries are decoded as they come, while the server sends more, and given when the end of their page is there: a
page that breaks off gives nothing. The next page is asked for as soon as one ended, so that the server prepares it
while that one is worked on.
"""

import contextlib
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from bridge.errors import RemoteError
from bridge.sources.ldap import wire_ber
from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.search import Page, PageEnd, Query, Reference
from bridge.sources.ldap.wire_exchange import MOST_BYTES, WireExchange

T = TypeVar("T")

_SUCCESS: Final = 0
_WITH_ENTRIES: Final = frozenset({_SUCCESS, 3, 4, 10})
"""Results whose entries count: success, referral, and what was found within a limit of time or size."""


class _Asked(NamedTuple):
    """A page that was asked for."""

    query: Query
    size: int
    cookie: bytes
    number: int


class WirePages:
    """Pages as we decode them. Not for a connection under a security layer of SASL's."""

    def __init__(self, session: Session, most_bytes: int = MOST_BYTES) -> None:
        self._exchange = WireExchange(session, most_bytes)
        self._ahead: _Asked | None = None
        """The page whose answer is under way."""

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """As PageReader says."""
        asked, self._ahead = self._ahead, None
        if asked and asked[:3] != (query, size, cookie):
            self._read(asked, _nothing)  # nobody wants it any more
            asked = None
        page = self._read(asked or self._ask(query, size, cookie), make)
        if page.end.code == _SUCCESS and page.end.cookie:
            with contextlib.suppress(RemoteError):  # found again, and told, by whoever fetches that page
                self._ahead = self._ask(query, size, page.end.cookie)
        return page

    def _ask(self, query: Query, size: int, cookie: bytes) -> _Asked:
        number = self._exchange.ask(query, [wire_ber.paging(size, cookie)])
        return _Asked(query, size, cookie, number)

    def _read(self, asked: _Asked, make: Callable[[Entry], T]) -> Page[T]:
        made: list[T] = []
        first = b""
        references: list[Reference] = []
        for item in self._exchange.found(asked.query, asked.number):
            if isinstance(item, PageEnd):
                end = item
            elif isinstance(item, Reference):
                references.append(item)
            else:
                first = first if made else item[0].dn
                made += map(make, item)
        if end.code not in _WITH_ENTRIES:
            return Page((), b"", (), end)
        return Page(made, first, references, end)


def _nothing(_: Entry) -> None:
    """Keep nothing of an entry."""
