"""Fencing numbers: each holder of an organization's lock takes a higher one, and only the highest may write.

A lock on a server can be lost without its holder's knowledge: the server restarts, the network is cut. Whoever
takes it next takes a number as well, and from then on the database refuses what the holder before has to record.
"""

from sqlalchemy import Connection, text

from bridge.errors import Busy
from bridge.store.schema import fences
from bridge.store.scope import Scope

_NEXT = text(
    "INSERT INTO fences (organization, number, taken) VALUES (:organization, 1, :taken) "
    "ON CONFLICT (organization) DO UPDATE SET number = fences.number + 1, taken = excluded.taken"
)


def take(connection: Connection, organization: str, time: str) -> int:
    """Take the next number, within a transaction of a session that holds the lock."""
    connection.execute(_NEXT, {"organization": organization, "taken": time})
    query = fences.select().where(fences.c.organization == organization)
    return int(connection.execute(query).one().number)


def check(scope: Scope, number: int) -> None:
    """See that nobody took a higher number, nor will before this transaction ends. Raises Busy."""
    query = scope.of(fences, fences.c.number).with_for_update()
    if scope.connection.execute(query).scalar_one_or_none() != number:
        raise Busy(
            "Another run has taken this organization over, and settles what was under way by reading; "
            "nothing more is written or recorded by this one."
        )
