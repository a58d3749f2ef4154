import json
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.change import Held
from bridge.core.journal import Effects, Recollection
from bridge.core.model import AccountId
from bridge.errors import BridgeError, StoreError
from bridge.store.held import HeldStatus
from bridge.store.store import DatabaseStore
from tests.audit.test_schema import VALIDATOR
from tests.store.stores import NOON, Watch, a_run, an_intent, events, held_removals, opened

MASS = held_removals(3)
OTHER = held_removals(4, "lawyers")
DAY = timedelta(days=1)


class Runs:
    """Runs, one after the other, each a minute later."""

    def __init__(self, store: DatabaseStore, watch: Watch) -> None:
        self._store = store
        self._watch = watch
        self._number = 0

    def hold(self, *held: Held) -> None:
        """A run that holds these, and does nothing."""
        self._number += 1
        self._watch.move(minutes=1)
        self._store.record_start(a_run(self._number), [])
        self._store.record_end(a_run(self._number), "held", Recollection(held=held), [])

    def remove(self, *accounts: str) -> None:
        """A write that took these accounts out of the group of the mapping `auditors`."""
        intent = an_intent(self._number + 100)
        self._number += 1
        self._store.record_intent(intent)
        self._store.record_outcome(intent, Effects(removed=tuple(map(AccountId, accounts))), [])


def status(store: DatabaseStore, held: Held = MASS) -> HeldStatus:
    """What became of these changes."""
    return store.find_held(held.digest).status


def approve(store: DatabaseStore, held: Held = MASS, *, until: timedelta = DAY) -> None:
    """A person says yes."""
    store.approve(held.digest, "jo", "asked the team", NOON + until)


