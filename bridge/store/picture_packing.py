"""A picture as one cell, of which a part can be looked at without making values of all the rest.

Columns of JSON hold what is text; behind them memberships stand as numbers of people or accounts, in which those
of a few are found without going over the others.
"""

import json
import sys
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from bridge.core.model import (
    Account,
    AccountId,
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Email,
    Group,
    GroupId,
    InnerGroup,
    Nesting,
    Owners,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
    Standing,
    email,
)
from bridge.core.nesting import goes_by
from bridge.core.picture import ManagedPicture, TargetPicture
from bridge.store.packing import damage_found

_FORMAT: Final = 1
_LEVEL: Final = 1
_HEAD: Final = 8
"""Bytes that say how long the JSON is."""
_WIDTH: Final = 4
"""Bytes of a number."""


def pack(content: DirectoryRead | TargetPicture) -> bytes:
    """Pack one side."""
    return _pack_target(content) if isinstance(content, TargetPicture) else _pack_directory(content)


# ---- directories ---------------------------------------------------------------------------------------


def _pack_directory(read: DirectoryRead) -> bytes:
    nesting = read.nesting or Nesting()
    known = {**read.disabled, **read.people}
    groups = list({g.id: g for selection in read.selections.values() for g in selection.groups}.values())
    by_key = {nesting.keys[group.id]: group for group in groups if group.id in nesting.keys}
    inner = sorted(nesting.groups.items())
    apart = [key for key, one in inner if key not in by_key or by_key[key].members != one.people]
    sets = [*(group.members for group in groups), *(nesting.groups[key].people for key in apart)]
    strangers = sorted(frozenset[PersonId]().union(*sets) - known.keys())
    ids = [*known, *strangers]
    columns = {
        "format": _FORMAT,
        "directory": read.directory,
        "server": read.server,
        "ids": ids,
        "names": [person.name for person in known.values()],
        "labels": [person.label for person in known.values()],
        "addresses": [person.addresses for person in known.values()],
        "disabled": sorted(read.disabled.keys() - read.people.keys()),
        "doubts": read.doubts and _doubts(read.doubts),
        "groups": [
            [g.id, g.name, g.label, _doubts(g.doubts), g.owners and [sorted(g.owners.people), g.owners.others]]
            for g in groups
        ],
        "selections": [
            [s.kind, s.text, s.owners, [group.id for group in found.groups], _doubts(found.doubts)]
            for s, found in sorted(read.selections.items())
        ],
        "inner": [[key, one.label, sorted(one.groups)] for key, one in inner],
        "keys": dict(sorted(nesting.keys.items())),
        "apart": apart,
        "sizes": [len(one) for one in sets],
    }
    return _packed(columns, sets, ids)


_END: Final = "\x00"
"""Between texts that are looked through together; in none of them."""


