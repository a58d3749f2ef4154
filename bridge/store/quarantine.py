"""Mappings whose writes keep failing: how often, why, and when they are tried again."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from bridge.audit.events import Event
from bridge.audit.timestamp import moment, stamp
from bridge.core.journal import JsonValue, Recollection, Record
from bridge.core.quarantine import Failure, Trouble, failed_again
from bridge.errors import BridgeError
from bridge.store.packing import damage_found
from bridge.store.rows import delete, replace
from bridge.store.runs import list_runs
from bridge.store.schema import quarantine
from bridge.store.scope import Scope


def load_troubles(scope: Scope) -> tuple[Trouble, ...]:
    """Load every mapping whose writes failed in the last run that tried them, the longest first."""
    query = scope.of(quarantine).order_by(quarantine.c.since, quarantine.c.key)
    return tuple(_trouble(row) for row in scope.connection.execute(query))


def load_resting(scope: Scope) -> Mapping[str, Trouble]:
    """Load all that are to be left alone now, by mapping key."""
    return {one.failure.key: one for one in load_troubles(scope) if one.rests(scope.now)}


def review(scope: Scope, left: Recollection) -> None:
    """Note which mappings failed in a run. Those neither failed nor undecided nor unjudged are well again."""
    known = {trouble.failure.key: trouble for trouble in load_troubles(scope)}
    failed = {failure.key: failed_again(known.get(failure.key), failure, scope.now) for failure in left.failures}
    well = {key for key in known.keys() - failed.keys() - left.undecided if key not in left.unjudged}
    delete(scope.connection, quarantine, [scope.row(key=key) for key in sorted(well)])
    replace(scope.connection, quarantine, [_row(scope, trouble) for trouble in failed.values()])


def release(scope: Scope, name: str, *, by: str, reason: str) -> tuple[Trouble, Record]:
    """Forget the failures of a mapping, named by its key or its group. Raises BridgeError for one without any."""
    if not by.strip():
        raise BridgeError("A decision is evidence: say who decides.")
    found = [one for one in load_troubles(scope) if name in {one.failure.key, one.failure.name}]
    if not found:
        raise BridgeError(f"No mapping {name} is in quarantine; see `quarantine`")
    delete(scope.connection, quarantine, [scope.row(key=one.failure.key) for one in found])
    return found[0], _record(scope, found[0], by, reason)


def _record(scope: Scope, trouble: Trouble, by: str, reason: str) -> Record:
    facts: dict[str, JsonValue] = {
        "mapping": trouble.failure.key,
        "group": trouble.failure.name,
        "by": by,
        "failure": trouble.failure.cause,
        "failed_runs": trouble.runs,
    }
    if reason:
        facts["reason"] = reason
    (last,) = list_runs(scope, 1)
    return Record(Event.MAPPING_RELEASED, scope.now, last.run.id, facts)


def _row(scope: Scope, trouble: Trouble) -> dict[str, object]:
    return scope.row(
        key=trouble.failure.key,
        name=trouble.failure.name,
        cause=trouble.failure.cause,
        removals=int(trouble.failure.removals),
        runs=trouble.runs,
        since=stamp(trouble.since),
        next_try=stamp(trouble.next_try) if trouble.next_try else None,
    )


def _trouble(row: Row[Any]) -> Trouble:
    with damage_found("quarantine"):
        return Trouble(
            Failure(row.key, row.name, row.cause, removals=bool(row.removals)),
            row.runs,
            moment(row.since),
            moment(row.next_try) if row.next_try else None,
        )
