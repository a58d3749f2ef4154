"""status: how it all stands, by what the store has; for people, for programs, and for a watch on exit codes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from bridge.cli.exits import Exit, exit_of
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, Quiet, configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.cli.standing import Standing
    from bridge.config import Configuration
    from bridge.notices.matter import JobStanding, Matter
    from bridge.store.store import DatabaseStore


CHECKED = 1000
"""Records at the chain's end that are verified each time; `audit verify` takes all of them."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False, quiet: Quiet = False) -> Exit:
    """Show how it all stands: runs, directories, what is held, pending, in quarantine or in doubt. Asks no server.

    Ends with 0 when all is well, else with the code of what is first to be seen to.

    Example: hyperproof-bridge status --config bridge.yaml
    """
    from bridge.cli.screen import console, print_json
    from bridge.cli.standing import print_standing, print_wrong
    from bridge.cli.standing_json import standing_json
    from bridge.wiring import opened_evidence

    loaded = configuration(config)
    with opened_evidence(loaded) as store:
        standing = _standing(loaded, store)
    if as_json:
        print_json(standing_json(standing))
    elif quiet:
        print_wrong(console(stderr=True), standing.view)
    else:
        print_standing(console(), standing)
    return _exit(standing.view.matters)


def _standing(loaded: "Configuration", store: "DatabaseStore") -> "Standing":
    from bridge.audit.verify import verify_part
    from bridge.cli.standing import Standing
    from bridge.daemon.presence import service_of, writer_of
    from bridge.standing.job import Job
    from bridge.standing.overview import load_overview
    from bridge.standing.reads import load_last_reads
    from bridge.store.place import Server

    now, service, tip = datetime.now(UTC), service_of(loaded), store.ledger.tip()
    job = Job(
        organization=loaded.organization,
        config=str(loaded.path),
        apply=loaded.apply,
        now=now,
        jobs=tuple(_jobs(loaded, store, is_served=service is not None)),
        running=writer_of(loaded) is not None,
        chain=str(verify_part(store.ledger, tip, CHECKED).finding or ""),
    )
    return Standing(
        view=load_overview(store, job, ()),
        reads=load_last_reads(store.ledger, sorted(loaded.directories)),
        tip=tip,
        checked=min(tip.seq, CHECKED),
        service=service,
        has_replicas=isinstance(loaded.store.place, Server),
    )


def _jobs(loaded: "Configuration", store: "DatabaseStore", *, is_served: bool) -> "Iterator[JobStanding]":
    from bridge.cycle.outcome import RunOutcome
    from bridge.daemon.timetable import stale_after
    from bridge.notices.matter import JobStanding
    from bridge.web.asking import next_runs

    complete = [outcome.value for outcome in RunOutcome if outcome.complete]
    due = next_runs(loaded.web) if is_served else {}
    for name, times in loaded.jobs.items():
        last = store.load_last(complete, name)
        yield JobStanding(name, times.in_words, due.get(name), last.started if last else None, stale_after(times))


def _exit(matters: "tuple[Matter, ...]") -> Exit:
    """The code of the first of them, which is the gravest."""
    from bridge.cycle.outcome import RunOutcome
    from bridge.notices.matter import MatterKind

    if not matters:
        return Exit.OK
    first = matters[0]
    if first.kind is MatterKind.FAILED:
        outcomes = {outcome.value for outcome in RunOutcome}
        return exit_of(RunOutcome(first.essence), detailed=False) if first.essence in outcomes else Exit.UNREADABLE
    return {
        MatterKind.SILENT: Exit.UNHEALTHY,
        MatterKind.CHAIN: Exit.AUDIT,
        MatterKind.STALE: Exit.UNHEALTHY,
        MatterKind.HELD: Exit.HELD,
        MatterKind.QUARANTINE: Exit.PARTLY_FAILED,
        MatterKind.UNSERVED: Exit.PARTLY_FAILED,
        MatterKind.DOUBT: Exit.DOUBT,
        MatterKind.OPEN: Exit.PARTLY_FAILED,
        MatterKind.PENDING: Exit.PENDING,
    }[first.kind]
