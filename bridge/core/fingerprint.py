"""Fingerprints of sets of ids: equal sets have equal ones, in any order and on any machine."""

from collections.abc import Collection
from hashlib import blake2b

_BITS = 52
"""Of one hash. The sum of two thousand of them is still a machine word, which Python adds three times as fast."""


class Fingerprints:
    """Makes fingerprints, hashing each id once however many sets it is in.

    A set's fingerprint is the sum of its members' hashes: half a million memberships cost half a million
    additions and no sorting. It tells whether something changed; it is no proof against a forger.
    """

    def __init__(self) -> None:
        self._hashes = _Hashes()
        self._known: dict[frozenset[str], str] = {}
        """A group is fingerprinted as what a mapping rests on, as part of a picture, and as one within others."""

    def of(self, ids: Collection[str]) -> str:
        """Fingerprint a set."""
        if not isinstance(ids, frozenset):
            return self._made(ids)
        if ids not in self._known:
            self._known[ids] = self._made(ids)
        return self._known[ids]

    def _made(self, ids: Collection[str]) -> str:
        return f"{len(ids)}-{sum(map(self._hashes.__getitem__, ids)):x}"


class _Hashes(dict[str, int]):
    """Every id's hash, made when it is first asked for."""

    def __missing__(self, one: str) -> int:
        value = self[one] = int.from_bytes(
            blake2b(one.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        ) >> (64 - _BITS)
        return value
