"""Quarantine: a mapping whose writes fail in run after run is left alone, and tried again at growing intervals.

Its group stays as it is meanwhile, and the others go on; where no removal failed, whoever left goes all the same.
Reads do not count: one that fails is a doubt, costs no more than the run itself, and is tried again in each. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bridge.core.change import Action, Change, GroupPlan, Plan, Skip, SkipKind, Verdict

AFTER: Final = 3
"""Runs in a row in which a mapping's writes failed."""

FIRST: Final = timedelta(hours=1)
"""The first interval without a try; each further one is twice as long."""

LONGEST: Final = timedelta(hours=23)
"""No interval is longer: a day is the longest that somebody who left may stay unnoticed, also by a schedule of one
run a day, which begins sooner than the last one had failed. Where nothing was refused none is longer than the
first, so that after an outage all are tried again soon."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of a mapping's writes in one run."""

    key: str
    name: str
    """Of the managed group."""
    cause: str
    refused: bool = True
    """Whether Hyperproof refused something. If not, it may have been out of order as a whole."""
    removals: bool = True
    """Whether a removal was among what failed. If not, removals go on."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A mapping whose writes failed in the last run that tried them."""

    failure: Failure
    """The last one."""
    runs: int
    """How many in a row."""
    since: datetime
    """When the first of them failed."""
    next_try: datetime | None = None
    """Before that it is left alone. None: not in quarantine yet."""

    def rests(self, now: datetime) -> bool:
        """Whether it is to be left alone now. A clock that was ahead once leaves nobody alone for years."""
        return self.next_try is not None and timedelta() < self.next_try - now <= LONGEST

    @property
    def reason(self) -> str:
        """Why its group is left as it is: one sentence that stays the same from run to run."""
        return (
            f"in quarantine, as its changes keep failing since {self.since:%Y-%m-%d %H:%M}Z: {self.failure.cause}"
        )


def failed_again(before: Trouble | None, failure: Failure, now: datetime) -> Trouble:
    """What is known of a mapping after one more failure."""
    runs = before.runs + 1 if before else 1
    since = before.since if before else now
    if runs < AFTER:
        return Trouble(failure, runs, since)
    pause = min(FIRST * 2 ** min(runs - AFTER, 10), LONGEST) if failure.refused else FIRST
    return Trouble(failure, runs, since, now + pause)


def left_alone(plan: Plan, verdict: Verdict, resting: Mapping[str, Trouble]) -> tuple[Plan, Verdict]:
    """A plan that says which of its groups are in quarantine, and a verdict that lets nothing happen that rests.

    `resting` by mapping key. What is held stays held: a person may decide on it meanwhile.
    """
    told = replace(plan, groups=tuple(_told(group, resting) for group in plan.groups))
    allowed = tuple(replace(g, changes=_going_on(g, resting)) for g in verdict.allowed.groups)
    return told, replace(verdict, allowed=Plan(allowed))


def rests_wholly(key: str, resting: Mapping[str, Trouble]) -> bool:
    """Whether not even removals go on there."""
    return key in resting and resting[key].failure.removals


def _going_on(group: GroupPlan, resting: Mapping[str, Trouble]) -> tuple[Change, ...]:
    if group.key not in resting:
        return group.changes
    if rests_wholly(group.key, resting):
        return ()
    return tuple(change for change in group.changes if change.action is Action.REMOVE)


def _told(group: GroupPlan, resting: Mapping[str, Trouble]) -> GroupPlan:
    if group.changes == _going_on(group, resting):
        return group
    skip = Skip(SkipKind.GROUP, group.name, resting[group.key].reason)
    return replace(group, skips=tuple(sorted((*group.skips, skip))))
