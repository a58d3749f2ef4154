from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pytest

from bridge.core.model import DoubtKind
from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.search import EMPTY_PAGES, Page, PagedSearch, PageEnd, Query, Reference, page_of

T = TypeVar("T")
Items = Sequence[Entry | Reference | PageEnd | RemoteError]
QUERY = Query("people", "dc=x", "(cn=*)", ("cn",))
LOST = Unavailable("corp", "reading people failed (reset)")


class Scripted:
    """Gives pages as written, and notes the cookies that it was asked with."""

    def __init__(self, *pages: Items) -> None:
        self._pages = iter(pages)
        self.cookies: list[bytes] = []

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        self.cookies.append(cookie)
        return page_of(self._items(), make)

    def _items(self) -> Iterator[Entry | Reference | PageEnd]:
        for item in next(self._pages):
            if isinstance(item, RemoteError):
                raise item
            yield item


def entries(*names: str) -> list[Entry]:
    """Entries with these DNs."""
    return [Entry(name.encode(), {}) for name in names]


def end(
    code: int = 0, words: str = "0 success", cookie: bytes | None = b"", urls: tuple[str, ...] = ()
) -> PageEnd:
    """The end of a page; by itself, of the last one."""
    return PageEnd(code, words, cookie, urls)


def ran(*pages: Items, size: int = 2) -> tuple[PagedSearch, list[str]]:
    """A search over these pages when it is over, and the DNs that it gave."""
    search = PagedSearch(Scripted(*pages), QUERY, size)
    return search, [entry.dn.decode() for entry in search.entries()]


def test_a_search_that_comes_to_its_end_is_complete() -> None:
    """All pages, each asked for with the cookie of the one before, and no doubt."""
    reader = Scripted([*entries("a", "b"), end(cookie=b"1")], [*entries("c"), end()])
    search = PagedSearch(reader, QUERY, 2)
    assert [entry.dn for entry in search.entries()] == [b"a", b"b", b"c"]
    assert reader.cookies == [b"", b"1"]
    assert (search.doubts, search.cut, search.refusal("corp")) == ((), False, None)
    assert (search.record.pages, search.record.entries, search.record.result) == (2, 3, "0 success")
    assert search.record.what == "dc=x (cn=*)"


def test_nothing_found_is_complete_too() -> None:
    """Zero entries with success is an answer."""
    search, found = ran([end()])
    assert (found, search.doubts, search.refusal("corp")) == ([], (), None)


@pytest.mark.parametrize("code", [1, 3, 4, 11, 51, 52, 53, 80, 4242])
@pytest.mark.parametrize("page", [1, 2])
def test_any_other_result_is_a_doubt(code: int, page: int) -> None:
    """With the page, the entries so far and the server's words; what was read is given."""
    first_page: Items = [*entries("a", "b"), end(cookie=b"1")]
    before = [first_page][: page - 1]
    search, found = ran(*before, [*entries("y", "z"), end(code, f"{code} result", None)])
    assert found == [*["a", "b"][: 2 * page - 2], "y", "z"]
    (doubt,) = search.doubts
    assert doubt.kind is DoubtKind.TRUNCATED
    assert f"page {page}, after {len(found)} entries: {code} result" in doubt.text
    assert (search.record.pages, search.record.result) == (page, f"{code} result")
    assert search.refusal("corp") is None


def test_a_result_goes_with_cookies_to_no_further_page() -> None:
    """A cookie after a failed page is not followed."""
    search, _ = ran([*entries("a"), end(4, "4 sizeLimitExceeded", b"1")])
    assert search.pages == 1
    assert "raise the size limit" in search.doubts[0].text


def test_a_lost_connection_is_a_doubt() -> None:
    """The pages before it are given, and nothing of its own: what broke off may be malformed as well."""
    search, found = ran([*entries("a", "b"), end(cookie=b"1")], [*entries("c"), LOST])
    assert found == ["a", "b"]
    (doubt,) = search.doubts
    assert doubt.kind is DoubtKind.TRUNCATED
    assert "page 2, after 2 entries: reading people failed (reset)" in doubt.text
    assert search.record.pages == 1


def test_trouble_before_the_first_entry_is_an_error() -> None:
    """There is nothing to hand on, so the reaction is that of the trouble."""
    assert ran([LOST])[0].refusal("corp") is LOST
    assert isinstance(ran([end(32, "32 noSuchObject", None)])[0].refusal("corp"), Denied)
    assert isinstance(ran([end(51, "51 busy", None)])[0].refusal("corp"), Unavailable)
    assert isinstance(ran([end(4, "4 sizeLimitExceeded", None)])[0].refusal("corp"), IncompleteRead)


