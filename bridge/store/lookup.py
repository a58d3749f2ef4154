"""A table as one cell, in which rows are found by name, and of which no more is unpacked than is looked at.

8 bytes    how long the head is
head       JSON, compressed: what the table says beside its rows, and how long each block is
index      for every name of every row its hash and the number of the row, 8 bytes, in order
blocks     the rows as JSON, some hundreds to a block, each compressed by itself
"""

import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from bridge.store.packing import damage_found, pack_json, unpack_json

_WHAT: Final = "picture of the last run"
_LENGTH: Final = 8
_ROWS: Final = 256
"""A block's: to unpack it takes less than a millisecond."""
_HASH: Final = 32
"""Bits of it. The number of a row has as many."""


def pack_table(head: Mapping[str, object], rows: Sequence[object], names: Iterable[Collection[str]]) -> bytes:
    """Pack rows of JSON, each with the names that it is looked up by, in whatever case."""
    index = array("Q", sorted(_entries(names)))
    if sys.byteorder == "big":
        index.byteswap()
    searched = index.tobytes()
    blocks = [pack_json(rows[start : start + _ROWS]) for start in range(0, len(rows), _ROWS)]
    told = {"index": len(searched), "sum": zlib.crc32(searched), "blocks": list(map(len, blocks)), "head": head}
    packed = pack_json(told)
    return b"".join((len(packed).to_bytes(_LENGTH, "big"), packed, searched, *blocks))


class Table:
    """A table that was packed. Each of its methods raises StoreError for damage."""

    def __init__(self, packed: bytes) -> None:
        with damage_found(_WHAT):
            start = _LENGTH + int.from_bytes(packed[:_LENGTH], "big")
            told = unpack_json(packed[_LENGTH:start], _WHAT)
            end = start + told["index"]
            self.head: dict[str, Any] = told["head"]
            self._index = _index(packed[start:end], told["sum"])
            self._ends = list(accumulate(told["blocks"], initial=end))
            if self._ends[-1] != len(packed):
                raise ValueError("rows are missing")
        self._packed = packed
        self._blocks: dict[int, list[list[Any]]] = {}

    def numbers(self, names: Iterable[str]) -> list[int]:
        """The rows that may go by one of these names, in order. That they do has to be looked at."""
        return sorted({number for name in names for number in self._found(_hash(name))})

    def row(self, number: int) -> list[Any]:
        """One row."""
        block, place = divmod(number, _ROWS)
        if block not in self._blocks:
            self._blocks[block] = unpack_json(self._packed[self._ends[block] : self._ends[block + 1]], _WHAT)
        return self._blocks[block][place]

    def _found(self, searched: int) -> Iterator[int]:
        for place in range(bisect_left(self._index, searched << _HASH), len(self._index)):
            entry = self._index[place]
            if entry >> _HASH != searched:
                return
            yield entry & ((1 << _HASH) - 1)


def _entries(names: Iterable[Collection[str]]) -> set[int]:
    return {_hash(name) << _HASH | number for number, some in enumerate(names) for name in some}


def _hash(name: str) -> int:
    return zlib.crc32(name.casefold().encode("utf-8", "surrogatepass"))


def _index(data: bytes, checksum: int) -> "array[int]":
    if zlib.crc32(data) != checksum:
        raise ValueError("names are missing")
    index = array("Q")
    index.frombytes(data)
    if sys.byteorder == "big":
        index.byteswap()
    return index
