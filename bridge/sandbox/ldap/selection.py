"""Which attributes of an entry an answer carries (RFC 4511, 4.5.1.8), and in what ranges of values (MS-ADTS)."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from bridge.sandbox.ldap.entry import Attribute, Entry
from bridge.sandbox.ldap.schema import OPERATIONAL, SECRET, base_type, options

Selected: TypeAlias = tuple[str, tuple[bytes, ...]]
"""An attribute description and the values that go with it."""

_RANGE = re.compile(r"(?P<type>[^;]+);range=(?P<low>\d+)-(?P<high>\d+|\*)", re.IGNORECASE)


class RangeError(ValueError):
    """A range that begins behind the last value; operationsError in MS-ADTS 3.1.1.3.4.1.22."""


def select(
    entry: Entry, requested: Iterable[str], *, types_only: bool = False, value_range: int = 0
) -> tuple[Selected, ...]:
    """The attributes of an entry that were requested, in the entry's order.

    With `value_range`, no attribute has more values at a time. Raises RangeError.
    """
    asked = tuple(requested) or ("*",)
    ranges = _ranges(asked) if value_range else {}
    found: list[Selected] = []
    for attribute in entry.attributes:
        kind = base_type(attribute.name)
        if kind in SECRET:
            continue
        if kind in ranges:
            low, high = ranges[kind]
            found.append(_ranged(attribute, low, high, value_range))
        elif _is_asked(attribute, kind, asked):
            found += _limited(attribute, value_range)
    return tuple((name, () if types_only else values) for name, values in found)


def _is_asked(attribute: Attribute, kind: str, asked: tuple[str, ...]) -> bool:
    everything = "+" if kind in OPERATIONAL else "*"
    return everything in asked or any(
        base_type(description) == kind and options(description) <= options(attribute.name) for description in asked
    )


def _ranges(asked: tuple[str, ...]) -> dict[str, tuple[int, int | None]]:
    """The ranges asked for, by attribute type; None is up to the last value."""
    found: dict[str, tuple[int, int | None]] = {}
    for description in asked:
        match = _RANGE.fullmatch(description)
        if match:
            high = None if match["high"] == "*" else int(match["high"])
            found[base_type(match["type"])] = (int(match["low"]), high)
    return found


def _limited(attribute: Attribute, value_range: int) -> Iterator[Selected]:
    """All values, or none and beside them the first range."""
    if not value_range or len(attribute.values) <= value_range:
        yield attribute.name, attribute.values
    else:
        yield attribute.name, ()
        yield _ranged(attribute, 0, None, value_range)


def _ranged(attribute: Attribute, low: int, high: int | None, value_range: int) -> Selected:
    size = len(attribute.values)
    if low >= size:
        raise RangeError(f"{attribute.name} has no value {low}")
    end = min(size, low + value_range, size if high is None else max(high, low) + 1)
    last = "*" if end == size else str(end - 1)
    return f"{attribute.name};range={low}-{last}", attribute.values[low:end]
