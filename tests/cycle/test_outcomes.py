"""How a run says it ended: what went wrong is never told as nothing to do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.core.change import (
    Action,
    Cause,
    Change,
    Finding,
    GroupPlan,
    GuardKind,
    Held,
    MemberChange,
    Plan,
    Skip,
    SkipKind,
    Verdict,
)
from bridge.core.journal import Run, RunKind
from bridge.core.model import AccountId, DirectoryName, DirectoryRead, Doubt, DoubtKind, GroupId
from bridge.cycle.outcome import Deed, GroupOutcome, Report, Result, RunOutcome

RUN = Run("r", RunKind.SYNC, datetime(2026, 1, 1, tzinfo=UTC), "hash")
DOUBT = Doubt(DoubtKind.UNRESOLVED, "a member leads nowhere")
ADD = Change(Action.ADD, (MemberChange(AccountId("a"), None, Cause.SOURCE),))
GROUP = GroupPlan("A", "A", GroupId("g"), 3)
HELD = Held("A", "A", GroupId("g"), (ADD,), (Finding(GuardKind.GROUP_REMOVALS, "too many"),))


def report(*groups: GroupPlan) -> Report:
    """A run that planned this and was to apply it."""
    plan = Plan(groups)
    return Report(RUN, plan, Verdict(plan), reads=(), id_space=None, applied=True)


def done(result: Result) -> tuple[GroupOutcome, ...]:
    """One change that came to this."""
    return (GroupOutcome("A", "A", GroupId("g"), (Deed(Action.ADD, result),), frozenset()),)


def test_nothing_to_do() -> None:
    """Nobody skipped, nobody held, nothing in doubt."""
    assert report(GROUP).outcome is RunOutcome.UNCHANGED


def test_somebody_without_an_account_is_no_failure() -> None:
    """People wait to be invited every day."""
    skip = Skip(SkipKind.NO_ACCOUNT, "cn=new", "no account")
    assert report(replace(GROUP, skips=(skip,))).outcome is RunOutcome.UNCHANGED


def test_a_managed_group_that_cannot_be_served_is_a_failure() -> None:
    """It is not there, archived, or claimed twice: whoever leaves now keeps the access."""
    skip = Skip(SkipKind.GROUP, "A", "there is no group of this name")
    assert report(replace(GROUP, skips=(skip,))).outcome is RunOutcome.PARTLY_FAILED


def test_what_waits_for_a_person_comes_before_a_group_that_cannot_be_served() -> None:
    """Such a group is told at every run; an approval is asked for once."""
    base = report(replace(GROUP, skips=(Skip(SkipKind.GROUP, "A", "archived"),)))
    assert replace(base, verdict=Verdict(base.plan, (HELD,))).outcome is RunOutcome.HELD


def test_doubt_is_told() -> None:
    """While there is doubt nobody is removed, which is not the same as nobody to remove."""
    assert report(replace(GROUP, doubts=(DOUBT,))).outcome is RunOutcome.DOUBT


def test_a_directory_in_doubt_was_not_read() -> None:
    """A read that broke off is a failed read, though some of it was used."""
    read = DirectoryRead(DirectoryName("corp"), "s", doubts=(Doubt(DoubtKind.TRUNCATED, "page 2"),))
    assert replace(report(GROUP), reads=(read,)).outcome is RunOutcome.FAILED_READ


@pytest.mark.parametrize("result", [Result.FAILED, Result.UNCONFIRMED, Result.UNTRIED])
def test_one_change_not_done(result: Result) -> None:
    """However much else was."""
    outcomes = done(Result.APPLIED) + done(result)
    assert replace(report(GROUP), outcomes=outcomes).outcome is RunOutcome.PARTLY_FAILED


def test_held_until_it_is_rejected() -> None:
    """Held waits for a person; rejected does not."""
    base = report(GROUP)
    assert replace(base, verdict=Verdict(base.plan, (HELD,))).outcome is RunOutcome.HELD
    rejected = replace(HELD, rejected=True)
    assert replace(base, verdict=Verdict(base.plan, (rejected,))).outcome is RunOutcome.UNCHANGED


def test_pending_and_applied() -> None:
    """A plan is pending until a run was to apply it and did."""
    planned = report(replace(GROUP, changes=(ADD,)))
    assert replace(planned, applied=False).outcome is RunOutcome.PENDING
    assert replace(planned, outcomes=done(Result.APPLIED)).outcome is RunOutcome.CHANGED


def test_a_wait_that_is_too_long() -> None:
    """The next run goes on."""
    assert replace(report(GROUP), deferred=3600.0, lost="wait").outcome is RunOutcome.DEFERRED
