"""One managed group and three accounts: in every world the difference reaches exactly what the mode allows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import pytest

from bridge.core.binding import Binding
from bridge.core.desired import Desired
from bridge.core.difference import Accounts, Difference, Surroundings, differ
from bridge.core.mapping import LeadAction, LeadRule, Mode, Policy
from bridge.core.model import AccountId, Email, GroupId, Standing
from tests.core.world import CUT, account, group, ids, mapping

GROUP = GroupId("id-G")


@dataclass(frozen=True, slots=True)
class Way:
    """How one account stands to the group."""

    member: bool
    wanted: bool
    standing: Standing = Standing.ACTIVE
    placed: bool = False
    kept: bool = False
    ignored: bool = False
    lead: bool = False

    @property
    def eligible(self) -> bool:
        return self.standing is Standing.ACTIVE


BOOLEANS = (False, True)
SUBJECT = [
    Way(member, wanted, standing, *traits)
    for member, wanted, standing in product(BOOLEANS, BOOLEANS, Standing)
    for traits in product(BOOLEANS, repeat=4)
]
BYSTANDERS = [
    (Way(a_in, a_wanted), Way(b_in, b_wanted, placed=True))
    for a_in, a_wanted, b_in, b_wanted in product(BOOLEANS, repeat=4)
]
NAMES = ("a", "b", "c")


def worlds(mode: Mode) -> Iterator[tuple[dict[str, Way], bool]]:
    """Everybody's ways, and whether there is doubt: 12,288 worlds a mode."""
    for way, others, doubt in product(SUBJECT, BYSTANDERS, BOOLEANS):
        yield dict(zip(NAMES, (way, *others), strict=True)), doubt


def should_be_added(way: Way) -> bool:
    """The oracle of adding."""
    return way.wanted and way.eligible and not way.member and not way.ignored


def should_be_removed(way: Way, mode: Mode, *, doubt: bool) -> bool:
    """The oracle of removing."""
    reach = {Mode.AUTHORITATIVE: True, Mode.OWNED: way.placed, Mode.ADDITIVE: False}[mode]
    protected = way.kept or way.ignored or way.lead or way.standing in UNTOUCHABLE
    return way.member and not way.wanted and reach and not protected and not doubt


UNTOUCHABLE = {Standing.DEACTIVATED, Standing.SERVICE, Standing.UNKNOWN}


def difference(ways: dict[str, Way], mode: Mode, *, doubt: bool, policy: Policy | None = None) -> Difference:
    """The difference in a world."""
    chosen = {trait: [n for n, way in ways.items() if getattr(way, trait)] for trait in Way.__slots__}
    wanted = [name for name in chosen["wanted"] if ways[name].eligible]
    desired = Desired(ids(*wanted), ids(*chosen["wanted"]), (CUT,) if doubt else ())
    lead = chosen["lead"][0] if chosen["lead"] else None
    keep, ignore = (frozenset(Email(f"{name}@x") for name in chosen[trait]) for trait in ("kept", "ignored"))
    binding = Binding(mapping("G", mode=mode, keep=keep, ignore=ignore), group("G", *chosen["member"], lead=lead))
    accounts = Accounts(tuple(account(name, standing=way.standing) for name, way in ways.items()))
    return differ(
        binding, desired, Surroundings(accounts, policy or Policy(), {GROUP: ids(*chosen["placed"])}, {})
    )


def after(ways: dict[str, Way], change: Difference) -> dict[str, Way]:
    """The world once a difference is applied."""
    return {
        name: replace(
            way,
            member=(way.member or AccountId(name) in change.adds) and AccountId(name) not in change.removals,
            placed=way.placed or AccountId(name) in change.adds,
        )
        for name, way in ways.items()
    }


@pytest.mark.parametrize("mode", Mode)
def test_the_difference_is_what_the_mode_allows_and_the_second_is_empty(mode: Mode) -> None:
    """Adds and removals are exactly the oracle's, and once they are applied there is nothing left to do."""
    for ways, doubt in worlds(mode):
        change = difference(ways, mode, doubt=doubt)
        added = ids(*(name for name, way in ways.items() if should_be_added(way)))
        removed = ids(*(name for name, way in ways.items() if should_be_removed(way, mode, doubt=doubt)))
        assert (change.adds, change.removals) == (added, removed), (ways, doubt)
        if change.any:
            assert not difference(after(ways, change), mode, doubt=doubt).any, (ways, doubt)


def test_whoever_stays_against_the_rule_is_told_with_the_reason() -> None:
    """In authoritative mode every member whom nobody wants is removed, ignored, or skipped for a reason."""
    for ways, doubt in worlds(Mode.AUTHORITATIVE):
        change = difference(ways, Mode.AUTHORITATIVE, doubt=doubt)
        told = {skip.subject for skip in change.skips}
        unwanted = {name for name, way in ways.items() if way.member and not way.wanted and not way.ignored}
        assert told == {f"{name}@x" for name in unwanted if AccountId(name) not in change.removals}, (ways, doubt)


