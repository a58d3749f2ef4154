"""Groups in groups, as their direct members show them: for whoever asks through which somebody is in one.

A run needs none of it, for Graph lists a group's people in any depth. Here the groups are walked down a level at a
time, from those that have somebody in them; what does not let itself be read is left out, and with it the way.
"""

from collections.abc import Iterable

from bridge.core.model import DirectoryGroup, DirectoryName, InnerGroup, Nesting, PersonId
from bridge.sources.entra.graph import MOST_IN_BATCH, Graph, RequestIds, query
from bridge.sources.entra.listing import Item, Listing, Request, read_all
from bridge.sources.entra.people import GROUP, USER, identity, kind_of


class _Inside:
    """The direct members of one group: a heap."""

    def __init__(self) -> None:
        self.people: set[str] = set()
        self.groups: dict[str, str] = {}
        """From ids to names."""

    def add(self, item: Item) -> None:
        """Take up a member. Raises IncompleteRead when it is not what it should be."""
        kind = kind_of(item)
        if kind == USER:
            self.people.add(identity(item))
        elif kind == GROUP:
            self.groups[identity(item)] = str(item.get("displayName") or "")

    def clear(self) -> None:
        """Forget all: the list is read anew."""
        self.people.clear()
        self.groups.clear()


def walk(graph: Graph, directory: DirectoryName, groups: Iterable[DirectoryGroup]) -> Nesting:
    """Read which groups are in these, in any depth, and who is right in each. Raises what a read raises."""
    labels = {group.id.removeprefix(f"{directory}:"): group.label for group in groups}
    keys = {f"{directory}:{key}": key for key in labels}
    found: dict[str, InnerGroup] = {}
    ids = RequestIds()
    while waiting := sorted(labels.keys() - found.keys()):
        some = waiting[:MOST_IN_BATCH]
        heaps = [_Inside() for _ in some]
        listings = [_listing(key, labels[key], heap) for key, heap in zip(some, heaps, strict=True)]
        read_all(graph, listings, ids)
        for key, heap, listing in zip(some, heaps, listings, strict=True):
            people = frozenset(PersonId(f"{directory}:{person}") for person in heap.people)
            inner = {} if listing.error else heap.groups
            found[key] = InnerGroup(labels[key], frozenset() if listing.error else people, frozenset(inner))
            labels |= {one: f"{name} ({one})" if name else one for one, name in inner.items() if one not in labels}
    return Nesting(found, keys)


def _listing(key: str, label: str, heap: _Inside) -> Listing:
    path = query(f"/groups/{key}/members", select="id,displayName", top="999")
    return Listing(f"the list of direct members of {label}", Request(path, "/groups/{id}/members"), heap)
