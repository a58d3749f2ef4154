"""What a run planned for a managed group and left undone, because it was not to write or could not. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Final

from bridge.core.change import Action, Change, GroupPlan
from bridge.core.model import AccountId

NAMED: Final = 100
"""Of those whom one kind of change is about. A first run may put in half a million; `plan` has them all."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One kind of change to one managed group that is still to be done."""

    action: Action
    number: int
    """Of members, or 1 where it is the group itself that is changed."""
    members: tuple[str, ...] = ()
    """Addresses of some of them, or ids of accounts without one; sorted."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What tells which changes of a plan are still to be done."""

    held: Mapping[str, Sequence[Change]]
    """Of members, by the key of the mapping: told as held, and not as pending."""
    tried: Collection[str]
    """Keys of mappings whose groups were written to: what was refused there is told as failed."""
    names: Mapping[AccountId, str]
    """Accounts' addresses."""

    def of(self, plan: GroupPlan, here: frozenset[AccountId]) -> tuple[Pending, ...]:
        """What is still to be done to a managed group with these members."""
        return tuple(self._of(plan, here)) if plan.changes else ()

    def _of(self, plan: GroupPlan, here: frozenset[AccountId]) -> Iterator[Pending]:
        held = self.held.get(plan.key, ())
        for change in plan.changes:
            if change.action in {Action.ADD, Action.REMOVE}:
                yield from self._members(change, here, held)
            elif plan.key not in self.tried:
                yield Pending(change.action, 1)

    def _members(self, change: Change, here: frozenset[AccountId], held: Sequence[Change]) -> Iterator[Pending]:
        waiting = {member.account for other in held if other.action is change.action for member in other.members}
        goes = change.action is Action.REMOVE
        left = {one.account for one in change.members if (one.account in here) is goes} - waiting
        if left:
            named = nsmallest(NAMED, (self.names.get(account, account) for account in left))
            yield Pending(change.action, len(left), tuple(named))
