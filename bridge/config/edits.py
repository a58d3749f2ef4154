"""What differs between two configuration files, each difference with its line: values, not texts, are compared.

The order of groups, and of the parts of a list, means nothing to the bridge, and is no difference here either.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.config.document import Place, Plain, key_path
from bridge.config.model import Configuration

ABSENT: Final = object()
"""No value: not the same as the value that stands for nothing."""

SHOWN_SECTIONS: Final = frozenset({"groups", "defaults", "limits", "accounts", "apply", "schedule"})
"""Whose values are told. The others reach systems, and an address may hold what only its owner should see."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """One difference, at its line in the edited file; of what was taken out, in the one before."""

    file: str
    line: int
    key: str
    """As people write it: `groups[1].members.any[0]`."""
    what: str
    """What was done to it, in words."""
    place: Place = field(compare=False)
    entries: frozenset[str] = field(default=frozenset(), compare=False)
    """Keys of the managed groups whose entry it stands in."""
    values: tuple[str, ...] = field(default=(), compare=False)
    """Every text in what was there and in what is there now."""

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.where} {self.key}"


def edits(before: Configuration, after: Configuration, name: str = "") -> tuple[Edit, ...]:
    """Every difference, in the order of the files. `name` is told for the file of before in place of its path."""
    return tuple(sorted(_Files(before, after, name or str(before.path)).edits()))


@dataclass(frozen=True, slots=True)
class _Spot:
    """The same thing in both files."""

    before: Place
    after: Place
    entries: frozenset[str] = frozenset()

    def step(self, before: str | int, after: str | int) -> "_Spot":
        return _Spot((*self.before, before), (*self.after, after), self.entries)


class _Files:
    """Two files, side by side."""

    def __init__(self, before: Configuration, after: Configuration, name: str) -> None:
        self._name = name
        self._before, self._after = before.document, after.document
        self._keys = [[entry.key or entry.name for entry in one.groups] for one in (before, after)]

    def edits(self) -> Iterator[Edit]:
        return self._mappings(self._before.data, self._after.data, _Spot((), ()))

    def _values(self, old: object, new: object, spot: _Spot) -> Iterator[Edit]:
        if _same(old, new):
            return
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._mappings(old, new, spot)
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._groups(old, new) if spot.after == ("groups",) else self._lists(old, new, spot)
        else:
            yield self._edit(old, new, spot)

    def _mappings(self, old: dict[str, Plain], new: dict[str, Plain], spot: _Spot) -> Iterator[Edit]:
        for key in {**old, **new}:
            yield from self._values(old.get(key, ABSENT), new.get(key, ABSENT), spot.step(key, key))

    def _lists(self, old: Sequence[Plain], new: Sequence[Plain], spot: _Spot) -> Iterator[Edit]:
        """A list means the same in any order: what stands in one alone was put in, or taken out."""
        gone, come = _alone(old, new), _alone(new, old)
        if len(gone) == len(come) == 1 and isinstance(old[gone[0]], dict) and isinstance(new[come[0]], dict):
            yield from self._values(old[gone[0]], new[come[0]], spot.step(gone[0], come[0]))
            return
        for n in gone:
            yield self._edit(old[n], ABSENT, spot.step(n, n))
        for n in come:
            yield self._edit(ABSENT, new[n], spot.step(n, n))

    def _groups(self, old: Sequence[Plain], new: Sequence[Plain]) -> Iterator[Edit]:
        """Groups are the same by what they are remembered by, or by the id that they state."""
        of_old, of_new = self._keys
        left = dict(enumerate(of_old))
        for n, key in enumerate(of_new):
            m = next((one for one, known in left.items() if known == key), None)
            if m is None:
                m = next(
                    (one for one in left if of_old[one] not in of_new and _is_same_id(old[one], new[n])), None
                )
            if m is None:
                yield self._edit(ABSENT, new[n], _Spot(("groups", n), ("groups", n), frozenset({key})))
            else:
                spot = _Spot(("groups", m), ("groups", n), frozenset({key, left.pop(m)}))
                yield from self._values(old[m], new[n], spot)
        for m, key in left.items():
            yield self._edit(old[m], ABSENT, _Spot(("groups", m), ("groups", m), frozenset({key})))

    def _edit(self, old: object, new: object, spot: _Spot) -> Edit:
        document, place = (self._before, spot.before) if new is ABSENT else (self._after, spot.after)
        return Edit(
            file=self._name if new is ABSENT else str(document.path),
            line=document.line(place),
            key=key_path(place),
            what=_what(old, new, place),
            place=place,
            entries=spot.entries,
            values=(*_texts(old), *_texts(new)),
        )


def _alone(some: Iterable[Plain], others: Iterable[Plain]) -> list[int]:
    """The positions of what the other list has not, or not as often."""
    left = [_canonical(one) for one in others]
    found = []
    for position, one in enumerate(some):
        form = _canonical(one)
        if form in left:
            left.remove(form)
        else:
            found.append(position)
    return found


def _same(old: object, new: object) -> bool:
    """Whether two values are the same, true being no number."""
    return old is new or (ABSENT not in (old, new) and _canonical(old) == _canonical(new))


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _is_same_id(old: Plain, new: Plain) -> bool:
    stated = [one.get("id") for one in (old, new) if isinstance(one, dict)]
    return len(stated) == 2 and stated[0] is not None and stated[0] == stated[1]  # noqa: PLR2004 - both of them


def _what(old: object, new: object, place: Place) -> str:
    shown = place[0] in SHOWN_SECTIONS
    if old is ABSENT:
        return f"added: {_text(new)}" if shown and not isinstance(new, dict) else "added"
    if new is ABSENT:
        return f"taken out: {_text(old)}" if shown and not isinstance(old, dict) else "taken out"
    return f"{_text(old)} → {_text(new)}" if shown else "changed"


LONGEST: Final = 80
"""Characters of a value that is told."""


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
