"""Entries that lie in a row, decoded twice as fast as one by one.

The entries of an answer look alike, and most attributes have one short value. What stands in front of that value
is then known from its size alone:

    30 1e  04 04 m a i l  31 16  04 14  p 0 0 0 0 0 1 @ e x a m p l e . t e s t
    |      |              |      |  |
    |      |              |      |  the size, looked at first
    |      |              |      the value
    |      the name       SET
    SEQUENCE

It is compared whole with what it has to be: the tags, the name, and every size. Where anything differs, the
attribute is decoded step by step (`wire_ber`), so that what is malformed is refused here as there.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.wire_ber import (
    ENTRY,
    LONG,
    OCTETS,
    SEQUENCE,
    SET,
    BerError,
    attribute,
    element,
    encoded,
    integer,
    long_size,
    opening,
)

_LEAST: Final = 11
"""Bytes of the smallest message with an entry."""
_MOST_EXPECTED: Final = 64
"""Attributes that are expected. Servers send those that were asked for, a dozen."""

_WIDE: Final = LONG | 4
"""How Active Directory begins every size, but for those of OCTET STRINGs."""
_NO_BYTES: Final = ()
"""What nothing starts with."""


class _Attribute:
    """An attribute that has one short value, as it is expected to lie."""

    __slots__ = ("follower", "heads", "name", "size_at")

    def __init__(self, name: bytes, *, wide: bool) -> None:
        self.name = name.decode().lower()
        self.heads = _heads(name, wide=wide)
        """What stands in front of the value, by the first byte of the value's size."""
        self.size_at = len(self.heads[0]) - 1
        """Where in that this byte is."""
        self.follower = self
        """The attribute that came next, the last time that this one came."""


class EntryRow:
    """Decodes the entries that come over one connection."""

    def __init__(self) -> None:
        self._start = _Attribute(b"", wide=False)
        """Stands before an entry's first attribute."""
        self._known: dict[tuple[bytes, bool], _Attribute] = {}

    def decode(self, data: bytes, at: int, number: int) -> tuple[list[Entry], int]:
        """The entries that answer this request and lie here whole, and where what comes behind them begins.

        Raises what `wire_ber` raises.
        """
        found: list[Entry] = []
        answer = integer(number) + bytes((ENTRY,))
        last = len(data) - _LEAST
        while at <= last and data[at] == SEQUENCE:
            start, size = at + 2, data[at + 1]
            if size >= LONG:
                size, start = long_size(data, start, size)
            end = start + size
            if end > len(data) or not data.startswith(answer, start):
                break
            found.append(self._entry(data, start + len(answer) - 1, end))
            at = end
        return found, at

    def _entry(self, data: bytes, at: int, end: int) -> Entry:
        at, end = element(data, at, end, ENTRY)
        start, at = element(data, at, end, OCTETS)
        dn = data[start:at]
        at, end = element(data, at, end, SEQUENCE)
        attributes: dict[str, list[bytes]] = {}
        last = self._start
        while at < end:
            expected = last.follower
            start = at + expected.size_at + 1
            if (
                start <= end
                and data.startswith(expected.heads[data[start - 1]], at)
                and expected.name not in attributes
            ):
                at = start + data[start - 1]
                attributes[expected.name] = [data[start:at]]
            else:
                begin = at
                name, at = attribute(data, begin, end, attributes)
                expected = last.follower = self._attribute(name, wide=data[begin + 1] == _WIDE)
            last = expected
        if at != end:
            raise BerError("an attribute is longer than what holds it")
        return Entry(dn, attributes)

    def _attribute(self, name: bytes, *, wide: bool) -> _Attribute:
        """What to expect of an attribute; nothing, once there are too many."""
        known = self._known.get((name, wide), self._start)
        if known is self._start and len(self._known) < _MOST_EXPECTED and len(name) < LONG:
            known = self._known[name, wide] = _Attribute(name, wide=wide)
        return known


@lru_cache(maxsize=_MOST_EXPECTED)
def _heads(name: bytes, *, wide: bool) -> Sequence[bytes | tuple[()]]:
    """What stands in front of an attribute's only value, by the first byte of the value's size."""
    heads = [_head(name, size, wide=wide) for size in range(LONG)]
    alike = [head if len(head) == len(heads[0]) else _NO_BYTES for head in heads]
    return (*alike, *[_NO_BYTES] * LONG)


def _head(name: bytes, size: int, *, wide: bool) -> bytes:
    """What stands in front of an attribute's only value of this size."""
    value = bytes((OCTETS, size))
    values = _opening(SET, len(value) + size, wide=wide) + value
    named = encoded(OCTETS, name)
    return _opening(SEQUENCE, len(named) + len(values) + size, wide=wide) + named + values


def _opening(tag: int, size: int, *, wide: bool) -> bytes:
    return bytes((tag, _WIDE)) + size.to_bytes(4, "big") if wide else opening(tag, size)
