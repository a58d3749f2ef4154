"""Fencing numbers: each holder of an organization's lock takes a higher one, and only the highest may write.

A lock on a server can be lost without its holder's knowledge: the server restarts, the network is cut. Whoever
takes it next takes a number as well, and from then on the database refuses what the holder before has to record.

A failover to a standby that lags may lose the last number, which is then taken once more. So each holder has a
random word beside it, and both have to be its own.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, text

from bridge.errors import Busy
from bridge.store.schema import fences
from bridge.store.scope import Scope

_NEXT = text(
    "INSERT INTO fences (organization, number, taken, word) VALUES (:organization, 1, :taken, :word) "
    "ON CONFLICT (organization) DO UPDATE "
    "SET number = fences.number + 1, taken = excluded.taken, word = excluded.word"
)


@dataclass(frozen=True, slots=True)
class Fence:
    """What one holder of a lock took."""

    number: int
    word: str


def take(connection: Connection, organization: str, time: str) -> Fence:
    """Take the next number, within a transaction of a session that holds the lock."""
    word = secrets.token_hex(8)
    connection.execute(_NEXT, {"organization": organization, "taken": time, "word": word})
    query = fences.select().where(fences.c.organization == organization)
    return Fence(connection.execute(query).one().number, word)


def check(scope: Scope, fence: Fence) -> None:
    """See that nobody took the lock after us, nor will before this transaction ends. Raises Busy."""
    query = scope.of(fences, fences.c.number, fences.c.word).with_for_update()
    row = scope.connection.execute(query).one_or_none()
    if row is None or Fence(row.number, row.word) != fence:
        raise Busy(
            "Another run has taken this organization over, and settles what was under way by reading; "
            "nothing more is written or recorded by this one."
        )
