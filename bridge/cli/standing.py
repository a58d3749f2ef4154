"""How it all stands, and how people are told of it; programs are in standing_json.py."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.text import Text

from bridge.audit.chain import Tip
from bridge.cli.screen import pairs, shown, table
from bridge.cli.words import counted
from bridge.core.pending import Pending
from bridge.notices.matter import JobStanding, Matter
from bridge.standing.overview import Overview, Unlinked, Waiting, duration
from bridge.standing.reads import LastRead, Reading
from bridge.store.lock import Holder
from bridge.store.runs import PastRun

FEW = 10
"""Rows of a list; --json has all of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it."""

    view: Overview
    reads: tuple[LastRead, ...]
    """Of each directory of the configuration."""
    tip: Tip
    """Where the audit chain ends."""
    checked: int
    """Records at its end that were verified."""
    service: Holder | None
    """Which process makes the scheduled runs."""
    has_replicas: bool
    """Whether that is one of several which might."""

    def doubted(self, directory: str) -> tuple[str, ...]:
        """A directory's groups that cannot be trusted, though it was read to its end."""
        feeds = (feed for group in self.view.groups for feed in group.feeds if feed.doubts)
        return tuple(sorted({feed.label for feed in feeds if feed.id.startswith(f"{directory}:")}))

    @property
    def verdict(self) -> str:
        """In one word."""
        if self.view.is_grave:
            return "wrong"
        return "waiting" if self.view.matters else "well"


_STYLES = {"well": "bold green", "waiting": "bold yellow", "wrong": "bold red"}


def print_standing(out: Console, standing: Standing) -> None:
    """Print all of it, what needs a person first."""
    view = standing.view
    out.print(shown(_headline(standing), _STYLES[standing.verdict]))
    for number, matter in enumerate(view.matters[:FEW], 1):
        _print_matter(out, f"{number}. ", matter)
    _print_left(out, len(view.matters) - FEW, "more to see to")
    out.print()
    out.print(pairs(_facts(standing)))
    out.print()
    out.print(table(_READ_HEADS, (_read_row(one, standing) for one in standing.reads), "Directories"))
    _print_pending(out, view)
    _print_held(out, view)
    _print_troubles(out, view)
    _print_people(out, view.people)
    _print_intents(out, view)


def print_wrong(out: Console, view: Overview) -> None:
    """Print only what a person has to see to: not a word when all is well."""
    for matter in view.matters:
        _print_matter(out, "", matter)


def _headline(standing: Standing) -> str:
    waiting = len(standing.view.matters)
    return {
        "well": "All is well",
        "waiting": counted(waiting, "thing waits for you", "things wait for you"),
        "wrong": f"Something is wrong: {counted(waiting, 'thing', 'things')} to see to",
    }[standing.verdict]


def _print_matter(out: Console, mark: str, matter: Matter) -> None:
    out.print(shown(f"{mark}{matter.text}", "red" if matter.kind.is_grave else "yellow"))
    out.print(shown(f"   {matter.remedy}"))
    if matter.command:
        out.print(shown(f"   {matter.command}", "bold"), soft_wrap=True)


def _facts(standing: Standing) -> Iterator[tuple[str, object]]:
    view, job = standing.view, standing.view.job
    last = next((run for run in view.runs if run.ended), None)
    yield "organization", job.organization
    yield "writes", "yes" if job.apply else shown("no, it rehearses (apply: false)", "yellow")
    yield "leader" if standing.has_replicas else "service", standing.service or "none is running"
    for one in job.jobs:
        yield f"job {one.name}" if len(job.jobs) > 1 else "schedule", one.schedule
        yield "next run", _next_run(one, standing)
        yield "last complete run", _last_complete(one, job.now)
    yield "last run", _last_run(last, job.now)
    yield "groups", f"{len(view.groups)} managed, with {counted(view.members, 'membership', 'memberships')}"
    yield "audit chain", _chain(standing)


def _next_run(one: JobStanding, standing: Standing) -> str:
    job = standing.view.job
    if job.running:
        return "one is under way"
    if one.next_run:
        return f"in {duration(one.next_run - job.now)} ({_moment(one.next_run)})"
    return "the service does not say" if standing.service else "none is planned"


def _last_complete(one: JobStanding, now: datetime) -> str:
    last = _ago(one.last_complete, now) if one.last_complete else "never"
    return f"{last}; out of date after {duration(one.stale_after)}"


def _last_run(last: PastRun | None, now: datetime) -> str:
    if last is None:
        return "never"
    done = [f"{last.counts[key]} {key}" for key in ("added", "removed", "failed", "held") if last.counts.get(key)]
    return f"{_ago(last.run.started, now)}: {', '.join((last.outcome, *done))} ({last.run.id})"