class PackedDirectory:
    """Fits the core's KeptDirectory."""

    def __init__(self, packed: bytes) -> None:
        self._told, self._members = _unpacked(packed, "ids")
        self._ids: list[PersonId] = self._told["ids"]
        self._disabled = frozenset(self._told["disabled"])
        self._asked: dict[str, tuple[Person, ...]] = {}

    def going_by(self, text: str) -> tuple[Person, ...]:
        """Everybody whom somebody may mean by this name."""
        if text not in self._asked:
            self._asked[text] = tuple(self._search(text))
        return self._asked[text]

    def _search(self, text: str) -> Iterator[Person]:
        """A whole column is looked through at once, and row by row only if the text is in it."""
        folded = text.strip().casefold()
        told = self._told
        start = f"{told['directory']}:{folded}".casefold()
        columns = (self._ids, told["names"], told["labels"], list(map(_END.join, told["addresses"])))
        found = {
            number
            for column in columns
            if folded in _END.join(column).casefold()
            for number, one in enumerate(column)
            if not {folded, start}.isdisjoint(one.casefold().split(_END))
        }
        people = (self._person(number) for number in sorted(found) if number < len(told["names"]))
        yield from (person for person in people if goes_by(person, text))

    def called(self, names: Collection[str]) -> tuple[Person, ...]:
        """Everybody with one of these addresses, labels or ids."""
        wanted = set(names)
        if not wanted:
            return ()
        told = self._told
        rows = zip(self._ids, told["labels"], told["addresses"], strict=False)
        return tuple(
            self._person(number)
            for number, (one, label, addresses) in enumerate(rows)
            if one in wanted or label in wanted or not wanted.isdisjoint(addresses)
        )

    def owners(self) -> frozenset[PersonId]:
        """Whoever owns a group, where that was asked."""
        return frozenset(one for *_, owners in self._told["groups"] if owners for one in owners[0])

    def cut(self, people: Collection[PersonId]) -> DirectoryRead:
        """The read as if there were nobody but these, with all its doubts, and its nesting."""
        told, known = self._told, len(self._told["names"])
        wanted = set(people)
        numbers = [n for n, one in enumerate(self._ids) if n < known and one in wanted]
        sets = self._members.cut(numbers, strangers_from=known)
        groups = {row[0]: self._group(row, sets[n]) for n, row in enumerate(told["groups"])}
        persons = [self._person(number) for number in numbers]
        return DirectoryRead(
            directory=DirectoryName(told["directory"]),
            server=told["server"],
            people={person.id: person for person in persons if person.id not in self._disabled},
            selections={
                Selector(DirectoryName(told["directory"]), SelectorKind(kind), text, owners=owners): Selection(
                    tuple(groups[one] for one in ids), _told_doubts(doubts)
                )
                for kind, text, owners, ids, doubts in told["selections"]
            },
            doubts=_told_doubts(told["doubts"]),
            nesting=self._nesting(sets),
            disabled={person.id: person for person in persons if person.id in self._disabled},
        )

    def _nesting(self, sets: Sequence[frozenset[int]]) -> Nesting:
        told = self._told
        rows = {row[0]: n for n, row in enumerate(told["groups"])}
        numbers = {key: rows[group] for group, key in told["keys"].items() if group in rows}
        numbers |= {key: len(rows) + n for n, key in enumerate(told["apart"])}
        groups = {
            key: InnerGroup(label, self._people(sets[numbers[key]]), frozenset(inner))
            for key, label, inner in told["inner"]
        }
        return Nesting(groups, told["keys"])

    def _group(self, row: Sequence[Any], numbers: Iterable[int]) -> DirectoryGroup:
        group_id, name, label, doubts, owners = row
        owned = Owners(frozenset(owners[0]), tuple(owners[1])) if owners else None
        return DirectoryGroup(
            group_id, name, label, self._people(numbers), doubts=_told_doubts(doubts), owners=owned
        )

    def _people(self, numbers: Iterable[int]) -> frozenset[PersonId]:
        return frozenset(map(self._ids.__getitem__, numbers))

    def _person(self, number: int) -> Person:
        told, person = self._told, self._ids[number]
        addresses = tuple(map(Email, told["addresses"][number]))
        enabled = person not in self._disabled
        return Person(person, addresses, told["names"][number], told["labels"][number], enabled)


def _doubts(doubts: Iterable[Doubt]) -> list[tuple[str, str]]:
    return [(doubt.kind, doubt.text) for doubt in doubts]


def _told_doubts(rows: Iterable[Sequence[str]]) -> tuple[Doubt, ...]:
    return tuple(Doubt(DoubtKind(kind), text) for kind, text in rows)


# ---- Hyperproof ----------------------------------------------------------------------------------------


def _pack_target(target: TargetPicture) -> bytes:
    sets = [managed.members for managed in target.groups]
    listed = [account.id for account in target.accounts]
    ids = [*listed, *sorted(frozenset[AccountId]().union(*sets).difference(listed))]
    columns = {
        "format": _FORMAT,
        "ids": ids,
        "accounts": [[a.other_id, a.email, a.name, a.standing] for a in target.accounts],
        "groups": [
            [m.key, m.name, m.where, m.refusal, m.group and [m.group.id, m.group.name, m.group.lead]]
            for m in target.groups
        ],
        "refusal": target.refusal,
        "sizes": [len(one) for one in sets],
    }
    return _packed(columns, sets, ids)


