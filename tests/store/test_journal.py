"""Runs, intents and their outcomes, with the evidence."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.audit.verify import verify_both, verify_database
from bridge.core.change import Action, Cause
from bridge.core.journal import Effects, Intent, Recollection, Run, RunKind
from bridge.core.model import AccountId, GroupId
from bridge.errors import StoreError
from tests.store.stores import ACME, GROUP, NOON, Watch, a_record, a_run, an_intent, events, opened


class TestIntents:
    @pytest.mark.parametrize(
        "intent",
        [
            an_intent(),
            an_intent(2, Action.REMOVE, members=0),
            Intent(
                "i", "r", NOON, "k", None, "New", Action.CREATE, an_intent().members, "New", cause=Cause.FIRST_SYNC
            ),
            Intent("i", "r", NOON, "k", GROUP, "Old", Action.SET_LEAD, lead=AccountId("acc-1"), cause="x"),
        ],
        ids=lambda intent: intent.action,
    )
    def test_come_back_as_they_were(self, tmp_path: Path, intent: Intent) -> None:
        """With members, addresses, causes and people; also to another process."""
        with opened(tmp_path) as store:
            store.record_intent(intent)
        with opened(tmp_path) as store:
            assert store.load_intents() == (intent,)

    def test_oldest_come_first(self, tmp_path: Path) -> None:
        """Whatever the order in which they were put down."""
        with opened(tmp_path) as store:
            for number in (2, 3, 1):
                store.record_intent(an_intent(number))
            assert [intent.id for intent in store.load_intents()] == ["intent-1", "intent-2", "intent-3"]

    def test_an_outcome_is_one_whole(self, tmp_path: Path) -> None:
        """The intent is gone, the evidence is there, and so is what the write left."""
        with opened(tmp_path) as store:
            store.record_intent(an_intent())
            effects = Effects(added=(AccountId("acc-1"),), bound=GroupId("g-9"))
            store.record_outcome(an_intent(), effects, [a_record(n="1"), a_record(n="2")])
            assert store.load_intents() == ()
            assert store.load().bindings == {"auditors": "g-9"}
            assert store.load_placements([GroupId("g-9")]) == {"g-9": {"acc-1"}}
            assert len(events(store)) == 2

    def test_an_outcome_without_effects_leaves_evidence_alone(self, tmp_path: Path) -> None:
        """A write that did not happen changes no memory."""
        with opened(tmp_path) as store:
            store.record_intent(an_intent())
            before = store.load()
            store.record_outcome(an_intent(), Effects(), [a_record("change.failed")])
            assert (store.load_intents(), store.load(), len(events(store))) == ((), before, 1)

    def test_no_outcome_is_recorded_twice(self, tmp_path: Path) -> None:
        """The second is refused whole: no second record, no second effect."""
        with opened(tmp_path) as store:
            store.record_intent(an_intent())
            store.record_outcome(an_intent(), Effects(), [a_record()])
            with pytest.raises(StoreError, match="intent-1 is not open"):
                store.record_outcome(an_intent(), Effects(added=(AccountId("acc-1"),)), [a_record()])
            assert len(events(store)) == 1
            assert store.load_placements([GROUP]) == {GROUP: frozenset()}

    def test_evidence_that_cannot_be_sealed_keeps_the_intent_open(self, tmp_path: Path) -> None:
        """Nothing is half recorded: the next start finds the intent, and settles it."""
        with opened(tmp_path) as store:
            store.record_intent(an_intent())
            wrong = replace(a_record(), facts={"share": 0.5})
            with pytest.raises(TypeError, match="fraction"):
                store.record_outcome(an_intent(), Effects(added=(AccountId("acc-1"),)), [wrong])
            assert store.load_intents() == (an_intent(),)
            assert store.load_placements([GROUP]) == {GROUP: frozenset()}


class TestRuns:
    def test_are_listed_newest_first(self, tmp_path: Path) -> None:
        """With their ends, outcomes and counts; one that was cut short has no end."""
        watch = Watch()
        finished = replace(a_record("run.finished"), facts={"counts": {"added": 2}})
        with opened(tmp_path, watch=watch) as store:
            store.record_start(a_run(1), [])
            watch.move(minutes=5)
            store.record_end(a_run(1), "changes applied", Recollection(), [finished])
            store.record_start(a_run(2), [a_record("run.started")])
            latest, earlier = store.list_runs(9)
        assert (latest.run, latest.ended, latest.outcome, latest.counts) == (a_run(2), None, "", {})
        assert (earlier.run, earlier.ended) == (a_run(1), watch.time)
        assert (earlier.outcome, earlier.counts) == ("changes applied", {"added": 2})

    def test_a_limit_keeps_the_newest(self, tmp_path: Path) -> None:
        """And no more."""
        with opened(tmp_path) as store:
            for number in range(1, 5):
                store.record_start(a_run(number), [])
            assert [past.run.id for past in store.list_runs(2)] == ["run-4", "run-3"]

    def test_an_interrupted_one_is_found_again(self, tmp_path: Path) -> None:
        """The latest of that kind and configuration, if it never ended."""
        backfill = replace(a_run(1, RunKind.BACKFILL), continues="run-0")
        with opened(tmp_path) as store:
            store.record_start(backfill, [])
            assert store.load_unfinished(RunKind.BACKFILL, "config-1") == backfill
            assert store.load_unfinished(RunKind.BACKFILL, "config-2") is None
            assert store.load_unfinished(RunKind.SYNC, "config-1") is None
            later = a_run(2, RunKind.BACKFILL)
            store.record_start(later, [])
            store.record_end(later, "done", Recollection(), [])
            assert store.load_unfinished(RunKind.BACKFILL, "config-1") is None

    @pytest.mark.parametrize("run", [a_run(1), a_run(7)], ids=["ended", "unknown"])
    def test_none_ends_that_is_not_open(self, tmp_path: Path, run: Run) -> None:
        """Neither one that ended before nor one that never began; nothing of it is kept."""
        with opened(tmp_path) as store:
            store.record_start(a_run(1), [])
            store.record_end(a_run(1), "done", Recollection(), [])
            with pytest.raises(StoreError, match=f"{run.id} is not open"):
                store.record_end(run, "done", Recollection(bindings={"a": GROUP}), [a_record()])
            assert (store.load().bindings, events(store)) == ({}, [])

    def test_none_begins_twice(self, tmp_path: Path) -> None:
        """An id is one run's."""
        with opened(tmp_path) as store:
            store.record_start(a_run(1), [])
            with pytest.raises(StoreError):
                store.record_start(a_run(1), [a_record()])
            assert events(store) == []


