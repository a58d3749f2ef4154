"""Faults that are written down beforehand: which requests they wait for, and what goes wrong with them."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

from bridge.sandbox.graph.effects import Effect
from bridge.sandbox.graph.paging import page_number
from bridge.sandbox.messages import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Which requests something befalls: those that fit all that is said here.

    Requests in a `$batch` are befallen one by one, before the batch as a whole.
    """

    method: str = ""
    """Empty: any."""
    path: str = ""
    """A regular expression that is searched for in the path, without regard to case. Empty: any."""
    query: str = ""
    """The same, for the decoded query."""
    page: int = 0
    """The page of a list, from 1; 0: any."""
    inside: bool | None = None
    """Only requests in a batch, or only those on the wire; None: both."""
    nth: int = 1
    """The first matching request that it befalls, from 1."""
    count: int = 1
    """How many it befalls from then on; 0: all."""

    def __post_init__(self) -> None:
        for pattern in (self.path, self.query):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}.") from None

    def matches(self, request: Request, *, inside: bool) -> bool:
        """Whether a request is one that counts."""
        return (
            self.method in {"", request.method}
            and self.inside in {None, inside}
            and self.page in {0, page_number(request)}
            and re.search(self.path, request.path, re.IGNORECASE) is not None
            and re.search(self.query, unquote_plus(request.query), re.IGNORECASE) is not None
        )


@dataclass(frozen=True, slots=True)
class Fault(Occasion):
    """An effect, and when it comes."""

    effect: Effect