class PackedTarget:
    """Fits the core's KeptTarget."""

    def __init__(self, packed: bytes) -> None:
        self._told, self._members = _unpacked(packed, "accounts")
        self._ids: list[AccountId] = self._told["ids"]

    def going_by(self, text: str) -> tuple[Account, ...]:
        """Every account that somebody may mean by this name."""
        address = email(text)
        return tuple(
            self._account(number)
            for number, (one, row) in enumerate(zip(self._ids, self._told["accounts"], strict=False))
            if text in {one, row[0]} or row[1] == address
        )

    def called(self, names: Collection[str]) -> tuple[Account, ...]:
        """Every account with one of these addresses or ids."""
        wanted = set(names)
        rows = enumerate(zip(self._ids, self._told["accounts"], strict=False))
        return tuple(self._account(n) for n, (one, row) in rows if one in wanted or row[1] in wanted)

    def cut(self, accounts: Collection[AccountId]) -> TargetPicture:
        """The same, as if there were no accounts but these."""
        wanted = set(accounts)
        listed = len(self._told["accounts"])
        numbers = [n for n, one in enumerate(self._ids) if n < listed and one in wanted]
        sets = self._members.cut(numbers)
        groups = (self._managed(row, some) for row, some in zip(self._told["groups"], sets, strict=True))
        return TargetPicture(tuple(map(self._account, numbers)), tuple(groups), self._told["refusal"])

    def _managed(self, row: Sequence[Any], numbers: Iterable[int]) -> ManagedPicture:
        key, name, where, refusal, group = row
        members = frozenset(map(self._ids.__getitem__, numbers))
        made = Group(GroupId(group[0]), group[1], group[2], members) if group else None
        return ManagedPicture(key, name, where, made, refusal)

    def _account(self, number: int) -> Account:
        other_id, address, name, standing = self._told["accounts"][number]
        return Account(self._ids[number], other_id, address and Email(address), name, Standing(standing))


# ---- memberships ---------------------------------------------------------------------------------------


class _Sets:
    """Sets of numbers, one behind the other."""

    def __init__(self, data: bytes, sizes: Iterable[int]) -> None:
        self._data = data
        self._ends = [0, *accumulate(sizes)]
        if self._ends[-1] * _WIDTH != len(data):
            raise ValueError("members are missing")

    def cut(self, numbers: Iterable[int], strangers_from: int = sys.maxsize) -> list[frozenset[int]]:
        """Each set with these numbers alone, and with the least of those that are strangers."""
        sets: list[set[int]] = [set() for _ in self._ends[1:]]
        for number in numbers:
            for place in self._places(number):
                sets[bisect_right(self._ends, place) - 1].add(number)
        if strangers_from * _WIDTH < sys.maxsize and self._has_from(strangers_from):
            self._add_strangers(sets, strangers_from)
        return list(map(frozenset, sets))

    def _places(self, number: int) -> Iterator[int]:
        wanted = number.to_bytes(_WIDTH, "little")
        place = self._data.find(wanted)
        while place >= 0:
            if place % _WIDTH == 0:
                yield place // _WIDTH
            place = self._data.find(wanted, place + 1)

    def _has_from(self, least: int) -> bool:
        return bool(self._data) and max(_numbers(self._data)) >= least

    def _add_strangers(self, sets: Sequence[set[int]], least: int) -> None:
        numbers = _numbers(self._data)
        for n, (start, end) in enumerate(zip(self._ends, self._ends[1:], strict=False)):
            strangers = [number for number in numbers[start:end] if number >= least]
            sets[n].update(strangers and [min(strangers)])


def _packed(columns: Mapping[str, object], sets: Iterable[Collection[str]], ids: Iterable[str]) -> bytes:
    number_of = {one: number for number, one in enumerate(ids)}
    numbers = array("I")
    for one in sets:
        numbers.extend(map(number_of.__getitem__, one))
    if sys.byteorder == "big":
        numbers.byteswap()
    text = json.dumps(columns, separators=(",", ":")).encode()
    return zlib.compress(len(text).to_bytes(_HEAD, "big") + text + numbers.tobytes(), _LEVEL)


def _unpacked(packed: bytes, key: str) -> tuple[dict[str, Any], _Sets]:
    """What was packed again. Raises StoreError for damage."""
    with damage_found("picture of the last run"):
        data = zlib.decompress(packed)
        start = _HEAD + int.from_bytes(data[:_HEAD], "big")
        told = json.loads(data[_HEAD:start])
        if told["format"] != _FORMAT or key not in told:
            raise ValueError("another format")
        return told, _Sets(data[start:], told["sizes"])


def _numbers(data: bytes) -> "array[int]":
    numbers = array("I")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
