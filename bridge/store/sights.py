"""How managed groups looked at the end of the last run: written where it is new, read by the status page."""

from typing import Any

from sqlalchemy import Row

from bridge.core.change import Action, Skip, SkipKind
from bridge.core.journal import Recollection
from bridge.core.pending import Pending
from bridge.core.sight import Feed, Sight
from bridge.store.packing import damage_found, from_json, pack_json, to_json, unpack_json
from bridge.store.rows import delete, replace
from bridge.store.schema import sights
from bridge.store.scope import Scope


def keep_sights(scope: Scope, left: Recollection) -> None:
    """Keep what looks otherwise than before, and forget what is no more."""
    delete(scope.connection, sights, [scope.row(key=key) for key in sorted(left.gone)])
    replace(scope.connection, sights, [_row(scope, sight) for sight in left.sights])


def list_sights(scope: Scope, *, members: bool = False) -> tuple[Sight, ...]:
    """Load all of them by name, with their members or without."""
    columns = [column for column in sights.columns if members or column.name != "members"]
    query = scope.of(sights, *columns).order_by(sights.c.name, sights.c.key)
    rows = scope.connection.execute(query)
    return tuple(_sight(row, tuple(unpack_json(row.members)) if members else ()) for row in rows)


def find_sight(scope: Scope, key: str) -> Sight | None:
    """Load one with its members."""
    row = scope.connection.execute(scope.of(sights).where(sights.c.key == key)).one_or_none()
    return _sight(row, tuple(unpack_json(row.members))) if row else None


def _row(scope: Scope, sight: Sight) -> dict[str, object]:
    return scope.row(
        key=sight.key,
        digest=sight.digest,
        name=sight.name,
        group_id=sight.group_id,
        size=sight.size,
        feeds=to_json([[f.id, f.label, f.people, f.excluding, f.doubts] for f in sight.feeds]),
        doubts=to_json(sight.doubts),
        skips=to_json([[skip.kind, skip.subject, skip.reason] for skip in sight.skips]),
        members=pack_json(sight.members),
        pending=to_json([[one.action, one.number, one.members] for one in sight.pending]),
    )


def _sight(row: Row[Any], members: tuple[str, ...] = ()) -> Sight:
    with damage_found("sight of a group"):
        return Sight(
            key=row.key,
            name=row.name,
            group_id=row.group_id,
            size=row.size,
            digest=row.digest,
            feeds=tuple(_feed(*told) for told in from_json(row.feeds)),
            doubts=tuple(from_json(row.doubts)),
            skips=tuple(Skip(SkipKind(kind), subject, reason) for kind, subject, reason in from_json(row.skips)),
            pending=tuple(_pending(*told) for told in from_json(row.pending)),
            members=members,
        )


def _feed(group: str, label: str, people: int, excluding: object, doubts: list[str]) -> Feed:
    return Feed(group, label, people, bool(excluding), tuple(doubts))


def _pending(action: str, number: int, members: list[str]) -> Pending:
    return Pending(Action(action), number, tuple(members))
