"""Reading a directory for whoever asks why somebody is in a group. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bridge.core.model import DirectoryRead, Nesting, Person, Selector


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
    return folded in {name.casefold() for name in names_of(person)}


def names_of(person: Person) -> frozenset[str]:
    """All that somebody may call this person."""
    local = person.id.partition(":")[2]
    return frozenset((person.id, local, person.label, person.name, *person.addresses))


@runtime_checkable
class Tracer(Protocol):
    """A directory that tells how groups are in groups, which not every kind of directory does."""

    def trace(self, selectors: Sequence[Selector], text: str) -> TracedRead:
        """Read as `read` does, with the nesting, and with everybody who goes by this name."""
