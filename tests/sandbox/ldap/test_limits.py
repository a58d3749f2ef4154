from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.ldap.limits import ServerLimits, Share, share

SMALL = st.integers(min_value=0, max_value=12)
PAGES = st.integers(min_value=1, max_value=12)


def shares(total: int, size: int | None, asked: int, limits: ServerLimits) -> list[Share]:
    """All the answers that a search of so many entries takes."""
    found: list[Share] = []
    sent = 0
    while not found or found[-1].more:
        part = share(total - sent, sent, size, asked, limits)
        found.append(part)
        sent += part.count
    return found


@given(
    SMALL, st.none() | PAGES, SMALL, st.builds(ServerLimits, page_cap=SMALL, size_limit=SMALL, page_limit=SMALL)
)
def test_a_search_ends_whole_or_says_that_it_is_not(
    total: int, size: int | None, asked: int, limits: ServerLimits
) -> None:
    """Whatever the limits, all entries were sent, or the last answer says that a limit was hit; never both."""
    found = shares(total, size, asked, limits)
    last = found[-1]
    assert (sum(part.count for part in found) == total) is not (last.over_size or (last.over_page and total > 0))


@given(SMALL, PAGES, SMALL)
def test_a_page_cap_only_makes_more_pages(total: int, size: int, cap: int) -> None:
    """Under a page cap a paged search still gets everything, no page larger than the cap or than asked."""
    found = shares(total, size, 0, ServerLimits(page_cap=cap))
    assert sum(part.count for part in found) == total
    assert all(part.count <= min(size, cap or size) for part in found)


@given(SMALL, st.none() | PAGES, PAGES)
def test_a_size_limit_counts_over_all_pages(total: int, size: int | None, limit: int) -> None:
    """A server's size limit is for the search, paged or not."""
    found = shares(total, size, 0, ServerLimits(size_limit=limit))
    assert sum(part.count for part in found) == min(total, limit)
    assert found[-1].over_size is (total > limit)
