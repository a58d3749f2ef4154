"""The figures: what they count, how they are named, and that each is documented."""

import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.change import Action
from bridge.core.quarantine import Failure, Trouble
from bridge.cycle.outcome import Report
from bridge.daemon.once import Ended
from bridge.errors import StoreError
from bridge.sandbox.hyperproof import Act, Fault, json_answer
from bridge.store.held import HeldCase, HeldStatus
from bridge.transport.client import Exchange, Waiting
from bridge.web.metrics import PREFIX, Kept, Metrics
from tests.core.world import CUT
from tests.cycle.stage import managed, organization, stage
from tests.store.stores import NOON, an_intent, held_removals
from tests.web.site import JOB

OPERATIONS = Path("docs/operations.md").read_text()
NOTHING = Kept((), (), ())


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample, without the prefix."""
    lines = metrics.text().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if line.startswith(PREFIX))
    return {name.removeprefix(f"{PREFIX}_"): float(value) for name, _, value in pairs}


def full(kept: Kept = NOTHING) -> Metrics:
    """Metrics that have counted one of everything."""
    metrics = Metrics(lambda: kept, lambda: JOB.jobs)
    metrics.loaded(good=True)
    metrics.skipped("overlap")
    metrics.broken_off("failed")
    metrics.staged("reading", 1.5)
    metrics.called(Exchange("hyperproof", "GET", "/users", 200, 0.1, 1))
    metrics.called(Exchange("hyperproof", "GET", "/users", None, 0.1, 2, "reset"))
    metrics.waited(Waiting("hyperproof", 30, "throttled"))
    return metrics


def names(metrics: Metrics) -> list[str]:
    """The metrics of our own, as a scraper knows them."""
    return re.findall(rf"^# TYPE ({PREFIX}_\w+) ", metrics.text().decode(), re.MULTILINE)


def test_every_metric_is_documented() -> None:
    """With its type; and no other."""
    types = dict(re.findall(rf"^# TYPE ({PREFIX}_\w+) (\w+)$", full().text().decode(), re.MULTILINE))
    assert dict(re.findall(rf"^\| `({PREFIX}_\w+)` \| (\w+) \|", OPERATIONS, re.MULTILINE)) == types


def test_every_metric_that_the_documentation_names_is_there() -> None:
    """Also in the running text."""
    assert set(re.findall(rf"{PREFIX}_\w+", OPERATIONS)) <= set(names(full()))


def test_prometheus_own_tool_has_nothing_against_them() -> None:
    """Units, suffixes, help: `promtool check metrics`."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=full().text(), capture_output=True, check=False, timeout=60
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_what_happens_is_counted() -> None:
    """Calls without an answer have the status none."""
    found = samples(full())
    assert found['calls_total{endpoint="/users",method="GET",status="200"}'] == 1
    assert found['calls_total{endpoint="/users",method="GET",status="none"}'] == 1
    assert found["throttle_wait_seconds_total"] == 30
    assert found['run_stage_duration_seconds_sum{stage="reading"}'] == 1.5
    assert found['runs_total{outcome="failed"}'] == 1
    assert found['last_complete_run_timestamp_seconds{bridge_job="main"}'] == NOON.timestamp() + 240
    assert found['next_run_timestamp_seconds{bridge_job="main"}'] == NOON.timestamp() + 1140


def test_what_the_store_knows_is_told() -> None:
    """The oldest of each; rejected changes wait for nobody; a mapping that failed once is not in quarantine."""
    held = [
        HeldCase(held_removals(n), str(n), HeldStatus.PENDING, NOON + timedelta(hours=n), NOON, "run-1")
        for n in (2, 1)
    ]
    rejected = HeldCase(held_removals(3), "3", HeldStatus.REJECTED, NOON - timedelta(days=1), NOON, "run-1")
    removal, addition = an_intent(5, Action.REMOVE), an_intent(1)
    troubles = (Trouble(Failure("a", "A", "no"), 3, NOON, NOON), Trouble(Failure("b", "B", "no"), 1, NOON))
    found = samples(Metrics(lambda: Kept((*held, rejected), (addition, removal), troubles), lambda: JOB.jobs))
    assert found["held_plans"] == 2
    assert found["held_oldest_timestamp_seconds"] == (NOON + timedelta(hours=1)).timestamp()
    assert found["unconfirmed_removals"] == 1
    assert found["unconfirmed_removal_oldest_timestamp_seconds"] == removal.at.timestamp()
    assert found["quarantined_mappings"] == 1
    assert found["store_readable"] == 1


def test_what_there_is_not_has_no_moment() -> None:
    """An age of nothing would be an alarm."""
    found = samples(full())
    assert found["held_plans"] == 0
    assert not [name for name in found if "_oldest_" in name]


def test_a_store_that_cannot_be_read_is_told() -> None:
    """And nothing is made up for what it would have said."""

    def broken() -> Kept:
        raise StoreError("the disk is gone")

    found = samples(Metrics(broken, lambda: JOB.jobs))
    assert found["store_readable"] == 0
    assert "held_plans" not in found


def test_a_run_is_told_by_kind_cause_and_mapping(tmp_path: Path) -> None:
    """A group whose change was refused keeps the moment when it last was as it should be."""
    groups = {"Bad": "a", "Good": "a"}
    metrics = full()
    with stage(
        tmp_path / "bridge.db", organization("abc", groups), map(managed, groups), {"Bad": "ab", "Good": "b"}
    ) as s:
        bad = next(group.id for group in s.sandbox.organization.groups if group.name == "Bad")
        refusal = json_answer({"message": "no"}, 400)
        s.sandbox.faults.add(Fault(Act.ANSWER, method="POST", path=f"{bad}/users$", count=0, answer=refusal))
        metrics.ended(s.run())
        found = samples(metrics)
        assert found['changes_total{cause="first sync",kind="add members",result="failed"}'] == 1
        assert found['changes_total{cause="first sync",kind="add members",result="applied"}'] == 1
        assert found['changes_total{cause="first sync",kind="remove members",result="applied"}'] == 1
        assert found['runs_total{outcome="partly failed"}'] == 1
        assert 'mapping_last_complete_timestamp_seconds{mapping="Bad"}' not in found
        assert 'mapping_last_complete_timestamp_seconds{mapping="Good"}' in found
        s.change_policy(mappings=(managed("Bad"),))
        s.sandbox.faults.clear()
        metrics.ended(s.run())
        found = samples(metrics)
        assert 'mapping_last_complete_timestamp_seconds{mapping="Bad"}' in found
        assert 'mapping_last_complete_timestamp_seconds{mapping="Good"}' not in found


def test_doubts_and_unresolved_people_are_told(tmp_path: Path) -> None:
    """Of the last run: they go when they are gone."""
    metrics = full()
    scene = stage(tmp_path / "bridge.db", organization("a", {"G": "a"}), [managed("G")], {"G": "ax"})
    with scene as s:
        s.directory.group_doubts = {"G": (CUT,)}
        metrics.ended(s.run())
        found = samples(metrics)
        assert found['doubts{directory="corp"}'] == 1
        assert found['unresolved_people{kind="no account"}'] == 1
        s.directory.group_doubts = {}
        s.directory.groups["G"] = {"a"}
        report: Report = s.run()
        metrics.ended(report)
        found = samples(metrics)
        assert found['doubts{directory="corp"}'] == 0
        assert found['unresolved_people{kind="no account"}'] == 0
        assert Ended(report).complete
