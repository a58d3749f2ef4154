"""status: how it all stands, by what the store has; for people, for programs, and for a watch on exit codes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from bridge.cli.exits import Exit, exit_of
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, Quiet, configuration

if TYPE_CHECKING:
    from bridge.cli.standing import Standing
    from bridge.config import Configuration
    from bridge.notices.matter import Matter
    from bridge.standing.job import Job
    from bridge.store.store import DatabaseStore


CHECKED = 1000
"""Records at the chain's end that are verified each time; `audit verify` takes all of them."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False, quiet: Quiet = False) -> Exit:
    """Show how it all stands: runs, directories, what is held, in quarantine or in doubt. Asks no server.

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
    from bridge.daemon.presence import service_of
    from bridge.standing.overview import load_overview
    from bridge.standing.reads import load_last_reads
    from bridge.store.place import Server
    from bridge.web.asking import next_run

    service = service_of(loaded)
    tip = store.ledger.tip()
    proof = verify_part(store.ledger, tip, CHECKED)
    job = _job(loaded, store, str(proof.finding or ""))
    if service:
        job = replace(job, next_run=next_run(loaded.web))
    return Standing(
        view=load_overview(store, job, ()),
        reads=load_last_reads(store.ledger, sorted(loaded.directories)),
        tip=tip,
        checked=min(tip.seq, CHECKED),
        service=service,
        has_replicas=isinstance(loaded.store.place, Server),
    )


def _job(loaded: "Configuration", store: "DatabaseStore", chain: str) -> "Job":
    from bridge.cycle.outcome import RunOutcome
    from bridge.daemon.presence import writer_of
    from bridge.daemon.timetable import stale_after
    from bridge.standing.job import Job

    now = datetime.now(UTC)
    last = store.load_last(outcome.value for outcome in RunOutcome if outcome.complete)
    return Job(
        organization=loaded.organization,
        config=str(loaded.path),
        schedule=loaded.schedule.in_words,
        apply=loaded.apply,
        now=now,
        next_run=None,
        last_complete=last.started if last else None,
        stale_after=stale_after(loaded.schedule, now),
        running=writer_of(loaded) is not None,
        chain=chain,
    )


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
    }[first.kind]
