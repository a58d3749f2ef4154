"""Matters: what is not well, or waits for a person, each with its remedy. Pure.

matter       is there while
silent       the scheduler or a run under way shows no sign of life
stale        the last complete run is older than its limit, or there never was one
failed       the last run came to nothing, was refused, or was partly in vain
chain        the audit chain does not verify
held         changes wait for a person
quarantine   a mapping's changes keep failing
unserved     a managed group cannot be served
doubt        a managed group's directory groups cannot be trusted
open         a write was sent whose outcome is not known, and no run is under way
pending      changes are to be made, and the configuration lets nothing be written
"""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bridge.core.change import SkipKind
from bridge.core.journal import Intent
from bridge.core.quarantine import Trouble
from bridge.core.sight import Sight
from bridge.cycle.outcome import RunOutcome
from bridge.store.held import HeldCase
from bridge.store.runs import PastRun


class MatterKind(StrEnum):
    """What a matter is about."""

    SILENT = "silent"
    STALE = "stale"
    FAILED = "failed"
    CHAIN = "chain"
    HELD = "held"
    QUARANTINE = "quarantine"
    UNSERVED = "unserved"
    DOUBT = "doubt"
    OPEN = "open"
    PENDING = "pending"

    @property
    def is_grave(self) -> bool:
        """Whether the bridge does not do its work; otherwise it does, and waits in one place for a person."""
        return self in _GRAVE


_GRAVE: Final = frozenset({MatterKind.SILENT, MatterKind.STALE, MatterKind.FAILED, MatterKind.CHAIN})


@dataclass(frozen=True, slots=True)
class Matter:
    """One of them. Names groups, and counts people."""

    kind: MatterKind
    subject: str
    """Which one of its kind: a digest, a mapping's key, or empty where there is only one."""
    text: str
    remedy: str
    command: str = ""
    """What to type, where something is to be typed."""
    essence: str = ""
    """It is another matter when this is another."""
    brief: str = ""
    """The text for elsewhere, without what servers said, for that may name people. Empty: as it is."""

    @property
    def notice(self) -> str:
        """What is told of it elsewhere."""
        return self.brief or self.text


@dataclass(frozen=True, slots=True)
class JobStanding:
    """When the runs of a job are due, and when the last complete one was."""

    name: str
    schedule: str
    """In words."""
    next_run: datetime | None
    last_complete: datetime | None
    stale_after: timedelta
    """The age of the last complete run at which something is wrong."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What matters are found in."""

    now: datetime
    config: str
    """The configuration's file, for commands."""
    jobs: Sequence[JobStanding]
    last: PastRun | None = None
    """The last run that ended."""
    began: datetime | None = None
    """Since when a run could have been made. None: for long."""
    silent: tuple[str, ...] = ()
    chain: str = ""
    """Why the audit chain does not verify."""
    held: Sequence[HeldCase] = ()
    troubles: Sequence[Trouble] = ()
    sights: Sequence[Sight] = ()
    intents: Sequence[Intent] = ()
    """Writes without an outcome; none while a run is under way."""
    apply: bool = True
    """Whether the configuration lets anything be written."""


def matters(facts: Facts) -> tuple[Matter, ...]:
    """Find all of them, the gravest kind first."""
    return (
        *_silent(facts),
        *_chain(facts),
        *_stale(facts),
        *_failed(facts),
        *_held(facts),
        *_quarantined(facts),
        *_unserved(facts),
        *_doubted(facts),
        *_open(facts),
        *_pending(facts),
    )


def _silent(facts: Facts) -> Iterator[Matter]:
    if facts.silent:
        text = f"The service does not move: {'; '.join(facts.silent)}."
        remedy = "Restart it. The next run settles what was under way."
        yield Matter(MatterKind.SILENT, "", text, remedy, essence="silent")


def _chain(facts: Facts) -> Iterator[Matter]:
    if facts.chain:
        yield Matter(
            MatterKind.CHAIN,
            "",
            f"The audit chain is broken: {facts.chain}.",
            "Treat it as an incident: compare with the lines that were shipped elsewhere.",
            _command(facts, "audit verify"),
            facts.chain,
        )


def _stale(facts: Facts) -> Iterator[Matter]:
    remedy = "The cause stands in the log, and in the last runs."
    check = _command(facts, "check")
    several = len(facts.jobs) > 1
    for job in facts.jobs:
        subject, of_job = (job.name, f" of the job {job.name}") if several else ("", "")
        if job.last_complete is None:
            if facts.began is None or facts.now - facts.began > job.stale_after:
                text = f"There was no complete run{of_job} yet."
                yield Matter(MatterKind.STALE, subject, text, remedy, check, "never")
        elif facts.now - job.last_complete > job.stale_after:
            since = _moment(job.last_complete)
            text = (
                f"The last complete run{of_job} began at {since}, longer ago than it may be. "
                "Groups may be out of date."
            )
            yield Matter(MatterKind.STALE, subject, text, remedy, check, since)


_OF_OUTCOME: Final = {
    "failed": ("broke off", "Try each connection and permission.", "check"),
    RunOutcome.FAILED_READ.value: (
        "could not read a directory, or not to its end: nobody was removed from what it touches",
        "Try each connection; what is missing is named.",
        "check",
    ),
    RunOutcome.REFUSED.value: (
        "was refused: nothing may be written until something is stated or proved",
        "See what Hyperproof says, and what is to be stated.",
        "check",
    ),
    RunOutcome.PARTLY_FAILED.value: (
        "could not do all of it",
        "See what failed; the next run tries again.",
        "audit show --run {run}",
    ),
}


