"""What is known of one person is found without going through what is known of all: pictures, and records."""

import json
from collections.abc import Iterator
from typing import Any

from alembic import op
from sqlalchemy import Column, Connection, Integer, Text, bindparam, column, select, table, update

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_AUDIT = table(
    "audit", column("organization", Text), column("seq", Integer), column("line", Text), column("account", Text)
)


def upgrade() -> None:
    """Say which account each record is about. The next run keeps pictures anew, in their new form."""
    op.execute("DELETE FROM pictures")
    comment = "The account that the record is about by itself; null: none"
    op.add_column("audit", Column("account", Text, comment=comment))
    _tell_accounts(op.get_bind())
    op.create_index("audit_of_account", "audit", ["organization", "account", "seq"])


def _tell_accounts(connection: Connection) -> None:
    place = (_AUDIT.c.organization == bindparam("of"), _AUDIT.c.seq == bindparam("number"))
    told = update(_AUDIT).where(*place).values(account=bindparam("told"))
    for rows in _portions(connection):
        accounts = [{"of": row.organization, "number": row.seq, "told": _account(row.line)} for row in rows]
        if some := [one for one in accounts if one["told"] is not None]:
            connection.execute(told, some)


def _portions(connection: Connection) -> Iterator[list[Any]]:
    key = (_AUDIT.c.organization, _AUDIT.c.seq)
    query = select(*key, _AUDIT.c.line).order_by(*key).limit(_AT_ONCE)
    for organization in connection.execute(select(_AUDIT.c.organization).distinct()).scalars().all():
        after = 0
        while rows := connection.execute(
            query.where(_AUDIT.c.organization == organization, _AUDIT.c.seq > after)
        ).all():
            yield list(rows)
            after = rows[-1].seq


def _account(line: str) -> str | None:
    """Nothing of a damaged record: verification tells of those."""
    try:
        told = json.loads(line)["account"]
    except (ValueError, TypeError, KeyError):
        return None
    return told if isinstance(told, str) else None
