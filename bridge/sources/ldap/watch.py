"""Pages as another reader gives them, with an eye on whether the server fails meanwhile.

A search that breaks off is a doubt in the read, and no error: what came is handed on. Whether another server might
have done better is told here.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from bridge.errors import RemoteError, Unavailable
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.failures import refused
from bridge.sources.ldap.search import Page, PageEnd, PageReader, Query

T = TypeVar("T")

_REFERRAL: Final = 10


class WatchedPages:
    """A reader that remembers the first failure of its server.

    A lost connection, an answer that makes no sense, and a server that is busy or going down are failures. A limit
    is none: the other servers have it, too.
    """

    def __init__(self, reader: PageReader, system: str) -> None:
        self.failure: RemoteError | None = None
        self.referred: set[Query] = set()
        """Searches that ended with a referral: whatever came of them, the rest is another server's."""
        self._reader = reader
        self._system = system

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """As PageReader says."""
        try:
            page = self._reader.fetch(query, size, cookie, make)
        except RemoteError as error:
            self.failure = self.failure or error
            raise
        self._look_at(page.end, query)
        return page

    def _look_at(self, end: PageEnd, query: Query) -> None:
        if end.code == _REFERRAL:
            self.referred.add(query)
        refusal = refused(self._system, end.code, str(query), end.words)
        if isinstance(refusal, Unavailable):
            self.failure = self.failure or refusal
