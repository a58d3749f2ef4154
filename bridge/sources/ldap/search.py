"""Paged searches that are complete or say what is missing (RFC 4511, RFC 2696).

A search ends well in one way: its last page came, its result was 0, no part lay elsewhere. Everything else is
a doubt, with the page, the entries so far and the server's result in words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

import ldap3
from ldap3.core.exceptions import LDAPException, LDAPOperationResult

from bridge.core.model import Doubt, DoubtKind, Search
from bridge.errors import RemoteError
from bridge.sources.ldap.connection import STUMBLES, Session
from bridge.sources.ldap.dn import plain_form
from bridge.sources.ldap.failures import refused, remedy_for, result_words, translated
from bridge.sources.ldap.references import EVERY_REFERENCE, References

_PAGES: Final = "1.2.840.113556.1.4.319"
"""The control of RFC 2696."""

_SUCCESS: Final = 0
_REFERRAL: Final = 10

NO_ATTRIBUTES: Final = ("1.1",)
"""Asks for DNs alone (RFC 4511, 4.5.1.8)."""

Scope: TypeAlias = Literal["SUBTREE", "BASE"]
TREE: Final[Scope] = "SUBTREE"
BASE: Final[Scope] = "BASE"


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for."""

    subject: str
    """What is looked for, in words: people, groups."""
    base: str
    filter: str
    attributes: tuple[str, ...] = NO_ATTRIBUTES
    scope: Scope = TREE

    def __str__(self) -> str:
        return f"the search for {self.subject} under '{self.base}'"


class Entry(NamedTuple):
    """An entry as it came: nothing is decoded, attribute names are in lower case."""

    dn: bytes
    attributes: Mapping[str, list[bytes]]


class Reference(NamedTuple):
    """The server's word that part of the answer lies elsewhere (searchResRef). Never followed."""

    urls: tuple[str, ...]


class PageEnd(NamedTuple):
    """How a page ended."""

    code: int
    words: str
    """The result in words: `4 sizeLimitExceeded`."""
    cookie: bytes | None
    """Asks for the next page; empty after the last, None when the server says nothing of pages."""
    urls: tuple[str, ...] = ()
    """Where a referral points to."""


_NO_END: Final = PageEnd(-1, "no result", None)


class PageReader(Protocol):
    """Reads one page at a time. The seam behind which answers are decoded, by ldap3 or in another way."""

    def fetch(self, query: Query, size: int, cookie: bytes) -> Iterator[Entry | Reference | PageEnd]:
        """Ask for a page and give what comes, the end of the page last.

        A result other than success is no exception but a PageEnd. Raises RemoteError when the connection is lost
        or the answer makes no sense.
        """


