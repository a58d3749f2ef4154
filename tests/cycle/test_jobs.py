"""Jobs: a run reads and plans everything, and writes the groups of its own job."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.change import Cause
from bridge.core.jobs import EVERY
from bridge.core.journal import RunKind
from bridge.core.mapping import MAIN, Limit, Limits
from bridge.cycle.outcome import Report, RunOutcome
from bridge.cycle.run import run_cycle
from bridge.sandbox.hyperproof import Act, Fault, json_answer
from tests.cycle.stage import Stage, managed, organization, stage

PEOPLE = "abcdefghijklmnop"
NIGHT = "night"
GROUPS = {"Day": "abc", "Night": PEOPLE}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Stage]:
    """Two settled groups, one of each job."""
    mappings = (managed("Day"), managed("Night", job=NIGHT))
    with stage(tmp_path / "bridge.db", organization(PEOPLE, GROUPS), mappings, GROUPS) as s:
        assert s.run().outcome is RunOutcome.UNCHANGED
        yield s


def run(s: Stage, job: str) -> Report:
    """One run of a job."""
    s.job = job
    return s.run()


def test_a_run_writes_the_groups_of_its_job(two: Stage) -> None:
    """The others wait for theirs, and keep the cause of their changes."""
    two.directory.groups |= {"Day": set("ab"), "Night": set(PEOPLE[:-1])}
    report = run(two, MAIN)
    assert (report.outcome, report.counts()["waiting"]) == (RunOutcome.CHANGED, 1)
    assert (two.members("Day"), two.members("Night")) == (set("ab"), set(PEOPLE))
    report = run(two, MAIN)
    assert (report.outcome, report.complete, len(report.plan.changed)) == (RunOutcome.UNCHANGED, True, 1)
    report = run(two, NIGHT)
    assert [m.cause for g in report.plan.changed for c in g.changes for m in c.members] == [Cause.SOURCE]
    assert two.members("Night") == set(PEOPLE[:-1])
    two.assert_true_to_history()


def test_the_evidence_names_the_job(two: Stage) -> None:
    """A run over all of them names none."""
    run(two, NIGHT)
    assert [record.get("job") for record in two.records if record["event"] == "run.started"] == [None, NIGHT]


def test_what_is_held_is_held_in_every_run(two: Stage) -> None:
    """Nobody waits for the night to hear of it; what is approved is done in a run of its own job."""
    two.directory.groups["Night"] = set()
    assert run(two, MAIN).outcome is RunOutcome.HELD
    (case,) = two.store.list_held()
    assert run(two, NIGHT).outcome is RunOutcome.HELD
    assert [held.digest for held in two.store.list_held()] == [case.digest]
    two.store.approve(case.digest, "Ada", "the group is closed", two.clock.now() + timedelta(days=1))
    run(two, MAIN)
    assert two.members("Night") == set(PEOPLE)
    run(two, NIGHT)
    assert two.members("Night") == set()
    two.assert_true_to_history()


def test_a_failure_is_not_forgotten_by_a_run_of_another_job(two: Stage) -> None:
    """What was not tried decides nothing."""
    refusal = json_answer({"message": "no"}, 400)
    two.sandbox.faults.add(Fault(Act.ANSWER, method="PUT", path="/users/delete$", count=1, answer=refusal))
    two.directory.groups["Night"] = set(PEOPLE[:-1])
    run(two, NIGHT)
    run(two, MAIN)
    assert [trouble.runs for trouble in two.store.list_troubles()] == [1]


def test_a_run_of_another_job_settles_what_was_left_open(two: Stage) -> None:
    """It only reads for that."""
    two.sandbox.faults.add(Fault(Act.DROP_AFTER, method="PUT", path="/users/delete$"))
    two.sandbox.faults.add(Fault(Act.DROP, method="GET", path="/groups/(?!users$).+", count=0))
    two.directory.groups["Night"] = set(PEOPLE[:-1])
    run(two, NIGHT)
    assert len(two.store.load_intents()) == 1
    two.sandbox.faults.clear()
    run(two, MAIN)
    assert two.store.load_intents() == ()
    two.assert_true_to_history()


def test_a_configuration_is_applied_once_no_group_waits_for_its_job(two: Stage) -> None:
    """Until then a review of the next edit tells against the one before."""
    two.directory.groups["Night"] = set(PEOPLE[:-1])
    for job, applied in ((MAIN, None), (NIGHT, "new")):
        run_cycle(replace(two.bridge, kept="new", job=job), RunKind.SYNC)
        assert two.store.load_applied() == applied


def limit_runs(s: Stage) -> None:
    """No run may take out more than two; a group by itself may lose anybody."""
    lax = Limit(100, 100, 100)
    mappings = tuple(managed(name, job=job, limit=lax) for name, job in (("Day", MAIN), ("Night", NIGHT)))
    s.change_policy(mappings=mappings, limits=Limits(removals_per_run=Limit(2, 100, 0)))


def test_what_waits_for_another_job_counts_for_nothing(two: Stage) -> None:
    """The limit of a run counts what the runs of one job would do, by day and by night."""
    limit_runs(two)
    two.directory.groups |= {"Day": set("a"), "Night": set(PEOPLE[:-2])}
    assert run(two, MAIN).outcome is RunOutcome.CHANGED
    assert run(two, NIGHT).outcome is RunOutcome.CHANGED
    assert (two.members("Day"), two.members("Night")) == (set("a"), set(PEOPLE[:-2]))


def test_what_is_too_much_for_another_job_waits_for_a_person_at_once(two: Stage) -> None:
    """Nobody waits for the night to hear of it, and what one job may do holds nothing of another."""
    limit_runs(two)
    two.directory.groups |= {"Day": set("a"), "Night": set(PEOPLE[:-3])}
    for job in (MAIN, NIGHT, MAIN):
        assert [held.name for held in run(two, job).verdict.held] == ["Night"]
    assert (two.members("Day"), two.members("Night")) == (set("a"), set(PEOPLE))


def test_a_run_over_all_jobs_counts_all(two: Stage) -> None:
    """It would do all of it at once."""
    limit_runs(two)
    two.directory.groups |= {"Day": set("a"), "Night": set(PEOPLE[:-2])}
    assert {held.name for held in run(two, EVERY).verdict.held} == {"Day", "Night"}
