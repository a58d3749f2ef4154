"""A request to Graph that was admitted: who asks, what for, and of which tenant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.sandbox.graph.encoding import Encoder, Sight, listing
from bridge.sandbox.graph.model import DirectoryObject
from bridge.sandbox.graph.modes import Modes
from bridge.sandbox.graph.paging import Position, cut, link, read_position
from bridge.sandbox.graph.query import LARGEST_PAGE, USUAL_PAGE, Query
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.messages import Answer, Request

ROOT: Final = "/v1.0"


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request."""

    request: Request
    query: Query
    tenant: Tenant
    sight: Sight
    modes: Modes
    encoder: Encoder
    base: str
    """Where this Graph is, such as `https://localhost:8443`."""

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.tenant.clock().timestamp()

    def context(self, what: str) -> str:
        """`@odata.context`: what an answer is about."""
        return f"{self.base}{ROOT}/$metadata#{what}"

    def page(
        self,
        ids: Sequence[str],
        objects: Callable[[Sequence[str]], Sequence[DirectoryObject]],
        *,
        what: str,
        typed: bool = False,
        counted: bool = False,
    ) -> Answer:
        """One page of a list, given by its ids in order and what makes objects of some of them.

        A page can hold fewer than asked for, or none, and yet not be the last (Graph reference 1.3).
        """
        size = min(self.query.top or USUAL_PAGE, self.modes.page_cap or LARGEST_PAGE)
        position = self._position()
        chunk = cut(ids, position.after, size)
        further = None
        if chunk and chunk[-1] != ids[-1]:
            ahead = Position(self.request.path, chunk[-1], position.page + 1, self.now)
            further = link(self.base, self.request, skiptoken=ahead.token())
        first = position.page == 1
        items = self.encoder.items(objects(chunk), self.query.select, self.sight, typed=typed)
        count = len(ids) if counted and first else None
        return Answer(200, listing(items, self.context(what), count=count, nextLink=further))

    def _position(self) -> Position:
        token = self.query.skiptoken
        if not token:
            return Position(self.request.path, "", 1, self.now)
        return read_position(token, self.request.path, self.now, self.modes.page_token_life)
