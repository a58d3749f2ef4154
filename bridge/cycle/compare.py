"""Two configurations over one reading of both sides: what the edit does, and what directories do. Only reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bridge.core.change import Held
from bridge.core.comparison import GroupComparison, Keeping, compare
from bridge.core.fate import Moved
from bridge.core.mapping import From, GroupMapping, Policy
from bridge.core.memory import Memory
from bridge.core.model import (
    Account,
    AccountId,
    DirectoryName,
    DirectoryRead,
    GroupId,
    Person,
    PersonId,
    Selector,
    TargetRead,
)
from bridge.core.prospect import View, prospect
from bridge.cycle.ports import Readable, Source
from bridge.cycle.run import Bridge
from bridge.cycle.survey import Sides, Survey, read_directories, read_sides, survey


@dataclass(frozen=True, slots=True)
class Before:
    """The configuration that the edited one is compared with."""

    policy: Policy
    sources: Sequence[Source]
    """The directories that it alone has, or has read otherwise. The others are read once for both."""
    apply: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is to be told of an edit."""

    groups: tuple[GroupComparison, ...]
    held: tuple[Held, ...]
    """What the guards hold under the edited configuration."""
    accounts: Mapping[AccountId, Account]
    people: Mapping[AccountId, tuple[Person, ...]]
    """Whose account each is, by either configuration."""
    unread: Mapping[DirectoryName, str]
    """Directories that could not be read at all, by either, and why."""
    reads: tuple[DirectoryRead, ...]
    """Of both; what was read once stands here once."""
    applied_before: bool
    applied_after: bool
    limits_differ: bool = False
    """Whether the edit changes what a whole run may do before it waits for a person."""
    refusal: str = ""
    """Why nothing may be written at all."""

    @property
    def losing(self) -> tuple[Moved, ...]:
        """Who surely or possibly loses by the edit, in all groups."""
        return tuple(moved for group in self.groups for moved in group.losing)

    @property
    def whole(self) -> tuple[Moved, ...]:
        """Everything that the edited configuration comes to."""
        return tuple(moved for group in self.groups for moved in group.whole)

    @property
    def switched_on(self) -> bool:
        """Whether the edit lets the bridge write."""
        return self.applied_after and not self.applied_before

    @property
    def switched_off(self) -> bool:
        """Whether by the edit nothing is written any more, so that even leavers stay."""
        return self.applied_before and not self.applied_after


def compare_with(before: Before, bridge: Bridge) -> Comparison:
    """Read both sides once and think twice. Raises RemoteError when Hyperproof cannot be read."""
    memory = bridge.store.load()
    target = _ReadOnce(bridge.target)
    apart = frozenset(source.name for source in before.sources)
    shared = {source.name for source in bridge.sources} - apart
    asked = tuple(one for one in before.policy.selectors() if one.directory in shared)
    sides = read_sides(bridge.sources, target, _asking(bridge.policy, asked), bridge.clock)
    own = read_directories(before.sources, before.policy)
    old_sides = replace(sides, reads={**{name: sides.reads[name] for name in shared}, **own})
    old = _surveyed(old_sides, memory, bridge, target, before.policy)
    new = _surveyed(sides, memory, bridge, target, bridge.policy)
    return Comparison(
        groups=compare(tuple(_keepings(old, apart)), tuple(_keepings(new, frozenset()))),
        held=new.found.verdict.held,
        accounts={account.id: account for account in sides.current.accounts},
        people=_people_of(old, new),
        unread={**old.sides.unread, **new.sides.unread},
        reads=(*sides.reads.values(), *own.values()),
        applied_before=before.apply,
        applied_after=bridge.apply,
        limits_differ=before.policy.limits != bridge.policy.limits,
        refusal=new.found.verdict.refusal,
    )


def _asking(policy: Policy, more: Sequence[Selector]) -> Policy:
    """A policy by which these directory groups are read as well."""
    return replace(policy, mappings=(*policy.mappings, *(GroupMapping("", "", From(one)) for one in more)))


@dataclass(frozen=True, slots=True)
class _Thought:
    """One configuration's own part of what was read, and what was thought of it."""

    sides: Sides
    found: Survey


def _surveyed(sides: Sides, memory: Memory, bridge: Bridge, target: Readable, policy: Policy) -> _Thought:
    asked = frozenset(policy.selectors())
    own = replace(sides, reads={name: narrowed(read, asked) for name, read in sides.reads.items()})
    return _Thought(own, survey(own, memory, (bridge.store, target), policy))


def narrowed(read: DirectoryRead, asked: frozenset[Selector]) -> DirectoryRead:
    """A read as if these selectors alone had been asked: the people of others must not be confused with theirs."""
    selections = {selector: found for selector, found in read.selections.items() if selector in asked}
    if len(selections) == len(read.selections):
        return read
    groups = [group for found in selections.values() for group in found.groups]
    named: set[PersonId] = set().union(*(group.members for group in groups))
    named |= {person for group in groups if group.owners for person in group.owners.people}
    people = {one: person for one, person in read.people.items() if one in named}
    return replace(read, selections=selections, people=people)


def _keepings(thought: _Thought, apart: frozenset[DirectoryName]) -> Iterator[Keeping]:
    found = thought.found
    view = View(thought.sides.reads, found.people, found.around, apart)
    served = {difference.mapping.key: difference for difference in found.differences}
    for binding in found.bindings:
        difference = served.get(binding.mapping.key)
        yield Keeping(
            binding.mapping,
            prospect(difference, view) if difference else None,
            binding.refusal,
            frozenset(_held_in(binding.mapping.key, found.verdict.held)),
        )


def _held_in(key: str, held: Sequence[Held]) -> set[AccountId]:
    return {m.account for one in held if one.key == key for change in one.changes for m in change.members}


def _people_of(old: _Thought, new: _Thought) -> Mapping[AccountId, tuple[Person, ...]]:
    found: dict[AccountId, dict[PersonId, Person]] = {}
    for thought in (old, new):
        for read in thought.sides.reads.values():
            for person in read.people.values():
                if account := thought.found.people.accounts.get(person.id):
                    found.setdefault(account, {})[person.id] = person
    return {account: tuple(people.values()) for account, people in found.items()}


@dataclass(slots=True)
class _ReadOnce:
    """Hyperproof, read once for two configurations."""

    target: Readable
    members: dict[GroupId, frozenset[AccountId]] = field(default_factory=dict)
    groups: dict[bool, Mapping[GroupId, str]] = field(default_factory=dict)

    def read(self) -> TargetRead:
        return self.target.read()

    def read_members(self, group: GroupId) -> frozenset[AccountId]:
        if group not in self.members:
            self.members[group] = self.target.read_members(group)
        return self.members[group]

    def read_groups(self, *, archived: bool) -> Mapping[GroupId, str]:
        if archived not in self.groups:
            self.groups[archived] = self.target.read_groups(archived=archived)
        return self.groups[archived]
