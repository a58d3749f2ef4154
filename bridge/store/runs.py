"""Runs: each begins, and ends or does not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case

from bridge.audit.timestamp import moment, stamp
from bridge.core.jobs import EVERY
from bridge.core.journal import JsonValue, Record, Run, RunKind
from bridge.errors import StoreError
from bridge.store.packing import damage_found, from_json, to_json
from bridge.store.schema import runs
from bridge.store.scope import Scope


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run and what came of it. `ended` is None while it goes on, and for one that was cut short."""

    run: Run
    ended: datetime | None
    outcome: str
    counts: Mapping[str, JsonValue]
    """As in its `run.finished` record."""


def start(scope: Scope, run: Run) -> None:
    """Note that a run begins."""
    scope.connection.execute(
        runs.insert().values(
            organization=scope.organization,
            id=run.id,
            kind=run.kind.value,
            started=stamp(run.started),
            config_hash=run.config_hash,
            continues=run.continues,
            job=run.job,
            counts="{}",
        )
    )


def end(scope: Scope, run: Run, outcome: str, records: Sequence[Record]) -> None:
    """Note that a run ended. Raises StoreError for one that never began, or ended before."""
    table = runs.c
    open_run = runs.update().where(scope.mine(runs), table.id == run.id, table.ended.is_(None))
    done = scope.connection.execute(
        open_run.values(ended=scope.time, outcome=outcome, counts=to_json(_counts(records)))
    )
    if done.rowcount != 1:
        raise StoreError(f"The run {run.id} is not open, so it cannot end; see that no other process ended it")


def load_unfinished(scope: Scope, kind: RunKind, config_hash: str) -> Run | None:
    """Load the latest run of this kind and configuration, if it never ended."""
    table = runs.c
    latest = _latest(scope).where(table.kind == kind.value, table.config_hash == config_hash).limit(1)
    row = scope.connection.execute(latest).one_or_none()
    return None if row is None or row.ended is not None else _run(row)


def load_last(scope: Scope, outcomes: Iterable[str], job: str) -> Run | None:
    """Load the latest run by mappings that ended in one of these ways and wrote the groups of this job, or all."""
    table = runs.c
    past = table.started <= scope.time  # a clock that was ahead once must not look like success until then
    by_mappings = (past, table.kind != RunKind.BY_HAND.value, table.job.in_([job, EVERY]))
    latest = _latest(scope).where(table.outcome.in_(list(outcomes)), *by_mappings).limit(1)
    row = scope.connection.execute(latest).one_or_none()
    return _run(row) if row else None


def load_latest_of(scope: Scope, kinds: Iterable[RunKind]) -> Run | None:
    """Load the latest run of these kinds that ended without failing: what it read is kept."""
    table = runs.c
    ended = (table.ended.is_not(None), table.outcome != "failed")
    latest = _latest(scope).where(table.kind.in_([kind.value for kind in kinds]), *ended).limit(1)
    row = scope.connection.execute(latest).one_or_none()
    return _run(row) if row else None


def list_runs(scope: Scope, limit: int) -> tuple[PastRun, ...]:
    """Load the latest runs, newest first."""
    return tuple(_past(row) for row in scope.connection.execute(_latest(scope).limit(limit)))


def _latest(scope: Scope) -> Select[Any]:
    ahead = case((runs.c.started <= scope.time, 0), else_=1)  # by a clock that was ahead once
    return scope.of(runs).order_by(ahead, runs.c.started.desc(), runs.c.id.desc())


def _counts(records: Sequence[Record]) -> JsonValue:
    """The figures of the last record that has some."""
    return next((record.facts["counts"] for record in reversed(records) if "counts" in record.facts), {})


def _run(row: Row[Any]) -> Run:
    with damage_found("run"):
        return Run(row.id, RunKind(row.kind), moment(row.started), row.config_hash, row.continues, row.job)


def _past(row: Row[Any]) -> PastRun:
    with damage_found("run"):
        ended = moment(row.ended) if row.ended else None
        return PastRun(_run(row), ended, row.outcome or "", from_json(row.counts))
