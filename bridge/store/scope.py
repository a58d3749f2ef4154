"""One organization's part of the database: within one transaction, at one moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from bridge.audit.timestamp import stamp
from bridge.store.database import Database


@dataclass(frozen=True, slots=True)
class Scope:
    """What every statement of the store needs to know."""

    connection: Connection
    organization: str
    now: datetime

    @property
    def time(self) -> str:
        """This moment as it is stored."""
        return stamp(self.now)

    def of(self, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
        """A query for this organization's rows of a table: some columns, or all."""
        return select(*columns or (table,)).where(self.mine(table))

    def mine(self, table: Table) -> ColumnElement[bool]:
        """The condition that a row of a table is this organization's."""
        return table.c.organization == self.organization

    def row(self, **values: object) -> dict[str, object]:
        """A row of this organization's."""
        return {"organization": self.organization, **values}


class Scopes:
    """Opens transactions for one organization. Both methods raise StoreError."""

    def __init__(self, database: Database, organization: str, now: Callable[[], datetime]) -> None:
        self.database = database
        self.organization = organization
        self._now = now

    @contextmanager
    def reading(self) -> Iterator[Scope]:
        """A transaction that sees the database as of one moment."""
        with self.database.reading() as connection:
            yield Scope(connection, self.organization, self._now())

    @contextmanager
    def writing(self) -> Iterator[Scope]:
        """A transaction that nobody else writes beside; it is on disk when the block is left."""
        with self.database.writing() as connection:
            yield Scope(connection, self.organization, self._now())
