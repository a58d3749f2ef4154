"""Reads of directories kept for the next run: one for each directory, good for nothing but to save a read.

What cannot be used, for whatever reason, is as if it were not there.
"""

from collections.abc import Iterable

from sqlalchemy import update

from bridge.audit.timestamp import moment, stamp
from bridge.core.model import DirectoryName
from bridge.core.snapshot import Snapshot
from bridge.store.rows import replace
from bridge.store.schema import snapshots
from bridge.store.scope import Scope
from bridge.store.snapshot_packing import pack, unpack


def load(scope: Scope, directory: DirectoryName, digest: str) -> Snapshot | None:
    """Load a directory's snapshot if it has this digest; None if there is none that can be used."""
    query = scope.of(snapshots).where(snapshots.c.directory == directory, snapshots.c.digest == digest)
    row = scope.connection.execute(query).one_or_none()
    packed = unpack(row.read) if row else None
    if row is None or packed is None or packed.read.directory != directory:
        return None
    try:
        taken = moment(row.taken)
    except ValueError:
        return None
    return Snapshot(packed.read, packed.footing, row.mark, row.digest, taken)


def keep(scope: Scope, snapshot: Snapshot) -> None:
    """Keep a snapshot in place of the directory's last one."""
    row = scope.row(
        directory=snapshot.read.directory,
        digest=snapshot.digest,
        taken=stamp(snapshot.taken),
        mark=snapshot.mark,
        read=pack(snapshot.read, snapshot.footing),
    )
    replace(scope.connection, snapshots, [row])


def forget(scope: Scope, kept: Iterable[DirectoryName]) -> None:
    """Forget the snapshots of all directories but these: they name people, and nobody asks for them any more."""
    scope.connection.execute(
        snapshots.delete().where(scope.mine(snapshots), snapshots.c.directory.not_in(list(kept)))
    )


def move(scope: Scope, snapshot: Snapshot, mark: str) -> None:
    """Move the mark of a snapshot on; one that was replaced meanwhile keeps its own."""
    table = snapshots.c
    same = (table.directory == snapshot.read.directory, table.digest == snapshot.digest)
    query = update(snapshots).where(scope.mine(snapshots), *same, table.mark == snapshot.mark)
    scope.connection.execute(query.where(table.taken == stamp(snapshot.taken)).values(mark=mark))
