"""Writing many rows at once, in statements that SQLite and PostgreSQL share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Delete, Table, bindparam

T = TypeVar("T")

IN_ONE_QUERY: Final = 500
"""Keys asked for at once; well below any database's limit."""

Row = Mapping[str, Any]


def replace(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Put rows in, in place of those with the same keys."""
    delete(connection, table, rows)
    insert(connection, table, rows)


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Put rows in whose keys are new."""
    if rows:
        connection.execute(table.insert(), rows)


def delete(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Take out the rows with the same keys as these."""
    keys = [column.name for column in table.primary_key]
    if rows:
        connection.execute(_deletion(table), [{f"key_{key}": row[key] for key in keys} for row in rows])


@cache
def _deletion(table: Table) -> Delete:
    """Made once, because making a statement takes longer than running it."""
    return table.delete().where(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))


def portions(items: Iterable[T], size: int = IN_ONE_QUERY) -> Iterator[list[T]]:
    """Cut into lists of at most so many, without ever making the whole."""
    rest = iter(items)
    return iter(lambda: list(islice(rest, size)), [])
