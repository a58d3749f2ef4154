"""The process dies between any two steps of a run: the next one finds out what was done, and tells it once."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.cycle.outcome import RunOutcome
from bridge.cycle.ports import Store, Target
from bridge.sandbox.hyperproof import Act, Fault, Modes
from tests.cycle.stage import Stage
from tests.cycle.twenty_changes import (
    CHANGES,
    WRITES,
    assert_nobody_removed_wrongly,
    assert_right_in_the_end,
    twenty_changes,
)

pytestmark = pytest.mark.e2e


class Crash(BaseException):
    """The process is gone: nothing of ours may catch this."""


class Steps:
    """Counts the steps of a run, and dies before one of them; what that was may still happen."""

    def __init__(self, dies_before: int = 0) -> None:
        self.taken: list[str] = []
        self.under_way: tuple[str, tuple[object, ...]] | None = None
        self._dies_before = dies_before

    def take(self, name: str, *args: object) -> None:
        """One step is about to be made."""
        if len(self.taken) + 1 == self._dies_before:
            self.under_way = name, args
            raise Crash(name)
        self.taken.append(name)

    def seam(self, target: Target, store: Store) -> tuple[Target, Store]:
        """The same ends, each call of which is a step."""
        return cast("Target", Stepwise(target, self)), cast("Store", Stepwise(store, self))


class Stepwise:
    """Somebody each of whose calls is a step."""

    def __init__(self, actor: object, steps: Steps) -> None:
        self._actor, self._steps = actor, steps

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object, **named: object) -> object:
            self._steps.take(name, *args)
            return getattr(self._actor, name)(*args, **named)

        return call


STEPS = 48
"""Of a run without an accident; the test below says so."""


def run_until_crash(set_up: Stage, dies_before: int) -> Sequence[str]:
    """A run that dies. Returns the steps that it took."""
    steps = Steps(dies_before)
    set_up.seam = steps.seam
    with pytest.raises(Crash):
        set_up.run()
    set_up.seam = lambda target, store: (target, store)
    return steps.taken


CALLS = ("create_group", "rename_group", "set_lead", "add_members", "remove_members")


@pytest.mark.parametrize("runs", [0, 1, 2])
@pytest.mark.parametrize("number", range(10))
def test_a_crash_while_a_call_is_under_way(tmp_path: Path, number: int, runs: int) -> None:
    """The call lands although its process is gone, after so many runs of the next one: it is told once."""
    with twenty_changes(tmp_path / "db", Modes(name_conflict="allowed")) as set_up:
        dies_before = write_steps(tmp_path)[number]
        steps = Steps(dies_before)
        set_up.seam = steps.seam
        with pytest.raises(Crash):
            set_up.run()
        set_up.seam = lambda target, store: (target, store)
        set_up.restart()
        for _ in range(runs):
            report = set_up.run()
            assert report.outcome is RunOutcome.PARTLY_FAILED
            assert report.open == report.landing == 1
        assert steps.under_way
        name, args = steps.under_way
        getattr(set_up.target, name)(*args)
        assert_right_in_the_end(set_up)


@cache
def write_steps(folder: Path) -> Sequence[int]:
    """Which steps of the run are calls that write."""
    with twenty_changes(folder / "counted.db") as set_up:
        steps = Steps()
        set_up.seam = steps.seam
        set_up.run()
        return [number for number, name in enumerate(steps.taken, start=1) if name in CALLS]


def test_a_run_takes_so_many_steps(tmp_path: Path) -> None:
    """Each write is an intent, a call, and an outcome."""
    with twenty_changes(tmp_path / "db") as set_up:
        steps = Steps()
        set_up.seam = steps.seam
        set_up.run()
        assert len(steps.taken) == STEPS
        assert steps.taken.count("record_intent") == steps.taken.count("record_outcome") == WRITES
        assert sum(set_up.events.count(event) for event in MEMBER_EVENTS) + 4 == CHANGES


MEMBER_EVENTS = ("member.added", "member.removed")


@pytest.mark.parametrize("dies_before", range(1, STEPS + 1))
def test_a_crash_at_each_step(tmp_path: Path, dies_before: int) -> None:
    """Intended and not sent, sent and not recorded, recorded and not ended: all is settled at the next start."""
    with twenty_changes(tmp_path / "db") as set_up:
        assert len(run_until_crash(set_up, dies_before)) == dies_before - 1
        assert_nobody_removed_wrongly(set_up)
        assert_right_in_the_end(set_up)


@pytest.mark.parametrize("dies_before", range(12, STEPS + 1, 3))
def test_a_crash_in_the_run_that_settles(tmp_path: Path, dies_before: int) -> None:
    """What one crash left open is settled though the settling is cut short as well."""
    with twenty_changes(tmp_path / "db") as set_up:
        run_until_crash(set_up, dies_before)
        for again in (4, 5, 6):
            set_up.restart()
            run_until_crash(set_up, again)
        assert_right_in_the_end(set_up)


@pytest.mark.parametrize("fault", [Act.RESET_AFTER, Act.RESET_BEFORE, Act.HALF])
@pytest.mark.parametrize("dies_before", range(13, 34, 2))
def test_a_crash_while_a_write_of_unknown_outcome_is_looked_into(
    tmp_path: Path, dies_before: int, fault: Act
) -> None:
    """Two intents may carry one change; it is told once."""
    with twenty_changes(tmp_path / "db") as set_up:
        set_up.sandbox.faults.add(*(Fault(fault, method=method, path="^/v1/groups") for method in ("POST", "PUT")))
        run_until_crash(set_up, dies_before)
        set_up.sandbox.faults.clear()
        assert_right_in_the_end(set_up)


@pytest.mark.parametrize("dies_before", range(12, 30))
def test_a_crash_when_a_change_was_sent_twice_and_shows_late(tmp_path: Path, dies_before: int) -> None:
    """Both intents are open and both have come true; the change is told once."""
    with twenty_changes(tmp_path / "db", Modes(stale_seconds=30)) as set_up:
        set_up.sandbox.faults.add(Fault(Act.RESET_AFTER, method="POST", path="^/v1/groups"))
        run_until_crash(set_up, dies_before)
        set_up.sandbox.faults.clear()
        set_up.sandbox.set_modes(stale_seconds=0)
        assert_right_in_the_end(set_up)


@pytest.mark.parametrize("group", ["A", "C"])
@pytest.mark.parametrize("dies_before", range(12, STEPS))
def test_a_crash_before_the_group_is_archived(tmp_path: Path, dies_before: int, group: str) -> None:
    """A write to a group that is no longer listed has its record all the same, also one that the run made."""
    with twenty_changes(tmp_path / "db") as set_up:
        run_until_crash(set_up, dies_before)
        if not any(one.name == group for one in set_up.sandbox.organization.groups):
            return
        set_up.sandbox.ui.archive_group(group)
        set_up.restart()
        set_up.run()
        set_up.assert_true_to_history()


@pytest.mark.parametrize("dies_before", range(12, STEPS))
def test_what_is_settled_names_everybody_whom_it_was_about(tmp_path: Path, dies_before: int) -> None:
    """Hyperproof may do it only after we looked: then no other record tells who was meant."""
    with twenty_changes(tmp_path / "db") as set_up:
        run_until_crash(set_up, dies_before)
        set_up.restart()
        set_up.run()
        settled = [record for record in set_up.records if record["event"] == "intent.settled"]
        for record in settled:
            assert len(cast("Sequence[object]", record.get("members", ()))) == record["of"]
