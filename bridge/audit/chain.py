r"""The chain: every record carries the hash of the one before, so none can be changed unnoticed. Pure.

A record's hash is the SHA-256 of its canonical JSON without the hash itself:

    keys sorted, no spaces, characters as they are (not \u escapes), UTF-8, whole numbers only

in the manner of RFC 8785. The line that goes out is that very text with the hash put in as its last key, so that
whoever has a line can cut the hash off and compute it, in any language, without writing JSON.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.audit.timestamp import stamp
from bridge.core.journal import JsonValue, Record

SCHEMA_VERSION: Final = 1
"""Of the record's form, as published in docs/audit-record.schema.json."""

RESERVED: Final = frozenset({"schema", "seq", "at", "event", "run", "organization", "prev", "hash"})
"""Keys that the chain itself writes; no fact may bear such a name."""


@dataclass(frozen=True, slots=True)
class Tip:
    """The last record of a chain: its number and its hash."""

    seq: int
    hash: str


ORIGIN: Final = Tip(0, "0" * 64)
"""The end of a chain that has no record yet."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record in its place in the chain; `line` is what is stored and sent, without a line end."""

    seq: int
    hash: str
    line: str


def canonical(value: Mapping[str, JsonValue]) -> bytes:
    """Write a value in the one form that is hashed. Raises TypeError for a fraction or a thing JSON lacks.

    Half a surrogate pair, which UTF-8 cannot carry, is written as the escape that JSON has for it.
    """
    _refuse_fractions(value)
    return _encode(value).encode("utf-8", "backslashreplace")


def unseal(line: bytes) -> str | None:
    """Tell the hash at the end of a line, if it is the right one for what stands before it."""
    text, mark, rest = line.rpartition(b',"hash":"')
    digest = hashlib.sha256(text + b"}").hexdigest()
    return digest if mark and rest == digest.encode() + b'"}' else None


def seal(record: Record, organization: str, tip: Tip) -> Sealed:
    """Chain a record to the one before. Raises ValueError if a fact takes a name of the chain's own."""
    if not RESERVED.isdisjoint(record.facts):
        raise ValueError(f"{record.event}: facts may not be named {sorted(RESERVED.intersection(record.facts))}")
    body: dict[str, JsonValue] = {
        **record.facts,
        "schema": SCHEMA_VERSION,
        "seq": tip.seq + 1,
        "at": stamp(record.at),
        "event": record.event,
        "run": record.run,
        "organization": organization,
        "prev": tip.hash,
    }
    text = canonical(body)
    digest = hashlib.sha256(text).hexdigest()
    return Sealed(tip.seq + 1, digest, f'{text[:-1].decode()},"hash":"{digest}"}}')


def seal_all(records: Iterable[Record], organization: str, tip: Tip) -> tuple[Sealed, ...]:
    """Chain records one after the other."""
    chained = []
    for record in records:
        sealed = seal(record, organization, tip)
        chained.append(sealed)
        tip = Tip(sealed.seq, sealed.hash)
    return tuple(chained)


def _refuse_fractions(value: JsonValue) -> None:
    """Every language writes floating point in its own way: a hash over it could not be checked elsewhere."""
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a fraction; evidence holds whole numbers and text only")
    if isinstance(value, str) or not isinstance(value, Mapping | Sequence):
        return
    for inner in value.values() if isinstance(value, Mapping) else value:
        if type(inner) not in _SCALARS:  # asked here, because a record has fifteen of them
            _refuse_fractions(inner)


def _plain(value: object) -> object:
    """Turn mappings and sequences of other types into those that the JSON writer knows."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return list(value)
    raise TypeError(f"a {type(value).__name__} cannot be put into evidence")


_SCALARS: Final = frozenset({str, int, bool, type(None)})
_encode: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False, default=_plain
).encode
