"""All that is SQLite's own: how it is set up, how its transactions begin, what its errors mean."""

import os
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from bridge.errors import StoreError

WAIT_MS: Final = 10_000
"""Milliseconds that a transaction waits for another process's to end: ours take milliseconds, a backup seconds."""

ERRORS: Final = (sqlite3.Error,)
"""Errors that reach us without SQLAlchemy around them, while a connection is set up."""

WRITES: Final = "bridge_writes"
"""Execution option of connections whose transactions are going to write."""

_PRIVATE: Final = 0o600

_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: "free some space on its disk",
    sqlite3.SQLITE_IOERR: "look after its disk: it is full, failing or gone",
    sqlite3.SQLITE_BUSY: "another program holds it locked; end that one, or wait",
    sqlite3.SQLITE_LOCKED: "another program holds it locked; end that one, or wait",
    sqlite3.SQLITE_NOTADB: "name another file, or restore a backup",
    sqlite3.SQLITE_CORRUPT: "restore a backup; `audit verify` tells how much of the evidence is sound",
    sqlite3.SQLITE_READONLY: "let the bridge's user write to it and to its folder",
    sqlite3.SQLITE_PERM: "let the bridge's user read and write there",
    sqlite3.SQLITE_AUTH: "let the bridge's user read and write there",
    sqlite3.SQLITE_CANTOPEN: "see that its folder exists and that the bridge's user may write there",
}
"""By SQLite's primary result code (https://sqlite.org/rescode.html)."""


def create(path: Path) -> None:
    """Create the file if there is none, for nobody else to read: the database names people. Raises OSError."""
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE))


def engine(path: Path) -> Engine:
    """An engine whose connections are safe: a commit that returned is on disk, foreign keys hold, waits end."""
    made = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)
    event.listen(made, "connect", _set_up)
    event.listen(made, "begin", _begin)
    return made


def remedy(error: BaseException) -> str:
    """What to do about an error of SQLite's; empty if it is none, or nothing is known."""
    code = getattr(error, "sqlite_errorcode", None)
    return _REMEDIES.get(code & 0xFF, "") if isinstance(code, int) else ""


def _set_up(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
    connection.isolation_level = None  # no BEGIN but ours
    connection.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError("The database cannot keep a write-ahead log where it is; put it on a local disk")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    """Writers take the lock before they read: otherwise two could read the same end of the chain."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
