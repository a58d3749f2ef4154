"""One writer for each organization among all hosts: an advisory lock of PostgreSQL's, on a session of its own.

It is free as soon as the server sees the session end: at once when its process dies, after some ten seconds when
its host is cut off, for the connection is told so (postgresql.py). A holder does not learn that it lost the lock,
so it asks before each write, on the very session that holds it; and what it records afterwards is refused by its
fencing number (fences.py).
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from bridge.audit.timestamp import stamp
from bridge.errors import Busy, StoreError
from bridge.store import postgresql
from bridge.store.failures import store_errors
from bridge.store.lock import Holder
from bridge.store.place import Server

CHANNEL: Final = "hyperproof_bridge"
"""Where services listen for the wish for a run; the message is the organization."""

_HELD: Final = (
    "FROM pg_locks AS held WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1 "
    "AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (held.classid::bigint << 32) | held.objid::bigint = :key"
)
_TAKE: Final = text("SELECT pg_try_advisory_lock(:key)")
_MINE: Final = text(f"SELECT count(*) {_HELD} AND held.pid = pg_backend_pid()")
_HOLDER: Final = text(
    "SELECT application_name, backend_start FROM pg_stat_activity "  # noqa: S608 - our own words alone
    f"WHERE pid = (SELECT held.pid {_HELD})"
)


class What(StrEnum):
    """What a lock is for, and what is said when another has it."""

    RUN = "Another run holds this organization"
    SERVICE = "Another service keeps this organization"


def key_of(organization: str, what: What) -> int:
    """The number of a lock, 63 bits. Should two organizations ever share one, they wait for each other."""
    digest = hashlib.sha256(f"hyperproof-bridge/{what.name}/{organization}".encode()).digest()
    return int.from_bytes(digest[:8]) >> 1


class ServerLock:
    """Held between `with` and its end. Entering raises Busy while another session holds it, and StoreError."""

    def __init__(self, server: Server, organization: str, what: What = What.RUN) -> None:
        self._server = server
        self._organization = organization
        self._what = what
        self._key = {"key": key_of(organization, what)}
        self._engine: Engine | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        if not self.take():
            try:
                told = self.holder() or "a process that has only just begun"
            finally:
                self.close()
            raise Busy(f"{self._what.value}: {told}; wait for its end.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def take(self) -> bool:
        """Take it, and tell whether that worked. Raises StoreError; then the next try is on another session."""
        with self._session() as connection:
            return bool(connection.execute(_TAKE, self._key).scalar_one())

    def still_held(self) -> bool:
        """Whether nobody else can have got it so far. Ask before every write."""
        try:
            with self._session(opened=False) as connection:
                return bool(connection.execute(_MINE, self._key).scalar_one())
        except StoreError:
            return False

    def holder(self) -> Holder | None:
        """Who holds it; None when nobody does. Raises StoreError."""
        with self._session() as connection:
            found = connection.execute(_HOLDER, self._key).one_or_none()
        return None if found is None else _holder(found.application_name or "", stamp(found.backend_start))

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction of the very session that holds the lock. Raises StoreError if that is gone."""
        with self._session(opened=False) as connection:
            yield connection

    def listen(self, heard: Callable[[], None]) -> None:
        """Have the wish for a run told, whenever the lock is asked for. Raises StoreError."""
        with self._session(opened=False) as connection:
            driver: Any = connection.connection.driver_connection
            driver.add_notify_handler(lambda told: heard() if told.payload == self._organization else None)
            connection.execute(text(f"LISTEN {CHANNEL}"))

    def wish(self) -> None:
        """Ask whoever listens for a run. Raises StoreError."""
        with self._session() as connection:
            connection.execute(
                text("SELECT pg_notify(:channel, :to)"), {"channel": CHANNEL, "to": self._organization}
            )

    def close(self) -> None:
        """End the session, and with it the lock."""
        connection, self._connection = self._connection, None
        engine, self._engine = self._engine, None
        with suppress(SQLAlchemyError, *postgresql.errors()):  # it may be cut off already
            if connection is not None:
                connection.invalidate()
                connection.close()
        if engine is not None:
            engine.dispose()

    @contextmanager
    def _session(self, *, opened: bool = True) -> Iterator[Connection]:
        """One transaction on the session, which is opened if it may be. A session that fails is given up."""
        try:
            with store_errors(self._server):
                connection = self._opened() if opened else self._kept()
                with connection.begin():
                    yield connection
        except StoreError:
            self.close()
            raise

    def _opened(self) -> Connection:
        if self._connection is None:
            self._engine = postgresql.lone_engine(self._server)
            self._connection = self._engine.connect()
            with self._connection.begin():
                postgresql.check(self._connection)
        return self._connection

    def _kept(self) -> Connection:
        if self._connection is None:
            raise StoreError(f"The session with {self._server} that held the lock is gone; run again")
        return self._connection


def _holder(name: str, since: str) -> Holder:
    """Who gave a session this name (postgresql.py)."""
    found = re.fullmatch(r"hyperproof-bridge (\d+) (.*)", name)
    return Holder(int(found[1]), found[2], since) if found else Holder(0, "a host not told", since)
