"""What guards hold waits for a person, and goes on exactly as the person said."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.core.change import Action, Cause, MemberChange
from bridge.core.journal import Effects, Intent
from bridge.core.mapping import Limit
from bridge.core.model import AccountId, GroupId
from bridge.cycle.outcome import Result, RunOutcome
from bridge.cycle.ports import Target
from bridge.errors import BridgeError, Busy, RemoteError
from bridge.sandbox.hyperproof import Modes
from bridge.targets.settings import IdSpaceSetting
from tests.cycle.stage import Stage, managed, organization, stage
from tests.cycle.test_crash import Crash

MANY = [f"p{number:02}" for number in range(20)]
FEW = MANY[:12]


@pytest.fixture
def mass_removal(tmp_path: Path) -> Iterator[Stage]:
    """A group of twenty of whom the directory has just lost eight."""
    made = organization([*MANY, "new"], {"G": MANY, "H": ["p00", "p01"]})
    with stage(tmp_path / "db", made, [managed("G"), managed("H")], {"G": MANY, "H": ["p00", "p01"]}) as set_up:
        set_up.run()
        set_up.directory.groups["G"] = {*FEW, "new"}
        set_up.directory.groups["H"] = {"p00", "new"}
        yield set_up


def approve(set_up: Stage, digest: str) -> None:
    """A person says yes."""
    set_up.store.approve(digest, "Ada", "I have seen it", set_up.clock.now() + timedelta(hours=1))


def held_digest(set_up: Stage) -> str:
    """What waits, by its digest."""
    [held] = set_up.run().verdict.held
    return held.digest


def test_what_is_held_waits_and_the_rest_goes_on(mass_removal: Stage) -> None:
    """The removals wait; the adds of the same group and everything of the other are done; it is told once."""
    assert mass_removal.run().outcome is RunOutcome.HELD
    assert mass_removal.members("G") == {*MANY, "new"}
    assert mass_removal.members("H") == {"p00", "new"}
    assert mass_removal.run().outcome is RunOutcome.HELD
    assert mass_removal.events.count("change.held") == 1
    assert len(mass_removal.store.load().held) == 1
    mass_removal.assert_true_to_history()


def test_the_approved_is_applied_and_its_records_name_the_person(mass_removal: Stage) -> None:
    """Approved by its digest; each removal tells by whom and why; the cause of old is not forgotten."""
    approve(mass_removal, held_digest(mass_removal))
    assert mass_removal.run().outcome is RunOutcome.CHANGED
    assert mass_removal.members("G") == {*FEW, "new"}
    removed = [one for one in mass_removal.records if one["event"] == "member.removed" and one["group"] == "G"]
    assert len(removed) == 8
    assert all(one["approval"]["by"] == "Ada" and one["cause"] == "source changed" for one in removed)  # type: ignore[index]  # JSON
    mass_removal.assert_true_to_history()
    assert mass_removal.run().outcome is RunOutcome.UNCHANGED


def test_what_a_later_run_records_names_the_person_as_well(mass_removal: Stage) -> None:
    """The removals are sent, and the process is gone before it can record them; the approval has run out since."""
    approve(mass_removal, held_digest(mass_removal))
    read = mass_removal.target.read_members

    def dying(group: GroupId) -> frozenset[AccountId]:
        members = read(group)
        if len(members) == len({*FEW, "new"}):  # all was sent
            raise Crash(group)
        return members

    mass_removal.target.read_members = dying  # type: ignore[method-assign]  # a process that ends
    with pytest.raises(Crash):
        mass_removal.run()
    mass_removal.restart()
    mass_removal.clock.pass_(2 * 3600)
    mass_removal.run()
    removed = [one for one in mass_removal.records if one["event"] == "member.removed" and one["group"] == "G"]
    assert len(removed) == 8
    assert all(one["approval"]["by"] == "Ada" for one in removed)  # type: ignore[index]  # JSON
    mass_removal.assert_true_to_history()


@pytest.mark.parametrize(
    "when", ["an addition", "before the approval", "after it ran out", "done under it before"]
)
def test_what_no_approval_was_given_for_names_none(mass_removal: Stage, when: str) -> None:
    """Of the same person: an addition, or a removal that was sent when the approval did not hold, or once more."""
    one, digest = mass_removal, held_digest(mass_removal)
    made = one.sandbox.organization
    group, account = made.find_group("G").id, made.find_user("p12@corp.example").user_id
    if when == "before the approval":
        leaves_open(one, Action.REMOVE, group, account)
        one.clock.pass_(1)
    approve(one, digest)
    if when == "after it ran out":
        one.clock.pass_(3600)
    if when == "done under it before":
        done = leaves_open(one, Action.REMOVE, group, account)
        one.store.record_outcome(done, Effects(removed=(AccountId(account),)), [])
    if when == "an addition":
        leaves_open(one, Action.ADD, group, account)
    else:
        made.remove_members(group, [account], actor="ui")
    if when in {"after it ran out", "done under it before"}:
        leaves_open(one, Action.REMOVE, group, account)
    one.run()
    (found,) = [record for record in one.records if record.get("account") == account and "intended_by" in record]
    assert "approval" not in found


def leaves_open(one: Stage, action: Action, group: str, account: str) -> Intent:
    """A write about one member of whose outcome nobody knows yet."""
    member = MemberChange(AccountId(account), None, Cause.SOURCE)
    now = one.clock.now()
    intent = Intent(one.new_id(), "earlier", now, "G", GroupId(group), "G", action, (member,))
    one.store.record_intent(intent)
    return intent


def test_the_rejected_stays(mass_removal: Stage) -> None:
    """Run after run; and it does not make the run end as one that waits for somebody."""
    mass_removal.store.reject(held_digest(mass_removal), "Ada", "these people stay")
    for _ in range(2):
        report = mass_removal.run()
        assert report.verdict.held[0].rejected
        assert report.outcome is RunOutcome.UNCHANGED
    assert mass_removal.members("G") == {*MANY, "new"}


def test_the_rejected_stays_when_the_limit_is_raised(mass_removal: Stage) -> None:
    """A no was said to the removals, not to the figure in the configuration."""
    mass_removal.store.reject(held_digest(mass_removal), "Ada", "these people stay")
    mass_removal.change_policy(mappings=(managed("G", limit=Limit(1000, 100, 1000)), managed("H")))
    assert mass_removal.run().verdict.held[0].rejected
    assert mass_removal.members("G") == {*MANY, "new"}


def test_an_approval_for_another_plan_is_not_honoured(mass_removal: Stage) -> None:
    """One more person gone since the approval is another plan, which waits anew."""
    before = held_digest(mass_removal)
    approve(mass_removal, before)
    mass_removal.directory.groups["G"] -= {"p00"}
    after = held_digest(mass_removal)
    assert after != before
    assert mass_removal.members("G") == {*MANY, "new"}
    assert not [one for one in mass_removal.removals if one.group_name == "G"]


def test_an_expired_approval_is_none(mass_removal: Stage) -> None:
    """Consent has a date."""
    approve(mass_removal, held_digest(mass_removal))
    mass_removal.clock.pass_(7200)
    assert mass_removal.run().outcome is RunOutcome.HELD
    assert mass_removal.members("G") == {*MANY, "new"}


def test_a_shrunken_target_stays_held_in_the_next_run(mass_removal: Stage) -> None:
    """A list of users that was cut holds removals for as long as it is cut, not for one run."""
    mass_removal.run()
    mass_removal.directory.groups["H"] = {"new"}
    mass_removal.sandbox.set_modes(list_cap=20)
    for _ in range(3):
        assert {held.name for held in mass_removal.run().verdict.held} == {"G", "H"}
    assert mass_removal.members("H") == {"p00", "new"}


class TestIdSpace:
    @pytest.fixture
    def empty(self, tmp_path: Path) -> Iterator[Stage]:
        """An organization whose groups have nobody yet, and which speaks `id`."""
        made = organization(MANY, {"G": [], "H": []})
        directory = {"G": MANY[:5], "H": MANY[:5]}
        with stage(tmp_path / "db", made, [managed("G"), managed("H")], directory, Modes(id_space="id")) as set_up:
            yield set_up

    def test_without_proof_nothing_is_written(self, empty: Stage) -> None:
        """Nobody is a member anywhere, so nothing tells which id is meant."""
        report = empty.run()
        assert report.outcome is RunOutcome.REFUSED
        assert not empty.writes

    @pytest.mark.parametrize("unknown_ids", ["400", "404", "skip", "partial"])
    def test_wrongly_stated_it_stops_after_the_first_group(self, empty: Stage, unknown_ids: str) -> None:
        """Refused or silently skipped: nobody is seen where we put them, so no other group is tried."""
        empty.id_space = IdSpaceSetting.USER_ID
        empty.restart()
        empty.sandbox.set_modes(unknown_ids=unknown_ids)
        report = empty.run()
        assert "user_id_space" in report.lost
        assert report.outcome is RunOutcome.PARTLY_FAILED
        written = {path for _, path in empty.writes}
        assert written == {f"/v1/groups/{empty.sandbox.organization.find_group('G').id}/users"}
        assert empty.members("G") == empty.members("H") == set()
        empty.assert_true_to_history()

    def test_rightly_stated_it_is_proved_once(self, empty: Stage) -> None:
        """The first members are seen, and every group is served."""
        empty.id_space = IdSpaceSetting.ID
        empty.restart()
        assert empty.run().outcome is RunOutcome.CHANGED
        assert empty.members("H") == set(MANY[:5])
        assert empty.store.load().writes_proved
        empty.assert_true_to_history()

    def test_one_bad_id_is_no_sign_of_the_wrong_space(self, empty: Stage) -> None:
        """Others of the same call are seen: the space is right, and the run goes on."""
        empty.id_space = IdSpaceSetting.ID
        empty.restart()
        empty.sandbox.set_modes(unknown_ids="skip")
        bad = empty.sandbox.organization.find_user("p00@corp.example")
        empty.seam = lambda target, store: (Deactivating(target, empty, bad.email or ""), store)  # type: ignore[assignment,return-value]
        report = empty.run()
        assert report.lost == ""
        assert empty.members("H") == set(MANY[1:5])
        empty.assert_true_to_history()


class Deactivating:
    """A target before whose first write somebody is deactivated."""

    def __init__(self, target: object, set_up: Stage, address: str) -> None:
        self._target, self._stage, self._address = target, set_up, address

    def __getattr__(self, name: str) -> object:
        if name == "add_members":
            self._stage.sandbox.ui.deactivate(self._address)
        return getattr(self._target, name)


class TestPermit:
    @pytest.mark.parametrize("before", [0, 1, 2])
    def test_without_it_nothing_more_is_written(self, mass_removal: Stage, before: int) -> None:
        """Asked before each write: the moment another process is the one writer, this one stops."""
        asked = []

        def permit() -> None:
            asked.append(len(mass_removal.writes))
            if len(asked) > before:
                raise Busy("another run holds the organization")

        mass_removal.permit = permit
        mass_removal.sandbox.clear_log()
        with pytest.raises(Busy):
            mass_removal.run()
        assert len(mass_removal.writes) == before
        assert mass_removal.events[-1] == "run.failed"
        mass_removal.permit = lambda: None
        mass_removal.run()
        mass_removal.assert_true_to_history()


def test_a_target_that_cannot_be_read_fails_the_run_and_is_told(mass_removal: Stage) -> None:
    """Nothing is concluded, nothing written, and the record says why."""
    mass_removal.sandbox.set_modes(throttle="html")
    with pytest.raises(RemoteError):
        mass_removal.run()
    assert mass_removal.events[-1] == "run.failed"
    assert not mass_removal.removals


def test_an_approval_needs_held_changes(mass_removal: Stage) -> None:
    """There is nothing to approve that no run has held."""
    with pytest.raises(BridgeError):
        approve(mass_removal, "0" * 64)


def test_an_approval_ends_with_its_reason(tmp_path: Path) -> None:
    """The directory was mended before the next run: the same fault, days later, is asked about anew."""
    with stage(tmp_path / "db", organization(MANY, {"G": MANY}), [managed("G")], {"G": MANY}) as one:
        one.run()
        one.directory.groups["G"] = set()
        one.run()
        (case,) = one.store.list_held()
        one.store.approve(case.digest, "Ada", "closed", one.clock.now() + timedelta(days=7))
        one.directory.groups["G"] = set(MANY)
        one.run()
        one.directory.groups["G"] = set()
        assert one.run().outcome is RunOutcome.HELD
        assert one.members("G") == set(MANY)


def test_what_was_done_otherwise_is_not_allowed_again(tmp_path: Path) -> None:
    """Some of those whom an approval is about are taken out by a person, come back, and are due once more."""
    with stage(tmp_path / "db", organization(MANY, {"G": MANY}), [managed("G")], {"G": MANY}) as one:
        one.run()
        one.directory.groups["G"] = set(MANY[12:])
        one.run()
        (case,) = one.store.list_held()
        one.store.approve(case.digest, "Ada", "they left", one.clock.now() + timedelta(days=7))
        one.sandbox.ui.remove_members("G", [f"{name}@corp.example" for name in MANY[:12]])
        one.run()
        one.directory.groups["G"] = set(MANY)
        one.run()
        one.directory.groups["G"] = set(MANY[12:])
        assert one.run().outcome is RunOutcome.HELD
        assert one.members("G") == set(MANY)


def test_an_approval_that_is_taken_back_meanwhile_allows_nothing(tmp_path: Path) -> None:
    """A run may write for an hour: what rests on the yes stays undone, and all else is done."""
    groups = {"A": MANY, "Z": MANY}
    with stage(tmp_path / "db", organization(MANY, groups), [managed("A"), managed("Z")], groups) as one:
        one.run()
        one.directory.groups |= {"A": set(MANY[1:]), "Z": set()}
        one.run()
        (case,) = one.store.list_held()
        one.store.approve(case.digest, "Ada", "closed", one.clock.now() + timedelta(days=1))
        one.directory.groups["A"] = set(MANY[2:])

        class Stopping:
            def __init__(self, target: Target) -> None:
                self._target = target

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of the target
                return getattr(self._target, name)

            def remove_members(self, group: GroupId, members: Sequence[AccountId]) -> None:
                one.store.reject(case.digest, "Ada", "stop, a mistake")
                self._target.remove_members(group, members)

        one.seam = lambda target, store: (cast("Target", Stopping(target)), store)
        report = one.run()
        assert (one.members("A"), one.members("Z")) == (set(MANY[2:]), set(MANY))
        assert {deed.reason for deed in report.deeds if deed.result is Result.UNTRIED} == {
            "the approval was taken back, or ran out, while the run was under way"
        }
        assert one.events.count("change.untried") == 1
        assert one.run().outcome is RunOutcome.UNCHANGED
        assert one.members("Z") == set(MANY)
        one.assert_true_to_history()
