"""What the audit chain tells, gathered in one walk: how it stood at the end, and what happened in a period."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bridge.audit.events import Event
from bridge.audit.ledger import Entry
from bridge.audit.query import read_entry
from bridge.audit.timestamp import stamp
from bridge.core.change import SkipKind
from bridge.core.journal import RunKind
from bridge.report.period import Period

Fact = Mapping[str, Any]
"""One record."""

CHANGES: Final = frozenset({
    Event.MEMBER_ADDED, Event.MEMBER_REMOVED, Event.GROUP_CREATED, Event.GROUP_RENAMED, Event.LEAD_CHANGED,
    Event.GROUP_BOUND,
})  # fmt: skip
"""What changed a managed group, or which group it is."""

DECISIONS: Final = frozenset(
    {Event.CHANGE_HELD, Event.CHANGE_APPROVED, Event.CHANGE_REJECTED, Event.MAPPING_RELEASED}
)

FAILURES: Final = frozenset({Event.CHANGE_FAILED, Event.CHANGE_UNCONFIRMED, Event.CHANGE_UNTRIED})

_MEMBERS: Final = frozenset({Event.MEMBER_ADDED, Event.MEMBER_REMOVED})


@dataclass(slots=True)
class Span:
    """The same thing, told again and again: by which records, and how often."""

    first: Fact
    last: Fact
    count: int = 0


@dataclass(slots=True)
class Chronicle:
    """What was gathered. `told` is given the records of a sound chain, in order."""

    period: Period
    last_run: Fact | None = None
    """The end of the last run that left its sight of the groups."""
    later: list[Fact] = field(default_factory=list)
    """Members put in and taken out since then."""
    member: dict[str, dict[str, Fact]] = field(default_factory=dict)
    """By group id, then by account, the last time that the bridge put it in or took it out."""
    account: dict[str, str] = field(default_factory=dict)
    """By address, the account that was last seen with it."""
    lead: dict[str, Fact] = field(default_factory=dict)
    skipped: dict[tuple[str, str, str], Fact] = field(default_factory=dict)
    """By mapping, subject and kind, when somebody was last told as left out."""
    held: dict[str, Fact] = field(default_factory=dict)
    """By digest, when changes were last held anew."""
    approved: dict[str, Fact] = field(default_factory=dict)
    """By digest, when changes were last approved."""
    changes: list[Fact] = field(default_factory=list)
    decisions: list[Fact] = field(default_factory=list)
    orders: list[Fact] = field(default_factory=list)
    """Runs by hand."""
    settled: list[Fact] = field(default_factory=list)
    failures: dict[tuple[str, ...], Span] = field(default_factory=dict)
    doubts: dict[tuple[str, ...], Span] = field(default_factory=dict)
    runs: dict[tuple[str, ...], Span] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    _start: str = ""
    _end: str = ""

    def __post_init__(self) -> None:
        self._start, self._end = stamp(self.period.start), stamp(self.period.end)

    def told(self, record: Fact) -> None:
        """Take note of one more record."""
        event = record["event"]
        record = _slim(record) if event in _MEMBERS else {**_EMPTY, **record}
        self._note(event, record)
        if self._start <= record["at"] < self._end:
            self._happened(event, record)

    # ---- how it stood at the end

    def _note(self, event: str, record: Fact) -> None:
        match event:
            case Event.RUN_STARTED:
                self._kinds[record["run"]] = record["kind"]
            case Event.RUN_FINISHED if self._kind(record) != RunKind.BY_HAND:
                self.last_run = record
                self.later.clear()
            case Event.MEMBER_ADDED | Event.MEMBER_REMOVED:
                self._moved(record)
            case Event.LEAD_CHANGED:
                self.lead[record["group_id"]] = record
            case Event.MEMBER_SKIPPED:
                self.skipped[record["mapping"], record["subject"], record["kind"]] = record
            case Event.GROUP_SKIPPED if not record.get("doubts"):
                self.skipped[record["mapping"], record["group"], SkipKind.GROUP.value] = record
            case Event.CHANGE_HELD:
                self.held[record["digest"]] = record
            case Event.CHANGE_APPROVED:
                self.approved[record["digest"]] = record

    def _moved(self, record: Fact) -> None:
        self.member.setdefault(record["group_id"], {})[record["account"]] = record
        if address := record["email"]:
            self.account[address] = record["account"]
        self.later.append(record)

    # ---- what happened in the period

    def _happened(self, event: str, record: Fact) -> None:
        if event in CHANGES:
            self.changes.append(record)
        elif event in DECISIONS:
            self.decisions.append(record)
        elif event in FAILURES:
            _count(self.failures, record, (record["group"], event, record["action"], record["reason"]))
        elif event == Event.INTENT_SETTLED:
            self.settled.append(record)
        elif event == Event.RUN_STARTED and record["kind"] == RunKind.BY_HAND:
            self.orders.append(record)
        elif event in {Event.RUN_FINISHED, Event.RUN_FAILED}:
            _count(self.runs, record, (self._kind(record), record.get("outcome", "failed")))
        else:
            for place, text in _doubts(event, record):
                _count(self.doubts, record, (place, text))

    def _kind(self, record: Fact) -> str:
        return self._kinds.get(record["run"], RunKind.SYNC)


_EMPTY: Final[Fact] = {
    "group": "", "reason": "", "cause": "", "by": "", "email": "", "lead": None, "approval": None, "expires": "",
    "subject": "", "findings": (), "changes": (), "digest": "", "failure": "",
}  # fmt: skip
"""Facts that a record leaves out where they would be empty."""

_TOLD: Final = ("seq", "at", "event", "mapping", "group_id", "account", "email", "approval")
_SHARED: Final = ("run", "group", "cause", "by")


def _slim(record: Fact) -> Fact:
    """What is told of a member who was put in or taken out: there may be a million of them in memory."""
    told = {key: record.get(key) for key in _TOLD}
    return told | {key: sys.intern(record.get(key, "")) for key in _SHARED}


def _doubts(event: str, record: Fact) -> Iterable[tuple[str, str]]:
    """Why something was not to be trusted: where, and in words."""
    if event == Event.SOURCE_FAILED:
        return [(f"directory {record['directory']}", record["reason"])]
    places = {
        Event.SOURCE_READ: ("directory", "directory"),
        Event.GROUP_READ: ("directory group", "group"),
        Event.GROUP_SKIPPED: ("managed group", "group"),
    }
    if event not in places:
        return ()
    words, key = places[Event(event)]
    return [(f"{words} {record[key]}", doubt) for doubt in record.get("doubts", ())]


def _count(spans: dict[tuple[str, ...], Span], record: Fact, key: tuple[str, ...]) -> None:
    span = spans.setdefault(key, Span(record, record))
    span.last, span.count = record, span.count + 1


def chronicle(entries: Iterable[Entry], period: Period) -> Chronicle:
    """Walk over records. Raises StoreError."""
    made = Chronicle(period)
    for entry in entries:
        made.told(read_entry(entry))
    return made
