"""A look at the store for a person who sets it up: whether a run could keep its evidence. Writes nothing."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.audit.chain import unseal
from bridge.audit.ledger import Ledger
from bridge.store.database import has_database
from bridge.store.failures import system_errors
from bridge.store.lock import Holder, holder_of, lock_path
from bridge.store.place import Place, Server
from bridge.store.schema import REVISION
from bridge.store.server_lock import ServerLock

MUCH: Final = 1_000_000_000
"""Bytes free on a disk below which somebody should look after it."""

LITTLE: Final = 100_000_000
"""Bytes below which a run could end for want of room."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing about the store: as it should be, to be seen to, or in the way of a run."""

    text: str
    doubtful: bool = False
    wrong: bool = False


def probe(place: Place, organization: str, ledger: Ledger, audit_file: Path | None) -> Iterator[Seen]:
    """Look at the database, the end of its chain, the lock, and the folders. Raises StoreError.

    `ledger` is of the database at this place if there is one.
    """
    if has_database(place):
        yield Seen(f"{place}, revision {REVISION}")
        yield _end(ledger)
        yield _lock(_holder(place, organization))
    else:
        yield Seen(f"{place} is not there yet; the first run makes it")
    files = [path for path in (place, audit_file) if isinstance(path, Path)]
    for path in files:
        yield from _unwritable(path)
    for folder in dict.fromkeys(path.resolve().parent for path in files):
        yield from _room(folder)


def _end(ledger: Ledger) -> Seen:
    """The record noted as the last has to be there, and to be what it was. `audit verify` proves the rest."""
    tip = ledger.tip()
    if tip.seq == 0:
        return Seen("no audit record yet")
    last = next(iter(ledger.entries(tip.seq - 1)), None)
    if last and last.seq == tip.seq and unseal(last.line.encode("utf-8", "surrogatepass")) == tip.hash:
        return Seen(f"the audit chain ends where it should, with record {tip.seq}")
    remedy = "treat it as an incident: `audit verify` tells what is wrong"
    return Seen(f"the audit chain does not end with the record noted as its last, {tip.seq}; {remedy}", wrong=True)


def _holder(place: Place, organization: str) -> Holder | None:
    if not isinstance(place, Server):
        return holder_of(lock_path(place, organization))
    lock = ServerLock(place, organization)
    try:
        return lock.holder()
    finally:
        lock.close()


def _lock(holder: Holder | None) -> Seen:
    return Seen(f"a run is under way: {holder}" if holder else "no run is under way")


def _unwritable(path: Path) -> Iterator[Seen]:
    """The bridge writes the file, and beside it: the lock, the log of the database, a line set aside."""
    path = path.resolve()
    for needed in (path, path.parent) if path.exists() else (path.parent,):
        if not os.access(needed, os.W_OK):
            what = "cannot be written" if needed.exists() else "is not there"
            yield Seen(f"{needed} {what}; let the bridge's user write there", wrong=True)


def _room(folder: Path) -> Iterator[Seen]:
    if not folder.exists():
        return  # told already
    with system_errors(folder):
        free = shutil.disk_usage(folder).free
    room = f"{free // 1_000_000} MB free in {folder}"
    if free < MUCH:
        yield Seen(
            f"{room}; make room before evidence cannot be kept", doubtful=free >= LITTLE, wrong=free < LITTLE
        )
    else:
        yield Seen(room)
