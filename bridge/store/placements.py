"""Whom the bridge itself put where: what the mode `owned` may take out again."""

from collections.abc import Iterable

from bridge.core.journal import Effects, Intent
from bridge.core.model import AccountId, GroupId
from bridge.store.rows import delete, portions, replace
from bridge.store.schema import placements
from bridge.store.scope import Scope


def load_placements(scope: Scope, groups: Iterable[GroupId]) -> dict[GroupId, frozenset[AccountId]]:
    """Load the placements in these groups, with an entry for each of them."""
    found: dict[GroupId, set[AccountId]] = {}
    table = placements.c
    for some in portions(groups):
        found.update((group, set()) for group in some)
        query = scope.of(placements, table.group_id, table.account).where(table.group_id.in_(some))
        for group, account in scope.connection.execute(query):
            found[group].add(account)
    return {group: frozenset(accounts) for group, accounts in found.items()}


def any_placed(scope: Scope) -> bool:
    """Whether anybody whom the bridge put in was seen there, and is still there for all it knows."""
    return scope.connection.execute(scope.of(placements, placements.c.run).limit(1)).first() is not None


def keep(scope: Scope, intent: Intent, effects: Effects) -> None:
    """Note whom a settled write put into its group, if that was surely its own deed; forget whom it took out."""
    group, run, since = effects.bound or intent.group_id, intent.run, scope.time
    ours = effects.added if effects.ours else ()
    added = [scope.row(group_id=group, account=account, run=run, since=since) for account in ours]
    removed = [scope.row(group_id=group, account=account) for account in effects.removed]
    replace(scope.connection, placements, added)
    delete(scope.connection, placements, removed)
