"""A run that lost its lock without knowing records nothing any more, whatever it is about to record."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from bridge.core.journal import Effects, Recollection
from bridge.errors import Busy
from bridge.store import fences
from bridge.store.database import Database
from bridge.store.migration import configuration
from bridge.store.store import DatabaseStore
from tests.store.stores import ACME, a_record, a_run, an_intent, events, held_removals, opened, place_in

RECORDS: dict[str, Callable[[DatabaseStore], None]] = {
    "start": lambda store: store.record_start(a_run(2), [a_record()]),
    "intent": lambda store: store.record_intent(an_intent(2)),
    "outcome": lambda store: store.record_outcome(an_intent(1), Effects(), [a_record()]),
    "evidence": lambda store: store.record([a_record()]),
    "end": lambda store: store.record_end(a_run(1), "done", Recollection(), [a_record()]),
}


def supersede(store: DatabaseStore) -> None:
    """Take the number that the next holder of the lock takes."""
    with store._database.writing() as connection:
        fences.take(connection, ACME, "now")


@pytest.mark.parametrize("what", RECORDS)
def test_a_superseded_run_records_nothing(tmp_path: Path, what: str) -> None:
    """Neither start nor intent nor outcome nor evidence nor end; its intent is there to be settled."""
    with opened(tmp_path) as store, store.lock():
        store.record_start(a_run(1), [])
        store.record_intent(an_intent(1))
        supersede(store)
        with pytest.raises(Busy, match="taken this organization over"):
            RECORDS[what](store)
        assert (store.load_intents(), events(store)) == ((an_intent(1),), [])
        assert [past.ended for past in store.list_runs(9)] == [None]


def test_each_holder_takes_a_higher_number(tmp_path: Path) -> None:
    """From process to process; each organization has its own."""
    numbers = []
    for _ in range(3):
        with opened(tmp_path) as store, opened(tmp_path, "other") as other, store.lock(), other.lock():
            assert store._fence
            assert other._fence
            numbers.append((store._fence.number, other._fence.number))
            store.record_intent(an_intent(len(numbers)))
    assert numbers == [(1, 1), (2, 2), (3, 3)]


def test_who_took_the_same_number_is_another(tmp_path: Path) -> None:
    """A database from before the last number was taken gives it away once more."""
    with opened(tmp_path) as store, store.lock():
        assert store._fence
        with store._database.writing() as connection:
            connection.execute(text("DELETE FROM fences"))
            assert fences.take(connection, ACME, "now").number == store._fence.number
        with pytest.raises(Busy, match="taken this organization over"):
            store.record([a_record()])


def test_a_number_of_an_older_version_is_followed_by_the_next(tmp_path: Path) -> None:
    """It has no word yet; the next one has."""
    place = place_in(tmp_path)
    if isinstance(place, Path):
        place.touch()
    database = Database(place)
    with database.writing() as connection:
        command.upgrade(configuration(connection), "0013")
        row = {"organization": ACME, "number": 7, "taken": "then"}
        connection.execute(text("INSERT INTO fences VALUES (:organization, :number, :taken)"), row)
    database.close()
    with opened(tmp_path) as store, store.lock():
        store.record([a_record()])
        assert store._fence
        assert store._fence.number == 8
        assert store._fence.word


def test_the_next_run_settles_what_a_superseded_one_began(tmp_path: Path) -> None:
    """Another store takes the organization over; its outcome is the one that counts."""
    with opened(tmp_path) as store, opened(tmp_path) as next_store:
        with store.lock():
            store.record_intent(an_intent())
        with next_store.lock():
            next_store.record_outcome(an_intent(), Effects(), [a_record("intent.settled")])
            assert len(events(store)) == 1


def test_a_person_s_word_needs_no_number(tmp_path: Path) -> None:
    """Held changes are approved while a run holds the organization, by a process that does not."""
    with opened(tmp_path) as store, opened(tmp_path) as person:
        store.record_start(a_run(1), [])
        store.record_end(a_run(1), "held", Recollection(held=(held_removals(),)), [])
        with store.lock():
            person.reject(held_removals().digest, "anna", "no")
            store.record_start(a_run(2), [])
