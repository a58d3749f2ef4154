"""What a member value means: a person, a group, something else, a placeholder, or nobody that can be found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from bridge.core.model import Doubt, DoubtKind, PersonId
from bridge.sources.ldap.dn import is_under, normal_form, readable, without_uid
from bridge.sources.ldap.groups import GroupEntry, Groups, sort_out
from bridge.sources.ldap.lookup import Found
from bridge.sources.ldap.nesting import Contents
from bridge.sources.ldap.people import People
from bridge.sources.ldap.sid import everybody, foreign, sid_bytes

_NAMED_ONE_BY_ONE: Final = 10
"""So many members of a group that lead to nobody are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class IsPerson:
    """A person."""

    id: PersonId


@dataclass(frozen=True, slots=True)
class IsGroup:
    """A group, by its key."""

    dn: bytes


@dataclass(frozen=True, slots=True)
class IsOther:
    """Something else: a device, a contact. Named by its normal form."""

    form: str


@dataclass(frozen=True, slots=True)
class IsNobody:
    """A placeholder that means nobody."""


@dataclass(frozen=True, slots=True)
class IsUnresolved:
    """Nobody that can be found, and why."""

    why: str


Meaning: TypeAlias = IsPerson | IsGroup | IsOther | IsNobody | IsUnresolved


@dataclass(slots=True)
class Roll:
    """What is known of a group's members beyond those who were known at once."""

    strangers: list[str]
    """Those who lead to nobody, and why."""
    waiting: Sequence[bytes]
    """DNs that take a look-up."""
    people: set[PersonId] = field(default_factory=set)
    groups: set[bytes] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


class Members:
    """Tells what member DNs mean, from what was read and from what was learnt by look-ups."""

    def __init__(self, people: People, groups: Groups, people_bases: Iterable[str], ignore: Iterable[str]) -> None:
        self._people = people
        self._groups = groups
        self._people_bases = [normal_form(base) for base in people_bases]
        self._placeholders = frozenset(map(normal_form, ignore))
        self._rolls: dict[bytes, Roll] = {}
        self._spelled: dict[bytes, PersonId] = {}
        """People by DN in spellings met before."""
        self._learnt: dict[str, Meaning] = {}
        """By normal form."""

    def roll(self, group: GroupEntry) -> Roll:
        """What is known by now of a group's members who were not known at once."""
        roll = self._rolls.get(group.dn)
        if roll is None:
            rest = (*group.rest, *self._groups.inner(group))
            roll = self._rolls[group.dn] = Roll(list(group.strangers), rest)
        if roll.waiting:
            known, left = sort_out(roll.waiting, self._spelled.get)
            roll.people |= known
            roll.waiting = [value for value in left if not self._enter(value, roll)]
        return roll

    def contents(self, group: GroupEntry) -> Contents[bytes]:
        """What is in a group itself, once nobody in it is waiting."""
        roll = self.roll(group)
        doubts = frozenset((*group.doubts, *_doubts_about(roll.strangers, group.label)))
        people = group.people | roll.people if roll.people else group.people
        return Contents(people, frozenset(roll.groups), frozenset(roll.others), doubts)

    def unknown(self, groups: Iterable[GroupEntry]) -> list[bytes]:
        """The DNs in these groups that take a look-up, sorted, each once."""
        values = {without_uid(value) for group in groups for value in self.roll(group).waiting}
        return sorted({normal_form(dn): dn for dn in sorted(values)}.values())

    def learn(self, asked: Sequence[bytes], found: Found) -> None:
        """Take in what a look-up found about these DNs; afterwards none of them is waiting."""
        self._groups.take_all(found.groups)
        for dn in asked:
            form = normal_form(dn)
            if group := self._groups.by_dn.find_form(form):
                self._learnt[form] = IsGroup(group[0].dn)
            elif form in found.failed:
                self._learnt[form] = IsUnresolved(f"could not be looked up: {found.failed[form]}")
            elif form in found.people:
                self._learnt[form] = IsUnresolved(self._why_no_member(form))
            elif form in found.there:
                self._learnt[form] = IsOther(form)
            else:
                self._learnt[form] = IsUnresolved("was not found in the directory")

    def _why_no_member(self, form: str) -> str:
        """Why a person who is there is not among the people."""
        if any(is_under(form, base) for base in self._people_bases):
            return "is a person whom the search for people left out"
        return "is a person outside every base; widen people_base"

    def _enter(self, value: bytes, roll: Roll) -> bool:
        """Put a value where it belongs; False while it is not known where that is."""
        match self._meaning(value):
            case IsPerson(person_id):
                roll.people.add(person_id)
                self._spelled[value] = person_id
            case IsGroup(dn):
                roll.groups.add(dn)
            case IsOther(form):
                roll.others.add(form)
            case IsUnresolved(why):
                roll.strangers.append(f"{readable(value)} {why}")
            case IsNobody():
                pass
            case None:
                return False
        return True

    def _meaning(self, value: bytes) -> Meaning | None:
        told = self._meaning_of_form(normal_form(value))
        bare = without_uid(value)
        return self._meaning_of_form(normal_form(bare)) if told is None and bare != value else told

    def _meaning_of_form(self, form: str) -> Meaning | None:
        if form in self._placeholders:
            return IsNobody()
        people, groups = self._people.by_dn.find_form(form), self._groups.by_dn.find_form(form)
        if len(people) + len(groups) > 1:
            return IsUnresolved("is the name of several entries that differ in its spelling alone")
        if people:
            return IsPerson(people[0])
        if groups:
            return IsGroup(groups[0].dn)
        if faults := self._people.faults.find_form(form):
            return IsUnresolved(faults[0])
        return self._learnt.get(form) or self._foreigner(form)

    def _foreigner(self, form: str) -> Meaning | None:
        """Whom a foreign security principal stands for: somebody of another domain that was read, or nobody."""
        text = foreign(form)
        if not text:
            return None
        if name := everybody(text):
            return IsUnresolved(f"stands for {name}, which nobody can list")
        sid = sid_bytes(text)
        if person_id := self._people.with_sid(sid):
            return IsPerson(person_id)
        if groups := self._groups.with_sid(sid):
            return IsGroup(groups[0].dn)
        return IsUnresolved("is somebody of another domain; list that domain under `domains`")


def _doubts_about(strangers: list[str], group: str) -> list[Doubt]:
    """A doubt for each of the first few, one for the rest: a group may have a hundred thousand."""
    ordered = sorted(set(strangers))
    doubts = [f"{stranger}, a member of {group}" for stranger in ordered[:_NAMED_ONE_BY_ONE]]
    if len(ordered) > _NAMED_ONE_BY_ONE:
        doubts.append(f"{len(ordered) - _NAMED_ONE_BY_ONE} more members of {group} lead to nobody")
    return [Doubt(DoubtKind.UNRESOLVED, text) for text in doubts]