@pytest.mark.parametrize(
    ("policy", "way"),
    [
        (Policy(remove_lead=True), Way(member=True, wanted=False, lead=True)),
        (Policy(remove_deactivated=True), Way(member=True, wanted=False, standing=Standing.DEACTIVATED)),
    ],
)
def test_what_is_protected_by_default_can_be_opted_out_of(policy: Policy, way: Way) -> None:
    """The lead and the deactivated are removed only where the configuration says so."""
    assert difference({"a": way}, Mode.AUTHORITATIVE, doubt=False, policy=policy).removals == ids("a")
    assert difference({"a": way}, Mode.AUTHORITATIVE, doubt=False).removals == ids()


def test_a_member_whom_hyperproof_does_not_list_stays() -> None:
    """A member id that is nobody's account may be anybody's: a list that was cut removes nobody."""
    binding = Binding(mapping("G"), group("G", "stranger"))
    change = differ(binding, Desired(ids(), ids()), Surroundings(Accounts(()), Policy(), {}, {}))
    assert change.removals == ids()
    assert [skip.subject for skip in change.skips] == ["stranger"]


class TestLead:
    def lead(self, rule: LeadRule, current: str | None, *members: str) -> Difference:
        accounts = Accounts((account("a"), account("b"), account("b2", "b@x"), account("c", standing=CONTACT)))
        binding = Binding(mapping("G", lead=rule), group("G", *members, lead=current))
        return differ(binding, Desired(ids(), ids()), Surroundings(accounts, Policy(), {}, {}))

    def test_it_is_set_to_the_one_active_account_of_the_address(self) -> None:
        """An address names the lead."""
        change = self.lead(LeadRule(LeadAction.SET, Email("a@x")), None)
        assert change.lead
        assert change.lead.lead == AccountId("a")

    @pytest.mark.parametrize("address", ["b@x", "c@x", "nobody@x"])
    def test_an_address_without_exactly_one_active_account_changes_nothing(self, address: str) -> None:
        """Two accounts, a contact, or nobody: the lead stays, and it is told."""
        change = self.lead(LeadRule(LeadAction.SET, Email(address)), None)
        assert change.lead is None
        assert [skip.subject for skip in change.skips] == [address]

    def test_the_right_lead_is_left_alone(self) -> None:
        """Nothing is written that is so already."""
        assert not self.lead(LeadRule(LeadAction.SET, Email("a@x")), "a").any
        assert not self.lead(LeadRule(LeadAction.CLEAR), None).any
        assert not self.lead(LeadRule(), "b").any

    def test_it_is_cleared_where_the_configuration_says_so(self) -> None:
        """Clearing is a change to nobody."""
        change = self.lead(LeadRule(LeadAction.CLEAR), "a")
        assert change.lead
        assert change.lead.lead is None

    def test_neither_the_old_nor_the_new_lead_is_removed(self) -> None:
        """The former lead leaves in the run after the one that replaced them."""
        assert self.lead(LeadRule(LeadAction.SET, Email("a@x")), "b", "a", "b").removals == ids()


CONTACT = Standing.CONTACT


class TestCreation:
    def creation(self, sure: frozenset[AccountId], *, doubt: bool) -> Difference:
        desired = Desired(sure, sure, (CUT,) if doubt else ())
        around = Surroundings(Accounts((account("a"),)), Policy(), {}, {})
        return differ(Binding(mapping("G", create=True)), desired, around)

    def test_a_group_is_created_with_those_who_are_sure(self) -> None:
        """Doubt stops removals, and a new group has none."""
        assert self.creation(ids("a"), doubt=True).create
        assert self.creation(ids("a"), doubt=True).adds == ids("a")

    def test_an_empty_group_is_created_only_without_doubt(self) -> None:
        """A directory that could not be read is no reason for an empty group."""
        assert self.creation(ids(), doubt=False).create
        assert not self.creation(ids(), doubt=True).any


class TestRename:
    def rename(self, names: dict[str, GroupId], *, allowed: bool = True) -> Difference:
        around = Surroundings(Accounts(()), Policy(), {}, names)
        return differ(Binding(mapping("New", rename=allowed), group("Old")), Desired(ids(), ids()), around)

    def test_a_bound_group_takes_the_configured_name(self) -> None:
        """Bound by id, the group follows the mapping's name where that is wanted."""
        assert self.rename({"old": GroupId("id-Old")}).rename
        assert not self.rename({"old": GroupId("id-Old")}, allowed=False).any

    def test_a_name_in_use_is_not_taken(self) -> None:
        """Names are unique but for case; the other group keeps its name, and it is told."""
        change = self.rename({"old": GroupId("id-Old"), "new": GroupId("id-other")})
        assert not change.rename
        assert [skip.subject for skip in change.skips] == ["New"]

    def test_a_change_of_case_is_a_rename(self) -> None:
        """The name that is in use is the group's own."""
        around = Surroundings(Accounts(()), Policy(), {}, {"new": GroupId("id-new")})
        assert differ(Binding(mapping("New", rename=True), group("new")), Desired(ids(), ids()), around).rename
