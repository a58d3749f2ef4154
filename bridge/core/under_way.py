"""What a plan leaves alone, because a write that an earlier run began may still do something to it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.core.change import Action, Change, GroupPlan, Plan, Skip, SkipKind
from bridge.core.expand import folded
from bridge.core.journal import Intent

_LEAD = frozenset({Action.SET_LEAD, Action.CLEAR_LEAD})


@dataclass(frozen=True, slots=True)
class Open:
    """A write that an earlier run began, and of which nobody knows yet what came of it."""

    intent: Intent
    may_land: bool
    """Whether it may still be on its way. If not, what it left in Hyperproof could not be looked into."""


def may_land(intent: Intent, now: datetime, call_time: timedelta) -> bool:
    """Whether a write may still be on its way. A time far in the future is wrong."""
    return abs(now - intent.at) < call_time


def touched(plan: Plan, writes: Sequence[Open]) -> frozenset[str]:
    """Keys of the mappings that one of these open writes is about."""
    return frozenset(group.key for group in plan.groups if any(_is_about(one, group) for one in writes))


def left_to_land(plan: Plan, writes: Sequence[Open]) -> Plan:
    """The plan without whatever one of these open writes is about, and with a skip that says so.

    Nobody is put in or taken out while an earlier write of either kind may still reach them, so that nothing is
    sent twice and nothing undoes what arrives late; and no group is touched that may be made a second time.
    """
    if not writes:
        return plan
    return Plan(
        tuple(_left(group, [one.intent for one in writes if _is_about(one, group)]) for group in plan.groups)
    )


def _is_about(write: Open, group: GroupPlan) -> bool:
    """A creation that cannot arrive any more hinders no group that is there: it made that one, or another."""
    intent = write.intent
    if intent.action is Action.CREATE and group.group_id and not write.may_land:
        return False
    if intent.group_id and intent.group_id == group.group_id:
        return True
    return intent.action is Action.CREATE and (
        (bool(intent.key) and intent.key == group.key) or folded(intent.name) == folded(group.name)
    )


def _left(group: GroupPlan, intents: Sequence[Intent]) -> GroupPlan:
    if not intents:
        return group
    waiting = {
        member.account: Skip(SkipKind.UNDER_WAY, member.email or member.account, _reason(intent))
        for intent in intents
        for member in intent.members
    }
    of_group = [i for i in intents if i.action not in {Action.ADD, Action.REMOVE}]
    whole = any(i.action is Action.CREATE for i in of_group)
    actions = {i.action for i in of_group}
    blocked = actions | (_LEAD if actions & _LEAD else frozenset())
    changes = [] if whole else [_rest(change, frozenset(waiting)) for change in group.changes]
    return replace(
        group,
        changes=tuple(c for c in changes if c and c.action not in blocked),
        skips=tuple(
            sorted(
                {
                    *group.skips,
                    *waiting.values(),
                    *(Skip(SkipKind.GROUP, group.name, _reason(intent)) for intent in of_group),
                }
            )
        ),
    )


def _rest(change: Change, waiting: frozenset[str]) -> Change | None:
    """A change without those who wait; None if it was about nobody else."""
    if not change.members:
        return change
    members = tuple(member for member in change.members if member.account not in waiting)
    return replace(change, members=members) if members else None


def _reason(intent: Intent) -> str:
    """Stays the same from run to run."""
    what = f"{intent.action.value}, {intent.at:%Y-%m-%d %H:%M}Z"
    return f"what came of a write ({what}) is not known yet: left until it is"
