"""Proving that nobody changed, took out, put in or moved a record, in the database and in the files.

The records are walked from the first on, one at a time, and the first wrong one is named:

    its hash is not that of its content, or it is no record     changed (torn: the line has no end)
    a later number than expected, and the expected one follows  reordered
    a later number than expected, which nowhere follows         missing
    an earlier number                                           repeated
    it names another predecessor than the record before         changed: one of the two was written anew

A chain proves nothing about records cut off at its end. The database notes its end beside the chain, a file is
compared with the database, and a Tip kept elsewhere can be passed as `ends`. What a rotated file repeats of the
one before is no finding (rotated.py).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import Any

from bridge.audit.chain import ORIGIN, Tip, unseal
from bridge.audit.ledger import Ledger
from bridge.audit.rotated import lines_of


class Fault(StrEnum):
    """What can be wrong with a record."""

    CHANGED = "changed"
    TORN = "torn"
    MISSING = "missing"
    REORDERED = "reordered"
    REPEATED = "repeated"
    DIFFERS = "differs from the database"
    NOT_IN_FILE = "missing at the end of the file"
    NOT_IN_DATABASE = "missing at the end of the database"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """The first wrong record, by its number, and what is wrong with it, in words."""

    seq: int
    fault: Fault
    place: str
    text: str

    def __str__(self) -> str:
        return f"record {self.seq} is {self.fault} ({self.place}): {self.text}"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found: how far the chain is sound, and what is wrong there."""

    tip: Tip
    """The last sound record. Keep it elsewhere: it proves all records up to it."""
    finding: Finding | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.finding is None


def verify_database(ledger: Ledger) -> Verification:
    """Verify a chain in the database, and that it ends where the database says. Raises StoreError."""
    walk = _Walk("database", ledger.organization)
    noted = ledger.tip()  # before the rows are read, and again after: a run may be writing
    verification = walk.to_end(_rows(ledger), noted, Fault.NOT_IN_DATABASE)
    end = ledger.tip().seq
    if verification.sound and verification.tip.seq > end:
        finding = Finding(end + 1, Fault.CHANGED, "database", "it stands behind the record noted as the last one")
        return replace(verification, finding=finding)
    return verification


def verify_part(ledger: Ledger, ends: Tip, most: int | None = None) -> Verification:
    """Verify a chain in the database up to a record: from the first one on, or no more than the last so many."""
    first = 1 if most is None else max(ends.seq - most + 1, 1)
    rows = takewhile(lambda row: row[0] <= ends.seq, _rows(ledger, first - 1))
    return _Walk("database", ledger.organization, first).to_end(rows, ends, Fault.NOT_IN_DATABASE)


def verify_files(
    files: Sequence[Path], organization: str, *, first: int = 1, ends: Tip | None = None
) -> Verification:
    """Verify files, given oldest first, on their own. Raises StoreError when one cannot be read.

    `first` is the number that they begin with when older files are gone; `ends` a Tip that they have to reach.
    """
    walk = _Walk(_names(files), organization, first)
    return walk.to_end(enumerate(lines_of(files), first), ends, Fault.NOT_IN_FILE)


def verify_both(ledger: Ledger, files: Sequence[Path], *, first: int = 1) -> Verification:
    """Verify database and files, and that both say the same. Names the wrong record with the lowest number."""
    of_database = verify_database(ledger)
    of_files = verify_files(files, ledger.organization, first=first)
    findings = (of_database.finding, of_files.finding, _difference(ledger, files, first))
    finding = min(filter(None, findings), key=lambda one: one.seq, default=None)
    return replace(of_database, finding=finding)