def _chain(standing: Standing) -> Text:
    job, tip = standing.view.job, standing.tip
    if job.chain:
        return shown(f"BROKEN: {job.chain}", "bold red")
    if not tip.seq:
        return shown("no record yet")
    part = "all" if standing.checked == tip.seq else f"the last {standing.checked}"
    return shown(f"sound, {part} of {tip.seq} records checked; the last has the hash {tip.hash}")


_READ_HEADS = ("directory", "last read", "server", "entries", "groups", "people", "state")


def _read_row(one: LastRead, standing: Standing) -> tuple[object, ...]:
    last, now = one.last, standing.view.job.now
    if last is None:
        return (one.directory, "never", "", "", "", "", "")
    figures = (last.entries, last.groups, last.people)
    state = _complete(one, last, standing) if last.is_complete else _incomplete(one, last, now)
    return (one.directory, _ago(last.at, now), last.server, *figures, state)


def _complete(one: LastRead, last: Reading, standing: Standing) -> Text:
    unchanged = f", unchanged since {_moment(last.recalled)}" if last.recalled else ""
    if doubted := standing.doubted(one.directory):
        count = counted(len(doubted), "group", "groups")
        return shown(f"complete{unchanged}, but {count} in doubt: {'; '.join(doubted)}", "yellow")
    return shown(f"complete{unchanged}", "green")


def _incomplete(one: LastRead, last: Reading, now: datetime) -> Text:
    before = f"complete {_ago(one.complete.at, now)}" if one.complete else "never complete"
    return shown(f"{'; '.join(last.doubts)} ({before})", "red")


def _print_pending(out: Console, view: Overview) -> None:
    found = [(group.name, one) for group in view.groups for one in group.pending]
    rows = [(name, one.action.value, one.number, _such_as(one)) for name, one in found[:FEW]]
    if rows:
        out.print(table(("group", "what", "number", "such as"), rows, "Pending, as the last run planned it"))
        _print_left(out, len(found) - FEW, "more, see `plan`")


def _such_as(one: Pending) -> str:
    return ", ".join(one.members[:2]) + (", ..." if one.members[2:] else "")


def _print_held(out: Console, view: Overview) -> None:
    rows = [
        (
            one.case.held.name,
            ", ".join(f"{change.action.value}: {len(change.members)}" for change in one.case.held.changes),
            duration(view.job.now - one.case.first_seen),
            _held_state(one),
        )
        for one in view.held[:FEW]
    ]
    if rows:
        out.print(table(("group", "what", "for", "state"), rows, "Held"))
        _print_left(out, len(view.held) - FEW, "more, see `held`")
    for one in view.held[:FEW]:
        if one.awaits:
            out.print(shown(one.command, "bold"), soft_wrap=True)


def _held_state(one: Waiting) -> str:
    return "waits for approval" if one.awaits else f"{one.case.status.value} by {one.case.by}"


def _print_troubles(out: Console, view: Overview) -> None:
    rows = [
        (
            one.failure.name,
            one.runs,
            _ago(one.since, view.job.now),
            _moment(one.next_try) if one.next_try else "the next run",
            one.failure.cause,
        )
        for one in view.troubles[:FEW]
    ]
    if rows:
        heads = ("group", "runs failed", "since", "tried again", "cause")
        out.print(table(heads, rows, "Failing and in quarantine"))
        _print_left(out, len(view.troubles) - FEW, "more, see `quarantine`")


def _print_people(out: Console, people: tuple[Unlinked, ...]) -> None:
    if not people:
        return
    kinds = Counter(person.kind for person in people)
    title = f"People without a clear account: {len(people)}"
    rows = [
        (kind.value, number, next(f"{one.subject}: {one.reason}" for one in people if one.kind is kind))
        for kind, number in kinds.most_common()
    ]
    out.print(table(("kind", "people", "such as"), rows, title))


def _print_intents(out: Console, view: Overview) -> None:
    rows = [
        (one.group_name, one.action.value, len(one.members), _ago(one.at, view.job.now), one.run)
        for one in view.intents[:FEW]
    ]
    if rows:
        title = "Writes under way" if view.job.running else "Writes without a known outcome"
        out.print(table(("group", "what", "members", "sent", "run"), rows, title))
        _print_left(out, len(view.intents) - FEW, "more")


def _print_left(out: Console, number: int, words: str) -> None:
    if number > 0:
        out.print(shown(f"and {number} {words}"))


def _ago(moment: datetime, now: datetime) -> str:
    return f"{duration(now - moment)} ago"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"