class Ldap3Pages:
    """Pages as ldap3 decodes them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def fetch(self, query: Query, size: int, cookie: bytes) -> Iterator[Entry | Reference | PageEnd]:
        """As PageReader says."""
        connection = self._session.connection
        try:
            self._ask(query, size, cookie)
        except LDAPOperationResult as error:
            yield PageEnd(error.result, result_words(error.result, error.description, error.message), None)
            return
        except (LDAPException, *STUMBLES) as error:
            raise translated(self._session.system, error, f"reading {query.subject}") from error
        answer, connection.response = connection.response, None
        for item in answer or ():
            if item["type"] == "searchResEntry":
                yield Entry(item["raw_dn"], {name.lower(): v for name, v in item["raw_attributes"].items() if v})
            elif item["type"] == "searchResRef":
                yield Reference(tuple(item["uri"]))
        yield _page_end(connection.result)

    def _ask(self, query: Query, size: int, cookie: bytes) -> None:
        self._session.connection.search(
            plain_form(query.base),
            query.filter,
            search_scope=query.scope,
            dereference_aliases=ldap3.DEREF_NEVER,
            attributes=list(query.attributes),
            paged_size=size,
            paged_cookie=cookie or None,
        )


def _page_end(result: dict[str, Any]) -> PageEnd:
    control = (result.get("controls") or {}).get(_PAGES)
    return PageEnd(
        result["result"],
        result_words(result["result"], result["description"], result["message"]),
        control["value"]["cookie"] if control else None,
        tuple(result.get("referrals") or ()),
    )


class PagedSearch:
    """One search over all its pages. Go through `entries()` once, to the end; then the rest says how it went."""

    def __init__(
        self, reader: PageReader, query: Query, page_size: int, references: References = EVERY_REFERENCE
    ) -> None:
        self.query = query
        self.pages = 0
        """Pages that ended, well or not."""
        self.found = 0
        """Entries given."""
        self.failure: RemoteError | None = None
        """Why no answer came any more."""
        self.elsewhere: set[str] = set()
        """Where the server says that other parts of the answer are: addresses."""
        self._reader = reader
        self._page_size = page_size
        self._references = references
        self._end = _NO_END
        self._flaw = ""
        """Why the pages cannot be all, though every result was good."""

    def entries(self) -> Iterator[Entry]:
        """Every entry, page by page, until the last page or the first trouble. Raises nothing for trouble."""
        cookie = b""
        firsts: set[bytes] = set()
        more = True
        while more:
            try:
                yield from self._page(cookie, firsts)
            except RemoteError as error:
                self.failure = error
                return
            more = self._end.code == _SUCCESS and bool(self._end.cookie) and not self._flaw
            cookie = self._end.cookie or b""

    def _page(self, cookie: bytes, firsts: set[bytes]) -> Iterator[Entry]:
        """One page. A page that begins as an earlier one did is that one again: a server that lost its place."""
        self._end = _NO_END
        before = self.found
        for item in self._reader.fetch(self.query, self._page_size, cookie):
            if isinstance(item, Entry):
                if self.found == before and item.dn in firsts:
                    self._flaw = "the same page again"
                if not self._flaw:
                    if self.found == before:
                        firsts.add(item.dn)
                    self.found += 1
                    yield item
            elif isinstance(item, Reference):
                self.elsewhere.update(self._references.left_out(item.urls))
            else:
                self._end = item
                if item.code == _REFERRAL:
                    self.elsewhere.update(item.urls or ("another server",))
        self.pages += 1
        self._flaw = self._flaw or self._flaw_of_page(cookie, self.found - before)

    def _flaw_of_page(self, cookie: bytes, count: int) -> str:
        """What is wrong with a page though it ended well; empty when nothing is."""
        if self._end.code != _SUCCESS:
            return ""
        if not count and cookie and self._end.cookie == cookie:
            return "an empty page, and the same one to follow"
        if self._end.cookie is None and (cookie or count == self._page_size):
            return "no word whether there is more (another page_size tells)"
        return ""

    @property
    def record(self) -> Search:
        """The search as it ended, for the record of completeness."""
        return Search(f"{self.query.base} {self.query.filter}", self.pages, self.found, self._result)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What is missing, or may be. Empty for a complete search."""
        cut = [Doubt(DoubtKind.TRUNCATED, self._cut)] if self._cut else []
        if not self.elsewhere:
            return tuple(cut)
        where = ", ".join(sorted(self.elsewhere))
        remedy = "which is not followed; list that domain under `domains`, or narrow the base"
        return (*cut, Doubt(DoubtKind.REFERRAL, f"{self.query} points to {where}, {remedy}"))

    @property
    def cut(self) -> bool:
        """Whether the search ended before its end."""
        return bool(self._cut)

    def refusal(self, system: str) -> RemoteError | None:
        """The error to raise when the search ended in trouble before its first entry."""
        if self.found:
            return None
        return self.failure or refused(system, self._end.code, str(self.query), self._result)

    @property
    def _result(self) -> str:
        if self.failure:
            return self.failure.what
        return f"{self._end.words}, {self._flaw}" if self._flaw else self._end.words

    @property
    def _cut(self) -> str:
        """How and where the search broke off; empty when it did not."""
        if not self.failure and not self._flaw and self._end.code in {_SUCCESS, _REFERRAL}:
            return ""
        page = self.pages + 1 if self.failure else self.pages
        remedy = "" if self.failure else remedy_for(self._end.code, self._end.words)
        what = f"{self.query} broke off on page {page}, after {self.found} entries: {self._result}"
        return f"{what}; {remedy}" if remedy else what
