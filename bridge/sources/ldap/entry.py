"""An entry of a directory, wherever it comes from: a server's answer, or an export."""

from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """An entry as it came: nothing is decoded, attribute names are in lower case."""

    dn: bytes
    attributes: Mapping[str, list[bytes]]


def values_in(entry: Entry, name: str) -> list[bytes]:
    """An attribute's values, those too that the server sent as a range of it. `name` is in lower case."""
    values = entry.attributes.get(name, [])
    ranges = [v for key, v in entry.attributes.items() if key.startswith(f"{name};range=")]
    return [value for part in (values, *ranges) for value in part] if ranges else values


def is_in_part(entry: Entry, name: str) -> bool:
    """Whether the server sent a part of an attribute only. `name` is in lower case."""
    ranges = (key for key in entry.attributes if key.startswith(f"{name};range="))
    return any(not key.endswith(";range=0-*") for key in ranges)