class TestEvidence:
    def test_is_one_chain_through_all_that_is_recorded(self, tmp_path: Path) -> None:
        """Start, observations, outcome and end follow one another, in database and file."""
        with opened(tmp_path, file=True) as store:
            store.record_start(a_run(), [a_record("run.started")])
            store.record([a_record("source.read"), a_record("group.read")])
            store.record_intent(an_intent())
            store.record_outcome(an_intent(), Effects(), [a_record()])
            store.record_end(a_run(), "done", Recollection(), [a_record("run.finished")])
            lines = events(store)
            assert verify_both(store.ledger, [tmp_path / "audit.jsonl"]).tip.seq == 5
        assert [json.loads(line)["event"] for line in lines] == [
            "run.started", "source.read", "group.read", "member.added", "run.finished",
        ]  # fmt: skip
        assert {json.loads(line)["organization"] for line in lines} == {ACME}

    def test_nothing_to_record_is_nothing_recorded(self, tmp_path: Path) -> None:
        """An empty list leaves no trace."""
        with opened(tmp_path) as store:
            store.record([])
            assert verify_database(store.ledger).tip.seq == 0

    def test_long_chains_are_read_in_portions(self, tmp_path: Path) -> None:
        """In order, from anywhere, newest first, and by what a line holds, wildcards taken as they are."""
        with opened(tmp_path) as store:
            store.record([a_record(n=f"{n}%") for n in range(2500)])
            ledger = store.ledger
            assert [entry.seq for entry in ledger.entries()] == list(range(1, 2501))
            assert [entry.seq for entry in ledger.entries(after=2498)] == [2499, 2500]
            assert [entry.seq for entry in ledger.search((), newest_first=True)] == list(range(2500, 0, -1))
            assert [entry.seq for entry in ledger.search(['"12%"', "member.added"])] == [13]
            assert list(ledger.search(['"1_%"'])) == []

    def test_records_about_one_account_are_read_newest_first(self, tmp_path: Path) -> None:
        """Of this organization, by the account that a record is about by itself, and by no text within it."""
        with opened(tmp_path) as store, opened(tmp_path, "other") as other:
            store.record([a_record(account="acc-1"), a_record(account="acc-12"), a_record(email="acc-1")])
            other.record([a_record(account="acc-1")])
            store.record([a_record("member.removed", account="acc-1")])
            assert [entry.seq for entry in store.ledger.of_account("acc-1")] == [4, 1]
            assert list(store.ledger.of_account("acc-2")) == []

    def test_two_organizations_have_two_chains(self, tmp_path: Path) -> None:
        """Each begins with its own first record."""
        with opened(tmp_path, "one") as one, opened(tmp_path, "other") as other:
            one.record([a_record(), a_record()])
            other.record([a_record()])
            assert (verify_database(one.ledger).tip.seq, verify_database(other.ledger).tip.seq) == (2, 1)


class TestAuditFile:
    def test_goes_on_in_a_new_file_after_a_rotation_and_a_restart(self, tmp_path: Path) -> None:
        """A finished run notes how far the file went, so that the next process repeats and misses nothing."""
        file, old = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
        with opened(tmp_path, file=True) as store:
            store.record_start(a_run(), [a_record(), a_record()])
            store.record_end(a_run(), "done", Recollection(), [a_record()])
        file.rename(old)
        with opened(tmp_path, file=True) as store:
            store.record([a_record()])
            assert [json.loads(line)["seq"] for line in file.read_text().splitlines()] == [4]
            assert verify_both(store.ledger, [old, file]).sound

    def test_may_repeat_the_last_write_after_a_rotation_and_a_crash(self, tmp_path: Path) -> None:
        """How far the file went is noted a write later; what is there twice is the same, byte for byte."""
        file, old = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
        with opened(tmp_path, file=True) as store:
            for _ in range(2):
                store.record([a_record(), a_record()])
        file.rename(old)
        with opened(tmp_path, file=True) as store:
            store.record([a_record()])
            assert [json.loads(line)["seq"] for line in file.read_text().splitlines()] == [3, 4, 5]
            assert verify_both(store.ledger, [old, file]).sound

    def test_that_cannot_be_written_stops_the_next_change(self, tmp_path: Path) -> None:
        """The record is in the database, the caller is told, and no intent is taken until the file has it."""
        file = tmp_path / "audit.jsonl"
        with opened(tmp_path, file=True) as store:
            store.record([a_record()])
            kept = file.rename(tmp_path / "kept")
            file.symlink_to("/dev/full")
            with pytest.raises(StoreError, match="free some space"):
                store.record([a_record()])
            assert len(events(store)) == 2
            with pytest.raises(StoreError, match="free some space"):
                store.record_intent(an_intent())
            assert store.load_intents() == ()
            file.unlink()
            kept.rename(file)
            store.record_intent(an_intent())
            assert verify_both(store.ledger, [file]).tip.seq == 2
