"""What a person said no to. Each whom a no is about is held, in whatever company they are due.

It ends for those who are not due any more, as when they come back, and once somebody approves it. Pure.
"""

from collections.abc import Iterator, Sequence

from bridge.core.change import Action, Finding, GroupPlan, GuardKind, Held, MemberChange
from bridge.core.model import AccountId

_WORDS = {
    Action.ADD: "a person has refused to let them in",
    Action.REMOVE: "a person has refused to take them out",
}


def refusal(action: Action) -> Finding:
    """The objection to those whom a person refused. Stays the same from run to run."""
    return Finding(GuardKind.REJECTED, _WORDS[action])


def refused(group: GroupPlan, action: Action, rejections: Sequence[Held]) -> Iterator[tuple[MemberChange, ...]]:
    """Those of whom a person refused this, by what was refused together: the greatest first, to be found whole."""
    due = {member.account: member for member in group.members(action)}
    for accounts in sorted(_about(group, action, rejections), key=_by_size):
        if some := tuple(due.pop(account) for account in accounts if account in due):
            yield some


def _about(group: GroupPlan, action: Action, rejections: Sequence[Held]) -> Iterator[tuple[AccountId, ...]]:
    """The accounts of each no to this that was said about the managed group, or before it was created."""
    for held in rejections:
        if held.key == group.key and held.group_id in {None, group.group_id}:
            yield tuple(m.account for change in held.changes if change.action is action for m in change.members)


def _by_size(accounts: tuple[AccountId, ...]) -> tuple[int, tuple[AccountId, ...]]:
    return -len(accounts), accounts
