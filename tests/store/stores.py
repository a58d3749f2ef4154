"""Stores to test with, and values to put into them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.audit.stream import AuditStream
from bridge.core.change import Action, Cause, Change, Finding, GuardKind, Held, MemberChange
from bridge.core.journal import Intent, Record, Run, RunKind
from bridge.core.model import AccountId, GroupId, email
from bridge.store.place import Place, Server
from bridge.store.store import DatabaseStore, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACME = "acme"
GROUP = GroupId("g-1")
URL = "store.url"
"""Name of the file that says on which server a test's database is."""


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        """The time."""
        return self.time

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.time += timedelta(**by)


def place_in(folder: Path) -> Place:
    """Where the database of a folder is: on a server if a file there says so, else beside that."""
    note = folder / URL
    return Server.of(note.read_text) if note.exists() else folder / "bridge.db"


@contextmanager
def opened(
    folder: Path, organization: str = ACME, watch: Watch | None = None, *, file: bool = False
) -> Iterator[DatabaseStore]:
    """The store in a folder, with or without its audit file."""
    stream = AuditStream(folder / "audit.jsonl") if file else None
    with open_store(place_in(folder), organization, (watch or Watch()).now, stream) as store:
        yield store


def a_run(number: int = 1, kind: RunKind = RunKind.SYNC, config_hash: str = "config-1") -> Run:
    """A run."""
    return Run(f"run-{number}", kind, NOON + timedelta(minutes=number), config_hash)


def member(number: int) -> MemberChange:
    """A change of one member."""
    address = email(f"user{number}@corp.example")
    return MemberChange(AccountId(f"acc-{number}"), address, Cause.SOURCE, (f"corp:{number}",))


def an_intent(number: int = 1, action: Action = Action.ADD, members: int = 2) -> Intent:
    """A write about the first so many members."""
    return Intent(
        id=f"intent-{number}",
        run="run-1",
        at=NOON + timedelta(seconds=number),
        key="auditors",
        group_id=GROUP,
        group_name="Auditors",
        action=action,
        members=tuple(member(n) for n in range(1, members + 1)),
    )


def held_removals(count: int = 3, key: str = "auditors") -> Held:
    """Removals that a guard stopped."""
    change = Change(Action.REMOVE, tuple(member(n) for n in range(1, count + 1)))
    finding = Finding(GuardKind.GROUP_REMOVALS, f"{count} would go")
    return Held(key, key.title(), GROUP, (change,), (finding,))


def a_record(event: str = "member.added", **facts: str) -> Record:
    """A record."""
    return Record(event, NOON, "run-1", facts)


def events(store: DatabaseStore) -> list[str]:
    """The lines of the chain, in order."""
    return [entry.line for entry in store.ledger.entries()]
