"""Sets and lists as one cell each, so that 500,000 memberships are 2,000 rows that are read only when needed."""

import contextlib
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bridge.errors import StoreError, excerpt

_LEVEL: Final = 1
"""Of compression: ids hardly shrink further at level 9, which takes five times as long."""


def pack(ids: Iterable[str]) -> bytes:
    """Sorted ids, one a line, compressed. Raises StoreError for an id that cannot stand on a line."""
    lines = sorted(ids)
    text = "\n".join(lines)
    if text.count("\n") != max(len(lines) - 1, 0) or "" in lines[:1]:
        raise StoreError("An id is empty or holds a line break; take another attribute for the stable id")
    return zlib.compress(text.encode("utf-8", "surrogatepass"), _LEVEL)


def unpack(packed: bytes) -> frozenset[str]:
    """The ids again. Raises StoreError for damage."""
    with damage_found("packed set"):
        text = zlib.decompress(packed).decode("utf-8", "surrogatepass")
        return frozenset(text.split("\n")) if text else frozenset()


def to_json(value: object) -> str:
    """A list or an object as text."""
    return json.dumps(value, separators=(",", ":"))


def from_json(text: str) -> Any:  # noqa: ANN401 - the caller knows what was stored
    """What was stored as text. Raises StoreError for damage."""
    with damage_found("value"):
        return json.loads(text)


def pack_json(value: object) -> bytes:
    """A long list as compressed text."""
    return zlib.compress(to_json(value).encode(), _LEVEL)


def unpack_json(packed: bytes, what: str = "packed list") -> Any:  # noqa: ANN401 - as above
    """The list again. Raises StoreError for damage."""
    with damage_found(what):
        return json.loads(zlib.decompress(packed))


@contextlib.contextmanager
def damage_found(what: str) -> Iterator[None]:
    """Say so when something stored cannot be read back."""
    try:
        yield
    except (zlib.error, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"The database holds a damaged {what} ({excerpt(str(error))}); restore a backup"
        ) from error
