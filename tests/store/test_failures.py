"""Whatever goes wrong with the database is a StoreError that says what to do."""

import io
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError, StatementError

from bridge.audit.stream import AuditStream
from bridge.core.journal import Effects
from bridge.errors import StoreError
from bridge.store.database import Database
from bridge.store.failures import store_errors
from bridge.store.store import DatabaseStore, open_evidence, open_store
from tests.store.stores import Watch, a_record, a_run, an_intent, events, opened, place_in


def classes_below(parent: type[Exception]) -> Iterator[type[Exception]]:
    """A class and all that inherit from it."""
    yield parent
    for child in parent.__subclasses__():
        yield from classes_below(child)


def an_error(kind: type[Exception]) -> Exception:
    """An error of this class, whatever its constructor asks for."""
    if issubclass(kind, StatementError):
        return kind("it broke", "SELECT 1", {}, sqlite3.OperationalError("it broke"))
    if issubclass(kind, psycopg.Error):
        return kind("it broke")
    return kind.__new__(kind, "it broke")


LIBRARY_ERRORS = {
    f"{kind.__module__}.{kind.__qualname__}": kind
    for parent in (SQLAlchemyError, sqlite3.Error, psycopg.Error)
    for kind in classes_below(parent)
}


@pytest.mark.parametrize("kind", LIBRARY_ERRORS.values(), ids=LIBRARY_ERRORS)
def test_every_error_of_the_libraries_has_its_translation(kind: type[Exception]) -> None:
    """Each class of SQLAlchemy's, of sqlite3's and of psycopg's."""
    with (
        pytest.raises(StoreError, match=r"The database bridge\.db cannot be used"),
        store_errors(Path("bridge.db")),
    ):
        raise an_error(kind)


def pragma(database: Database, setting: str) -> None:
    """Set something on the one connection that the pool hands out while nobody else has it."""
    with database._engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {setting}")


def test_an_error_never_repeats_the_statement() -> None:
    """Statements carry people."""
    cause = sqlite3.OperationalError("disk I/O error")
    error = OperationalError("INSERT anna@corp.example", {"email": "anna@corp.example"}, cause)
    with pytest.raises(StoreError) as caught, store_errors(Path("bridge.db")):
        raise error
    assert "anna" not in str(caught.value)


class TestAtOpening:
    @pytest.mark.files
    def test_a_new_database_is_private(self, tmp_path: Path) -> None:
        """Nobody else may read who is in which group, in the log beside it neither."""
        with opened(tmp_path) as store:
            store.record([a_record()])
            assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}

    @pytest.mark.files
    @pytest.mark.parametrize(
        ("name", "remedy"),
        [("nowhere/bridge.db", "create its folder"), (".", "folder exists"), ("file/bridge.db", "in a folder")],
    )
    def test_an_unusable_path_says_what_to_do(self, tmp_path: Path, name: str, remedy: str) -> None:
        """No folder, a folder, a file for a folder."""
        (tmp_path / "file").touch()
        with pytest.raises(StoreError, match=remedy):
            open_store(tmp_path / name, "acme", Watch().now)

    @pytest.mark.files
    def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        """And not written to."""
        path = tmp_path / "bridge.db"
        path.write_bytes(b"once upon a time, there was a file " * 200)
        before = path.read_bytes()
        with pytest.raises(StoreError, match="name another file, or restore a backup"):
            open_store(path, "acme", Watch().now)
        assert path.read_bytes() == before

    @pytest.mark.files
    def test_evidence_is_not_made_up(self, tmp_path: Path) -> None:
        """To read and verify, there has to be a database: a mistyped path is not an empty, sound chain."""
        with pytest.raises(StoreError, match="There is no database"):
            open_evidence(tmp_path / "bridge.db", "acme", Watch().now)
        assert list(tmp_path.iterdir()) == []

    def test_reading_evidence_mends_nothing(self, tmp_path: Path) -> None:
        """A cut audit file stays cut, so that a verification sees it."""
        file = tmp_path / "audit.jsonl"
        with opened(tmp_path, file=True) as store:
            store.record([a_record(), a_record()])
        os.truncate(file, 10)
        with open_evidence(place_in(tmp_path), "acme", Watch().now) as store:
            assert len(events(store)) == 2
        assert file.stat().st_size == 10


