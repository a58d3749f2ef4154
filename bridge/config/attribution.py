"""Which edited lines are behind what an edit does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from bridge.config.edits import Edit
from bridge.core.comparison import GroupComparison
from bridge.core.fate import Aspect, Moved
from bridge.core.model import Email, email

_Test: TypeAlias = Callable[[tuple[str | int, ...]], bool]


def lines_of(
    moved: Moved, group: GroupComparison, edits: Sequence[Edit], address: Email | None
) -> tuple[Edit, ...]:
    """The edits behind what happens to one membership: those alone that name the person's part, where some do."""
    about = edits_of(group, edits)
    found = [
        edit
        for aspect in sorted(moved.aspects)
        for edit in _narrowed(aspect, [one for one in about if _TESTS[aspect](one.place)], moved, address)
    ]
    return tuple(dict.fromkeys(found)) or about


_DECIDING: Final = frozenset({"groups", "defaults", "limits", "accounts", "directories"})
"""The sections that decide about memberships."""


def edits_of(group: GroupComparison, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits that have to do with a group: in its own entry, and in what holds for all."""
    keys = {one.mapping.key for one in (group.before, group.after) if one.mapping}
    return tuple(
        one
        for one in edits
        if one.place[0] in _DECIDING and (not one.entries or any(_is_of(key, one.entries) for key in keys))
    )


def _is_of(key: str, entries: frozenset[str]) -> bool:
    """Whether a mapping is an entry's own, or one of those that the entry's pattern makes."""
    return key in entries or any(key.startswith(f"{entry}/") for entry in entries)


def _narrowed(aspect: Aspect, found: list[Edit], moved: Moved, address: Email | None) -> list[Edit]:
    """Of several edits of one kind those that name what this membership hangs on; all, where none does."""
    named = found
    if aspect in {Aspect.KEEP, Aspect.IGNORE} and address:
        named = [edit for edit in found if any(email(value) == address for value in edit.values)]
    elif aspect is Aspect.MEMBERS and moved.selectors:
        named = [edit for edit in found if any(selector.text in edit.values for selector in moved.selectors)]
    elif aspect is Aspect.DIRECTORY and moved.directories:
        named = [edit for edit in found if edit.place[1:2] and edit.place[1] in moved.directories]
    return named or found


def _within(section: str, *keys: str) -> _Test:
    """In a group's entry under one of these keys, or in the section."""

    def test(place: tuple[str | int, ...]) -> bool:
        if place[0] == "groups":
            return len(place) < _KEY + 1 or place[_KEY] in keys
        return place[0] == section and (section != "defaults" or place[1:2] == () or place[1] in keys)

    return test


_KEY: Final = 2
"""Where in a place, behind `groups` and a position, the key of an entry stands."""

_TESTS: Final[Mapping[Aspect, _Test]] = {
    Aspect.GROUP: lambda place: place[0] == "groups",
    Aspect.MEMBERS: _within("", "members", "for_each"),
    Aspect.DIRECTORY: lambda place: place[0] == "directories",
    Aspect.ACCOUNTS: lambda place: place[0] == "accounts",
    Aspect.MODE: _within("defaults", "mode"),
    Aspect.KEEP: _within("defaults", "keep"),
    Aspect.IGNORE: _within("defaults", "ignore"),
    Aspect.LEAD: _within("accounts", "lead"),
    Aspect.LIMITS: lambda place: place[0] == "limits" or _within("defaults", "removals")(place),
}
