"""A read of a directory as one cell: 50,000 people and half a million memberships packed and unpacked in a moment.

Columns of JSON hold what is text, each thing once; behind them the memberships stand as numbers of people.
The same read has the same bytes.
"""

import json
import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from bridge.core.model import (
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Email,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.core.snapshot import Footing

_FORMAT: Final = 1
"""Of what is packed. Whatever has another is not unpacked."""

_LEVEL: Final = 1
"""Of compression: more takes several times as long and gains a tenth."""

_HEAD: Final = 8
"""Bytes that say how long the JSON is."""

_NUMBERS: Final = "I"
"""Unsigned, of four bytes."""

_DAMAGE: Final = (zlib.error, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What comes of unpacking bytes that are something else."""


class Packed(NamedTuple):
    """What is packed together."""

    read: DirectoryRead
    footing: Footing


def pack(read: DirectoryRead, footing: Footing) -> bytes:
    """Pack a read without doubts; searches and notes are left out. Raises LookupError if a member is no person."""
    people = sorted(read.people)
    groups = sorted({g.id: g for selection in read.selections.values() for g in selection.groups}.items())
    number_of_person = {person_id: number for number, person_id in enumerate(people)}
    number_of_group = {group_id: number for number, (group_id, _) in enumerate(groups)}
    told = [read.people[person_id] for person_id in people]
    columns = {
        "format": _FORMAT,
        "directory": read.directory,
        "server": read.server,
        "people": people,
        "names": [person.name for person in told],
        "labels": [person.label for person in told],
        "addresses": [person.addresses for person in told],
        "groups": [[g.id, g.name, g.label, g.disabled, g.others, len(g.members)] for _, g in groups],
        "selections": [
            [selector.kind, selector.text, [number_of_group[group.id] for group in selection.groups]]
            for selector, selection in sorted(read.selections.items())
        ],
        "involved": sorted(footing.involved - read.people.keys()),
        "others": sorted(footing.others),
        "strict": footing.strict,
    }
    text = json.dumps(columns, separators=(",", ":")).encode()
    numbers = array(_NUMBERS)
    for _, group in groups:
        numbers.extend(sorted(map(number_of_person.__getitem__, group.members)))
    return zlib.compress(len(text).to_bytes(_HEAD, "big") + text + _portable(numbers).tobytes(), _LEVEL)


def unpack(packed: bytes) -> Packed | None:
    """The read and its footing again; None if the bytes are anything else."""
    try:
        return _unpacked(zlib.decompress(packed))
    except _DAMAGE:
        return None


def _unpacked(data: bytes) -> Packed:
    start = _HEAD + int.from_bytes(data[:_HEAD], "big")
    columns = json.loads(data[_HEAD:start])
    if columns["format"] != _FORMAT:
        raise ValueError("another format")
    directory = DirectoryName(columns["directory"])
    people: list[PersonId] = columns["people"]
    groups = list(_groups(columns["groups"], people, _numbers(data[start:])))
    read = DirectoryRead(
        directory=directory,
        server=columns["server"],
        people=dict(zip(people, _people(columns), strict=True)),
        selections={
            Selector(directory, SelectorKind(kind), text): Selection(tuple(groups[number] for number in numbers))
            for kind, text, numbers in columns["selections"]
        },
    )
    involved = frozenset(columns["involved"]).union(people)
    footing = Footing(involved, frozenset(columns["others"]), bool(columns["strict"]))
    return Packed(read, footing)


def _people(columns: dict[str, Any]) -> Iterator[Person]:
    rows = zip(columns["people"], columns["addresses"], columns["names"], columns["labels"], strict=True)
    for person_id, addresses, name, label in rows:
        yield Person(person_id, tuple(map(Email, addresses)), name, label)


def _groups(rows: Iterable[Any], people: list[PersonId], numbers: "array[int]") -> Iterator[DirectoryGroup]:
    left = iter(numbers)
    for group_id, name, label, disabled, others, size in rows:
        members = frozenset(map(people.__getitem__, islice(left, size)))
        if len(members) != size:
            raise ValueError("members are missing")
        yield DirectoryGroup(group_id, name, label, members, disabled, others)


def _numbers(data: bytes) -> "array[int]":
    numbers = array(_NUMBERS)
    numbers.frombytes(data)
    return _portable(numbers)


def _portable(numbers: "array[int]") -> "array[int]":
    """Between the machine's order of bytes and that of the packed form."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
