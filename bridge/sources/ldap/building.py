"""From the groups that are meant to everybody in them, whatever they were read from. Pure, but for look-ups."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from bridge.core.model import (
    DirectoryGroup,
    DirectoryRead,
    Doubt,
    DoubtKind,
    InnerGroup,
    Nesting,
    Owners,
    Person,
    PersonId,
    Selection,
    Selector,
)
from bridge.core.nesting import TracedRead, goes_by
from bridge.sources.ldap.dn import normal_form, readable
from bridge.sources.ldap.groups import GroupEntry, Groups
from bridge.sources.ldap.lookup import Found
from bridge.sources.ldap.members import Members
from bridge.sources.ldap.nesting import Contents, effective, reachable
from bridge.sources.ldap.people import People

Chosen: TypeAlias = Mapping[Selector, tuple[tuple[GroupEntry, ...], tuple[Doubt, ...]]]
"""The groups that each selector means, and the doubts about that."""


class Building:
    """Expands groups, whose members may have to be looked up. Use it once."""

    def __init__(
        self,
        people: People,
        groups: Groups,
        members: Members,
        whole: Callable[[bytes], GroupEntry],
        find: Callable[[list[bytes]], Found],
    ) -> None:
        self._people = people
        self._entries = groups.by_dn.exact
        self._members = members
        self._whole = whole
        """Gives a group with all its members, the rest of which may be read when it is first met."""
        self._find = find
        """Tells what there is at DNs."""
        self._direct: Mapping[bytes, Contents[bytes]] = {}

    def selections(self, chosen: Chosen) -> dict[Selector, Selection]:
        """What each selector found, nested groups expanded."""
        starts = {group.dn for groups, _ in chosen.values() for group in groups}
        built = self._built(starts & self._entries.keys())
        asked = {group.dn for selector, (groups, _) in chosen.items() if selector.owners for group in groups}
        owned = {dn: replace(built[dn], owners=self._owners(self._entries[dn])) for dn in asked & built.keys()}
        return {
            selector: _selection(groups, doubts, owned if selector.owners else built)
            for selector, (groups, doubts) in chosen.items()
        }

    @property
    def reached(self) -> Mapping[bytes, Contents[bytes]]:
        """What is in each group that was met, by its DN."""
        return self._direct

    def people(self, selections: Mapping[Selector, Selection]) -> dict[PersonId, Person]:
        """Everybody in some group that was found, whoever owns one where that was asked, and nobody else."""
        groups = [group for selection in selections.values() for group in selection.groups]
        owners = (group.owners.people for group in groups if group.owners)
        needed = frozenset[PersonId]().union(*(group.members for group in groups), *owners)
        return {person_id: self._people.person(person_id) for person_id in sorted(needed)}

    def nesting(self) -> Nesting:
        """Which groups are right in which, of those that were met."""
        groups = {
            readable(dn): InnerGroup(self._entries[dn].label, inner.people, frozenset(map(readable, inner.groups)))
            for dn, inner in self._direct.items()
        }
        return Nesting(groups, {self._entries[dn].id: readable(dn) for dn in self._direct})

    def disabled(self) -> dict[PersonId, Person]:
        """Who is in these groups and disabled."""
        disabled = self._people.disabled
        met = frozenset[PersonId]().union(*(inner.people & disabled for inner in self._direct.values()))
        return {person_id: self._people.person(person_id)._replace(enabled=False) for person_id in sorted(met)}

    def traced(self, read: DirectoryRead, text: str) -> TracedRead:
        """A read of these selections with its nesting, and with everybody who goes by this name."""
        everybody = map(self._people.person, self._people.by_id)
        asked = [
            person._replace(enabled=person.id not in self._people.disabled)
            for person in everybody
            if goes_by(person, text)
        ]
        return TracedRead(read, self.nesting(), tuple(asked))

    def _built(self, starts: set[bytes]) -> dict[bytes, DirectoryGroup]:
        met = self._look_up(starts)
        self._direct = {dn: self._members.contents(self._entries[dn]) for dn in met}
        return {dn: self._group(self._entries[dn], effective(dn, self._direct)) for dn in starts}

    def _look_up(self, starts: set[bytes]) -> frozenset[bytes]:
        """Follow nested groups until every member is known; a look-up may bring in groups from elsewhere."""
        while True:
            met = reachable(starts, lambda dn: self._members.roll(self._whole(dn)).groups)
            unknown = self._members.unknown(map(self._whole, met))
            if not unknown:
                return met
            self._members.learn(unknown, self._find(unknown))

    def _group(self, entry: GroupEntry, contents: Contents[bytes]) -> DirectoryGroup:
        disabled = contents.people & self._people.disabled
        return DirectoryGroup(
            id=entry.id,
            name=entry.name,
            label=entry.label,
            members=contents.people - disabled if disabled else contents.people,
            disabled=len(disabled),
            others=len(contents.others),
            doubts=tuple(sorted(contents.doubts)),
        )

    def _owners(self, entry: GroupEntry) -> Owners | None:
        """Who owns a group. Whoever is not among the people that were read anyway is not looked for."""
        if entry.owners is None:
            return None
        found = {dn: self._people_at(dn) for dn in entry.owners}
        people = frozenset(person for people in found.values() for person in people) - self._people.disabled
        return Owners(people, tuple(self._no_owners(found)))

    def _people_at(self, dn: bytes) -> tuple[PersonId, ...]:
        person = self._people.by_dn.exact.get(dn)
        return (person,) if person else self._people.by_dn.find_form(normal_form(dn))

    def _no_owners(self, found: Mapping[bytes, tuple[PersonId, ...]]) -> Iterator[str]:
        for dn, people in sorted(found.items()):
            if not people:
                yield f"the owner {readable(dn)} is no person that was read"
            if not self._people.disabled.isdisjoint(people):
                yield f"the owner {readable(dn)} is disabled"


def _selection(
    groups: Iterable[GroupEntry], doubts: tuple[Doubt, ...], built: dict[bytes, DirectoryGroup]
) -> Selection:
    """What a selector found, as far as it is still there and can be known again."""
    gone = [group for group in groups if group.dn not in built]
    missing = [Doubt(DoubtKind.MISSING, f"the group {readable(group.dn)} went during the read") for group in gone]
    found = tuple(built[group.dn] for group in groups if group.id and group.dn in built)
    return Selection(found, tuple(sorted({*doubts, *missing})))
