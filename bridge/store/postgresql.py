"""PostgreSQL: how a connection is set up, how its transactions begin, what its errors mean.

Both ends of a connection give it up after some ten seconds of silence, so that a host that is cut off keeps
neither a transaction open nor a lock. The kernel's own defaults would keep them for hours.
"""

import os
import socket
import sys
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from bridge.errors import StoreError
from bridge.store.place import Server
from bridge.store.sqlite import WRITES

SILENCE_MS: Final = 9_000
"""Milliseconds that sent data may stay unconfirmed before either end gives a connection up (tcp_user_timeout)."""

_KEEPALIVES: Final = {"idle": 5, "interval": 2, "count": 2}
"""Seconds, and probes: an idle connection that is cut off is found out after nine seconds."""

WAIT_MS: Final = 20_000
"""Milliseconds that a statement waits for another's lock: longer than a host that is cut off keeps one."""

_LEFT_OPEN_MS: Final = 60_000
"""Milliseconds after which the server ends a transaction in which nothing happens."""

_WRITERS: Final = 0x48504272
"""Number of the lock that a transaction which writes holds: there is one at a time, as with SQLite."""

_SESSION: Final = {
    "tcp_user_timeout": SILENCE_MS,
    **{f"tcp_keepalives_{key}": value for key, value in _KEEPALIVES.items()},
    "synchronous_commit": "on",
    "lock_timeout": WAIT_MS,
    "idle_in_transaction_session_timeout": _LEFT_OPEN_MS,
}
"""The server's settings for our sessions; it lets a client choose them."""

_TALK: Final = {
    "connect_timeout": 5,
    "keepalives": 1,
    "tcp_user_timeout": SILENCE_MS,
    **{f"keepalives_{key}": value for key, value in _KEEPALIVES.items()},
}
"""The same for our end of the connection (libpq)."""

_STATE: Final = text(
    "SELECT pg_backend_pid() AS pid, current_setting('fsync') AS fsync, pg_is_in_recovery() AS follows, "
    "current_setting('synchronous_commit') AS confirms, current_setting('server_encoding') AS encoding"
)

_REACH: Final = (
    "see that the server runs and can be reached, and that host, database, user and password in `store.url` "
    "are right"
)
_RIGHTS: Final = "give the bridge's role the rights that docs/security.md lists"

_REMEDIES: Final = {
    "08": _REACH,
    "22": "see that no name or id holds a character with the number 0",
    "25006": "it takes no writes: name the primary server, or add `target_session_attrs=read-write`",
    "28": "see that user and password in `store.url` are right, and that the server lets the bridge in",
    "3D000": "create the database, or name another in `store.url`",
    "42501": _RIGHTS,
    "42P01": "a table is missing: restore a backup",
    "53100": "free some space on its disk",
    "53": "the server has no room for more: look after its memory and connections",
    "55P03": "another program holds it locked; end that one, or wait",
    "57": "the server is starting, stopping, or was told to end this; run again",
    "58": "look after the server's disk: it is full, failing or gone",
    "XX": "restore a backup; `audit verify` tells how much of the evidence is sound",
}
"""By SQLSTATE, whole or its first two characters (PostgreSQL documentation, appendix A)."""


def engine(server: Server) -> Engine:
    """An engine whose connections are safe: a commit that returned is on the server's disk, and waits end."""
    made = _engine(server, pool_pre_ping=True)
    event.listen(made, "begin", _begin)
    return made


def lone_engine(server: Server) -> Engine:
    """An engine whose every connection is a session of its own, from opening to closing: for locks."""
    return _engine(server, poolclass=NullPool)


def check(connection: Connection) -> None:
    """See that a server keeps what it confirms, and that nothing stands in between. Raises StoreError."""
    found = connection.execute(_STATE).one()
    if found.pid != _driver(connection).info.backend_pid:
        raise StoreError(
            "The address leads to a connection pooler, such as PgBouncer, which shares sessions and so gives "
            "locks away; name the PostgreSQL server itself in `store.url`"
        )
    if found.fsync != "on" or found.confirms not in {"on", "remote_apply"}:
        raise StoreError(
            f"The server confirms commits that are not on its disk (fsync is {found.fsync}, synchronous_commit "
            f"{found.confirms}); set both to on"
        )
    if found.encoding != "UTF8":
        raise StoreError(f"The database is encoded in {found.encoding}; create one with the encoding UTF8")
    if found.follows:
        raise StoreError(f"The server is a standby of another; {_REMEDIES['25006'].partition(': ')[2]}")


def errors() -> tuple[type[Exception], ...]:
    """Classes of psycopg's errors, which reach us without SQLAlchemy around them where we use it directly."""
    driver = sys.modules.get("psycopg")
    return (driver.Error,) if driver else ()


def words(error: BaseException) -> str:
    """What the server says, without the details, which would name people."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return primary or str(error)


def remedy(error: BaseException) -> str:
    """What to do about an error of psycopg's; empty if it is none."""
    if not isinstance(error, errors()):
        return ""
    state = getattr(error, "sqlstate", None) or ""
    found = _REMEDIES.get(state) or _REMEDIES.get(state[:2])
    return found or (_REMEDIES["22"] if type(error).__name__ == "DataError" else _REACH if not state else "")


def _engine(server: Server, **settings: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's own
    try:
        made = create_engine(
            _url(server), hide_parameters=True, connect_args=_TALK, use_native_hstore=False, **settings
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            "PostgreSQL's driver is not installed; install hyperproof-bridge with its extra: "
            "`pip install 'hyperproof-bridge[postgresql]'`"
        ) from error
    event.listen(made, "do_connect", lambda _dialect, _record, _args, to: to.update(_now(server, to)))
    return made


def _url(server: Server) -> URL:
    try:
        return make_url(server.read().strip()).set(drivername="postgresql+psycopg")
    except ArgumentError:  # its own words would repeat the password
        raise StoreError("`store.url` is no address of a database; write postgresql+psycopg://...") from None


def _now(server: Server, to: dict[str, Any]) -> dict[str, Any]:
    """What a connection that is opened now needs: the password of the moment, and our settings."""
    password = _url(server).password
    options = " ".join(f"-c {key}={value}" for key, value in _SESSION.items())
    return {
        **({"password": password} if password is not None else {}),
        "options": f"{to.get('options', '')} {options}".strip(),
        "application_name": f"hyperproof-bridge {os.getpid()} {socket.gethostname()}"[:63],
    }


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - psycopg.Connection, which may not be installed
    return connection.connection.driver_connection


def _begin(connection: Connection) -> None:
    """Writers wait for each other before they read: otherwise two could read the same end of the chain."""
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
