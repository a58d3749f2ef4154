"""One read of one tenant: first the groups that the selectors name, then their members, and owners where asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from bridge.core.model import DirectoryGroup, DirectoryRead, Search, Selection, Selector, SelectorKind
from bridge.errors import IncompleteRead
from bridge.sources.entra.failures import GROUPS_REMEDY, HIDDEN_REMEDY
from bridge.sources.entra.finding import find
from bridge.sources.entra.graph import MOST_IN_BATCH, Graph, RequestIds, query
from bridge.sources.entra.groups import GroupEntry
from bridge.sources.entra.listing import Listing, Request, read_all
from bridge.sources.entra.members import Members
from bridge.sources.entra.people import People
from bridge.sources.entra.settings import EntraSettings
from bridge.sources.probe import ListedGroup

LANES: Final = 4
"""Requests under way at once, each for up to 20 lists. Graph throttles whoever asks for more at a time."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A list of a group's members, or of its owners, that is to be read."""

    entry: GroupEntry
    listing: Listing
    members: Members


class Reading:
    """A read under way. Use it once."""

    def __init__(self, settings: EntraSettings, graph: Graph) -> None:
        self._settings = settings
        self._graph = graph
        self._ids = RequestIds()
        self._people = People(settings)
        self._searches: list[Search] = []
        self.involved: set[str] = set()
        """Ids of all users and groups that what was read rests on."""

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read everything that the selectors name. Raises RemoteError where nothing came at all."""
        chosen = find(selectors, self._read)
        entries = {entry for entries, _ in chosen.values() for entry in entries}
        owned = {entry for selector, (entries, _) in chosen.items() if selector.owners for entry in entries}
        due, owning = self._read_members(entries, owned)
        groups = {each.entry: each.members.group(self._settings.name, each.entry, each.listing) for each in due}
        owners = {each.entry: each.members.owners(each.listing) for each in owning}
        with_owners = {entry: replace(groups[entry], owners=told) for entry, told in owners.items()}
        lists = (*due, *owning)
        self.involved = {each.entry.id for each in due}.union(*(each.members.seen for each in lists))
        people = {person_id: person for each in lists for person_id, person in each.members.people.items()}
        return DirectoryRead(
            directory=self._settings.name,
            server=f"{self._settings.graph_address}, tenant {self._settings.tenant_id}",
            people={person_id: people[person_id] for person_id in sorted(people)},
            selections={
                selector: Selection(_of(entries, with_owners if selector.owners else groups), doubts)
                for selector, (entries, doubts) in chosen.items()
            },
            searches=tuple(self._searches),
        )

    def list_groups(self) -> tuple[ListedGroup, ...]:
        """Read all groups there are, in order of their names. Raises RemoteError where not all came."""
        everything = Selector(self._settings.name, SelectorKind.PATTERN, ".*")
        ((entries, doubts),) = find([everything], self._read).values()
        if doubts:
            raise IncompleteRead(self._settings.name, doubts[0].text)
        return tuple(sorted(ListedGroup(entry.name, entry.id, entry.label) for entry in entries))

    # ---- their members and owners ----------------------------------------------------------------------

    def _read_members(
        self, entries: Iterable[GroupEntry], owned: Iterable[GroupEntry]
    ) -> tuple[list[_Due], list[_Due]]:
        """Read the members of groups, and together with them the owners of those whose owners are asked for."""
        due = [self._members_of(entry) for entry in sorted(entries)]
        owning = [self._owners_of(entry) for entry in sorted(owned)]
        listings = [each.listing for each in (*due, *owning)]
        self._read(listings, "members and owners" if owning else "members")
        return due, owning

    def _members_of(self, entry: GroupEntry) -> _Due:
        relation = "transitiveMembers" if self._settings.nested else "members"
        return self._due(entry, relation, "members", HIDDEN_REMEDY if entry.hidden else GROUPS_REMEDY)

    def _owners_of(self, entry: GroupEntry) -> _Due:
        return self._due(entry, "owners", "owners", GROUPS_REMEDY)

    def _due(self, entry: GroupEntry, relation: str, called: str, remedy: str) -> _Due:
        path = query(f"/groups/{entry.id}/{relation}", select=self._people.properties, top="999")
        found = Members(self._people)
        request = Request(path, f"/groups/{{id}}/{relation}", remedy=remedy)
        return _Due(entry, Listing(f"the list of {called} of {entry.label}", request, found), found)

    # ---- requests --------------------------------------------------------------------------------------

    def _read(self, listings: Sequence[Listing], subject: str) -> None:
        """Read lists, so many in one request as it takes, and some requests at a time; record how they ended."""
        if not listings:
            return
        given = self._ids.given
        lanes = [listings[start : start + MOST_IN_BATCH] for start in range(0, len(listings), MOST_IN_BATCH)]
        with ThreadPoolExecutor(max_workers=LANES, thread_name_prefix="graph") as pool:
            list(pool.map(lambda some: read_all(self._graph, some, self._ids), lanes))
        self._searches += _records(subject, listings, self._ids.since(given))


def _of(entries: Iterable[GroupEntry], read: Mapping[GroupEntry, DirectoryGroup]) -> tuple[DirectoryGroup, ...]:
    return tuple(read[entry] for entry in entries)


def _records(subject: str, listings: Sequence[Listing], ids: str) -> Iterator[Search]:
    """How the lists ended: all that came whole in one line, each of the others in its own."""
    whole = [listing for listing in listings if not listing.error]
    if whole:
        pages, entries = sum(listing.pages for listing in whole), sum(listing.entries for listing in whole)
        yield Search(f"{subject}: {len(whole)} of {len(listings)} lists", pages, entries, f"200; {ids}")
    for listing in listings:
        if listing.error:
            yield Search(listing.what, listing.pages, listing.entries, listing.error.what)
