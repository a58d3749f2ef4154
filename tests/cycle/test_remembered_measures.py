"""What the guards measure by outlives runs in which nothing was due, or a group could not be served."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.change import GuardKind
from bridge.cycle.outcome import Report, RunOutcome
from bridge.errors import ChangeRejected
from tests.cycle.stage import Stage, managed, organization, stage
from tests.transport.virtual import VirtualClock

PEOPLE = [f"p{n:02}" for n in range(20)]


def guards(report: Report) -> set[GuardKind]:
    """What a run's guards object to."""
    return {finding.guard for held in report.verdict.held for finding in held.findings}


def approve_all(one: Stage) -> None:
    """A person approves all that is held."""
    for case in one.store.list_held():
        one.store.approve(case.digest, by="anna", reason="seen", expires=one.clock.now() + timedelta(days=7))


def test_a_source_that_empties_while_its_group_is_archived(tmp_path: Path) -> None:
    """No run settled it so: once the group is back, its people wait for a person."""
    clock = VirtualClock()
    around = organization(PEOPLE, {"G": PEOPLE[:2], "Any": ["p05"]}, clock)
    with stage(tmp_path / "db", around, [managed("G")], {"G": PEOPLE[:2]}, clock=clock) as one:
        assert one.run().outcome is RunOutcome.UNCHANGED
        one.sandbox.ui.archive_group("G")
        one.directory.groups["G"] = set()
        for _ in range(2):
            assert one.run().unserved == ("G",)
        one.sandbox.ui.archive_group("G", archived=False)
        assert guards(one.run()) == {GuardKind.SOURCE_EMPTY}
        assert one.members("G") == set(PEOPLE[:2])


@pytest.mark.parametrize("idle_runs", [0, 1, 3])
def test_a_hyperproof_that_lists_less_is_not_believed_for_being_asked_in_vain(
    tmp_path: Path, idle_runs: int
) -> None:
    """Runs without a removal have not asked anybody: the first one with removals does, until a person said so."""
    clock = VirtualClock()
    around = organization(PEOPLE, {"G": PEOPLE[:10]}, clock)
    with stage(tmp_path / "db", around, [managed("G")], {"G": PEOPLE[:10]}, clock=clock) as one:
        one.run()
        one.sandbox.set_modes(list_cap=15)
        for _ in range(idle_runs):
            assert one.run().outcome is RunOutcome.UNCHANGED
        one.directory.groups["G"] -= {"p00", "p01"}
        for _ in range(2):
            assert guards(one.run()) == {GuardKind.TARGET_SHRANK}
        approve_all(one)
        assert one.run().outcome is RunOutcome.CHANGED
        one.directory.groups["G"] -= {"p02"}
        assert one.run().outcome is RunOutcome.CHANGED


def test_a_yes_that_was_given_before_does_not_make_a_shorter_list_the_measure(tmp_path: Path) -> None:
    """A person let many go; that Hyperproof would list half of all people in the next run nobody knew then."""
    clock = VirtualClock()
    around = organization(PEOPLE, {"G": PEOPLE[:14]}, clock)
    with stage(tmp_path / "db", around, [managed("G")], {"G": PEOPLE[:14]}, clock=clock) as one:
        one.run()
        one.directory.groups["G"] = set(PEOPLE[:7])
        assert guards(one.run()) == {GuardKind.GROUP_REMOVALS}
        approve_all(one)
        before = one.store.load().target_sizes
        one.sandbox.set_modes(list_cap=15)
        one.run()
        assert one.members("G") == set(PEOPLE[:7])
        assert one.store.load().target_sizes == before
        one.directory.groups["G"] -= {"p00"}
        assert guards(one.run()) == {GuardKind.TARGET_SHRANK}
        approve_all(one)
        one.run()
        assert one.store.load().target_sizes != before


def test_an_approval_takes_nobody_out_twice(tmp_path: Path) -> None:
    """Three of the four go; they come back, and leave once more: that nobody has approved."""
    clock = VirtualClock()
    around = organization(PEOPLE, {"G": PEOPLE[:10]}, clock)
    with stage(tmp_path / "db", around, [managed("G")], {"G": PEOPLE[:6]}, clock=clock) as one:
        one.run()
        approve_all(one)
        refusing(one, "p09")
        assert one.run().outcome is RunOutcome.PARTLY_FAILED
        assert one.members("G") == {*PEOPLE[:6], "p09"}
        one.directory.groups["G"] |= {"p06", "p07", "p08"}
        one.run()
        assert one.members("G") == set(PEOPLE[:10])
        one.directory.groups["G"] -= {"p06", "p07", "p08"}
        clock.pass_(5 * 86400)
        assert guards(one.run()) == {GuardKind.GROUP_REMOVALS}
        assert one.members("G") == set(PEOPLE[:10])
        approve_all(one)  # it may be approved anew
        one.run()
        assert one.members("G") == {*PEOPLE[:6], "p09"}


def test_what_is_left_of_an_approval_needs_no_other(tmp_path: Path) -> None:
    """The directory group emptied in earnest: whoever could not go at once goes later."""
    clock = VirtualClock()
    around = organization(PEOPLE, {"G": PEOPLE[:4], "Any": ["p05"]}, clock)
    with stage(tmp_path / "db", around, [managed("G")], {"G": PEOPLE[:4]}, clock=clock) as one:
        one.run()
        one.directory.groups["G"] = set()
        one.run()
        approve_all(one)
        real = one.target.remove_members
        refusing(one, "p03")
        one.run()
        assert one.members("G") == {"p03"}
        one.target.remove_members = real  # type: ignore[method-assign]  # as it was
        assert one.run().verdict.held == ()
        assert one.members("G") == set()


def refusing(one: Stage, name: str) -> None:
    """Hyperproof refuses to take this one out."""
    last = one.sandbox.organization.find_user(f"{name}@corp.example").user_id
    real = one.target.remove_members

    def picky(group: str, members: list[str]) -> None:
        if last in members:
            raise ChangeRejected("Hyperproof", "no", 400)
        real(group, members)  # type: ignore[arg-type]  # plain words for ids

    one.target.remove_members = picky  # type: ignore[assignment,method-assign]  # the seam of this test
