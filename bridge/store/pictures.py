"""What the last run read of each side: written where it is new, looked at by whoever asks why."""

from collections.abc import Collection
from typing import cast

from sqlalchemy import or_, update

from bridge.audit.timestamp import moment, stamp
from bridge.core.change import Held
from bridge.core.journal import Recollection, Run, RunKind
from bridge.core.model import AccountId, DirectoryName, PersonId
from bridge.core.picture import HYPERPROOF, Album, Kept, Picture, TargetPicture
from bridge.store.held import OPEN, HeldStatus, list_cases, load_current
from bridge.store.packing import damage_found
from bridge.store.pictured_directory import PicturedDirectory, pack_directory
from bridge.store.pictured_target import PicturedTarget, pack_target
from bridge.store.rows import portions, replace
from bridge.store.runs import load_latest_of
from bridge.store.schema import links, pictures
from bridge.store.scope import Scope


def load_kept(scope: Scope) -> dict[str, Kept]:
    """Load what pictures there are, without looking at them."""
    query = scope.of(pictures, pictures.c.side, pictures.c.digest, pictures.c.kept)
    with damage_found("picture of the last run"):
        return {row.side: Kept(row.digest, moment(row.kept)) for row in scope.connection.execute(query)}


def keep_pictures(scope: Scope, left: Recollection) -> None:
    """Keep what is new, note what could not be read, and forget all sides that are no more."""
    table = pictures.c
    if not left.pictured:
        return
    gone = pictures.delete().where(scope.mine(pictures), table.side.not_in(sorted(left.pictured)))
    scope.connection.execute(gone)
    rows = [
        scope.row(side=one.side, digest=one.digest, kept=stamp(scope.now), unread="", picture=_pack(one))
        for one in left.pictures
    ]
    replace(scope.connection, pictures, rows)
    query = scope.of(pictures, table.side, table.unread)
    for side, known in scope.connection.execute(query).all():
        told = left.unread.get(DirectoryName(side), "")
        if told != known:
            same = update(pictures).where(scope.mine(pictures), table.side == side)
            scope.connection.execute(same.values(unread=told))


def _pack(picture: Picture) -> bytes:
    content = picture.content
    return pack_target(content) if isinstance(content, TargetPicture) else pack_directory(content)


def load_album(scope: Scope) -> Album | None:
    """Load all that the last run read, with that run; None if none has kept it yet."""
    rows = {row.side: row for row in scope.connection.execute(scope.of(pictures))}
    run: Run | None = load_latest_of(scope, (RunKind.SYNC, RunKind.BACKFILL))
    if run is None or HYPERPROOF not in rows:
        return None
    target = rows.pop(HYPERPROOF)
    return Album(
        run=run.id,
        at=run.started,
        config_hash=run.config_hash,
        target=PicturedTarget(target.picture),
        directories={DirectoryName(side): PicturedDirectory(row.picture) for side, row in sorted(rows.items())},
        unread={DirectoryName(side): row.unread for side, row in sorted(rows.items()) if row.unread},
    )


def load_links(
    scope: Scope, people: Collection[PersonId], accounts: Collection[AccountId]
) -> dict[PersonId, AccountId]:
    """Load the links of these people, and those to these accounts."""
    found: dict[PersonId, AccountId] = {}
    for some in portions([*people, *accounts]):
        asked = or_(links.c.person.in_(some), links.c.account.in_(some))
        rows = scope.connection.execute(scope.of(links, links.c.person, links.c.account).where(asked)).all()
        found |= {cast("PersonId", row.person): cast("AccountId", row.account) for row in rows}
    return found


def load_held(scope: Scope) -> tuple[Held, ...]:
    """Load what the last run held and nobody has approved since."""
    current = load_current(scope)
    return tuple(
        case.held
        for case in list_cases(scope, OPEN)
        if case.digest in current and not (case.status is HeldStatus.APPROVED and not case.expired(scope.now))
    )
