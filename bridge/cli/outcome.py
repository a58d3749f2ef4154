"""What became of a run, told: a page for people, and JSON for programs. The plan in it is told by plan.py."""

from typing import Any

from rich.console import Console
from rich.text import Text

from bridge.cli.plan import (
    group_json,
    held_json,
    member_json,
    pending,
    print_changes,
    print_held,
    print_skips,
    who,
)
from bridge.cli.screen import shown, table
from bridge.cli.words import counted
from bridge.core.change import SkipKind
from bridge.cycle.outcome import Report, Result, RunOutcome

_STYLES = {
    RunOutcome.UNCHANGED: "green",
    RunOutcome.CHANGED: "green",
    RunOutcome.PENDING: "yellow",
    RunOutcome.HELD: "yellow",
}

_WELL = frozenset({RunOutcome.UNCHANGED, RunOutcome.CHANGED, RunOutcome.PENDING})


def print_outcome(console: Console, report: Report) -> None:
    """Print what a run saw, what it did or would do, and what a person has to look at."""
    _print_doubts(console, report)
    _print_recalled(console, report)
    print_changes(console, report)
    print_held(console, report.verdict.held, noted=report.applied)
    print_skips(console, report)
    for note in report.notes:
        console.print(shown(f"note: {note}", "yellow"))
    _print_failures(console, report)
    console.print(_summary(report))


def print_wrong(console: Console, report: Report) -> None:
    """Print only what a person has to see to: not a word when all is well."""
    if report.outcome in _WELL:
        return
    _print_doubts(console, report)
    held = tuple(held for held in report.verdict.held if not held.rejected)
    print_held(console, held, noted=report.applied)
    print_skips(console, report, kinds=frozenset({SkipKind.GROUP}))
    _print_failures(console, report)
    for note in report.notes:
        console.print(shown(note, "yellow"))
    console.print(_summary(report))


def _print_doubts(console: Console, report: Report) -> None:
    """What was not read to its end, once for each directory and not for each group that it feeds."""
    for read in report.reads:
        for doubt in read.doubts:
            console.print(shown(f"directory {read.directory}: {doubt}", "red"))
    touched = sum(bool(group.doubts) for group in report.plan.groups)
    if touched:
        console.print(
            shown(
                "while there is doubt nobody is removed: "
                f"{counted(touched, 'managed group is', 'managed groups are')} touched",
                "yellow",
            )
        )


def _print_recalled(console: Console, report: Report) -> None:
    for read in report.reads:
        if read.recalled:
            moment = read.recalled.strftime("%Y-%m-%d %H:%M:%SZ")
            console.print(shown(f"directory {read.directory}: read in full at {moment}, and unchanged since"))


def _print_failures(console: Console, report: Report) -> None:
    rows = [
        (deed.result.value, deed.action.value, who(deed.member) if deed.member else "", deed.reason)
        for deed in report.deeds
        if deed.result is not Result.APPLIED
    ]
    if rows:
        console.print(table(("result", "change", "who", "why"), rows, "Not done"))
    if report.verdict.refusal:
        console.print(shown(f"nothing may be written: {report.verdict.refusal}", "red"))
    if report.lost:
        console.print(shown(f"writing ended early: {report.lost}", "red"))


def _summary(report: Report) -> Text:
    counts = report.counts()
    outcome = report.outcome
    rejected = sum(len(c.members) for held in report.verdict.held if held.rejected for c in held.changes)
    counts |= {"held": counts["held"] - rejected, "rejected": rejected}
    figures = [f"{counts[key]} {word}" for key, word in _SUMMED.items() if counts[key]]
    if not report.applied:
        figures = [*pending(report), *figures]
    text = f"{outcome.value}{': ' if figures else ''}{', '.join(figures)}"
    return Text(f"{text} (run {report.run.id})", _STYLES.get(outcome, "red"))


_SUMMED = {
    "added": "added",
    "removed": "removed",
    "created": "created",
    "renamed": "renamed",
    "leads": "lead set or cleared",
    "failed": "failed",
    "unconfirmed": "unconfirmed",
    "untried": "untried",
    "held": "held",
    "rejected": "rejected",
    "settled": "settled",
    "open": "open",
    "waiting": "waiting for a run of their job",
}


def outcome_json(report: Report) -> dict[str, Any]:
    """The whole report. Keys are only ever added."""
    return {
        "run": report.run.id,
        "outcome": report.outcome.value,
        "applied": report.applied,
        "plan": report.plan.digest,
        "counts": report.counts(),
        "refusal": report.verdict.refusal,
        "lost": report.lost,
        "notes": list(report.notes),
        "id_space": {
            "space": report.id_space.space.value,
            "proved": report.id_space.proved,
            "evidence": report.id_space.evidence,
        }
        if report.id_space
        else None,
        "directories": [
            {
                "name": read.directory,
                "server": read.server,
                "recalled": read.recalled.isoformat() if read.recalled else None,
                "people": len(read.people),
                "doubts": [str(doubt) for doubt in read.doubts],
                "searches": [
                    {"what": s.what, "pages": s.pages, "entries": s.entries, "result": s.result}
                    for s in read.searches
                ],
            }
            for read in report.reads
        ],
        "groups": [group_json(group) for group in report.verdict.allowed.groups],
        "held": [held_json(held) for held in report.verdict.held],
        "not_done": [
            {
                "action": deed.action.value,
                "result": deed.result.value,
                "member": member_json(deed.member) if deed.member else None,
                "reason": deed.reason,
            }
            for deed in report.deeds
            if deed.result is not Result.APPLIED
        ],
    }
