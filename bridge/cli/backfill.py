"""The report that a backfill leaves: what the run saw, and all that it and its interrupted beginnings did."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from bridge.audit.events import Event
from bridge.audit.ledger import Ledger
from bridge.audit.query import Filter, find_records
from bridge.cli.outcome import outcome_json
from bridge.cli.output_file import written
from bridge.cycle.outcome import Report
from bridge.errors import BridgeError, StoreError

_DONE = frozenset({
    Event.MEMBER_ADDED, Event.MEMBER_REMOVED, Event.GROUP_CREATED, Event.GROUP_RENAMED, Event.LEAD_CHANGED,
})  # fmt: skip


def write_report(path: Path, report: Report, ledger: Ledger, never: Collection[Path]) -> None:
    """Write the report, also over the one of a beginning that was interrupted. Raises StoreError."""
    runs = _series(report, ledger)
    done = [
        dict(found.record)
        for run in runs
        for found in find_records(ledger, Filter(run=run))
        if _is_deed(found.record)
    ]
    whole = {
        **outcome_json(report),
        "runs": runs,
        "done": dict(sorted(Counter(record["event"] for record in done).items())),
        "records": done,
    }
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    try:
        with written(path, force=True, never=never, option="--report") as (file, _):
            file.write(text)
    except BridgeError as error:
        raise StoreError(
            f"the run is done and recorded, but its report is not written: {error}; see `audit show`, make room, "
            "and run `backfill` again"
        ) from error


def _is_deed(record: Any) -> bool:  # noqa: ANN401 - a JSON object
    return record["event"] in _DONE


def _series(report: Report, ledger: Ledger) -> list[str]:
    """The runs of this backfill: the first, those that went on with it, and this one."""
    return sorted({*_continued(report, ledger), report.run.id})


def _continued(report: Report, ledger: Ledger) -> Iterator[str]:
    first = report.run.continues
    if not first:
        return
    yield first
    for found in find_records(ledger, Filter(event=Event.RUN_STARTED.value)):
        if found.record.get("continues") == first:
            yield str(found.record["run"])
