"""Runs in the store: which was the last one, also by a clock that was ahead once."""

from pathlib import Path

from bridge.core.journal import Run, RunKind
from tests.store.stores import Watch, opened

DONE = "nothing to do"


def ended(folder: Path, watch: Watch, name: str, kind: RunKind = RunKind.SYNC, job: str = "") -> None:
    """A run at this moment."""
    with opened(folder, watch=watch) as store:
        run = Run(name, kind, watch.now(), "hash", job=job)
        store.record_start(run, [])
        store.record_end(run, DONE, None, [])


def test_a_run_of_the_future_is_not_the_last(tmp_path: Path) -> None:
    """Its success would hide all failures until then; it is listed behind the others."""
    watch = Watch()
    watch.move(days=1500)
    ended(tmp_path, watch, "ahead")
    watch.move(days=-1500)
    with opened(tmp_path, watch=watch) as store:
        assert store.load_last([DONE], "") is None
    ended(tmp_path, watch, "now")
    with opened(tmp_path, watch=watch) as store:
        last = store.load_last([DONE], "")
        assert last is not None
        assert last.id == "now"
        assert [past.run.id for past in store.list_runs(9)] == ["now", "ahead"]


def test_the_last_run_of_a_job_is_its_own_or_one_of_all(tmp_path: Path) -> None:
    """What was done by hand is none of them."""
    watch = Watch()
    for name, job, kind in (
        ("all", "", RunKind.SYNC),
        ("main", "main", RunKind.SYNC),
        ("hand", "", RunKind.BY_HAND),
    ):
        watch.move(minutes=1)
        ended(tmp_path, watch, name, kind, job)
    with opened(tmp_path, watch=watch) as store:
        found = {job: store.load_last([DONE], job) for job in ("main", "night")}
        assert {job: run and run.id for job, run in found.items()} == {"main": "main", "night": "all"}
