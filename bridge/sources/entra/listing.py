"""Lists that Graph gives page by page: read to their end, or with the error that stopped them (reference 1.3).

Only the absence of a link to a next page ends a list: a page may hold fewer than asked for, or nobody.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from bridge.errors import IncompleteRead, RemoteError
from bridge.sources.entra.failures import REFUSALS, PageExpired, refusal
from bridge.sources.entra.graph import SYSTEM, Graph, RequestIds
from bridge.transport.answer import Answer
from bridge.transport.bundle import Result
from bridge.transport.reaction import Call

Item: TypeAlias = Mapping[str, object]

RESTARTS: Final = 5
"""So often a list is read anew from its beginning, because a page's token came too late."""


class Heap(Protocol):
    """What takes up the items of one list."""

    def add(self, item: Item) -> None:
        """Take up an item. Raises IncompleteRead when it is not what it should be."""

    def clear(self) -> None:
        """Forget all: the list is read anew."""


class Listing:
    """One list on its way, a page at a time."""

    most_pages = 10_000
    """Ten million items. More is a server in a loop."""

    def __init__(self, what: str, path: str, template: str, heap: Heap, *, advanced: bool = False) -> None:
        self.what = what
        self.error: RemoteError | None = None
        """What stopped it, when it did not come to its end."""
        self.ended = False
        self.pages = 0
        self.entries = 0
        """Since it was last begun."""
        self.restarts = 0
        self._path = path
        self._template = template
        self._advanced = advanced
        self._heap = heap
        self._link = ""
        self._links: set[str] = set()
        self._count: int | None = None
        self._call: Call | None = None

    def due(self, graph: Graph, ids: RequestIds) -> Call | None:
        """The request for the page that comes next; None when the list has ended, well or badly."""
        if self.ended:
            return None
        try:
            self._call = graph.call(self._link or self._path, self._template, ids, advanced=self._advanced)
        except IncompleteRead as error:
            self._stop(error)
            return None
        return self._call

    def take(self, result: Result) -> None:
        """Take up what came of that request."""
        try:
            if isinstance(result, RemoteError):
                raise result
            self._take(result)
        except PageExpired as error:
            self._restart(error)
        except RemoteError as error:
            self._stop(error)

    def _take(self, answer: Answer) -> None:
        if self._call and answer.status in REFUSALS:
            raise refusal(SYSTEM, self._call, answer)
        items, link = items_of(answer, self.what), _link(answer, self.what)
        if not self._links:
            self._count = _count(answer)
        for item in items:
            self._heap.add(item)
        self.pages += 1
        self.entries += len(items)
        if link:
            self._follow(link)
        else:
            self.end(answer)

    def _follow(self, link: str) -> None:
        if link in self._links:
            raise IncompleteRead(SYSTEM, f"{self.what} led back to a page that was read before")
        if self.pages >= self.most_pages:
            raise IncompleteRead(SYSTEM, f"{self.what} did not end after {self.most_pages} pages")
        self._links.add(link)
        self._link = link

    def end(self, _answer: Answer) -> None:
        """Take the list for whole, with its last page. Raises IncompleteRead when it is not."""
        if self._count is not None and self.entries < self._count:
            what = f"{self.what} ended after {self.entries} entries, and Graph counts {self._count}"
            raise IncompleteRead(SYSTEM, what)
        self.ended = True

    def _restart(self, error: PageExpired) -> None:
        if self.restarts >= RESTARTS:
            self._stop(error)
            return
        self.restarts += 1
        self.entries = 0
        self._link = ""
        self._links.clear()
        self._heap.clear()

    def _stop(self, error: RemoteError) -> None:
        self.error = error
        self.ended = True


def read_all(graph: Graph, listings: Sequence[Listing], ids: RequestIds) -> None:
    """Read lists side by side to their ends: all that have a page to come, in one request."""
    while due := [(listing, call) for listing in listings if (call := listing.due(graph, ids)) is not None]:
        results = graph.send_all([call for _, call in due])
        for (listing, _), result in zip(due, results, strict=True):
            listing.take(result)


def items_of(answer: Answer, what: str) -> Sequence[Item]:
    """What a page holds. Raises IncompleteRead: a page without a list is not an empty one."""
    value = answer.value
    items = value.get("value") if isinstance(value, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise IncompleteRead(SYSTEM, f"a page of {what} holds no list")
    return items


def _link(answer: Answer, what: str) -> str:
    """The link to the next page; empty when there is none. Raises IncompleteRead."""
    value = answer.value
    link = value.get("@odata.nextLink") if isinstance(value, dict) else None
    if link is not None and (not isinstance(link, str) or not link):
        raise IncompleteRead(SYSTEM, f"a page of {what} has a link to the next one that is none")
    return link or ""


def _count(answer: Answer) -> int | None:
    """How many there are in all, where the first page tells."""
    value = answer.value
    count = value.get("@odata.count") if isinstance(value, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None


def text(item: Item, name: str) -> str:
    """A property that is a text; empty when Graph shows none. Raises IncompleteRead when it is something else."""
    value = item.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise IncompleteRead(SYSTEM, f"{name} came as something that is no text")


def texts(item: Item, name: str) -> Sequence[str]:
    """A property that is a list of texts, in order of the alphabet: servers keep none. Raises as `text`."""
    values = item.get(name)
    if values is None:
        return ()
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return sorted(values)
    raise IncompleteRead(SYSTEM, f"{name} came as something that is no list of texts")