def _failed(facts: Facts) -> Iterator[Matter]:
    last = facts.last
    if last is None or last.outcome not in _OF_OUTCOME:
        return
    what, remedy, command = _OF_OUTCOME[last.outcome]
    began = f"{last.run.started:%Y-%m-%d %H:%M}Z"
    told = _command(facts, command.format(run=last.run.id))
    yield Matter(MatterKind.FAILED, "", f"The last run, of {began}, {what}.", remedy, told, last.outcome)


def _held(facts: Facts) -> Iterator[Matter]:
    for case in facts.held:
        if case.awaits(facts.now):
            number = sum(len(change.members) for change in case.held.changes)
            why = "; ".join(finding.text for finding in case.held.findings)
            text = f"{case.held.name}: {_counted(number, 'change')} held since {_moment(case.first_seen)} ({why})."
            remedy = "See whom it is about, then approve or reject exactly these changes."
            command = _command(facts, f"held show {case.digest[:12]}")
            guards = ", ".join(sorted({finding.guard.value for finding in case.held.findings}))
            brief = f"{case.held.name}: {_counted(number, 'change')} held ({guards})."
            yield Matter(MatterKind.HELD, case.digest, text, remedy, command, case.digest, brief)


def approval(case: HeldCase, config: str) -> str:
    """The command that approves held changes; the reason is for the person to say."""
    words = ["hyperproof-bridge", "held", "approve", case.digest[:12], "--reason", "WHY", "--config", config]
    return shlex.join(words)


def _quarantined(facts: Facts) -> Iterator[Matter]:
    for one in facts.troubles:
        if one.next_try is not None:
            failure = one.failure
            text = f"{failure.name} is in quarantine, its changes fail since {_moment(one.since)}: {failure.cause}"
            remedy = "Mend the cause, then let it out; it is tried again by itself, at growing intervals."
            command = _command(facts, "quarantine release", failure.key)
            brief = f"{failure.name} is in quarantine: its changes fail since {_moment(one.since)}."
            yield Matter(MatterKind.QUARANTINE, failure.key, text, remedy, command, failure.cause, brief)


def _unserved(facts: Facts) -> Iterator[Matter]:
    resting = {one.failure.key for one in facts.troubles if one.next_try is not None}
    for sight in facts.sights:
        reasons = [skip.reason for skip in sight.skips if skip.kind is SkipKind.GROUP]
        if reasons and sight.key not in resting:
            text = f"{sight.name} cannot be served: {'; '.join(reasons)}"
            remedy = "See the reason and its remedy in the plan."
            command = _command(facts, "plan")
            brief = f"{sight.name} cannot be served."
            yield Matter(MatterKind.UNSERVED, sight.key, text, remedy, command, text, brief)


def _doubted(facts: Facts) -> Iterator[Matter]:
    for sight in facts.sights:
        if sight.doubts:
            more = f" (and {len(sight.doubts) - 1} more)" if sight.doubts[1:] else ""
            text = f"{sight.name}: nobody is removed while there is doubt: {sight.doubts[0]}{more}"
            remedy = "Mend the directory or the mapping; nobody can approve a doubt away."
            essence = "\n".join(sight.doubts)
            kinds = ", ".join(sorted({doubt.partition(":")[0] for doubt in sight.doubts}))
            brief = f"{sight.name}: nobody is removed while there is doubt ({kinds})."
            yield Matter(MatterKind.DOUBT, sight.key, text, remedy, _command(facts, "check"), essence, brief)


def _open(facts: Facts) -> Iterator[Matter]:
    if facts.intents:
        text = f"{_counted(len(facts.intents), 'write')} without a known outcome."
        yield Matter(MatterKind.OPEN, "", text, "The next run reads the groups and settles it.", essence="open")


def _pending(facts: Facts) -> Iterator[Matter]:
    found = [sight for sight in facts.sights if sight.pending]
    if found and not facts.apply:
        number = sum(one.number for sight in found for one in sight.pending)
        more = f" and {len(found) - 3} more" if found[3:] else ""
        text = (
            f"Nothing is written (`apply: false`), and {_counted(number, 'change')} "
            f"{'is' if number == 1 else 'are'} pending: {', '.join(sight.name for sight in found[:3])}{more}."
        )
        remedy = "See the plan. With `apply: true` the next run carries it out, but for what a guard holds."
        yield Matter(MatterKind.PENDING, "", text, remedy, _command(facts, "plan"), "pending")


_ENDS: Final = {
    MatterKind.SILENT: "The service moves again.",
    MatterKind.CHAIN: "The audit chain verifies again.",
    MatterKind.STALE: "No run is overdue any more.",
    MatterKind.FAILED: "The last run did not fail.",
    MatterKind.HELD: "The held changes {subject} wait for nobody any more.",
    MatterKind.QUARANTINE: "{subject} is not in quarantine any more.",
    MatterKind.UNSERVED: "{subject} is served again, or is not a managed group any more.",
    MatterKind.DOUBT: "{subject}: there is no doubt any more.",
    MatterKind.PENDING: "No change is pending any more, or changes are written again.",
}


def ending(kind: str, subject: str) -> str:
    """What is told of a matter that is over. By now it is known by its kind and subject alone."""
    if kind == MatterKind.STALE and subject:
        return f"No run of the job {subject} is overdue any more."
    told = _ENDS.get(MatterKind(kind)) if kind in set(MatterKind) else None
    return (told or f"What was told of is over ({kind}).").format(
        subject=subject[:12] if kind == MatterKind.HELD else subject
    )


def _command(facts: Facts, words: str, *arguments: str) -> str:
    return shlex.join(["hyperproof-bridge", *words.split(), *arguments, "--config", facts.config])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
