"""The plan is in order and its digest names the deed: the same on every machine, different on any other deed."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from bridge.core.binding import Binding
from bridge.core.cause import Past
from bridge.core.change import (
    Action,
    Cause,
    Change,
    GroupPlan,
    MemberChange,
    Plan,
    Skip,
    SkipKind,
    changes_digest,
    skips_digest,
)
from bridge.core.desired import Desired
from bridge.core.difference import Accounts, Difference, LeadChange
from bridge.core.model import AccountId, Email, GroupId
from bridge.core.people import People
from bridge.core.plan import Identities, make_plan
from tests.core.world import CUT, account, group, ids, mapping, pid, source


def member(name: str, cause: Cause = Cause.SOURCE, *people: str) -> MemberChange:
    """One account's change."""
    return MemberChange(AccountId(name), Email(f"{name}@x"), cause, people)


def removal(*names: str, cause: Cause = Cause.SOURCE) -> tuple[Change, ...]:
    """One removal of these."""
    return (Change(Action.REMOVE, tuple(member(name, cause) for name in names)),)


ID = GroupId("id-G")


class TestDigest:
    def test_order_and_causes_do_not_matter(self) -> None:
        """It names what is done to whom, not why, nor in which order the directory told it."""
        digests = {changes_digest("G", ID, removal(*names)) for names in permutations("abc")}
        assert digests == {changes_digest("G", ID, removal("a", "b", "c", cause=Cause.DRIFT))}

    @pytest.mark.parametrize(
        ("key", "group_id", "changes"),
        [
            ("H", ID, removal("a", "b")),
            ("G", GroupId("other"), removal("a", "b")),
            ("G", None, removal("a", "b")),
            ("G", ID, removal("a")),
            ("G", ID, removal("a", "b", "c")),
            ("G", ID, removal("ab")),
            ("G", ID, (Change(Action.ADD, removal("a", "b")[0].members),)),
            ("G", ID, (*removal("a", "b"), Change(Action.CLEAR_LEAD))),
            ("G", ID, removal("a") + removal("b")),
        ],
    )
    def test_another_deed_has_another_digest(
        self, key: str, group_id: GroupId | None, changes: tuple[Change, ...]
    ) -> None:
        """An approval of one deed cannot be taken for another."""
        assert changes_digest(key, group_id, changes) != changes_digest("G", ID, removal("a", "b"))

    def test_names_and_leads_are_deeds(self) -> None:
        """A rename to one name is not a rename to another, nor is a lead."""
        renames = {changes_digest("G", ID, (Change(Action.RENAME, name=name),)) for name in ("x", "y")}
        leads = {changes_digest("G", ID, (Change(Action.SET_LEAD, lead=AccountId(lead)),)) for lead in "xy"}
        assert len(renames | leads) == 4

    def test_a_plans_digest_is_of_its_changes_only(self) -> None:
        """What is skipped, doubted or counted may vary from run to run; the plan stays the same plan."""
        one = GroupPlan("G", "G", ID, 5, removal("a"))
        beside = GroupPlan("H", "H", GroupId("id-H"), 3)
        assert Plan((one,)).digest == Plan((replace(one, size=9, doubts=(CUT,)), beside)).digest
        assert Plan((one,)).digest != Plan((one, replace(beside, changes=removal("b")))).digest

    def test_what_is_left_undone_has_a_digest_of_its_own(self) -> None:
        """Another reason is another thing to record."""
        skip = Skip(SkipKind.PROTECTED, "a@x", "is the lead")
        digests = [
            skips_digest(skips, doubts)
            for skips, doubts in [((skip,), ()), ((replace(skip, reason="is kept"),), ()), ((skip,), (CUT,))]
        ]
        assert len(set(digests)) == 3


def plan_of(*differences: Difference, unserved: Sequence[Binding] = (), links: str = "") -> Plan:
    """A first plan; `links` are the people known from before, each with the account of the same name."""
    people = People({pid("b"): AccountId("b"), pid("b2"): AccountId("b")}, {})
    accounts = Accounts((account("a"), account("b"), account("c", None)))
    known = {pid(name): AccountId(name) for name in links}
    return make_plan(differences, unserved, Past(), Identities(accounts, people, known))


def difference(name: str = "G", **what: object) -> Difference:
    """A difference of the group of this name."""
    feeding = Desired(ids(), ids(), groups=(source("G", "b", "b2"),))
    plain = Difference(mapping(name), group(name), feeding, ids("a", "c"))
    return replace(plain, **what)  # type: ignore[arg-type]  # the tests name the fields


def test_changes_stand_in_the_order_in_which_they_are_applied() -> None:
    """Adds come before removals, so that whoever gets a new account is never without."""
    change = difference(
        adds=ids("b"), removals=ids("a"), rename=True, create=True, lead=LeadChange(AccountId("b"))
    )
    assert [one.action for one in plan_of(change).groups[0].changes] == [
        Action.CREATE,
        Action.RENAME,
        Action.ADD,
        Action.SET_LEAD,
        Action.REMOVE,
    ]


def test_a_lead_to_be_nobody_is_cleared() -> None:
    """Setting nobody is an action of its own."""
    assert plan_of(difference(lead=LeadChange(None))).groups[0].changes[0].action is Action.CLEAR_LEAD


def test_each_member_stands_with_address_and_people() -> None:
    """Who is added is told by the people of the directory; who is removed by whom the account was known as."""
    changes = plan_of(difference(adds=ids("b"), removals=ids("c", "a")), links="a").groups[0].changes
    assert changes[0].members == (
        MemberChange(AccountId("b"), Email("b@x"), Cause.FIRST_SYNC, ("corp:b", "corp:b2")),
    )
    assert changes[1].members == (
        member("a", Cause.FIRST_SYNC, "corp:a"),
        MemberChange(AccountId("c"), None, Cause.FIRST_SYNC, ()),
    )


def test_groups_are_sorted_and_the_unserved_are_told() -> None:
    """The same world gives the same plan, whatever the order in which it was looked at."""
    refused = Binding(mapping("F"), refusal="there is no group")
    one, other = difference("G"), difference("E")
    assert plan_of(one, other, unserved=[refused]) == plan_of(other, one, unserved=[refused])
    groups = plan_of(one, other, unserved=[refused]).groups
    assert [of_group.name for of_group in groups] == ["E", "F", "G"]
    assert [(skip.kind, skip.reason) for skip in groups[1].skips] == [(SkipKind.GROUP, "there is no group")]
