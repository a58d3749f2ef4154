"""Managed groups before the guards, and what comes of them."""

from collections.abc import Iterable

from bridge.core.cause import Past
from bridge.core.change import (
    Action,
    Approval,
    Cause,
    Change,
    GroupPlan,
    GuardKind,
    Held,
    MemberChange,
    Plan,
    Verdict,
    changes_digest,
)
from bridge.core.desired import Desired
from bridge.core.difference import Accounts, Difference
from bridge.core.guards import Case, judge
from bridge.core.mapping import Limit, Limits
from bridge.core.memory import Memory, TargetSizes
from bridge.core.model import Account, AccountId, Email, GroupId, IdSpace, IdSpaceProof
from tests.core.world import ids, mapping

PROVED = IdSpaceProof(IdSpace.USER_ID, proved=True, evidence="stated")
NEVER = Limit(count=1000, percent=100, floor=1000)
LAX = Limits(NEVER, unresolved_percent=100, shrink_percent=100)


class Scene:
    """Managed groups with their removals, and what the guards know beside them."""

    def __init__(self, limits: Limits = LAX, accounts: Iterable[Account] = ()) -> None:
        self.plans: list[GroupPlan] = []
        self.differences: dict[str, Difference] = {}
        self.limits = limits
        self.accounts = Accounts(tuple(accounts))
        self.sizes = TargetSizes(100, 100)
        self.past = Past()

    def managed(
        self,
        key: str,
        removals: Iterable[str],
        size: int = 100,
        *,
        adds: Iterable[str] = (),
        limit: Limit = NEVER,
        desired: Desired | None = None,
    ) -> "Scene":
        """Put a managed group in."""
        both = ((Action.ADD, tuple(map(change_of, adds))), (Action.REMOVE, tuple(map(change_of, removals))))
        changes = tuple(Change(action, members) for action, members in both if members)
        self.plans.append(GroupPlan(key, key, GroupId(f"id-{key}"), size, changes))
        wanted = desired or Desired(ids(), ids())
        self.differences[key] = Difference(mapping(key, limit=limit), None, wanted, ids())
        return self

    def verdict(self, memory: Memory | None = None, id_space: IdSpaceProof = PROVED) -> Verdict:
        """What the guards say."""
        case = Case(
            self.differences, self.accounts, self.sizes, id_space, memory or Memory(), self.limits, self.past
        )
        return judge(Plan(tuple(self.plans)), case)


def change_of(name: str) -> MemberChange:
    """One account's change."""
    return MemberChange(AccountId(name), Email(f"{name}@x"), Cause.SOURCE)


def names(count: int) -> list[str]:
    """So many accounts."""
    return [f"m{number:03}" for number in range(count)]


def held_of(verdict: Verdict) -> dict[str, set[str]]:
    """Whom a verdict holds, by managed group."""
    return {one.key: {m.account for change in one.changes for m in change.members} for one in verdict.held}


def removed_of(verdict: Verdict) -> dict[str, set[str]]:
    """Whom a verdict lets go, by managed group."""
    of_groups: dict[str, set[str]] = {
        plan.key: {m.account for m in plan.members(Action.REMOVE)} for plan in verdict.allowed.groups
    }
    return {key: accounts for key, accounts in of_groups.items() if accounts}


def guards_of(held: Held) -> set[GuardKind]:
    """The guards that object."""
    return {finding.guard for finding in held.findings}


def approving(*digests: str, guards: Iterable[GuardKind] = ()) -> Memory:
    """A memory of a person's approvals, given when these guards objected."""
    until, told = "2030-01-01T00:00:00Z", frozenset(guards)
    return Memory(approvals={digest: Approval(digest, "Ada", "seen", until, told) for digest in digests})


def digest(key: str, *removals: str) -> str:
    """What names these removals."""
    return changes_digest(key, GroupId(f"id-{key}"), (Change(Action.REMOVE, tuple(map(change_of, removals))),))
