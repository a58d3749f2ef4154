"""A directory as a run read it, in one cell: who somebody is, and which groups hold them, stands in one row."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from bridge.core.model import (
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Email,
    InnerGroup,
    Nesting,
    Owners,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.core.nesting import goes_by, names_of
from bridge.store.lookup import Table, pack_table

_Row = Sequence[Any]


def pack_directory(read: DirectoryRead) -> bytes:
    """Pack all of a read. Strangers, of whom groups tell without saying who they are, are kept one to a group."""
    nesting = read.nesting or Nesting()
    known = {**read.disabled, **read.people}
    groups = list({g.id: g for selection in read.selections.values() for g in selection.groups}.values())
    by_key = {nesting.keys[group.id]: group for group in groups if group.id in nesting.keys}
    inner = sorted(nesting.groups.items())
    apart = [key for key, one in inner if key not in by_key or by_key[key].members != one.people]
    sets = [*(group.members for group in groups), *(nesting.groups[key].people for key in apart)]
    head = {
        "directory": read.directory,
        "server": read.server,
        "doubts": _doubts(read.doubts),
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
        "strangers": [[n, min(some)] for n, one in enumerate(sets) if (some := one.difference(known))],
    }
    holding: dict[PersonId, list[int]] = {person: [] for person in known}
    for number, one in enumerate(sets):
        for person in one:
            if person in holding:
                holding[person].append(number)
    rows = [[p.id, p.name, p.label, p.addresses, p.id in read.people, holding[p.id]] for p in known.values()]
    return pack_table(head, rows, map(names_of, known.values()))


class PicturedDirectory:
    """Fits the core's KeptDirectory."""

    def __init__(self, packed: bytes) -> None:
        self._table = Table(packed)
        self._told = self._table.head

    def going_by(self, text: str) -> tuple[Person, ...]:
        """Everybody whom somebody may mean by this name."""
        people = (_person(row) for row in self._rows([text.strip()]))
        return tuple(person for person in people if goes_by(person, text))

    def called(self, names: Collection[str]) -> tuple[Person, ...]:
        """Everybody with one of these addresses, labels or ids."""
        called = set(names)
        people = map(_person, self._rows(called))
        return tuple(one for one in people if not called.isdisjoint((one.id, one.label, *one.addresses)))

    def owners(self) -> frozenset[PersonId]:
        """Whoever owns a group, where that was asked."""
        return frozenset(one for *_, owners in self._told["groups"] if owners for one in owners[0])

    def cut(self, people: Collection[PersonId]) -> DirectoryRead:
        """The read as if there were nobody but these, with all its doubts, and its nesting."""
        told, named = self._told, set(people)
        rows = [row for row in self._rows(named) if row[0] in named]
        sets = self._sets(rows)
        groups = {row[0]: _group(row, members) for row, members in zip(told["groups"], sets, strict=False)}
        return DirectoryRead(
            directory=DirectoryName(told["directory"]),
            server=told["server"],
            people={row[0]: _person(row) for row in rows if row[4]},
            selections={
                Selector(DirectoryName(told["directory"]), SelectorKind(kind), text, owners=owners): Selection(
                    tuple(groups[one] for one in ids), _told_doubts(doubts)
                )
                for kind, text, owners, ids, doubts in told["selections"]
            },
            doubts=_told_doubts(told["doubts"]),
            nesting=self._nesting(sets),
            disabled={row[0]: _person(row) for row in rows if not row[4]},
        )

    def _rows(self, names: Iterable[str]) -> Iterable[_Row]:
        return map(self._table.row, self._table.numbers(names))

    def _sets(self, rows: Iterable[_Row]) -> list[frozenset[PersonId]]:
        """Who of these is in each group, and in each group within that is kept apart."""
        sets: list[list[PersonId]] = [[] for _ in (*self._told["groups"], *self._told["apart"])]
        for row in rows:
            for number in row[5]:
                sets[number].append(row[0])
        for number, stranger in self._told["strangers"]:
            sets[number].append(stranger)
        return list(map(frozenset, sets))

    def _nesting(self, sets: Sequence[frozenset[PersonId]]) -> Nesting:
        told = self._told
        rows = {row[0]: n for n, row in enumerate(told["groups"])}
        numbers = {key: rows[group] for group, key in told["keys"].items() if group in rows}
        numbers |= {key: len(rows) + n for n, key in enumerate(told["apart"])}
        groups = {
            key: InnerGroup(label, sets[numbers[key]], frozenset(inner)) for key, label, inner in told["inner"]
        }
        return Nesting(groups, told["keys"])


def _person(row: _Row) -> Person:
    person, name, label, addresses, enabled, _ = row
    return Person(person, tuple(map(Email, addresses)), name, label, enabled)


def _group(row: _Row, members: frozenset[PersonId]) -> DirectoryGroup:
    group_id, name, label, doubts, owners = row
    owned = Owners(frozenset(owners[0]), tuple(owners[1])) if owners else None
    return DirectoryGroup(group_id, name, label, members, doubts=_told_doubts(doubts), owners=owned)


def _doubts(doubts: Iterable[Doubt]) -> list[tuple[str, str]]:
    return [(doubt.kind, doubt.text) for doubt in doubts]


def _told_doubts(rows: Iterable[Sequence[str]]) -> tuple[Doubt, ...]:
    return tuple(Doubt(DoubtKind(kind), text) for kind, text in rows)
