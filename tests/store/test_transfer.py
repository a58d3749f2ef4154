"""A SQLite store goes over into PostgreSQL whole, or not at all, and its chain goes on there."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bridge.audit.verify import verify_database
from bridge.core.journal import Effects, Recollection
from bridge.core.model import AccountId
from bridge.errors import Busy, StoreError
from bridge.store import transfer as transferring
from bridge.store.database import Database
from bridge.store.held import HeldStatus
from bridge.store.place import Server
from bridge.store.schema import metadata
from bridge.store.store import DatabaseStore, open_evidence, open_store
from bridge.store.transfer import transfer
from tests.servers.postgres import Postgres
from tests.store.stores import ACME, GROUP, NOON, Watch, a_record, a_run, an_intent, events, held_removals, opened
from tests.store.test_failures import pragma
from tests.store.test_memory import BASELINE, LINKS, SOURCE

pytestmark = [pytest.mark.files, pytest.mark.postgres]


@pytest.fixture
def place(postgres: Postgres) -> Server:
    """A new and empty database."""
    url = postgres.url()
    return Server.of(lambda: url)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of two organizations with something in every table."""
    with opened(tmp_path, file=True) as store, opened(tmp_path, "other") as other:
        for one in (store, other):
            fill(one)
    return tmp_path / "bridge.db"


def fill(store: DatabaseStore) -> None:
    """Make a run, an approval and a write that is still open."""
    left = Recollection(
        links=LINKS, bindings={"auditors": GROUP}, sources=(SOURCE,), baselines={"auditors": BASELINE},
        held=(held_removals(),), skips={"auditors": "digest"},
    )  # fmt: skip
    with store.lock():
        store.record_start(a_run(), [a_record("run.started") for _ in range(1500)])
        store.record_intent(an_intent(1))
        store.record_outcome(an_intent(1), Effects(added=(AccountId("acc-1"),)), [a_record()])
        store.record_end(a_run(), "done", left, [a_record("run.finished")])
        store.approve(held_removals().digest, "anna", "ticket 4711", NOON.replace(year=2030))
        store.record_intent(an_intent(2))


@contextmanager
def at(place: Server | Path, organization: str = ACME) -> Iterator[DatabaseStore]:
    """The store there."""
    with open_store(place, organization, Watch().now) as store:
        yield store


def rows(place: Server | Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything in a database, by table."""
    database = Database.open(place)
    with database.reading() as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }
    database.close()
    return found


def test_everything_arrives_and_the_chain_goes_on(old: Path, place: Server) -> None:
    """Every row of every organization; the next record follows the last one of before."""
    before = rows(old)
    with at(old) as was:
        memory, lines = was.load(), events(was)
    chains = transfer(old, place)
    assert [(chain.organization, chain.verification.tip.seq) for chain in chains] == [
        (ACME, 1503),
        ("other", 1503),
    ]
    assert rows(place) == before
    with at(place) as store:
        assert store.load() == memory
        assert store.load_intents() == (an_intent(2),)
        with store.lock():
            assert store._fence
            assert store._fence.number > 1
            store.record_outcome(an_intent(2), Effects(), [a_record()])
        assert verify_database(store.ledger).tip.seq == 1504
        assert events(store)[:-1] == lines


def test_the_old_one_is_not_used_further(old: Path, place: Server) -> None:
    """Neither by who opens it afterwards, nor by who had it open before: there would be two chains."""
    with at(old) as was:
        transfer(old, place)
        with pytest.raises(StoreError, match=r"taken over into postgresql://bridge@.*name that one"):
            was.reject(held_removals().digest, "anna", "too late")
        assert was.find_held(held_removals().digest).status is HeldStatus.APPROVED
        with pytest.raises(StoreError, match="taken over"), was.lock():
            pass
    for open_ in (open_store, open_evidence):
        with pytest.raises(StoreError, match=r"taken over into postgresql://bridge@.*name that one"):
            open_(old, ACME, Watch().now)
    with pytest.raises(StoreError, match="taken over"):
        transfer(old, place)


def test_a_decision_waits_while_it_is_copied(
    old: Path, place: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes no lock of a run's; made into the old one it would be lost."""
    copy_all = transferring._copy_all

    def copying(from_: Connection, to: Connection) -> None:
        copy_all(from_, to)
        with opened(tmp_path) as person:
            pragma(person._database, "busy_timeout = 1")
            with pytest.raises(StoreError, match="holds it locked"):
                person.reject(held_removals().digest, "anna", "no")

    monkeypatch.setattr(transferring, "_copy_all", copying)
    transfer(old, place)
    with at(place) as store:
        assert store.find_held(held_removals().digest).status is HeldStatus.APPROVED
        store.reject(held_removals().digest, "anna", "no")


def test_a_database_with_something_in_it_is_refused(old: Path, place: Server) -> None:
    """Nothing is mixed, and nothing of it is changed."""
    with at(place, "third") as store:
        store.record([a_record()])
    before = rows(place)
    with pytest.raises(StoreError, match="not empty"):
        transfer(old, place)
    assert rows(place) == before
    with at(old) as store:
        store.record([a_record()])


def test_a_broken_chain_is_told_and_stays_where_it_is(old: Path, place: Server) -> None:
    """The first wrong record is named; not even the sound organization goes over."""
    with sqlite3.connect(old) as database:
        database.execute(
            "UPDATE audit SET line = replace(line, 'member.added', 'member.moved') WHERE organization = ?", (ACME,)
        )
    database.close()
    broken, sound = transfer(old, place)
    assert broken.verification.finding is not None
    assert (broken.verification.finding.seq, sound.verification.sound) == (1501, True)
    with at(old) as store:
        store.record([a_record()])
    assert not any(rows(place).values())


def test_one_that_is_in_use_waits(old: Path, place: Server, tmp_path: Path) -> None:
    """A run would write into the old one what the new one never learns."""
    with opened(tmp_path) as store, store.lock(), pytest.raises(Busy, match="in use"):
        transfer(old, place)
    assert not any(rows(place).values())


def test_a_mistyped_name_makes_nothing(tmp_path: Path, place: Server) -> None:
    """There is no database, and there is none afterwards."""
    with pytest.raises(StoreError, match="There is no database"):
        transfer(tmp_path / "bridge.bd", place)
    assert list(tmp_path.iterdir()) == []
