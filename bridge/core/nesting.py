"""Which groups of a directory are right in which, kept for whoever asks why somebody is in one. Pure."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from bridge.core.model import DirectoryRead, Person, PersonId, Selector


@dataclass(frozen=True, slots=True)
class InnerGroup:
    """What is right in a group, nothing expanded."""

    label: str
    people: frozenset[PersonId]
    """Those too who are disabled."""
    groups: frozenset[str] = frozenset()
    """Keys of groups."""


@dataclass(frozen=True, slots=True)
class Nesting:
    """All groups that a read went through, by a key of the directory's own."""

    groups: Mapping[str, InnerGroup] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    """From a group's stable id to its key."""

    def chain(self, group_id: str, person: PersonId) -> tuple[str, ...]:
        """The labels of the groups on a shortest way from a group down to a person; empty when there is none."""
        start = self.keys.get(group_id, "")
        if start not in self.groups:
            return ()
        ways: dict[str, tuple[str, ...]] = {start: (self.groups[start].label,)}
        waiting = deque([start])
        while waiting:
            key = waiting.popleft()
            if person in self.groups[key].people:
                return ways[key]
            for inner in sorted(self.groups[key].groups - ways.keys()):
                ways[inner] = (*ways[key], self.groups[inner].label)
                waiting.append(inner)
        return ()


@dataclass(frozen=True, slots=True)
class TracedRead:
    """A read with the nesting that it went through, and whom somebody asks about."""

    read: DirectoryRead
    nesting: Nesting
    asked: tuple[Person, ...] = ()
    """Everybody in the directory who goes by the name that was asked for, disabled people too."""


def goes_by(person: Person, text: str) -> bool:
    """Whether somebody means this person: by address, id, or how an administrator or a colleague knows them."""
    folded = text.strip().casefold()
    local = person.id.partition(":")[2]
    names = (person.id, local, person.label, person.name, *person.addresses)
    return folded in {name.casefold() for name in names}


@runtime_checkable
class Tracer(Protocol):
    """A directory that tells how groups are in groups, which not every kind of directory does."""

    def trace(self, selectors: Sequence[Selector], text: str) -> TracedRead:
        """Read as `read` does, with the nesting, and with everybody who goes by this name."""
