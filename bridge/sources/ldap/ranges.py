"""The rest of a large group: Active Directory sends the members of one in parts (MS-ADTS 3.1.1.3.1.3.3).

    asked for                    comes                         means
    member                       member;range=0-1499           the first part; there is more
    member;range=1499-*          member;range=1499-2998        its first value has to be the last one again
    member;range=2998-*          member;range=2998-*           the last part

A part is a slice of a list that may change between two questions. Each one therefore begins with the last value
that came before it: somebody who left meanwhile moves the list, the values differ, and it is read again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bridge.core.model import Doubt, DoubtKind, Search
from bridge.sources.ldap.dn import readable
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.search import BASE, PagedSearch, PageReader, Query

ANYTHING: Final = "(objectClass=*)"
_TRIES: Final = 3
"""So often a group is read that changes while it is read."""


class _IncompleteError(Exception):
    """The rest of the values did not come; says why."""


class _MovedError(_IncompleteError):
    """The values changed between two parts."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Consecutive values of an attribute."""

    first: int
    last: int | None
    """None: to the end."""
    values: list[bytes]


class Ranges:
    """Completes entries of which the server sent a part."""

    def __init__(self, reader: PageReader, attributes: tuple[str, ...], records: list[Search]) -> None:
        self._reader = reader
        self._attributes = attributes
        self._records = records

    def completed(self, entry: Entry) -> tuple[Entry, Doubt | None]:
        """The entry with all values of these attributes; with a doubt, it has those that came."""
        attributes = dict(entry.attributes)
        doubt = None
        for name in self._attributes:
            part = _part_of(entry, name)
            if part is None:
                continue
            del attributes[f"{name};range={part.first}-{'*' if part.last is None else part.last}"]
            asked = _Asked(self._reader, entry.dn, name)
            try:
                attributes[name] = [*attributes.get(name, ()), *asked.all_values(part)]
            except _IncompleteError as error:
                attributes[name] = [*attributes.get(name, ()), *part.values]
                what = f"the server sent a part of {readable(entry.dn)} only: {error}"
                doubt = Doubt(DoubtKind.TRUNCATED, what)
            self._records.append(asked.record)
        return Entry(entry.dn, attributes), doubt


class _Asked:
    """One attribute of one entry, asked for part by part."""

    def __init__(self, reader: PageReader, dn: bytes, name: str) -> None:
        self._reader = reader
        self._dn = dn
        self._name = name
        self._parts = 0
        self._values = 0
        self._result = "0 success"

    @property
    def record(self) -> Search:
        """What came, for the record of completeness."""
        return Search(f"{readable(self._dn)} {self._name};range=", self._parts, self._values, self._result)

    def all_values(self, first: _Part) -> list[bytes]:
        """Every value, from a first part on. Raises _IncompleteError."""
        values: list[bytes] = []
        for attempt in range(_TRIES):
            try:
                values = list(self._from(self._part(0) if attempt else first))
            except _MovedError as moved:
                self._result = str(moved)
                continue
            self._values, self._result = len(values), "0 success"
            return values
        self._result = f"it changed each of the {_TRIES} times that it was read"
        raise _IncompleteError(self._result)

    def _from(self, part: _Part) -> Iterator[bytes]:
        yield from part.values
        while part.last is not None:
            if len(part.values) != part.last - part.first + 1:
                raise self._broken(f"{len(part.values)} values came as range {part.first}-{part.last}")
            following = self._part(part.last)
            if following.values[0] != part.values[-1]:
                raise _MovedError("the members changed while they were read")
            if following.last == part.last:
                raise self._broken(f"no more came from value {part.last} on")
            part = following
            yield from part.values[1:]

    def _part(self, first: int) -> _Part:
        query = Query(
            f"values of {self._name}", readable(self._dn), ANYTHING, (f"{self._name};range={first}-*",), scope=BASE
        )
        search = PagedSearch(self._reader, query, page_size=2)
        entries = list(search.entries())
        if search.doubts:
            raise self._broken(search.record.result)
        self._parts += 1
        if len(entries) != 1:
            raise self._broken("the entry is gone")
        part = _part_of(entries[0], self._name)
        if part is None or part.first != first or not part.values:
            raise _MovedError("the members changed while they were read")
        return part

    def _broken(self, why: str) -> _IncompleteError:
        self._result = why
        return _IncompleteError(why)


def _part_of(entry: Entry, name: str) -> _Part | None:
    """The range of an attribute that an entry holds; None where it holds none."""
    shape = re.compile(rf"{re.escape(name)};range=(\d+)-(\d+|\*)")
    for key, values in entry.attributes.items():
        if found := shape.fullmatch(key):
            return _Part(int(found[1]), None if found[2] == "*" else int(found[2]), values)
    return None
