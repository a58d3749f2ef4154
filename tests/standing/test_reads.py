"""When directories were last read, by the records of the runs."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bridge.audit.events import Event
from bridge.core.journal import JsonValue, Record
from bridge.errors import StoreError
from bridge.standing.reads import LastRead, load_last_reads
from tests.audit.chains import NOON, MemoryLedger

SEARCHES: list[JsonValue] = [
    {"what": "people", "pages": 2, "entries": 30, "result": "0 success"},
    {"what": "groups", "pages": 1, "entries": 12, "result": "0 success"},
]


def read(minute: int, directory: str = "corp", doubts: Sequence[str] = (), **more: JsonValue) -> Record:
    """A directory was read."""
    told = {
        "directory": directory,
        "server": "ldaps://dc1",
        "groups": 2,
        "people": 31,
        "searches": SEARCHES,
        **more,
    }
    if doubts:
        told["doubts"] = list(doubts)
    return Record(Event.SOURCE_READ.value, NOON + timedelta(minutes=minute), f"run-{minute}", told)


def failed(minute: int) -> Record:
    """It could not be read."""
    told = {"directory": "corp", "reason": "no server answered"}
    return Record(Event.SOURCE_FAILED.value, NOON + timedelta(minutes=minute), f"run-{minute}", told)


def last(*records: Record, directory: str = "corp") -> LastRead:
    """What is known after these records."""
    ledger = MemoryLedger()
    ledger.append(*records)
    (found,) = load_last_reads(ledger, [directory])
    return found


def test_the_last_read_is_told_with_its_figures() -> None:
    """And is the last complete one, if nothing is missing in it."""
    found = last(read(1), read(2))
    assert found.last is not None
    assert found.last is found.complete
    assert (found.last.seq, found.last.entries, found.last.groups, found.last.people) == (2, 42, 2, 31)
    assert (found.last.server, found.last.run, found.last.recalled) == ("ldaps://dc1", "run-2", None)


def test_after_a_read_in_doubt_the_last_complete_one_is_told_too() -> None:
    """And after one that failed; how many there were since does not matter."""
    found = last(read(1), read(2, doubts=["truncated: page 2"]), failed(3))
    assert found.last is not None
    assert found.complete is not None
    assert found.last.doubts == ("no server answered",)
    assert (found.last.at, found.complete.at) == (NOON + timedelta(minutes=3), NOON + timedelta(minutes=1))


def test_a_directory_that_was_never_read_to_its_end_has_no_complete_read() -> None:
    """Nor has one of which no record tells; what another one's records tell is not asked."""
    assert last(failed(1)).complete is None
    assert last(read(1, "cloud")) == LastRead("corp")
    group = Record(Event.GROUP_READ.value, NOON, "run-1", {"directory": "corp", "note": '"event":"source.read"'})
    assert last(group) == LastRead("corp")


def test_a_name_that_needs_quotes_is_found() -> None:
    """As it stands in the line."""
    assert last(read(1, 'a "corp"'), directory='a "corp"').last is not None


def test_a_recalled_read_says_since_when_it_holds() -> None:
    """It is complete, as the one that it repeats was."""
    found = last(read(1, recalled="2026-03-01T11:00:00.000000Z"))
    assert found.complete is not None
    assert found.complete.recalled == NOON - timedelta(hours=1)


def test_a_damaged_record_is_an_error() -> None:
    """And no read that never was."""
    ledger = MemoryLedger()
    ledger.append(read(1))
    row = ledger.rows[0]
    ledger.rows[0] = type(row)(row.seq, row.line[:-9])
    with pytest.raises(StoreError, match="damaged"):
        load_last_reads(ledger, ["corp"])
