"""Writes that are about to happen: on disk before the call, gone when their outcome is."""

from typing import Any

from sqlalchemy import Row

from bridge.audit.timestamp import moment, stamp
from bridge.core.change import Action
from bridge.core.journal import Intent
from bridge.core.model import AccountId, GroupId
from bridge.errors import StoreError
from bridge.store.changes import members_from_json, members_to_json
from bridge.store.packing import damage_found
from bridge.store.schema import intents
from bridge.store.scope import Scope


def load_intents(scope: Scope) -> tuple[Intent, ...]:
    """Load the writes whose outcome is not recorded, oldest first."""
    table = intents.c
    query = scope.of(intents).order_by(table.at, table.id)
    return tuple(_intent(row) for row in scope.connection.execute(query))


def keep(scope: Scope, intent: Intent) -> None:
    """Note a write that is about to happen."""
    scope.connection.execute(
        intents.insert().values(
            organization=scope.organization,
            id=intent.id,
            run=intent.run,
            at=stamp(intent.at),
            key=intent.key,
            group_id=intent.group_id,
            group_name=intent.group_name,
            action=intent.action.value,
            members=members_to_json(intent.members),
            name=intent.name,
            lead=intent.lead,
            cause=str(intent.cause),
        )
    )


def keep_group(scope: Scope, intent: Intent, group: GroupId) -> None:
    """Note which group a creation made."""
    mine = scope.mine(intents), intents.c.id == intent.id
    scope.connection.execute(intents.update().where(*mine).values(group_id=group))


def settle(scope: Scope, intent: Intent) -> None:
    """Forget a write whose outcome is recorded in this transaction. Raises StoreError if that was done before."""
    table = intents.c
    done = scope.connection.execute(intents.delete().where(scope.mine(intents), table.id == intent.id))
    if done.rowcount != 1:
        raise StoreError(
            f"The intent {intent.id} is not open, so its outcome was recorded before or by another process; "
            "see that no two bridges serve this organization, and run again"
        )


def _intent(row: Row[Any]) -> Intent:
    with damage_found("intent"):
        return Intent(
            id=row.id,
            run=row.run,
            at=moment(row.at),
            key=row.key,
            group_id=None if row.group_id is None else GroupId(row.group_id),
            group_name=row.group_name,
            action=Action(row.action),
            members=members_from_json(row.members),
            name=row.name,
            lead=None if row.lead is None else AccountId(row.lead),
            cause=row.cause,
        )
