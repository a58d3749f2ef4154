"""One read of one tenant: first the groups that the selectors name, then the members of each."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from bridge.core.model import (
    DirectoryRead,
    Doubt,
    Search,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.errors import Denied
from bridge.sources.entra import groups
from bridge.sources.entra.failures import NotFound, PageExpired, Unsupported
from bridge.sources.entra.graph import MOST_IN_BATCH, Graph, RequestIds, query
from bridge.sources.entra.groups import GroupEntry, Question
from bridge.sources.entra.listing import Listing, read_all
from bridge.sources.entra.members import Members, doubt_of
from bridge.sources.entra.people import People
from bridge.sources.entra.settings import EntraSettings

LANES: Final = 4
"""Requests under way at once, each for up to 20 lists. Graph throttles whoever asks for more at a time."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A group whose members are to be read."""

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
        chosen = self._find(selectors)
        wanted = self._read_members({entry for entries, _ in chosen.values() for entry in entries})
        read = {each.entry: each.members.group(self._settings.name, each.entry, each.listing) for each in wanted}
        self.involved = {each.entry.id for each in wanted}.union(*(each.members.seen for each in wanted))
        people = {person_id: person for each in wanted for person_id, person in each.members.people.items()}
        return DirectoryRead(
            directory=self._settings.name,
            server=f"{self._settings.graph_address}, tenant {self._settings.tenant_id}",
            people={person_id: people[person_id] for person_id in sorted(people)},
            selections={
                selector: Selection(tuple(read[entry] for entry in entries), doubts)
                for selector, (entries, doubts) in chosen.items()
            },
            searches=tuple(self._searches),
        )

    # ---- the groups ------------------------------------------------------------------------------------

    def _find(
        self, selectors: Sequence[Selector]
    ) -> dict[Selector, tuple[tuple[GroupEntry, ...], tuple[Doubt, ...]]]:
        asked = groups.questions(selectors)
        self._read([question.listing for question in asked], "groups")
        refused = [question for question in asked if _needs_more(question)]
        again = [groups.again_advanced(question) for question in refused]
        self._read([question.listing for question in again], "groups, by advanced queries")
        answered = {selector: question for question in (*asked, *again) for selector in question.selectors}
        _raise_if_nothing_came([question.listing for question in answered.values()])
        return {selector: _answer(selector, answered.get(selector)) for selector in selectors}

    # ---- their members ---------------------------------------------------------------------------------

    def _read_members(self, entries: Iterable[GroupEntry]) -> list[_Wanted]:
        wanted = [self._wanted(entry) for entry in sorted(entries)]
        self._read([each.listing for each in wanted], "members")
        return wanted

    def _wanted(self, entry: GroupEntry) -> _Wanted:
        relation = "transitiveMembers" if self._settings.nested else "members"
        path = query(f"/groups/{entry.id}/{relation}", select=self._people.properties, top="999")
        members = Members(self._people)
        listing = Listing(f"the list of members of {entry.label}", path, f"/groups/{{id}}/{relation}", members)
        return _Wanted(entry, listing, members)

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


def _records(subject: str, listings: Sequence[Listing], ids: str) -> Iterator[Search]:
    """How the lists ended: all that came whole in one line, each of the others in its own."""
    whole = [listing for listing in listings if not listing.error]
    if whole:
        pages, entries = sum(listing.pages for listing in whole), sum(listing.entries for listing in whole)
        yield Search(f"{subject}: {len(whole)} of {len(listings)} lists", pages, entries, f"200; {ids}")
    for listing in listings:
        if listing.error:
            yield Search(listing.what, listing.pages, listing.entries, listing.error.what)


def _needs_more(question: Question) -> bool:
    """Whether a filter is one that only the index behind advanced queries answers."""
    by_filter = question.selectors[0].kind is SelectorKind.FILTER
    return by_filter and isinstance(question.listing.error, Unsupported)


def _answer(selector: Selector, question: Question | None) -> tuple[tuple[GroupEntry, ...], tuple[Doubt, ...]]:
    """The groups that a selector names, and what is open about that."""
    found = question.found(selector) if question else ()
    error = question.listing.error if question else None
    if question and error:
        return found, (doubt_of(question.listing, error),)
    doubts = groups.doubts(selector, found)
    return (() if doubts else found), doubts


def _raise_if_nothing_came(listings: Sequence[Listing]) -> None:
    """Where Graph tells anything, the rest is a doubt. Where it tells nothing at all, there is no read."""
    silent = [listing for listing in listings if not listing.pages and not isinstance(listing.error, _TOLD)]
    errors = [listing.error for listing in silent if listing.error]
    if errors and len(errors) == len(listings):
        raise next((error for error in errors if isinstance(error, Denied)), errors[0])


_TOLD: Final = (NotFound, PageExpired, Unsupported)
"""Errors that are Graph's own word about one list."""
