"""What a plan leaves alone while it is not known what came of an earlier write."""

from datetime import UTC, datetime

import pytest

from bridge.core.change import Action, Cause, Change, GroupPlan, MemberChange, Plan
from bridge.core.journal import Intent
from bridge.core.model import AccountId, GroupId
from bridge.core.under_way import Open, left_to_land, touched

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def member(name: str) -> MemberChange:
    """Somebody who changes."""
    return MemberChange(AccountId(name), None, Cause.SOURCE)


A, B = member("a"), member("b")
CREATE, REMOVE = Change(Action.CREATE, name="New"), Change(Action.REMOVE, (A, B))


def creation(*, may_land: bool) -> Open:
    """The creation of New with one member."""
    intent = Intent("i", "earlier", NOON, "new", None, "New", Action.CREATE, (A,), name="New")
    return Open(intent, may_land)


def plan(group_id: str | None, *changes: Change) -> Plan:
    """A plan for New."""
    return Plan((GroupPlan("new", "New", GroupId(group_id) if group_id else None, 2, changes),))


@pytest.mark.parametrize("may_land", [True, False])
def test_no_group_is_created_while_its_creation_is_open(*, may_land: bool) -> None:
    """However long that is: it would be there twice."""
    left = left_to_land(plan(None, CREATE), [creation(may_land=may_land)])
    assert left.changed == ()
    assert left.groups[0].skips


def test_a_group_that_is_there_waits_for_a_creation_of_its_name_that_may_land() -> None:
    """It may be that very one, or not."""
    there = plan("g", REMOVE)
    assert left_to_land(there, [creation(may_land=True)]).changed == ()
    assert touched(there, [creation(may_land=True)]) == {"new"}


def test_a_creation_that_cannot_land_keeps_nobody_in_a_group_that_is_there() -> None:
    """Whichever group it made, whoever has left goes from the one that is served."""
    there = plan("g", REMOVE)
    assert left_to_land(there, [creation(may_land=False)]) == there
    assert touched(there, [creation(may_land=False)]) == frozenset()


def test_whom_a_write_is_about_waits_and_nobody_else() -> None:
    """In whichever direction it moves them."""
    intent = Intent("i", "earlier", NOON, "new", GroupId("g"), "New", Action.ADD, (A,))
    (left,) = left_to_land(plan("g", REMOVE), [Open(intent, may_land=True)]).groups
    assert left.members(Action.REMOVE) == (B,)
