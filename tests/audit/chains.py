"""A chain in memory, and records to put into it."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bridge.audit.chain import ORIGIN, Sealed, Tip, seal_all
from bridge.audit.ledger import Entry
from bridge.core.journal import JsonValue, Record

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACME = "acme"


def record(event: str = "member.added", minute: int = 0, run: str = "run-1", **facts: JsonValue) -> Record:
    """A record of something."""
    return Record(event, NOON + timedelta(minutes=minute), run, facts)


def sealed_chain(count: int) -> tuple[Sealed, ...]:
    """A chain of so many records."""
    return seal_all([record(minute=n, account=f"acc-{n}", email=f"user{n}@corp.example") for n in range(count)],
                    ACME, ORIGIN)  # fmt: skip


class MemoryLedger:
    """Fits the protocol Ledger. Its rows can be tampered with."""

    organization = ACME

    def __init__(self, chain: Sequence[Sealed] = ()) -> None:
        self.rows = [Entry(one.seq, one.line) for one in chain]
        self.end = Tip(chain[-1].seq, chain[-1].hash) if chain else ORIGIN
        self.noted: dict[str, int] = {}

    def append(self, *records: Record) -> tuple[Sealed, ...]:
        """Commit records."""
        chain = seal_all(records, ACME, self.end)
        self.rows += [Entry(one.seq, one.line) for one in chain]
        self.end = Tip(chain[-1].seq, chain[-1].hash)
        return chain

    def tip(self) -> Tip:
        return self.end

    def entries(self, after: int = 0) -> Iterator[Entry]:
        return (row for row in sorted(self.rows, key=lambda row: row.seq) if row.seq > after)

    def search(
        self, needles: Sequence[str], *, newest_first: bool = False, among: range | None = None
    ) -> Iterator[Entry]:
        rows = [row for row in self.entries() if among is None or row.seq in among]
        found = [row for row in rows if all(needle in row.line for needle in needles)]
        return reversed(found) if newest_first else iter(found)

    def of_account(self, account: str) -> Iterator[Entry]:
        found = [row for row in self.entries() if json.loads(row.line).get("account") == account]
        return reversed(found)

    def published(self, file: str) -> int:
        return self.noted.get(file, 0)


def lines_of(ledger: MemoryLedger, after: int = 0) -> bytes:
    """The chain as a file should have it."""
    return b"".join(entry.line.encode() + b"\n" for entry in ledger.entries(after))
