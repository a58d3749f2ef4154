"""A database: transactions that read, transactions that write, and the first look at its revision."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, Engine, inspect, text

from bridge.errors import StoreError
from bridge.store import postgresql, sqlite
from bridge.store.failures import store_errors
from bridge.store.place import Place
from bridge.store.schema import REVISION

_FORMER: Final = "moved to "
"""Instead of a revision, before the place of the database that has taken over. Sorts after every revision."""


class Database:
    """One database. Every method raises StoreError for whatever goes wrong."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._engine = _engine(place)
        self._current = False
        """Whether it is brought up to date."""

    @classmethod
    def open(cls, place: Place) -> Self:
        """Open a database, made anew if there is none, and bring it up to date; a newer one is refused."""
        if isinstance(place, Path):
            with store_errors(place):
                sqlite.create(place)
        database = cls(place)
        try:
            database._bring_up_to_date()
        except BaseException:
            database.close()
            raise
        database._current = True
        return database

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees the database as of one moment."""
        with store_errors(self.place), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that nobody else writes beside. When the block is left, it is on disk."""
        with store_errors(self.place), self._engine.connect() as connection:
            connection.execution_options(**{sqlite.WRITES: True})
            with connection.begin():
                if self._current and isinstance(self.place, Path):  # only of a file another may be made
                    _refuse_former(self.place, _noted(connection))
                yield connection

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            if not isinstance(self.place, Path):
                postgresql.check(connection)
            revision = _revision(connection)
        if revision == REVISION:
            return
        _refuse_former(self.place, revision)
        if revision > REVISION:
            raise StoreError(
                f"The database {self.place} was written by a newer version of the bridge (revision {revision}; "
                f"this version knows {REVISION}); install that version, or restore a backup from before it"
            )
        from bridge.store.migration import migrate  # noqa: PLC0415 - alembic is heavy, and hardly ever needed

        with self.writing() as connection:
            migrate(connection)


def give_up(connection: Connection, new: Place) -> None:
    """Note in a database that another has taken its place. Versions of before refuse it, too, as too new."""
    connection.execute(text("UPDATE alembic_version SET version_num = :noted"), {"noted": f"{_FORMER}{new}"})


def has_database(place: Place) -> bool:
    """Whether there is a database of ours, or anything else, to open. Raises StoreError."""
    if isinstance(place, Path):
        return place.exists()
    database = Database(place)
    try:
        with database.reading() as connection:
            return bool(inspect(connection).get_table_names())
    finally:
        database.close()


def _engine(place: Place) -> Engine:
    return sqlite.engine(place) if isinstance(place, Path) else postgresql.engine(place)


def _revision(connection: Connection) -> str:
    """The revision that the last migration noted; empty for a new database. Raises StoreError for a stranger's."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return ""
    found = _noted(connection) if _ours(tables) else None
    if found is None:
        raise StoreError("The database belongs to another program; name another one")
    return str(found)


def _noted(connection: Connection) -> str | None:
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_former(place: Place, revision: str | None) -> None:
    if revision and revision.startswith(_FORMER):
        raise StoreError(
            f"The database {place} was taken over into {revision.removeprefix(_FORMER)}; name that one "
            "under `store`"
        )


def _ours(tables: list[str]) -> bool:
    return {"alembic_version", "audit"} <= set(tables)
