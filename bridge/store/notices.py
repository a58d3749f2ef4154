"""Which channel was told of what: over restarts, so that nothing is told twice."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from bridge.audit.timestamp import moment, stamp
from bridge.core.notice import Notice, Subject
from bridge.store.packing import damage_found
from bridge.store.rows import insert
from bridge.store.schema import notices
from bridge.store.scope import Scope


def load_notices(scope: Scope, channel: str) -> dict[Subject, Notice]:
    """Load what a channel was told, or is to be."""
    query = scope.of(notices).where(notices.c.channel == channel)
    return {notice.subject: notice for notice in map(_notice, scope.connection.execute(query))}


def keep_notices(scope: Scope, channel: str, known: Iterable[Notice]) -> None:
    """Keep exactly these of a channel."""
    scope.connection.execute(notices.delete().where(scope.mine(notices), notices.c.channel == channel))
    insert(scope.connection, notices, [_row(scope, channel, notice) for notice in known])


def _row(scope: Scope, channel: str, notice: Notice) -> Mapping[str, object]:
    kind, subject = notice.subject
    return scope.row(
        channel=channel,
        kind=kind,
        subject=subject,
        essence=notice.essence,
        since=stamp(notice.since),
        due=stamp(notice.due) if notice.due else None,
        tries=notice.tries,
    )


def _notice(row: Row[Any]) -> Notice:
    with damage_found("notice"):
        due = moment(row.due) if row.due else None
        return Notice((row.kind, row.subject), row.essence, moment(row.since), due, row.tries)