def test_a_page_that_comes_again_is_a_doubt_and_ends_the_search() -> None:
    """A server that lost its place would send it for ever; it is not given twice."""
    again: Items = [*entries("c", "d"), end(cookie=b"1")]
    search, found = ran([*entries("a", "b"), end(cookie=b"1")], again, again)
    assert found == ["a", "b", "c", "d"]
    assert search.cut
    assert "0 success, the same page again" in search.doubts[0].text


def test_the_same_cookie_for_other_pages_is_sound() -> None:
    """389 Directory Server's cookies are all alike."""
    search, found = ran(
        [*entries("a"), end(cookie=b"0")], [*entries("b"), end(cookie=b"0")], [*entries("c"), end()], size=1
    )
    assert (found, search.doubts) == (["a", "b", "c"], ())


def test_an_empty_page_may_stand_between() -> None:
    """Active Directory sends some; only one that leads to itself ends the search."""
    search, found = ran([*entries("a"), end(cookie=b"1")], [end(cookie=b"2")], [*entries("b"), end()])
    assert (found, search.doubts) == (["a", "b"], ())
    search, found = ran([*entries("a"), end(cookie=b"1")], [end(cookie=b"1")])
    assert (found, search.cut) == (["a"], True)


def test_empty_pages_that_lead_back_to_one_seen_before_end_the_search() -> None:
    """In a circle of any length: otherwise it would go on for ever."""
    circle = [[end(cookie=cookie)] for cookie in (b"2", b"3", b"1")]
    search, found = ran([*entries("a"), end(cookie=b"1")], *circle, *circle)
    assert (found, search.pages, search.cut) == (["a"], 4, True)
    assert "an empty page, and one asked for before to follow" in search.doubts[0].text


def test_so_many_empty_pages_in_a_row_end_the_search() -> None:
    """Fewer of them are sound, and what comes between begins the count anew."""
    empty = [[end(cookie=b"%d" % number)] for number in range(EMPTY_PAGES)]
    few = [[end(cookie=b"-%d" % number)] for number in range(EMPTY_PAGES - 1)]
    search, found = ran(*few, [*entries("a"), end(cookie=b"a")], *empty[1:], [*entries("b"), end()])
    assert (found, search.doubts) == (["a", "b"], ())
    search, found = ran([*entries("a"), end(cookie=b"a")], *empty, [*entries("b"), end()])
    assert (found, search.pages, search.cut) == (["a"], EMPTY_PAGES + 1, True)
    assert f"{EMPTY_PAGES} empty pages in a row" in search.doubts[0].text


def test_a_page_that_says_nothing_of_pages_is_trusted_only_where_it_must_be_all() -> None:
    """A server that knows no paging sends everything at once; a full page or a later one may be a cut."""
    assert not ran([*entries("a"), end(cookie=None)])[0].cut
    assert not ran([*entries("a", "b", "c"), end(cookie=None)])[0].cut
    assert ran([*entries("a", "b"), end(cookie=None)])[0].cut
    assert ran([*entries("a"), end(cookie=b"1")], [*entries("b"), end(cookie=None)])[0].cut


def test_a_reference_is_a_doubt_of_its_own() -> None:
    """The search goes on, but part of its answer is elsewhere; the addresses are told, sorted."""
    search, found = ran([*entries("a"), Reference(("ldap://b/",)), Reference(("ldap://a/",)), end()])
    assert (found, search.cut) == (["a"], False)
    (doubt,) = search.doubts
    assert doubt.kind is DoubtKind.REFERRAL
    assert "ldap://a/, ldap://b/" in doubt.text


def test_a_referral_as_result_is_a_doubt() -> None:
    """The base is held by another server, which is not followed."""
    search, _ = ran([end(10, "10 referral", None, ("ldap://b/dc=x",))])
    assert [doubt.kind for doubt in search.doubts] == [DoubtKind.REFERRAL]
    assert search.elsewhere == {"ldap://b/dc=x"}
    assert ran([end(10, "10 referral", None)])[0].elsewhere == {"another server"}


def test_a_reader_that_gives_no_end_gives_no_complete_search() -> None:
    """Silence at the end of a page is never success."""
    search, _ = ran(entries("a"))
    assert search.cut
