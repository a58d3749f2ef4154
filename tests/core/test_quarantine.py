"""Quarantine: after three failures in a row a mapping rests, longer each time, and nothing else is touched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge.core.change import Action, Cause, Change, GroupPlan, Held, MemberChange, Plan, Skip, SkipKind, Verdict
from bridge.core.model import AccountId
from bridge.core.quarantine import AFTER, LONGEST, Failure, Trouble, failed_again, left_alone

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFUSED = Failure("risk", "Team risk", "refused (400)")


UNSEEN = Failure("risk", "Team risk", "no answer", refused=False)


def troubled(runs: int, failure: Failure = REFUSED) -> list[Trouble]:
    """A mapping after each of so many failures, one an hour."""
    trouble: Trouble | None = None
    found = []
    for hour in range(runs):
        trouble = failed_again(trouble, failure, NOON + timedelta(hours=hour))
        found.append(trouble)
    return found


def test_a_mapping_rests_after_three_failures_in_a_row() -> None:
    """Two may be chance; and it is known since when."""
    assert [trouble.next_try is None for trouble in troubled(4)] == [True, True, False, False]
    assert [trouble.since for trouble in troubled(3)] == [NOON] * AFTER


def test_the_rests_grow_to_less_than_a_day() -> None:
    """From an hour, twice as long each time; a run that is made once a day tries each time."""
    rests = [t.next_try - NOON - timedelta(hours=n) for n, t in enumerate(troubled(12)) if t.next_try]
    hours = [rest.total_seconds() / 3600 for rest in rests]
    assert hours == [1, 2, 4, 8, 16, 23, 23, 23, 23, 23]
    assert max(rests) == LONGEST


def test_the_rests_do_not_grow_where_nothing_was_refused() -> None:
    """Hyperproof as a whole may have been out of order, and after that every mapping is to come back soon."""
    rests = [t.next_try - NOON - timedelta(hours=n) for n, t in enumerate(troubled(9, UNSEEN)) if t.next_try]
    assert set(rests) == {timedelta(hours=1)}


def test_it_is_tried_again_when_its_rest_is_over() -> None:
    """At that very moment, and not before."""
    trouble = troubled(3)[-1]
    assert trouble.next_try
    assert trouble.rests(trouble.next_try - timedelta(microseconds=1))
    assert not trouble.rests(trouble.next_try)


def test_the_reason_stays_the_same_from_run_to_run() -> None:
    """What is recorded once is not recorded in each run."""
    third, fourth = troubled(4)[-2:]
    assert third.reason == fourth.reason
    assert "since 2026-03-01 12:00Z" in third.reason
    assert "refused (400)" in third.reason


def adding(key: str) -> GroupPlan:
    """A group that somebody is to be put into."""
    change = Change(Action.ADD, (MemberChange(AccountId("a"), None, Cause.SOURCE),))
    return GroupPlan(key, key.title(), None, 3, (change,))


RISK_RESTS = {"risk": troubled(3)[-1]}


def test_removals_go_on_where_none_failed() -> None:
    """Whoever cannot be put in keeps nobody in who left."""
    removal = Change(Action.REMOVE, (MemberChange(AccountId("b"), None, Cause.SOURCE),))
    both = replace(adding("risk"), changes=(*adding("risk").changes, removal))
    plan = Plan((both,))
    trouble = RISK_RESTS["risk"]
    resting = {"risk": replace(trouble, failure=replace(trouble.failure, removals=False))}
    told, verdict = left_alone(plan, Verdict(plan), resting)
    assert verdict.allowed.groups[0].changes == (removal,)
    assert told.groups[0].skips == (Skip(SkipKind.GROUP, "Risk", trouble.reason),)
    assert left_alone(plan, Verdict(plan), RISK_RESTS)[1].allowed.changed == ()
    alone = Plan((replace(both, changes=(removal,)),))
    assert left_alone(alone, Verdict(alone), resting) == (alone, Verdict(alone))


def test_only_what_rests_is_left_alone() -> None:
    """It stays in the plan, with the reason beside it; what is held stays held."""
    plan = Plan((adding("audit"), adding("risk")))
    held = Held("risk", "Risk", None, plan.groups[1].changes, ())
    told, verdict = left_alone(plan, Verdict(plan, (held,)), RISK_RESTS)
    assert [group.key for group in verdict.allowed.changed] == ["audit"]
    assert verdict.held == (held,)
    assert told.digest == plan.digest
    assert [group.skips for group in told.groups] == [
        (),
        (Skip(SkipKind.GROUP, "Risk", RISK_RESTS["risk"].reason),),
    ]


def test_a_group_with_nothing_to_do_is_not_spoken_of() -> None:
    """Somebody has mended it by hand."""
    plan = Plan((GroupPlan("risk", "Risk", None, 3),))
    assert left_alone(plan, Verdict(plan), RISK_RESTS)[0] == plan