class _Walk:
    """One pass over a chain. Holds where it is, and no record."""

    def __init__(self, place: str, organization: str, first: int = 1) -> None:
        self._place = place
        self._organization = organization
        self._tip = ORIGIN if first == 1 else Tip(first - 1, "")

    def to_end(self, lines: Iterable[tuple[int, bytes]], ends: Tip | None, absent: Fault) -> Verification:
        """Follow lines, each with the number that it is filed under, and see that they reach `ends`."""
        rest = iter(lines)
        met = ends is None or ends == ORIGIN
        for number, line in rest:
            finding = self._look_at(number, line, rest)
            if finding is None and ends and self._tip.seq == ends.seq:
                met = self._tip == ends
                finding = None if met else self._found(Fault.CHANGED, "it is not the record noted as the last one")
            if finding:
                return Verification(self._tip, finding)
        if met or ends is None:
            return Verification(self._tip)
        return Verification(self._tip, self._found(absent, f"the chain should reach record {ends.seq}", 1))

    def _look_at(self, number: int, line: bytes, rest: Iterator[tuple[int, bytes]]) -> Finding | None:
        expected = self._tip.seq + 1
        record = _parsed(line)
        if record is None:
            fault = Fault.CHANGED if line.endswith(b"\n") else Fault.TORN
            return self._found(fault, "the line is not a record", 1)
        if unseal(line.removesuffix(b"\n")) is None:
            return self._found(Fault.CHANGED, "its content does not have the hash that it bears", 1)
        if record["seq"] != expected:
            return self._misplaced(record["seq"], rest)
        return self._unlinked(number, record, line)

    def _misplaced(self, seq: int, rest: Iterator[tuple[int, bytes]]) -> Finding:
        expected = self._tip.seq + 1
        if seq < expected:
            return self._found(Fault.REPEATED, f"record {seq} stands here again", 1)
        if any((_parsed(line) or {}).get("seq") == expected for _, line in rest):
            return self._found(Fault.REORDERED, f"record {seq} stands in its place", 1)
        return self._found(Fault.MISSING, f"record {seq} stands in its place", 1)

    def _unlinked(self, number: int, record: dict[str, Any], line: bytes) -> Finding | None:
        seq, prev = record["seq"], record["prev"]
        if record["organization"] != self._organization:
            return self._found(Fault.CHANGED, f"it is of the organization {record['organization']}", 1)
        if self._tip.hash and prev != self._tip.hash:
            text = f"it does not follow from record {seq - 1}: one of the two was written anew"
            return self._found(Fault.CHANGED, text, 1)
        if number != seq:
            return self._found(Fault.CHANGED, f"it is filed under number {number}", 1)
        if not line.endswith(b"\n"):
            return self._found(Fault.TORN, "the line has no end", 1)
        self._tip = Tip(seq, record["hash"])
        return None

    def _found(self, fault: Fault, text: str, ahead: int = 0) -> Finding:
        return Finding(self._tip.seq + ahead, fault, self._place, text)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The record in a line, if it has the form of one."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not {"seq", "hash", "prev", "organization"} <= record.keys():
        return None
    return record if type(record["seq"]) is int else None


def _difference(ledger: Ledger, files: Sequence[Path], first: int) -> Finding | None:
    """The first number under which files and database do not have the same line."""
    rows = (line for _, line in _rows(ledger, first - 1))
    place = f"{_names(files)} against the database"
    for seq, (line, row) in enumerate(zip_longest(lines_of(files), rows), first):
        if line is None:
            text = "the database has it (a run that is writing right now may be about to send it)"
            return Finding(seq, Fault.NOT_IN_FILE, place, text)
        if row is None:
            return Finding(seq, Fault.NOT_IN_DATABASE, place, "the file has it")
        if line != row:
            return Finding(seq, Fault.DIFFERS, place, "the two lines are not the same")
    return None


def _rows(ledger: Ledger, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """The database's lines as they would stand in a file, each with the number it is filed under."""
    for entry in ledger.entries(after):
        yield entry.seq, entry.line.encode("utf-8", "surrogatepass") + b"\n"


def _names(files: Sequence[Path]) -> str:
    return ", ".join(file.name for file in files)
