"""The file that audit records go out to: one line each, always the chain from some record on, without a gap.

Whatever happened before (a crash between the database and the file, a line cut by a full disk, another process
writing, a rotation by logrotate), `extend` finds the file's last record and appends what follows it. Processes
take turns by an advisory lock on the file itself. Times at which the end of the file is looked for:

    same inode and size as after our last write    nowhere, it is known
    other inode or size                            its last line
    empty                                          where we, or the database's note, left off
"""

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from bridge.audit.chain import Sealed
from bridge.audit.ledger import Entry, Ledger
from bridge.audit.lines import LineLogger
from bridge.errors import StoreError

PRIVATE: Final = 0o600
"""Mode of the files that we create: records name people."""

BLOCK: Final = 64 * 1024
"""Bytes read at once when looking for the last line, from the end backwards."""

AT_ONCE: Final = 1000
"""Lines handed to the system at once."""

log = structlog.get_logger(__name__)


class AuditFile:
    """The end of one file of audit records. Every method raises StoreError when the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        """The last record known to be in the file and on disk."""
        self._file: BinaryIO | None = None
        self._seen: tuple[int, int] | None = None

    def extend(self, ledger: Ledger, fresh: Sequence[Sealed] = ()) -> None:
        """Append all records that the file lacks. `fresh` are those just committed, to save reading them."""
        try:
            file = self._current()
            with _turn(file):
                self._append(file, ledger, fresh)
        except OSError as error:
            self.close()
            raise StoreError(_failure(self.path, error)) from error
        except StoreError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        file, self._file, self._seen = self._file, None, None
        if file is not None:
            with contextlib.suppress(OSError):  # what could not be written is found missing by the next extend
                file.close()

    def _append(self, file: BinaryIO, ledger: Ledger, fresh: Sequence[Sealed]) -> None:
        position = self._end(file, ledger)
        following: Iterable[Sealed | Entry] = fresh
        if not fresh or fresh[0].seq != position + 1:
            following = ledger.entries(after=position)
        position = _write(file, following, position)
        os.fsync(file.fileno())
        self._remember(file, position)

    def _end(self, file: BinaryIO, ledger: Ledger) -> int:
        if _identity(file) == self._seen:
            return self.position
        last, torn = _tail(file.fileno())
        position = self._seq_of(last, ledger) if last else self._left_off(ledger)
        return self._mend(file, ledger, position, torn) if torn else position

    def _left_off(self, ledger: Ledger) -> int:
        """Number of the record behind which an empty file goes on, provided that the database has it."""
        position = max(self.position, ledger.published(str(self.path)))
        if position > ledger.tip().seq:
            raise StoreError(
                f"The audit file {self.path} was written up to record {position}, and the database ends before "
                "that: it comes from a backup or was cut; see `audit verify`, then restore the one that is whole"
            )
        return position

    def _seq_of(self, last: bytes, ledger: Ledger) -> int:
        """Number of the file's last record, provided that the database has the very same."""
        try:
            seq = json.loads(last)["seq"]
            entry = next(ledger.entries(after=seq - 1), None)
        except (ValueError, KeyError, TypeError, RecursionError):
            entry = None
        if entry is None or entry.line.encode() != last:
            raise StoreError(
                f"The last line of the audit file {self.path} is not the record that the database has in its "
                "place, so one of the two was changed or comes from a backup; see `audit verify`, then restore "
                "the one that is wrong, or move the file aside"
            )
        return entry.seq

    def _mend(self, file: BinaryIO, ledger: Ledger, position: int, torn: bytes) -> int:
        """Complete the last line if it is the beginning of the next record; otherwise move it aside."""
        entry = next(ledger.entries(after=position), None)
        line = entry.line.encode() if entry else b""
        if entry and line.startswith(torn):
            file.write(line[len(torn) :] + b"\n")
            file.flush()
            return entry.seq
        self._set_aside(file, torn)
        return position

    def _set_aside(self, file: BinaryIO, torn: bytes) -> None:
        aside = self.path.with_name(self.path.name + ".torn")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE), "ab") as rest:
            rest.write(torn + b"\n")
            rest.flush()
            os.fsync(rest.fileno())
        os.ftruncate(file.fileno(), os.fstat(file.fileno()).st_size - len(torn))
        log.warning("audit_line.set_aside", file=str(self.path), aside=str(aside), size=len(torn))

    def _current(self) -> BinaryIO:
        """The file that the path leads to now: another one after a rotation."""
        if self._file is not None and not _leads_to(self.path, self._file):
            self.close()
        if self._file is None:
            self._file = _open(self.path)
        return self._file

    def _remember(self, file: BinaryIO, position: int) -> None:
        self.position = position
        self._seen = _identity(file)


def _open(path: Path) -> BinaryIO:
    new = not path.exists()
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE), "ab")
    if new:
        _keep_name(path.parent)
    return file


def _keep_name(folder: Path) -> None:
    """A new file's name is on disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _leads_to(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _identity(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_size


@contextlib.contextmanager
def _turn(file: BinaryIO) -> Iterator[None]:
    """Wait until no other process writes to this file. After a failure the turn lasts until the file is closed."""
    fcntl.flock(file, fcntl.LOCK_EX)
    yield
    fcntl.flock(file, fcntl.LOCK_UN)


def _tail(descriptor: int) -> tuple[bytes, bytes]:
    """Find the last whole line, and what stands behind it without a line end."""
    at = os.fstat(descriptor).st_size
    end = b""
    while at > 0 and end.count(b"\n") < 2:  # noqa: PLR2004 - one ends the last line, one the line before it
        size = min(BLOCK, at)
        at -= size
        end = os.pread(descriptor, size, at) + end
    whole, _, torn = end.rpartition(b"\n")
    return whole.rpartition(b"\n")[2], torn


def _write(file: BinaryIO, following: Iterable[Sealed | Entry], position: int) -> int:
    to_file, rest = LineLogger(file), iter(following)
    while portion := list(islice(rest, AT_ONCE)):
        to_file.send([record.line for record in portion])
        position = portion[-1].seq
    return position


def _failure(path: Path, error: OSError) -> str:
    remedy = {
        errno.ENOSPC: "free some space; the missing lines follow by themselves",
        errno.EDQUOT: "free some space; the missing lines follow by themselves",
        errno.ENOENT: "create its folder",
        errno.EACCES: "let the bridge's user write there",
        errno.EPERM: "let the bridge's user write there",
        errno.EROFS: "mount it for writing",
        errno.EISDIR: "name a file, not a folder",
        errno.EINVAL: "name a regular file",
    }.get(error.errno or 0, "mend this, and run again")
    return f"The audit file {path} cannot be written ({error.strerror or error}); {remedy}"
