"""One writer for each organization on this host: a lock on a file beside the database.

It is the kernel's (flock): free the moment its holder ends, however that happens. Not for network file systems.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from bridge.audit.timestamp import stamp
from bridge.errors import Busy
from bridge.store.failures import system_errors

_PRIVATE: Final = 0o600
_NOTE_SIZE: Final = 4096
"""Bytes of a holder's note that are read at most."""


def lock_path(database: Path, organization: str) -> Path:
    """Where the lock of an organization is: `bridge.db.acme.lock`, beside the file itself and no link to it."""
    database = database.resolve()
    return database.with_name(f"{database.name}.{quote(organization, safe='')}.lock")


def service_path(database: Path, organization: str) -> Path:
    """Where the lock is that a service holds as long as it lives: `bridge.db.acme.service`."""
    database = database.resolve()
    return database.with_name(f"{database.name}.{quote(organization, safe='')}.service")


def _utc_now() -> datetime:
    return datetime.now(UTC)


_TRIES: Final = 4
"""Who only looks at a lock is gone by then."""


def _pause() -> None:
    """Wait until somebody who only looks at a lock has looked."""
    time.sleep(0.005)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


def holder_of(path: Path) -> Holder | None:
    """Who holds the lock on this file; None when nobody does. Raises StoreError.

    To look is to share the lock for an instant: whoever wants it for themselves tries again (`_take`).
    """
    with system_errors(path):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(descriptor)
        finally:
            os.close(descriptor)
    return None


class OrganizationLock:
    """Held between `with` and its end. Entering raises Busy while another process holds it, and StoreError.

    The file says who holds it, for people; it stays when the lock is free.
    """

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = _utc_now,
        what: str = "Another run holds this organization",
        pause: Callable[[], None] = _pause,
    ) -> None:
        self.path = path
        self._pause = pause
        self._now = now
        self._what = what
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        with system_errors(self.path):
            self._descriptor = self._take()
            self._sign(self._descriptor)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def still_held(self) -> bool:
        """Whether nobody else can have got it meanwhile. Ask before every write.

        The kernel takes the lock from nobody, but the file may have been deleted, and others would lock a new one.
        """
        return self._descriptor is not None and _leads_to(self.path, self._descriptor)

    def _take(self) -> int:
        tries = _TRIES
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _holder(descriptor)
                os.close(descriptor)
                tries -= 1
                if tries:
                    self._pause()
                    continue
                told = holder or "a process that has only just begun"
                raise Busy(f"{self._what}: {told}; wait for its end.") from None
            if _leads_to(self.path, descriptor):
                return descriptor
            os.close(descriptor)  # deleted between opening and locking

    def _sign(self, descriptor: int) -> None:
        note = {"pid": os.getpid(), "host": socket.gethostname(), "since": stamp(self._now())}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(note).encode() + b"\n", 0)


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


def _holder(descriptor: int) -> Holder | None:
    """Who wrote the note; it may not be written yet."""
    try:
        note = json.loads(os.pread(descriptor, _NOTE_SIZE, 0))
        return Holder(int(note["pid"]), str(note["host"]), str(note["since"]))
    except (ValueError, KeyError, TypeError, OSError):
        return None
