"""Whatever goes wrong with whichever write: nobody is removed wrongly, and the audit equals the history."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.mapping import Mode
from bridge.cycle.outcome import Result
from bridge.sandbox.hyperproof import Act, Deed, Fault, Modes, UiAction, html_answer, json_answer, throttle_answer
from tests.cycle.stage import managed, organization, stage
from tests.cycle.twenty_changes import (
    CHANGES,
    WANTED,
    WRITES,
    assert_as_wanted,
    assert_nobody_removed_wrongly,
    assert_right_in_the_end,
    twenty_changes,
)

pytestmark = pytest.mark.e2e

FAULTS = {
    "reset before it is done": Fault(Act.RESET_BEFORE),
    "reset after it is done": Fault(Act.RESET_AFTER),
    "closed before it is done": Fault(Act.DROP),
    "closed after it is done": Fault(Act.DROP_AFTER),
    "done by half, then 500": Fault(Act.HALF),
    "truncated": Fault(Act.TRUNCATE),
    "500": Fault(Act.ANSWER, answer=json_answer({"error": "broken"}, 500)),
    "done, and yet 500": Fault(Act.ANSWER_AFTER, answer=json_answer({"error": "broken"}, 500)),
    "done, and yet a page for people": Fault(Act.ANSWER_AFTER, answer=html_answer(200)),
    "done, and yet 400": Fault(Act.ANSWER_AFTER, answer=json_answer({"error": "bad"}, 400)),
    "HTML 403": Fault(Act.ANSWER, answer=html_answer(403)),
    "429 with a wait": Fault(Act.ANSWER, answer=throttle_answer("429", 3), retry_after=3),
    "429 to come back tomorrow": Fault(Act.ANSWER, answer=throttle_answer("429", 3), retry_after=86400, count=0),
    "403 over the quota": Fault(Act.ANSWER, answer=throttle_answer("403", 3)),
    "403": Fault(Act.ANSWER, answer=json_answer({"error": "no"}, 403)),
    "400": Fault(Act.ANSWER, answer=json_answer({"error": "bad"}, 400)),
    "404": Fault(Act.ANSWER, answer=json_answer({"error": "not found"}, 404)),
    "409": Fault(Act.ANSWER, answer=json_answer({"error": "conflict"}, 409)),
    "the token revoked": Fault(revoke=True),
    "reset from now on": Fault(Act.RESET_AFTER, count=0),
    "400 from now on": Fault(Act.ANSWER, answer=json_answer({"error": "bad"}, 400), count=0),
    "500 from now on": Fault(Act.ANSWER, answer=json_answer({"error": "broken"}, 500), count=0),
}
METHODS = ["POST"] * 4 + ["PUT"] * 3 + ["PATCH"] * 3
NTH = [1, 2, 3, 4, 1, 2, 3, 1, 2, 3]
EACH_WRITE = list(zip(METHODS, NTH, strict=True))


def at(fault: Fault, method: str, nth: int) -> Fault:
    """The fault at one write."""
    return replace(fault, method=method, path="^/v1/groups", nth=nth)


def test_without_a_fault_it_is_twenty_changes_in_ten_calls(tmp_path: Path) -> None:
    """What the other tests break, unbroken."""
    with twenty_changes(tmp_path / "db") as set_up:
        report = set_up.run()
        assert (
            sum(report.counts()[what] for what in ("added", "removed", "created", "renamed", "leads")) == CHANGES
        )
        assert len(set_up.writes) == WRITES
        assert sorted(METHODS) == sorted(method for method, _ in set_up.writes)
        assert_as_wanted(set_up)
        set_up.assert_true_to_history()


@pytest.mark.parametrize(("method", "nth"), EACH_WRITE)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_at_every_write(tmp_path: Path, fault: Fault, method: str, nth: int) -> None:
    """One call goes wrong; what it did or did not do is found out, recorded, and made good."""
    with twenty_changes(tmp_path / "db") as set_up:
        set_up.sandbox.faults.add(at(fault, method, nth))
        set_up.run()
        assert_nobody_removed_wrongly(set_up)
        set_up.sandbox.faults.clear()
        assert_right_in_the_end(set_up)


READ_FAULTS = ["reset before it is done", "truncated", "500", "HTML 403", "404", "429 to come back tomorrow"]


@pytest.mark.parametrize("count", [1, 0], ids=["once", "from now on"])
@pytest.mark.parametrize("nth", range(1, 6))
@pytest.mark.parametrize("name", READ_FAULTS)
def test_every_fault_at_every_reading_back(tmp_path: Path, name: str, nth: int, count: int) -> None:
    """A write that cannot be seen is not recorded as done; the next run looks again."""
    with twenty_changes(tmp_path / "db") as set_up:
        back = replace(FAULTS[name], method="GET", path=r"^/v1/groups/[^/]{9,}", nth=nth, count=count)
        set_up.sandbox.faults.add(back)
        set_up.run()
        set_up.sandbox.faults.clear()
        assert_right_in_the_end(set_up)


MODES = {
    "reads are stale for a while": Modes(stale_seconds=4),
    "reads are stale once": Modes(stale_reads=1),
    "reads are stale three times": Modes(stale_reads=3),
    "batches are limited": Modes(batch_limit=1),
    "batches are limited with 413": Modes(batch_limit=2, batch_limit_status="413"),
    "repetitions are refused": Modes(present_ids="409", absent_ids="404"),
    "repetitions are refused and reads are stale": Modes(present_ids="409", absent_ids="404", stale_seconds=4),
    "answers without members": Modes(write_answer="missing"),
    "answers without a body": Modes(write_status="204"),
    "members are omitted when there are none": Modes(empty_members="omitted"),
    "every third call is throttled": Modes(throttle="429", throttle_every=3),
}


@pytest.mark.parametrize("modes", MODES.values(), ids=MODES)
def test_every_way_that_hyperproof_may_behave(tmp_path: Path, modes: Modes) -> None:
    """Where the documentation leaves it open, either way comes to the same."""
    with twenty_changes(tmp_path / "db", modes) as set_up:
        assert set_up.run().lost == ""
        assert_right_in_the_end(set_up)
        assert not set_up.run().plan.changed


def test_batches_that_always_break(tmp_path: Path) -> None:
    """Each call does one of its ids and fails: the run gives up on it, and the next one does the rest."""
    with twenty_changes(tmp_path / "db", Modes(batch_breaks_after=1)) as set_up:
        assert "was answered 500" in set_up.run().lost
        assert_right_in_the_end(set_up)


@pytest.mark.parametrize(("method", "nth"), EACH_WRITE)
@pytest.mark.parametrize("name", ["reset before it is done", "reset after it is done", "done by half, then 500"])
def test_faults_while_repetitions_are_refused_and_reads_are_stale(
    tmp_path: Path, name: str, method: str, nth: int
) -> None:
    """Two evils at once: what was done is not seen at first, and doing it again is refused."""
    with twenty_changes(tmp_path / "db", MODES["repetitions are refused and reads are stale"]) as set_up:
        set_up.sandbox.faults.add(at(FAULTS[name], method, nth))
        set_up.run()
        set_up.sandbox.faults.clear()
        assert_right_in_the_end(set_up)


@pytest.mark.parametrize("unknown_ids", ["400", "404", "skip", "partial"])
@pytest.mark.parametrize("who", ["p05", "p06", "p10", "p12", "p14", "p16"])
def test_somebody_who_cannot_be_added_stops_nobody_else(tmp_path: Path, unknown_ids: str, who: str) -> None:
    """Deactivated between the reading and the writing: refused whole, skipped in silence, or done in part."""
    with twenty_changes(tmp_path / "db", Modes(unknown_ids=unknown_ids)) as set_up:  # type: ignore[arg-type]  # one of four
        deactivation = UiAction(Deed.DEACTIVATE, users=(f"{who}@corp.example",))
        set_up.sandbox.faults.add(Fault(ui=deactivation, method="POST", path="^/v1/groups"))
        report = set_up.run()
        assert [deed.member.email for deed in report.deeds if deed.member and deed.result != "applied"] == [
            f"{who}@corp.example"
        ]
        assert_as_wanted(set_up, but=who)
        assert_right_in_the_end(set_up, but=who)


@pytest.mark.parametrize("nth", range(1, 11))
def test_somebody_else_writes_meanwhile(tmp_path: Path, nth: int) -> None:
    """What others did between our reading and our writing is theirs, in the audit as well."""
    with twenty_changes(tmp_path / "db") as set_up:
        others = [
            UiAction(Deed.ADD_MEMBERS, "A", ("p05@corp.example",)),
            UiAction(Deed.REMOVE_MEMBERS, "E", ("p00@corp.example",)),
        ]
        method, of_method = EACH_WRITE[nth - 1]
        for other in others:
            set_up.sandbox.faults.add(Fault(ui=other, method=method, path="^/v1/groups", nth=of_method))
        set_up.run()
        assert_nobody_removed_wrongly(set_up)
        assert_as_wanted(set_up)


def test_a_group_that_is_archived_meanwhile_stops_no_other(tmp_path: Path) -> None:
    """Its own changes fail, or are not tried; the other groups are served."""
    with twenty_changes(tmp_path / "db") as set_up:
        archived = UiAction(Deed.ARCHIVE_GROUP, "A")
        set_up.sandbox.faults.add(Fault(ui=archived, method="POST", path="^/v1/groups"))
        set_up.run()
        assert set_up.members("A") == {"p00", "p01", "p02", "p03", "p04"}
        assert set_up.members("E") == {"p15", "p16", "p17", "p19"}
        set_up.assert_true_to_history()


def test_an_emptied_group_whose_members_are_no_longer_told_stops_no_other(tmp_path: Path) -> None:
    """Absent is not empty: its removal is not taken for done, and stays open until the group is told of again."""
    with twenty_changes(tmp_path / "db", Modes(empty_members="omitted")) as set_up:
        set_up.directory.groups["A"] = set()
        (held,) = set_up.run().verdict.held
        set_up.store.approve(held.digest, "Ada", "the group is closed", set_up.clock.now() + timedelta(days=1))
        for _ in range(3):
            report = set_up.run()
            assert report.lost == ""
        assert set_up.members("E") == {"p15", "p16", "p17", "p19"}
        assert set_up.store.load_intents()
        assert "not told" in next(group.skips[0].reason for group in report.plan.groups if group.name == "A")
        set_up.sandbox.set_modes(empty_members="array")
        set_up.run()
        assert not set_up.store.load_intents()
        set_up.assert_true_to_history()


def test_a_group_that_vanishes_between_reading_and_writing_stops_no_other(tmp_path: Path) -> None:
    """Archived, and no longer there by its id: what was to be done there is told as not done."""
    with twenty_changes(tmp_path / "db", Modes(archived="404")) as set_up:
        set_up.sandbox.faults.add(Fault(ui=UiAction(Deed.ARCHIVE_GROUP, "E"), method="POST", path="^/v1/groups"))
        report = set_up.run()
        assert report.lost == ""
        [outcome] = [one for one in report.outcomes if one.name == "E"]
        assert {deed.result for deed in outcome.deeds} == {Result.UNTRIED, Result.UNCONFIRMED}
        assert set_up.members("A") == WANTED["A"]
        set_up.assert_true_to_history()


@pytest.mark.parametrize("fault", ["403", "429 to come back tomorrow"])
def test_what_somebody_does_after_a_write_that_was_not_executed_is_not_ours(tmp_path: Path, fault: str) -> None:
    """It is recorded as untried and as nothing else; in the mode `owned` it is not ours to undo, either."""
    org = organization(["ann", "bob"], {"G": ["ann"]})
    with stage(tmp_path / "db", org, [managed("G", mode=Mode.OWNED)], {"G": ["ann", "bob"]}) as set_up:
        set_up.sandbox.faults.add(replace(FAULTS[fault], count=1, method="POST", path="^/v1/groups"))
        set_up.run()
        assert not set_up.store.load_intents()
        set_up.sandbox.ui.add_members("G", ["bob@corp.example"])
        set_up.clock.sleep(90_000)
        set_up.run()
        set_up.directory.groups["G"] = {"ann"}
        set_up.run()
        assert set_up.members("G") == {"ann", "bob"}
        set_up.assert_true_to_history()
