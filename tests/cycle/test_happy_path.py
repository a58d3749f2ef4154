"""Whole runs against the sandbox: what the directory says comes to be, and the audit tells exactly that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.core.mapping import LeadAction, LeadRule, Mode
from bridge.core.model import Doubt, DoubtKind, Email
from bridge.cycle.outcome import RunOutcome
from bridge.cycle.ports import RunKind
from bridge.cycle.run import preview
from bridge.errors import Unavailable
from bridge.sandbox.hyperproof import Modes
from tests.cycle.stage import Stage, managed, organization, stage

PEOPLE = ["anna", "ben", "carla", "david", "erik", "fatima", "grace"]


@pytest.fixture
def one_group(tmp_path: Path) -> Iterator[Stage]:
    """A managed group G of anna and ben, whom the directory names as well."""
    made = organization(PEOPLE, {"G": ["anna", "ben"]})
    with stage(tmp_path / "store.db", made, [managed("G")], {"G": ["anna", "ben"]}) as set_up:
        yield set_up


@pytest.mark.parametrize("id_space", ["userId", "id"])
def test_everything_that_a_run_can_do(tmp_path: Path, id_space: str) -> None:
    """Adds, removals, a group created, a group renamed, a lead set: done, seen, and told."""
    made = organization(PEOPLE, {"A": ["anna", "ben", "erik"], "Old": ["carla"], "Led": ["david"]})
    mappings = [
        managed("A"),
        managed("Old", key="N", rename=True),
        managed("Led", lead=LeadRule(LeadAction.SET, Email("fatima@corp.example"))),
        managed("New", create=True),
    ]
    directory = {
        "A": ["anna", "carla", "david"],
        "N": ["carla"],
        "Led": ["david", "grace"],
        "New": ["anna", "ben"],
    }
    with stage(tmp_path / "db", made, mappings, directory, Modes(id_space=id_space)) as set_up:  # type: ignore[arg-type]  # one of two
        assert set_up.run().outcome is RunOutcome.CHANGED
        set_up.change_policy(mappings=(*mappings[:1], managed("Renamed", key="N", rename=True), *mappings[2:]))
        report = set_up.run()
        assert report.outcome is RunOutcome.CHANGED
        assert set_up.members("A") == {"anna", "carla", "david"}
        assert set_up.members("Renamed") == {"carla"}
        assert set_up.members("Led") == {"david", "grace"}
        assert set_up.members("New") == {"anna", "ben"}
        lead = set_up.sandbox.organization.find_group("Led").lead
        assert lead == set_up.sandbox.organization.find_user("fatima@corp.example").user_id
        set_up.assert_true_to_history()
        assert set_up.run().outcome is RunOutcome.UNCHANGED


def test_the_cause_and_the_person_stand_on_the_record(one_group: Stage) -> None:
    """Who left the directory group is told as the cause, with the id in the directory."""
    one_group.run()
    one_group.directory.groups["G"] = {"anna"}
    one_group.run()
    record = next(one for one in one_group.records if one["event"] == "member.removed")
    assert (record["email"], record["cause"], record["people"]) == (
        "ben@corp.example",
        "source changed",
        ["corp:ben"],
    )


def test_drift_is_undone(one_group: Stage) -> None:
    """Whoever was put in by hand is taken out, and whoever was taken out by hand is put in, as drift."""
    one_group.run()
    one_group.sandbox.ui.add_members("G", ["erik@corp.example"])
    one_group.sandbox.ui.remove_members("G", ["ben@corp.example"])
    one_group.run()
    assert one_group.members("G") == {"anna", "ben"}
    causes = {one["email"]: one["cause"] for one in one_group.records if "cause" in one}
    assert causes == {"erik@corp.example": "drift undone", "ben@corp.example": "drift undone"}
    one_group.assert_true_to_history()


def test_owned_takes_out_only_whom_the_bridge_put_in(one_group: Stage) -> None:
    """Somebody put in by hand stays, in the mode that says so."""
    one_group.change_policy(mappings=(managed("G", mode=Mode.OWNED),))
    one_group.directory.groups["G"] |= {"carla"}
    one_group.run()
    one_group.sandbox.ui.add_members("G", ["erik@corp.example"])
    one_group.directory.groups["G"] -= {"carla", "ben"}
    one_group.run()
    assert one_group.members("G") == {"anna", "ben", "erik"}
    one_group.assert_true_to_history()


def test_a_changed_address_loses_nobody(one_group: Stage) -> None:
    """The link from the person to the account outlives the address in Hyperproof."""
    one_group.run()
    user = one_group.sandbox.organization.find_user("ben@corp.example")
    one_group.sandbox.organization.add_user(
        email="ben.new@corp.example", name="ben", id=user.id, user_id=user.user_id
    )
    assert one_group.run().outcome is RunOutcome.UNCHANGED
    assert one_group.members("G") == {"anna", "ben.new"}


def test_a_bound_group_is_found_by_its_id_whatever_it_is_called(one_group: Stage) -> None:
    """A rename by hand changes nothing; a new namesake is not taken for the group, and has to be told from it."""
    one_group.run()
    one_group.sandbox.ui.rename_group("G", "Called otherwise")
    one_group.directory.groups["G"] |= {"carla"}
    one_group.run()
    assert one_group.members("Called otherwise") == {"anna", "ben", "carla"}
    one_group.sandbox.ui.create_group("G")
    one_group.directory.groups["G"] -= {"carla"}
    report = one_group.run()
    assert "state the right one as `id`" in report.plan.groups[0].skips[0].reason
    assert one_group.members("Called otherwise") == {"anna", "ben", "carla"}
    assert one_group.members("G") == set()


def test_an_archived_group_is_left_alone_and_told(one_group: Stage) -> None:
    """Neither written nor created anew."""
    one_group.run()
    one_group.sandbox.ui.archive_group("G")
    one_group.change_policy(mappings=(managed("G", create=True),))
    one_group.directory.groups["G"] |= {"carla"}
    report = one_group.run()
    assert "is archived" in report.plan.groups[0].skips[0].reason
    assert not one_group.writes


def test_apply_false_plans_and_writes_nothing(one_group: Stage) -> None:
    """The state of a new configuration: the plan is told, Hyperproof is not touched."""
    one_group.apply = False
    one_group.directory.groups["G"] = {"anna", "carla"}
    assert one_group.run().outcome is RunOutcome.PENDING
    assert not one_group.writes
    one_group.apply = True
    assert one_group.run().outcome is RunOutcome.CHANGED
    one_group.assert_true_to_history()


def test_a_directory_that_cannot_be_read_removes_nobody(one_group: Stage) -> None:
    """Adds that rest on nothing are not made either; the run says that it could not read."""
    one_group.run()
    one_group.directory.groups["G"] = {"carla"}
    one_group.directory.failure = Unavailable("ldap://corp", "the connection was refused")
    report = one_group.run()
    assert report.outcome is RunOutcome.FAILED_READ
    assert report.unread == {"corp": "the connection was refused"}
    assert "source.failed" in one_group.events
    assert one_group.members("G") == {"anna", "ben"}
    assert not one_group.writes


@pytest.mark.parametrize("whole", [True, False])
def test_a_doubt_removes_nobody_and_still_adds(one_group: Stage, *, whole: bool) -> None:
    """Whoever was read is sure; whoever was not may be on the page that is missing."""
    one_group.run()
    doubt = (Doubt(DoubtKind.TRUNCATED, "4 sizeLimitExceeded"),)
    if whole:
        one_group.directory.doubts = doubt
    else:
        one_group.directory.group_doubts["G"] = doubt
    one_group.directory.groups["G"] = {"carla"}
    one_group.run()
    assert one_group.members("G") == {"anna", "ben", "carla"}
    assert not one_group.removals
    skipped = [one for one in one_group.records if one["event"] == "member.skipped"]
    assert {one["subject"] for one in skipped} == {"anna@corp.example", "ben@corp.example"}
    one_group.directory.doubts, one_group.directory.group_doubts = (), {}
    one_group.run()
    assert one_group.members("G") == {"carla"}
    causes = {one["email"]: one["cause"] for one in one_group.records if one["event"] == "member.removed"}
    assert set(causes.values()) == {"source changed"}
    one_group.assert_true_to_history()


def test_an_idle_run_repeats_no_record(one_group: Stage) -> None:
    """What is skipped and held is told when it begins, not every quarter of an hour."""
    one_group.directory.groups["G"] |= {"nobody.here"}
    one_group.run()
    before = len(one_group.records)
    one_group.run()
    assert one_group.events[before:] == ["run.started", "source.read", "run.finished"]


def test_a_preview_leaves_no_trace(one_group: Stage) -> None:
    """Neither in Hyperproof nor in the store."""
    one_group.directory.groups["G"] = {"carla"}
    assert preview(one_group.bridge).plan.changed
    assert not one_group.records
    assert not one_group.writes


def test_a_backfill_that_was_cut_short_is_gone_on_with(one_group: Stage) -> None:
    """Each run of it names the first one, until one of them comes to its end."""
    one_group.permit = _cut
    one_group.directory.groups["G"] |= {"carla"}
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            one_group.run(RunKind.BACKFILL)
    one_group.permit = lambda: None
    assert one_group.run(RunKind.BACKFILL).run.continues == "id-000000"
    assert one_group.run(RunKind.BACKFILL).run.continues == ""
    assert one_group.run(RunKind.SYNC).run.continues == ""

    one_group.assert_true_to_history()


def _cut() -> None:
    raise KeyboardInterrupt
