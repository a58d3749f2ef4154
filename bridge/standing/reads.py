"""When each directory was last read, and when last to its end: as the records of the runs tell it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bridge.audit.events import Event
from bridge.audit.ledger import Ledger
from bridge.audit.query import read_entry
from bridge.audit.timestamp import moment

_EVENTS: Final = frozenset({Event.SOURCE_READ, Event.SOURCE_FAILED})


@dataclass(frozen=True, slots=True)
class Reading:
    """One read of one directory, or the vain try of one."""

    seq: int
    """Of its record."""
    at: datetime
    run: str
    server: str
    groups: int
    people: int
    entries: int
    """That all searches of it found together."""
    doubts: tuple[str, ...]
    """Why it is not to be trusted, or why there is none."""
    recalled: datetime | None
    """When it was made, if an earlier run made it and nothing changed since."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing in it."""
        return not self.doubts


@dataclass(frozen=True, slots=True)
class LastRead:
    """What is known of one directory's reads. None: there was no such read."""

    directory: str
    last: Reading | None = None
    complete: Reading | None = None


def load_last_reads(ledger: Ledger, directories: Iterable[str]) -> tuple[LastRead, ...]:
    """Load them of each of these directories. Raises StoreError."""
    return tuple(_last_read(directory, _readings(ledger, directory)) for directory in directories)


def _last_read(directory: str, newest_first: Iterator[Reading]) -> LastRead:
    last = next(newest_first, None)
    if last is None or last.is_complete:
        return LastRead(directory, last, last)
    return LastRead(directory, last, next((one for one in newest_first if one.is_complete), None))


def _readings(ledger: Ledger, directory: str) -> Iterator[Reading]:
    """All reads of a directory, the newest first."""
    needles = (f'"directory":{json.dumps(directory, ensure_ascii=False)}', '"event":"source.')
    for entry in ledger.search(needles, newest_first=True):
        record = read_entry(entry)
        if record["event"] in _EVENTS and record.get("directory") == directory:
            yield _reading(record)


def _reading(record: Mapping[str, Any]) -> Reading:
    failed = record["event"] == Event.SOURCE_FAILED
    return Reading(
        seq=int(record["seq"]),
        at=moment(str(record["at"])),
        run=str(record["run"]),
        server=str(record.get("server", "")),
        groups=int(record.get("groups", 0)),
        people=int(record.get("people", 0)),
        entries=sum(int(search["entries"]) for search in record.get("searches", ())),
        doubts=(str(record.get("reason", "")),) if failed else tuple(map(str, record.get("doubts", ()))),
        recalled=moment(str(record["recalled"])) if record.get("recalled") else None,
    )
