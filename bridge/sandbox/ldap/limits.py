"""What a server gives at most, and how it says so. OpenLDAP's way and Active Directory's differ."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """How much a client gets, and on what terms. 0 is no limit. May be exchanged while the server runs."""

    value_range: int = 0
    """Values of one attribute in one answer, as MaxValRange: more come as `member;range=0-1499`."""
    page_cap: int = 0
    """Entries in one answer, as MaxPageSize: unpaged searches end with sizeLimitExceeded, larger pages are cut."""
    size_limit: int = 0
    """Entries in one search, over all its pages, as OpenLDAP's sizelimit: then sizeLimitExceeded."""
    page_limit: int = 0
    """Entries in one page, as OpenLDAP's size.pr: larger pages are refused with adminLimitExceeded."""
    anonymous: bool = True
    """Whether a client that has not signed in may search."""
    require_tls: bool = False
    """Whether passwords in the clear are refused with strongerAuthRequired, as hardened servers do."""


ACTIVE_DIRECTORY: Final = ServerLimits(value_range=1500, page_cap=1000, anonymous=False)
"""The defaults of Active Directory."""


@dataclass(frozen=True, slots=True)
class Share:
    """What of a search goes into one answer: so many entries, and whether some are left over."""

    count: int
    more: bool = False
    over_size: bool = False
    """A limit on entries was hit: sizeLimitExceeded."""
    over_page: bool = False
    """The page asked for is larger than any that is given: adminLimitExceeded."""


def share(left: int, sent: int, page_size: int | None, asked_limit: int, limits: ServerLimits) -> Share:
    """How much of the entries that are left goes out now.

    `sent` went out in earlier pages; `page_size` is None for a search without pages; `asked_limit` is what
    the client wants at most, 0 for all.
    """
    if page_size is not None and limits.page_limit and page_size > limits.page_limit:
        return Share(0, over_page=True)
    totals = [asked_limit, limits.size_limit, 0 if page_size else limits.page_cap]
    allowed = min([left, *(max(0, total - sent) for total in totals if total)])
    if page_size is None:
        return Share(allowed, over_size=allowed < left)
    step = min(page_size, limits.page_cap or page_size)
    if allowed < min(step, left):
        return Share(allowed, over_size=True)
    count = min(step, left)
    return Share(count, more=count < left)