class TestUnknownOutcome:
    """A commit that is not confirmed: the connection is lost, and it is on disk or not."""

    @pytest.mark.parametrize("committed", [True, False])
    def test_the_records_of_it_go_out_if_they_are_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, committed: bool
    ) -> None:
        """On standard output too: once, and before those that follow."""
        output = io.BytesIO()
        with open_store(place_in(tmp_path), "acme", Watch().now, AuditStream(output=output)) as store:
            store.record([a_record()])
            with losing(store, monkeypatch, committed=committed), pytest.raises(StoreError, match="lost"):
                store.record([a_record(n="2"), a_record(n="3")])
            store.catch_up()
            assert output.getvalue() == written(store)
            assert len(events(store)) == (3 if committed else 1)
            store.record([a_record(n="4")])
            assert output.getvalue() == written(store)

    def test_what_another_recorded_in_its_place_does_not_go_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The number is taken, and not by ours."""
        output = io.BytesIO()
        with open_store(place_in(tmp_path), "acme", Watch().now, AuditStream(output=output)) as store:
            with losing(store, monkeypatch, committed=False), pytest.raises(StoreError, match="lost"):
                store.record([a_record()])
            with opened(tmp_path) as another:
                another.record([a_record(n="another's")])
            store.record([a_record(n="ours")])
            assert [json.loads(line)["n"] for line in output.getvalue().splitlines()] == ["ours"]


@contextmanager
def losing(store: DatabaseStore, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> Iterator[None]:
    """The connection is lost while a transaction is committed, or right after."""
    writing = store._database.writing

    @contextmanager
    def cut() -> Iterator[Connection]:
        with suppress(ZeroDivisionError), writing() as connection:
            yield connection
            if not committed:
                raise ZeroDivisionError
        raise StoreError("the connection was lost")

    with monkeypatch.context() as patch:
        patch.setattr(store._database, "writing", cut)
        yield


def written(store: DatabaseStore) -> bytes:
    """The chain as it goes out."""
    return b"".join(entry.line.encode() + b"\n" for entry in store.ledger.entries())


class TestAtWork:
    @pytest.mark.files
    def test_a_full_disk_says_so(self, tmp_path: Path) -> None:
        """Nothing of the transaction is kept, and work goes on when there is room."""
        with opened(tmp_path) as store:
            store.record_intent(an_intent())
            pragma(store._database, "max_page_count = 1")
            with pytest.raises(StoreError, match="free some space"):
                store.record_outcome(an_intent(), Effects(), [a_record(text="x" * 500_000)])
            pragma(store._database, "max_page_count = 1000000")
            assert (store.load_intents(), events(store)) == ((an_intent(),), [])
            store.record_outcome(an_intent(), Effects(), [a_record()])

    @pytest.mark.files
    def test_a_database_that_may_not_be_written_says_so(self, tmp_path: Path) -> None:
        """Reading goes on."""
        with opened(tmp_path) as store:
            pragma(store._database, "query_only = ON")
            with pytest.raises(StoreError, match="let the bridge's user write"):
                store.record([a_record()])
            assert events(store) == []

    @pytest.mark.files
    def test_a_locked_database_says_so(self, tmp_path: Path) -> None:
        """After a while, not for ever."""
        with opened(tmp_path) as store:
            pragma(store._database, "busy_timeout = 1")
            other = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="another program holds it locked"):
                store.record([a_record()])
            other.execute("ROLLBACK")
            other.close()
            store.record([a_record()])

    @pytest.mark.files
    def test_a_damaged_database_says_so(self, tmp_path: Path) -> None:
        """Pages overwritten with rubbish are not an empty memory."""
        with opened(tmp_path) as store:
            store.record([a_record(text="x" * 100) for _ in range(200)])
        path = tmp_path / "bridge.db"
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(8192)
            file.write(b"\xff" * (size - 8192))
        with pytest.raises(StoreError, match="restore a backup"), opened(tmp_path) as store:
            events(store)

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE intents SET members = 'no json'",
            "UPDATE intents SET members = '[[1]]'",
            "UPDATE intents SET action = 'dance'",
            "UPDATE intents SET at = 'soon'",
        ],
    )
    def test_a_damaged_row_says_so(self, tmp_path: Path, damage: str) -> None:
        """A value that cannot be read back is an error, and not left out."""
        with opened(tmp_path) as store:
            store.record_intent(an_intent())
            with store._database.writing() as connection:
                connection.exec_driver_sql(damage)
            with pytest.raises(StoreError, match="damaged"):
                store.load_intents()

    def test_a_text_that_is_no_unicode_says_so(self, tmp_path: Path) -> None:
        """Half a surrogate pair in a name is an error before anything is written."""
        with opened(tmp_path) as store:
            with pytest.raises(StoreError, match="no Unicode"):
                store.record_start(replace(a_run(), id="\ud800"), [])
            assert store.list_runs(9) == ()
