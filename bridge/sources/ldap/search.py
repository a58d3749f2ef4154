"""Paged searches that are complete or say what is missing (RFC 4511, RFC 2696).

A search ends well in one way: its last page came, its result was 0, no part lay elsewhere. Everything else is
a doubt, with the page, the entries so far and the server's result in words.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

import ldap3
from ldap3.core.exceptions import LDAPException, LDAPOperationResult

from bridge.core.model import Doubt, DoubtKind, Search
from bridge.errors import RemoteError
from bridge.sources.ldap.connection import STUMBLES, Session
from bridge.sources.ldap.dn import plain_form
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.failures import refused, remedy_for, result_words, translated
from bridge.sources.ldap.references import EVERY_REFERENCE, References

T = TypeVar("T")

_PAGES: Final = "1.2.840.113556.1.4.319"
"""The control of RFC 2696."""

_SUCCESS: Final = 0
_REFERRAL: Final = 10

EMPTY_PAGES: Final = 100
"""So many in a row, each with more to follow, are no answer. Active Directory may send some."""

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


class Page(NamedTuple, Generic[T]):
    """A page that came to its end."""

    made: Sequence[T]
    """What was made of each entry."""
    first: bytes
    """The DN of the first entry; empty where there is none."""
    references: Sequence[Reference]
    end: PageEnd


_NO_END: Final = PageEnd(-1, "no result", None)


class PageReader(Protocol):
    """Reads one page at a time. The seam behind which answers are decoded, by ldap3 or in another way."""

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """Ask for a page, and make of each of its entries what is to be kept of it, as it comes.

        So no page of large groups is held whole. `make` changes nothing anywhere, for of a page that breaks off
        nothing is given. A result other than success is no exception but a PageEnd. Raises RemoteError when the
        connection is lost or the answer makes no sense.
        """


def page_of(items: Iterable[Entry | Reference | PageEnd], make: Callable[[Entry], T]) -> Page[T]:
    """A page of what came, its end among it."""
    entries: list[Entry] = []
    references: list[Reference] = []
    end = _NO_END
    for item in items:
        if isinstance(item, Entry):
            entries.append(item)
        elif isinstance(item, Reference):
            references.append(item)
        else:
            end = item
    return Page([*map(make, entries)], entries[0].dn if entries else b"", references, end)


def as_it_is(entry: Entry) -> Entry:
    """Make nothing else of an entry."""
    return entry


class Ldap3Pages:
    """Pages as ldap3 decodes them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """As PageReader says."""
        return page_of(self._items(query, size, cookie), make)

    def _items(self, query: Query, size: int, cookie: bytes) -> Iterator[Entry | Reference | PageEnd]:
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
    """One search over all its pages. Go through its entries once, to the end; then the rest says how it went."""

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
        self._empty = 0
        """Empty pages in a row, up to the last one."""
        self._flaw = ""
        """Why the pages cannot be all, though every result was good."""

    def entries(self) -> Iterator[Entry]:
        """Every entry, page by page, until the last page or the first trouble. Raises nothing for trouble."""
        return self.made(as_it_is)

    def made(self, make: Callable[[Entry], T]) -> Iterator[T]:
        """The same, and of every entry what is made of it, which changes nothing anywhere."""
        cookie = b""
        firsts: set[bytes] = set()
        asked: set[bytes] = set()
        more = True
        while more:
            try:
                page = self._reader.fetch(self.query, self._page_size, cookie, make)
            except RemoteError as error:
                self.failure = error
                return
            asked.add(cookie)
            yield from self._given(page, asked, firsts)
            more = self._end.code == _SUCCESS and bool(self._end.cookie) and not self._flaw
            cookie = self._end.cookie or b""

    def _given(self, page: Page[T], asked: Collection[bytes], firsts: set[bytes]) -> Sequence[T]:
        """What a page gives. One that begins as an earlier one is that one again: a server that lost its place."""
        self.pages += 1
        self._end = page.end
        for reference in page.references:
            self.elsewhere.update(self._references.left_out(reference.urls))
        if page.end.code == _REFERRAL:
            self.elsewhere.update(page.end.urls or ("another server",))
        if page.made and page.first in firsts:
            self._flaw = "the same page again"
            return ()
        if page.made:
            firsts.add(page.first)
        self.found += len(page.made)
        self._empty = 0 if page.made else self._empty + 1
        self._flaw = self._flaw_of_page(asked, len(page.made))
        return page.made

    def _flaw_of_page(self, asked: Collection[bytes], count: int) -> str:
        """What is wrong with a page though it ended well, by the cookies asked with; empty when nothing is."""
        if self._end.code != _SUCCESS:
            return ""
        if not count and self._end.cookie and self._end.cookie in asked:
            return "an empty page, and one asked for before to follow"
        if self._empty >= EMPTY_PAGES and self._end.cookie:
            return f"{EMPTY_PAGES} empty pages in a row"
        if self._end.cookie is None and (len(asked) > 1 or count == self._page_size):
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
