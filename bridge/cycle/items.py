"""The single things that a plan wants done to a group, and that a write carries. Pure."""

from collections.abc import Iterator, Sequence

from bridge.core.change import Action, GroupPlan, MemberChange
from bridge.core.journal import Effects, Intent
from bridge.core.model import AccountId, GroupId

MEMBER_ACTIONS = frozenset({Action.ADD, Action.REMOVE})

Item = tuple[Action, MemberChange | None]
"""A member in or out, or the group itself changed."""


def effects(intent: Intent, done: Sequence[MemberChange], group_id: GroupId) -> Effects:
    """What a write that was seen leaves in memory.

    Whom an operator puts in is not the bridge's own, so that the mode `owned` does not take them out again.
    """
    ids = accounts(done)
    if not intent.key:
        return Effects(removed=ids if intent.action is Action.REMOVE else ())
    return Effects(
        added=ids if intent.action is not Action.REMOVE else (),
        removed=ids if intent.action is Action.REMOVE else (),
        bound=group_id if intent.action is Action.CREATE else None,
    )


def items_of_plan(plan: GroupPlan) -> Iterator[Item]:
    """Everything that a plan wants done to its group."""
    for change in plan.changes:
        if change.action in MEMBER_ACTIONS:
            yield from ((change.action, member) for member in change.members)
        else:
            yield change.action, None


def items_of_write(intent: Intent) -> Iterator[Item]:
    """Everything that a write carries."""
    if intent.action not in MEMBER_ACTIONS:
        yield intent.action, None
    yield from ((member_action(intent), member) for member in intent.members)


def member_action(intent: Intent) -> Action:
    """What a write does to its members: creating a group puts them in."""
    return Action.REMOVE if intent.action is Action.REMOVE else Action.ADD


def is_ours(intent: Intent, members: frozenset[AccountId], *, made_then: bool = False) -> bool:
    """Whether a group of a creation's name came of it, by who is in it: some of its members alone, or all of them.

    A group that was to have nobody may have anybody by now: what tells it is that it was made at that time.
    """
    meant = set(accounts(intent.members))
    if not meant:
        return made_then or not members
    return members >= meant or (bool(members) and members <= meant)


def accounts(members: Sequence[MemberChange]) -> tuple[AccountId, ...]:
    """The ids to send."""
    return tuple(member.account for member in members)


def parts(members: Sequence[MemberChange], size: int) -> Iterator[Sequence[MemberChange]]:
    """The members in parts of at most so many."""
    return (members[start : start + size] for start in range(0, len(members), size))
