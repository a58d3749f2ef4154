"""A real PostgreSQL server for tests: processes of our own on a free loopback port, gone when the tests are."""

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import pytest
import trustme

from tests.cli.scene import until
from tests.servers import programs
from tests.servers.certificates import write_chain, write_key
from tests.servers.network import Network
from tests.servers.programs import ServerProcess

OWNER = "postgres"
"""The system's user who runs the server, which refuses to be run by root; and its superuser."""

ROLE = "bridge"
PASSWORD = "db-secret/@ü"  # percent-encoded in an address
_ENCODED = "db-secret%2F%40%C3%BC"
_STARTS = 5

_SETTINGS = (
    "unix_socket_directories=", "ssl=on", "ssl_cert_file=server.pem",
    "ssl_key_file=server.key", "log_min_messages=warning", "full_page_writes=off",
    "shared_buffers=16MB", "max_wal_size=64MB", "wal_sync_method=open_datasync",
)  # fmt: skip


def require(program: str) -> str:
    """Find a program of the server's; without it the test fails where CI=true, and is skipped elsewhere."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / program).exists():
            return str(folder / program)
    return programs.require(program, "postgresql")


def _memory() -> str | None:
    """A folder in memory, where to wait for the disk takes no time; None where the system has none."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - mkdtemp makes a folder of our own


class Postgres:
    """A server with an empty database `bridge` of the role `bridge`, as a context manager."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network
        self.host = network.near if network else "127.0.0.1"
        self._folder = Path()
        self._process = ServerProcess(Path())
        self._numbers = itertools.count(1)
        self.port = 0

    def __enter__(self) -> Self:
        require("initdb")
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=_memory()))
        self._process = ServerProcess(self._folder / "log")
        try:
            self._prepare()
            self.start()
            with self.connected(OWNER, "postgres") as connection:
                connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
                connection.execute(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that signed the server's, for localhost and its network."""
        return self._folder / "ca.pem"

    def start(self) -> None:
        """Listen; after stop() again on the same port."""
        for _ in range(_STARTS):
            port = self.port or programs.free_port()
            where = "*" if self._network else self.host
            settings = [
                word
                for setting in (f"port={port}", f"listen_addresses={where}", *_SETTINGS)
                for word in ("-c", setting)
            ]
            command = [*self._as_owner(), require("postgres"), "-D", str(self._data), *settings]
            if self._process.start(command, [] if self._network else [(self.host, port)]):
                self.port = port
                until(self._answers)
                return
        pytest.fail(f"postgres does not start: {self._process.said()}")

    def stop(self) -> None:
        """End the server at once and in order; its sessions end, too."""
        self._process.stop(signal.SIGINT)

    @contextmanager
    def connected(self, role: str = ROLE, database: str = ROLE) -> Iterator[psycopg.Connection[Any]]:
        """A session of a role's, each statement a transaction."""
        password = PASSWORD if role == ROLE else "owner"
        where = f"host={self.host} port={self.port} user={role} dbname={database} sslmode=disable"
        with psycopg.connect(where, password=password, autocommit=True) as connection:
            yield connection

    def url(self, schema: str = "", *, host: str = "", user: str = f"{ROLE}:{_ENCODED}") -> str:
        """The address of a new and empty part of the database, or of one that is there already."""
        path = schema or self.schema()
        tls = f"verify-full&sslrootcert={self.ca_file}" if self._network else "disable"
        return (
            f"postgresql+psycopg://{user}@{host or self.host}:{self.port}/{ROLE}"
            f"?sslmode={tls}&options=-csearch_path%3D{path}"
        )

    def schema(self) -> str:
        """Make a new and empty part of the database."""
        name = f"part{next(self._numbers)}"
        with self.connected() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return name

    @contextmanager
    def pooled(self, mode: str) -> Iterator[int]:
        """The port of a PgBouncer before the database, which shares sessions in this mode."""
        port, file = programs.free_port(), self._folder / "pgbouncer.ini"
        file.write_text(
            f"[databases]\n{ROLE} = host={self.host} port={self.port} user={ROLE} password='{PASSWORD}'\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\npool_mode = {mode}\n"
            "unix_socket_dir =\nignore_startup_parameters = options\nserver_tls_sslmode = disable\n"
        )
        self._own(file)
        process = ServerProcess(self._folder / "pgbouncer.log")
        command = [*self._as_owner(), programs.require("pgbouncer", "pgbouncer"), str(file)]
        if not process.start(command, [("127.0.0.1", port)]):
            pytest.fail(f"pgbouncer does not start: {process.said()}")
        try:
            yield port
        finally:
            process.kill()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _answers(self) -> bool:
        """Whether it lets people in: it listens a little earlier."""
        try:
            with self.connected(OWNER, "postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def _as_owner(self) -> list[str]:
        """How a command is run by the server's user, and ends with the tests."""
        become = [f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"] if os.geteuid() == 0 else []
        inside = self._network.inside if self._network else []
        return [*inside, programs.require("setpriv", "util-linux"), *become, "--pdeathsig=INT"]

    def _prepare(self) -> None:
        word = self._folder / "word"
        word.write_text("owner")
        self._own(self._folder, word)
        programs.run([
            *self._as_owner(), require("initdb"), "-D", self._data, "-A", "scram-sha-256", "-U", OWNER,
            f"--pwfile={word}", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "--wal-segsize=4",
        ])  # fmt: skip
        (self._data / "pg_hba.conf").write_text("host all all all scram-sha-256\n")
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        server = authority.issue_cert(
            "localhost", *((self._network.near, self._network.far) if self._network else ())
        )
        write_key(server, self._data / "server.key")
        write_chain(server, self._data / "server.pem")
        self._own(self._data / "server.key", self._data / "server.pem")

    def _own(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, OWNER, OWNER)

    def _clear(self) -> None:
        self._process.stop(signal.SIGQUIT)  # at once: nothing of it is kept
        shutil.rmtree(self._folder, ignore_errors=True)
