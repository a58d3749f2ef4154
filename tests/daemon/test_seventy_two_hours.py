"""Three days in a minute: changes, faults and restarts at random, and nothing is lost, doubled, leaked or left."""

import gc
import json
import logging
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import structlog

from bridge.cycle.outcome import RunOutcome
from tests.cli.scene import until
from tests.daemon.world import TEAMS, World, after, world
from tests.e2e.truth import assert_evidence_is_whole

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def _without_a_log() -> Iterator[None]:
    """Of three days; printing it would take as long as living them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


def live(w: World, until_hour: float) -> None:
    """Let it go on until then. What the two servers remember of each request is theirs, and is forgotten."""
    while datetime.now(UTC) < after(until_hour):
        w.happen()
        w.process.step()
        w.scene.hyperproof.clear_log()
        w.scene.ldap.forget_operations()


def open_files() -> int:
    """How many files and sockets this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def settled() -> tuple[int, int, int]:
    """Threads, open files, and blocks of memory, once what is about to end has ended."""
    gc.collect()
    seen: Counter[tuple[int, int]] = Counter()

    def is_still() -> bool:
        counts = threading.active_count(), open_files()
        seen[counts] += 1
        return seen[counts] > 20

    until(is_still)
    return threading.active_count(), open_files(), sys.getallocatedblocks()


@pytest.mark.timeout(180)
def test_three_days_of_a_quarterly_schedule(tmp_path: Path) -> None:
    """At the end every group is as the directory says, and every run and every change has its record."""
    with world(tmp_path, seed=72) as w:
        live(w, 24)
        w.restart()
        before = settled()
        live(w, 72)
        w.calm()
        w.process.works.request()
        w.process.step()
        assert {team: w.scene.members(team) for team in TEAMS} == w.teams
        assert w.process.works.not_ready() == ()
        assert w.restarts > 10
        after_all = settled()
        assert_nothing_leaked(before, after_all)
        assert_every_run_is_accounted_for(w)
        assert_evidence_is_whole(w.scene)


def assert_nothing_leaked(before: tuple[int, int, int], now: tuple[int, int, int]) -> None:
    """No more threads and files than after a day; memory but for the history that the sandbox keeps."""
    assert now[0] <= before[0] + 1
    assert now[1] <= before[1] + 4
    assert now[2] < before[2] * 1.05


def assert_every_run_is_accounted_for(w: World) -> None:
    """Each has its end in store, figures and evidence; and none was left out of the schedule."""
    store = w.process.works.wired.store
    runs = store.list_runs(10_000)
    assert all(run.ended for run in runs)
    assert len(runs) > 72 * 4
    outcomes = Counter(run.outcome for run in runs)
    assert {"failed", RunOutcome.CHANGED, RunOutcome.FAILED_READ, RunOutcome.UNCHANGED} <= outcomes.keys()
    begins = sorted(run.run.started for run in runs)
    assert max(later - earlier for earlier, later in pairwise(begins)) < timedelta(minutes=30)
    events = Counter(json.loads(entry.line)["event"] for entry in store.ledger.entries())
    assert events["run.started"] == events["run.finished"] + events["run.failed"] == len(runs)
    assert store.load_intents() == ()
    w.restart()
    assert w.counted == len(runs)
