"""The store at one moment: all of it fits together, whatever is written meanwhile."""

from pathlib import Path

from bridge.core.journal import Recollection, RunKind
from bridge.core.quarantine import Failure
from tests.store.stores import a_record, a_run, an_intent, held_removals, opened
from tests.web.site import sight


def test_everything_that_is_to_be_seen_is_there(tmp_path: Path) -> None:
    """Runs, groups, what is held, what fails, open writes, and where the chain ends."""
    with opened(tmp_path) as store:
        store.record_start(a_run(1), [a_record("run.started", kind="sync")])
        store.record_intent(an_intent())
        left = Recollection(
            sights=(sight(1, "Auditors"),), held=(held_removals(),), failures=(Failure("Legal", "Legal", "400"),)
        )
        store.record_end(a_run(1), "held", left, [a_record("run.finished")])
        seen = store.load_moment(5)
        assert [past.outcome for past in seen.runs] == ["held"]
        assert [one.name for one in seen.sights] == ["Auditors"]
        assert [case.digest for case in seen.held] == [held_removals().digest]
        assert [trouble.failure.key for trouble in seen.troubles] == ["Legal"]
        assert seen.intents == (an_intent(),)
        assert seen.tip == store.ledger.tip()
        assert seen.tip.seq == 2
        assert seen.seen_by == a_run(1)


def test_the_groups_are_told_by_the_last_run_that_kept_them(tmp_path: Path) -> None:
    """Neither by an operator's deed, nor by a run that broke off."""
    with opened(tmp_path) as store:
        assert store.load_moment(0).seen_by is None
        for number, kind, outcome in (
            (1, RunKind.BACKFILL, "held"),
            (2, RunKind.BY_HAND, ""),
            (3, RunKind.SYNC, "failed"),
        ):
            store.record_start(a_run(number, kind), [])
            store.record_end(a_run(number, kind), outcome, None, [])
        assert store.load_moment(0).seen_by == a_run(1, RunKind.BACKFILL)


def test_members_are_loaded_where_they_are_asked_for(tmp_path: Path) -> None:
    """Half a million of them are not, for a page that shows none."""
    with opened(tmp_path) as store:
        store.record_start(a_run(1), [])
        store.record_end(a_run(1), "changes applied", Recollection(sights=(sight(1, "Auditors"),)), [])
        (without,), (whole,) = store.load_moment(0).sights, store.load_moment(0, members=True).sights
        assert (without.members, len(whole.members), whole.size) == ((), 3, 3)
        assert store.load_moment(0).runs == ()
