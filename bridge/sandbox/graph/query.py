"""What a request asks beside its path: `$select`, `$top`, `$filter`, `$count` and the tokens of pages."""

from dataclasses import dataclass
from typing import Final

from bridge.sandbox.graph.errors import unsupported
from bridge.sandbox.graph.filters import Filter, read_filter
from bridge.sandbox.messages import Request

USUAL_PAGE: Final = 100
LARGEST_PAGE: Final = 999
_OPTIONS: Final = frozenset({"$select", "$top", "$filter", "$count", "$skiptoken", "$deltatoken"})


@dataclass(frozen=True, slots=True)
class Query:
    """A request's query options."""

    select: tuple[str, ...]
    """Empty: what is usual for the kind."""
    top: int | None
    filter_text: str
    count: bool
    eventual: bool
    """Whether `ConsistencyLevel: eventual` was sent, with this very request."""
    skiptoken: str
    deltatoken: str | None
    """None: there is no such option; empty: there is, without a value."""

    @property
    def filter(self) -> Filter | None:
        """What `$filter` lets through. Raises GraphError."""
        return read_filter(self.filter_text) if self.filter_text else None

    @property
    def advanced(self) -> bool:
        """Whether the index behind advanced queries answers: it takes the header and the count."""
        return self.eventual and self.count


def read_query(request: Request) -> Query:
    """Read a request's query options. Raises GraphError."""
    given = request.parameters
    unknown = sorted(name for name in given if name.startswith("$") and name not in _OPTIONS)
    if unknown:
        raise unsupported(f"Query option '{unknown[0]}' is not supported here.")
    return Query(
        select=tuple(name.strip() for name in given.get("$select", "").split(",") if name.strip()),
        top=_page_size(given.get("$top")),
        filter_text=given.get("$filter", ""),
        count=given.get("$count", "").casefold() == "true",
        eventual=request.headers.get("consistencylevel", "").casefold() == "eventual",
        skiptoken=given.get("$skiptoken", ""),
        deltatoken=given.get("$deltatoken"),
    )


def _page_size(text: str | None) -> int | None:
    if text is None:
        return None
    size = int(text) if text.isdecimal() else 0
    if not 1 <= size <= LARGEST_PAGE:
        raise unsupported(
            f"Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_PAGE} inclusive."
        )
    return size
