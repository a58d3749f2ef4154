"""What a read of a tenant is asked for, and what it found."""

from collections.abc import Callable

from bridge.core.model import DirectoryGroup, DirectoryRead, Selection, Selector, SelectorKind
from tests.sources.contract import CORP

Read = Callable[..., DirectoryRead]


def named(text: str, kind: SelectorKind = SelectorKind.NAME) -> Selector:
    """A selector."""
    return Selector(CORP, kind, text)


def by_id(text: str) -> Selector:
    """A selector by object id."""
    return named(text, SelectorKind.ID)


def one(read: DirectoryRead) -> DirectoryGroup:
    """The one group of a read."""
    (selection,) = read.selections.values()
    (group,) = selection.groups
    return group


def alone(read: DirectoryRead) -> Selection:
    """The answer to its one selector."""
    (selection,) = read.selections.values()
    return selection


def names(read: DirectoryRead, group: DirectoryGroup) -> set[str]:
    """The names of a group's people."""
    return {read.people[person_id].name for person_id in group.members}