class TestListing:
    def test_shows_what_is_held_and_since_when(self, tmp_path: Path) -> None:
        """With everything the guards and the plan said, and the run that saw it last."""
        watch = Watch()
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS, OTHER)
            runs.hold(MASS, OTHER)
            mass, other = store.list_held()
        assert (mass.held, other.held) == (MASS, OTHER)
        assert (mass.digest, mass.status, mass.run) == (MASS.digest, HeldStatus.PENDING, "run-2")
        assert mass.last_seen - mass.first_seen == timedelta(minutes=1)

    def test_leaves_out_what_is_settled(self, tmp_path: Path) -> None:
        """Unless that is asked for."""
        watch = Watch()
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS)
            runs.hold()
            assert store.list_held() == ()
            assert [case.held for case in store.list_held(HeldStatus)] == [MASS]

    def test_finds_by_the_beginning_of_a_digest(self, tmp_path: Path) -> None:
        """In upper case as well."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS, OTHER)
            assert store.find_held(MASS.digest[:6].upper()).held == MASS

    @pytest.mark.parametrize(
        ("prefix", "sentence"),
        [
            ("", "at least the first 6"),
            ("abc", "at least the first 6"),
            ("000000", "No held"),
            ("%%%%%%", "No held"),
        ],
    )
    def test_says_why_it_found_none(self, tmp_path: Path, prefix: str, sentence: str) -> None:
        """Too short, or unknown."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS)
            with pytest.raises(BridgeError, match=sentence) as caught:
                store.find_held(prefix)
            assert not isinstance(caught.value, StoreError)

    def test_says_when_several_are_meant(self, tmp_path: Path) -> None:
        """Two digests that begin alike (made alike behind the store's back) have to be told apart by more."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS, OTHER)
            with store._database.writing() as connection:
                connection.exec_driver_sql("UPDATE held SET digest = 'aaaaaaaa' || length(key)")
            with pytest.raises(BridgeError, match="Several"):
                store.find_held("aaaaaaaa")


class TestDecisions:
    def test_an_approval_counts_for_the_next_run(self, tmp_path: Path) -> None:
        """It is loaded with who, why and until when, and leaves its record."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS)
            case = store.approve(MASS.digest, "jo", "asked the team", NOON + DAY)
            approval = store.load().approvals[MASS.digest]
            (line,) = events(store)
        assert (case.status, case.by, case.expires) == (HeldStatus.APPROVED, "jo", NOON + DAY)
        assert (approval.by, approval.reason, approval.expires) == (
            "jo",
            "asked the team",
            "2026-03-02T12:00:00.000000Z",
        )
        record = json.loads(line)
        VALIDATOR.validate(record)
        assert (record["event"], record["digest"], record["by"]) == ("change.approved", MASS.digest, "jo")
        assert (record["run"], record["adds"], record["removals"]) == ("run-1", 0, 3)

    def test_a_rejection_counts_for_the_next_run(self, tmp_path: Path) -> None:
        """It is loaded, marked on what is held, and leaves its record."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS)
            case = store.reject(MASS.digest[:12], "jo", "the export was wrong")
            assert [held.digest for held in store.load().rejections] == [MASS.digest]
            (line,) = events(store)
        assert (case.status, case.held.rejected) == (HeldStatus.REJECTED, True)
        record = json.loads(line)
        VALIDATOR.validate(record)
        assert (record["event"], record["was"]) == ("change.rejected", "pending")

    def test_an_approval_may_be_taken_back(self, tmp_path: Path) -> None:
        """Rejecting what was approved is always possible before it is applied."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS)
            approve(store)
            store.reject(MASS.digest, "sam", "too early")
            assert store.load().approvals == {}
            assert [json.loads(line).get("was") for line in events(store)] == [None, "approved"]

    def test_an_approval_holds_until_it_expires(self, tmp_path: Path) -> None:
        """Not a moment longer; then it may be given again."""
        watch = Watch()
        with opened(tmp_path, watch=watch) as store:
            Runs(store, watch).hold(MASS)
            approve(store, until=timedelta(hours=1))
            watch.time = NOON + timedelta(minutes=59, seconds=59)
            assert MASS.digest in store.load().approvals
            watch.time = NOON + timedelta(hours=1)
            assert store.load().approvals == {}
            approve(store)
            assert MASS.digest in store.load().approvals

    def test_a_no_can_become_a_yes(self, tmp_path: Path) -> None:
        """Whoever rejected, or somebody else, may approve after all; both words are in the evidence."""
        watch = Watch()
        with opened(tmp_path, watch=watch) as store:
            Runs(store, watch).hold(MASS)
            store.reject(MASS.digest, "jo", "no")
            approve(store, MASS)
            memory = store.load()
            assert (set(memory.approvals), memory.rejections) == ({MASS.digest}, ())

    def test_only_what_is_pending_can_be_approved(self, tmp_path: Path) -> None:
        """Approved, superseded: each is refused with a sentence that says what it is, and no record."""
        watch = Watch()
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS, OTHER)
            approve(store, MASS)
            store.reject(OTHER.digest, "jo", "no")
            recorded = events(store)
            with pytest.raises(BridgeError, match="these were approved by jo at 2026-03-01T12:01"):
                approve(store, MASS)
            runs.hold(MASS)
            with pytest.raises(BridgeError, match="these are superseded"):
                approve(store, OTHER)
            with pytest.raises(BridgeError, match="these are superseded"):
                store.reject(OTHER.digest, "jo", "no")
            assert events(store) == recorded

    @pytest.mark.parametrize(("by", "reason"), [("", "because"), ("jo", ""), (" ", "because")])
    def test_a_decision_needs_a_name_and_a_reason(self, tmp_path: Path, by: str, reason: str) -> None:
        """It is evidence."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS)
            with pytest.raises(BridgeError, match="say who decides, and why"):
                store.approve(MASS.digest, by, reason, NOON + DAY)
            with pytest.raises(BridgeError, match="say who decides, and why"):
                store.reject(MASS.digest, by, reason)

    def test_an_approval_cannot_have_expired_already(self, tmp_path: Path) -> None:
        """It would be one that never held."""
        with opened(tmp_path) as store:
            Runs(store, Watch()).hold(MASS)
            with pytest.raises(BridgeError, match="give a later time"):
                approve(store, until=timedelta())


class TestAfterARun:
    """What the end of a run makes of what was held before."""

    @pytest.fixture
    def watch(self) -> Watch:
        return Watch()

    def test_what_is_no_longer_held_is_superseded(self, tmp_path: Path, watch: Watch) -> None:
        """Pending or rejected: the question does not arise any more, and would be asked anew."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS, OTHER)
            store.reject(OTHER.digest, "jo", "no")
            runs.hold()
            assert status(store, MASS) is status(store, OTHER) is HeldStatus.SUPERSEDED
            assert (store.load().rejections, store.load().held) == ((), frozenset())
            runs.hold(OTHER)
            again = store.find_held(OTHER.digest)
            assert (again.status, again.by, again.first_seen) == (HeldStatus.PENDING, "", watch.time)

    def test_a_rejection_stands_while_it_is_held(self, tmp_path: Path, watch: Watch) -> None:
        """Run after run."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS)
            store.reject(MASS.digest, "jo", "no")
            runs.hold(MASS)
            assert status(store) is HeldStatus.REJECTED
            assert [held.digest for held in store.load().rejections] == [MASS.digest]
            assert store.load().held == {MASS.digest}

    def test_an_approval_is_spent_when_all_of_it_is_done(self, tmp_path: Path, watch: Watch) -> None:
        """In one write or in several, at the moment that the last removal is recorded."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS)
            approve(store)
            runs.remove("acc-1", "acc-99")
            assert status(store) is HeldStatus.APPROVED
            runs.remove("acc-3", "acc-2")
            assert status(store) is HeldStatus.APPLIED
            assert store.load().approvals == {}
            runs.hold()
            assert status(store) is HeldStatus.APPLIED

    def test_an_approval_outlives_a_run_that_could_not_use_it(self, tmp_path: Path, watch: Watch) -> None:
        """The next run may; nobody has to be asked twice."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS)
            approve(store)
            runs.hold()
            assert MASS.digest in store.load().approvals
            watch.move(days=2)
            runs.hold()
            assert status(store) is HeldStatus.SUPERSEDED

    def test_an_expired_approval_is_asked_for_again(self, tmp_path: Path, watch: Watch) -> None:
        """What is held still is pending again."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS)
            approve(store)
            watch.move(days=2)
            runs.hold(MASS)
            assert status(store) is HeldStatus.PENDING

    def test_what_was_applied_once_is_asked_for_again(self, tmp_path: Path, watch: Watch) -> None:
        """An approval is for one time: the same changes, due again, are a new question."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS)
            approve(store)
            runs.remove("acc-1", "acc-2", "acc-3")
            runs.hold(MASS)
            assert status(store) is HeldStatus.PENDING
            assert store.load().approvals == {}
            approve(store)
            assert status(store) is HeldStatus.APPROVED

    def test_an_approval_allows_what_is_left_of_it(self, tmp_path: Path, watch: Watch) -> None:
        """Nothing twice: all of it together, due again, is a new question, and what is left then waits with it."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(MASS)
            approve(store)
            runs.remove("acc-1")
            assert MASS.digest not in store.load().approvals
            assert [one.digest for one in store.load().approvals.values()] == [MASS.digest]
            runs.hold(MASS)
            assert status(store) is HeldStatus.PENDING
            assert store.load().approvals == {}
            approve(store)
            assert list(store.load().approvals) == [MASS.digest]
            runs.remove("acc-1")
            store.reject(MASS.digest, "jo", "stop")
            approve(store)
            assert list(store.load().approvals) == [MASS.digest]  # the latest word is for all of it

    def test_removals_elsewhere_spend_nothing(self, tmp_path: Path, watch: Watch) -> None:
        """An approval is for one group."""
        with opened(tmp_path, watch=watch) as store:
            runs = Runs(store, watch)
            runs.hold(OTHER)
            approve(store, OTHER)
            runs.remove("acc-1", "acc-2", "acc-3", "acc-4")
            assert status(store, OTHER) is HeldStatus.APPROVED
