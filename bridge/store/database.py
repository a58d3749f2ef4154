"""A database: transactions that read, transactions that write, and the first look at its revision."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, inspect, text

from bridge.errors import StoreError
from bridge.store import sqlite
from bridge.store.failures import store_errors
from bridge.store.schema import REVISION


class Database:
    """One database file. Every method raises StoreError for whatever goes wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = sqlite.engine(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a database, made anew if there is none, and bring it up to date; a newer one is refused."""
        with store_errors(path):
            sqlite.create(path)
        database = cls(path)
        try:
            database._bring_up_to_date()
        except BaseException:
            database.close()
            raise
        return database

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees the database as of one moment."""
        with store_errors(self.path), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that nobody else writes beside. When the block is left, it is on disk."""
        with store_errors(self.path), self._engine.connect() as connection:
            connection.execution_options(**{sqlite.WRITES: True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            revision = _revision(connection)
        if revision == REVISION:
            return
        if revision > REVISION:
            raise StoreError(
                f"The database {self.path} was written by a newer version of the bridge (revision {revision}; "
                f"this version knows {REVISION}); install that version, or restore a backup from before it"
            )
        from bridge.store.migration import migrate  # noqa: PLC0415 - alembic is heavy, and hardly ever needed

        with self.writing() as connection:
            migrate(connection)


def _revision(connection: Connection) -> str:
    """The revision that the last migration noted; empty for a new database. Raises StoreError for a stranger's."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return ""
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if _ours(tables) else None
    if found is None:
        raise StoreError("The database belongs to another program; name another file")
    return str(found)


def _ours(tables: list[str]) -> bool:
    return {"alembic_version", "audit"} <= set(tables)
