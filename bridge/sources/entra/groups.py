"""The groups of a tenant, and which of them the configuration's selectors name (Graph reference 1.1, 1.2)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bridge.core.model import Doubt, DoubtKind, Selector, SelectorKind
from bridge.sources.entra.graph import literal, query
from bridge.sources.entra.listing import FirstPage, Item, Listing, Request, text
from bridge.sources.entra.people import identity
from bridge.sources.entra.prefix import literal_prefix

MOST_VALUES: Final = 15
"""Values that one filter may compare with."""

_MOST_CHARACTERS: Final = 1500
"""Of the values in one filter, so that an address stays short enough for any proxy."""

_PROPERTIES: Final = "id,displayName,mailNickname,visibility"
_TEMPLATE: Final = "/groups"

PROPERTY: Final = {
    SelectorKind.ID: "id",
    SelectorKind.NAME: "displayName",
    SelectorKind.MAIL_NICKNAME: "mailNickname",
}
"""What a group is called by, of each kind of selector that names one."""

_CALLED: Final = {
    SelectorKind.DN: "with the DN",
    SelectorKind.ID: "with the object id",
    SelectorKind.NAME: "with the display name",
    SelectorKind.MAIL_NICKNAME: "with the mail nickname",
}


@dataclass(frozen=True, slots=True, order=True)
class GroupEntry:
    """A group as Graph shows it, without its members."""

    id: str
    name: str
    nickname: str
    hidden: bool
    """Whether its members are shown to few (visibility `HiddenMembership`)."""

    @property
    def label(self) -> str:
        """How an administrator finds it: names are not unique."""
        return f"{self.name} ({self.id})" if self.name else self.id

    def called(self, kind: SelectorKind) -> str:
        """What it is called by, folded: Graph compares without regard to case."""
        return {SelectorKind.ID: self.id, SelectorKind.NAME: self.name}.get(kind, self.nickname).casefold()


class Groups:
    """The groups that one list of groups shows: a heap."""

    def __init__(self) -> None:
        self.entries: dict[str, GroupEntry] = {}

    def add(self, item: Item) -> None:
        """Take up a group."""
        entry = GroupEntry(
            id=identity(item),
            name=text(item, "displayName"),
            nickname=text(item, "mailNickname"),
            hidden=text(item, "visibility").lower() == "hiddenmembership",
        )
        self.entries[entry.id] = entry

    def clear(self) -> None:
        """Forget all: the list is read anew."""
        self.entries.clear()


@dataclass(frozen=True, slots=True)
class Question:
    """One list of groups that is asked for, and the selectors that it answers."""

    selectors: tuple[Selector, ...]
    listing: Listing
    groups: Groups

    def found(self, selector: Selector) -> tuple[GroupEntry, ...]:
        """The groups that answer to one of the selectors, by our own comparison."""
        entries = sorted(self.groups.entries.values())
        if selector.names_one:
            called = selector.text.strip().casefold()
            return tuple(entry for entry in entries if entry.called(selector.kind) == called)
        if selector.kind is SelectorKind.PATTERN:
            return tuple(entry for entry in entries if re.fullmatch(selector.text, entry.name))
        return tuple(entries)


def questions(selectors: Iterable[Selector]) -> list[Question]:
    """As few questions as can be put for these selectors. What names nothing that there can be is not asked."""
    distinct = tuple(dict.fromkeys(selectors))
    asked = [
        _by_values(kind, some)
        for kind in PROPERTY
        for some in _portions([one for one in distinct if one.kind is kind and _can_be(one)])
    ]
    return [
        *asked,
        *(_by_filter(one, one.text) for one in distinct if one.kind is SelectorKind.FILTER),
        *(_by_pattern(one) for one in distinct if one.kind is SelectorKind.PATTERN),
    ]


def glance() -> Question:
    """The first page of all groups there are."""
    groups = Groups()
    path = query(_TEMPLATE, select=_PROPERTIES, top="999")
    return Question((), FirstPage("the first page of all groups", Request(path, _TEMPLATE), groups), groups)


def again_advanced(question: Question) -> Question:
    """The same question, put to the index that answers more, and lags behind."""
    (selector,) = question.selectors
    return _by_filter(selector, selector.text, advanced=True)


def doubts(selector: Selector, found: Sequence[GroupEntry]) -> tuple[Doubt, ...]:
    """What is wrong with what a selector found in a list that came whole."""
    if not selector.names_one or len(found) == 1:
        return ()
    called = f"{_CALLED[selector.kind]} '{selector.text}'"
    if found:
        ids = ", ".join(entry.id for entry in found)
        what = f"several groups are there {called}: {ids}; name the one that is meant by its object id"
        return (Doubt(DoubtKind.AMBIGUOUS, what),)
    return (Doubt(DoubtKind.MISSING, f"there is no group {called}; {_MISSING_REMEDY[selector.kind]}"),)


_BY_ID: Final = "correct the mapping, best with the object id that the Entra admin center shows"
_MISSING_REMEDY: Final = {
    SelectorKind.DN: "groups of Entra ID have none: name it by its object id",
    SelectorKind.ID: "correct the mapping, or the tenant",
    SelectorKind.NAME: _BY_ID,
    SelectorKind.MAIL_NICKNAME: _BY_ID,
}


def _can_be(selector: Selector) -> bool:
    """Whether some group can be called so at all: every object id is a GUID."""
    return selector.kind is not SelectorKind.ID or is_object_id(selector.text)


def is_object_id(told: str) -> bool:
    """Whether a text is a GUID as Entra writes them."""
    try:
        return str(UUID(told.strip())) == told.strip().lower()
    except ValueError:
        return False


def _portions(selectors: Sequence[Selector]) -> list[list[Selector]]:
    """So many at once as one filter takes."""
    portions: list[list[Selector]] = []
    for selector in selectors:
        last = portions[-1] if portions else []
        characters = sum(len(one.text) for one in last) + len(selector.text)
        if not last or len(last) == MOST_VALUES or characters > _MOST_CHARACTERS:
            portions.append([selector])
        else:
            last.append(selector)
    return portions


def _by_values(kind: SelectorKind, selectors: Sequence[Selector]) -> Question:
    values = ",".join(dict.fromkeys(literal(selector.text.strip()) for selector in selectors))
    return _question(tuple(selectors), f"groups by {PROPERTY[kind]}", f"{PROPERTY[kind]} in ({values})")


def _by_filter(selector: Selector, condition: str, *, advanced: bool = False) -> Question:
    return _question((selector,), f"groups with '{selector.text}'", condition, advanced=advanced)


def _by_pattern(selector: Selector) -> Question:
    """All groups that begin as all matches do; the pattern itself is ours to apply."""
    prefix = literal_prefix(selector.text)
    condition = f"startswith(displayName,{literal(prefix)})" if prefix else ""
    return _question((selector,), f"groups like '{selector.text}'", condition)


def _question(selectors: tuple[Selector, ...], what: str, condition: str, *, advanced: bool = False) -> Question:
    groups = Groups()
    options = {"select": _PROPERTIES, "top": "999", **({"filter": condition} if condition else {})}
    path = query(_TEMPLATE, **options, **({"count": "true"} if advanced else {}))
    return Question(selectors, Listing(what, Request(path, _TEMPLATE, advanced), groups), groups)
