"""Taking a store over into another database: everything or nothing, with every chain proved before and after."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, select

from bridge.audit.verify import Verification, verify_database
from bridge.errors import StoreError
from bridge.store.database import Database, give_up
from bridge.store.ledger import DatabaseLedger
from bridge.store.lock import OrganizationLock, lock_path, service_path
from bridge.store.place import Place
from bridge.store.schema import metadata
from bridge.store.scope import Scope

_AT_ONCE: Final = 1000
"""Rows copied in one statement."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One organization's chain, as it was found in the old database."""

    organization: str
    verification: Verification


def transfer(old: Path, new: Place) -> tuple[Chain, ...]:
    """Copy all organizations of a SQLite store into an empty database, and tell of their chains.

    If one of them is not sound nothing is copied; otherwise the old one is refused from then on, so that there are
    no two chains. Raises Busy while a run or a service uses it, and StoreError when the new one is not empty, or
    does not hold afterwards what the old one holds.
    """
    if not old.is_file():
        raise StoreError(f"There is no database {old}; name the one that the runs are recorded in")
    with closing(Database.open(old)) as source, closing(Database.open(new)) as target, ExitStack() as stack:
        from_ = stack.enter_context(source.writing())  # a person may decide beside a run, and has to wait as well
        organizations = _organizations(from_)
        for organization in organizations:
            for path in (service_path(old, organization), lock_path(old, organization)):
                stack.enter_context(OrganizationLock(path, what="The old database is in use"))
        chains = tuple(_chain(from_, organization) for organization in organizations)
        if all(chain.verification.sound for chain in chains):
            with target.writing() as to:
                _copy_all(from_, to)
                _compare(chains, to, new)
            give_up(from_, new)
    return chains


def _organizations(connection: Connection) -> tuple[str, ...]:
    found = (connection.execute(select(table.c.organization).distinct()).scalars() for table in _tables())
    return tuple(sorted(set().union(*found)))


def _tables() -> list[Table]:
    return metadata.sorted_tables


def _chain(connection: Connection, organization: str) -> Chain:
    return Chain(organization, verify_database(DatabaseLedger(_Within(connection, organization))))


def _copy_all(from_: Connection, to: Connection) -> None:
    for table in _tables():
        if to.execute(select(table.c.organization).limit(1)).first():
            raise StoreError(
                f"The new database is not empty (there is something in {table.name}); name another, or "
                "delete what is in it if it is not needed"
            )
    for table in _tables():
        rows = from_.execution_options(yield_per=_AT_ONCE).execute(select(table))
        for portion in rows.mappings().partitions():
            to.execute(table.insert(), [dict(row) for row in portion])


def _compare(chains: tuple[Chain, ...], to: Connection, new: Place) -> None:
    """See, before it is for good, that every chain is as sound there and ends with the same hash."""
    for chain in chains:
        if _chain(to, chain.organization) != chain:
            raise StoreError(f"The records of {chain.organization} did not arrive whole in {new}; nothing is kept")


@dataclass(frozen=True, slots=True)
class _Within:
    """One organization's part of a transaction that is under way."""

    connection: Connection
    organization: str

    @contextmanager
    def reading(self) -> Iterator[Scope]:
        """What the transaction sees."""
        yield Scope(self.connection, self.organization, datetime.now(UTC))
