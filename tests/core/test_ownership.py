"""Two directory groups feed one managed group: in every world the lead is their one sure owner, or stays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import pytest

from bridge.core.binding import Binding
from bridge.core.cause import Causes, Past, mapping_digest
from bridge.core.change import Action, Cause, SkipKind
from bridge.core.desired import Desired
from bridge.core.difference import Accounts, Difference, Surroundings, differ
from bridge.core.mapping import (
    AllOf,
    AnyOf,
    Except,
    From,
    LeadAction,
    LeadRule,
    Policy,
    selectors,
    with_owners,
)
from bridge.core.memory import Baseline
from bridge.core.model import AccountId, Owners, Standing
from bridge.core.people import resolve
from bridge.core.plan import Identities, make_plan
from tests.core.world import CUT, ELIGIBLE, account, group, ids, mapping, person, pid, selector, source

BY_OWNER = mapping("G", lead=LeadRule(LeadAction.OWNER))
ACCOUNTS = Accounts(
    (
        account("a"),
        account("b"),
        account("guest", standing=Standing.CONTACT),
        account("new", standing=Standing.INVITED),
        account("twin"),
        account("twin2", "twin@x"),
    )
)
PEOPLE = (
    *map(person, ("a", "b", "guest", "new", "twin", "stranger")),
    person("a-elsewhere", "a@x"),
)
WELCOME = ELIGIBLE | {Standing.INVITED}
"""Whoever is invited may be put in, and cannot lead."""
LEADS = {"a": "a", "a-elsewhere": "a", "b": "b"}
"""Who can lead, and by which account."""


@dataclass(frozen=True, slots=True)
class Owned:
    """What is known of the owners of one directory group; `told`: at all."""

    names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    told: bool = True

    @property
    def lead(self) -> str:
        """The account of the one owner; empty where there is none."""
        sure = self.told and not self.others and len(self.names) == 1
        return LEADS.get(self.names[0], "") if sure else ""

    @property
    def owners(self) -> Owners | None:
        """As a directory tells it."""
        return Owners(frozenset(map(pid, self.names)), self.others) if self.told else None


OWNED = (
    Owned(told=False),
    Owned(),
    *(Owned((name,)) for name in ("a", "a-elsewhere", "b", "guest", "new", "twin", "stranger", "unread")),
    Owned(("a", "b")),
    Owned(("a",), ("the owner cn=gus is disabled",)),
    Owned((), ("the list of owners broke off",)),
)


@dataclass(frozen=True, slots=True)
class World:
    """Two directory groups; the second may be one whose people are kept out."""

    first: Owned
    second: Owned
    excluding: bool
    doubt: bool
    current: str | None

    @property
    def lead(self) -> str:
        """The oracle: whom the directory surely makes the lead; empty: nobody can tell."""
        answers = {self.first.lead} if self.excluding else {self.first.lead, self.second.lead}
        return answers.pop() if len(answers) == 1 and not self.doubt else ""


def worlds() -> Iterator[World]:
    """All of them."""
    for first, second, excluding, doubt, current in product(
        OWNED, OWNED, (False, True), (False, True), (None, "a", "b")
    ):
        yield World(first, second, excluding, doubt, current)


def difference(world: World) -> Difference:
    """The difference in a world; nothing is to be changed but the lead."""
    first, second = (
        replace(source(name), owners=owned.owners) for name, owned in (("1", world.first), ("2", world.second))
    )
    desired = Desired(
        ids("a"),
        ids("a"),
        (CUT,) if world.doubt else (),
        groups=(first, second),
        excluding=(second,) if world.excluding else (),
    )
    people = resolve(PEOPLE, ACCOUNTS.by_id.values(), {}, WELCOME)
    around = Surroundings(ACCOUNTS, Policy(eligible=WELCOME), {}, {}, people)
    return differ(Binding(BY_OWNER, group("G", "a", lead=world.current)), desired, around)


def test_the_lead_is_the_one_sure_owner_or_stays_as_it_is() -> None:
    """A lead is changed to the oracle's and to nothing else, is never cleared, and whatever stays is told once."""
    for world in worlds():
        change = difference(world)
        wanted = world.lead if world.lead != world.current else ""
        assert (change.lead.lead if change.lead else "") == wanted, world
        told = [(skip.kind, skip.subject) for skip in change.skips if skip.kind is SkipKind.LEAD]
        assert told == ([] if world.lead else [(SkipKind.LEAD, "G")]), world


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (Owned(), Owned(("a",)), "cn=1 has no owners, and a lead needs exactly one"),
        (Owned(("a", "b")), Owned(("a",)), "cn=1 has 2 owners, and a lead needs exactly one"),
        (Owned(("a",)), Owned(("b",)), "cn=1 and cn=2 have different owners"),
        (Owned(("a",)), Owned(told=False), "the directory does not tell who owns cn=2"),
        (Owned(("stranger",)), Owned(("a",)), "cn=stranger owns cn=1: no account has the address stranger@x"),
        (Owned(("new",)), Owned(("a",)), "the account new@x, of the owner of cn=1, is invited"),
        (Owned(("a",), ("the owner cn=gus is disabled",)), Owned(), "cn=1: the owner cn=gus is disabled"),
    ],
)
def test_the_reason_says_which_group_is_in_the_way(first: Owned, second: Owned, why: str) -> None:
    """In words that lead an administrator there."""
    (skip,) = difference(World(first, second, excluding=False, doubt=False, current="b")).skips
    assert skip.reason == f"the lead stays as it is: {why}"


def test_owners_are_asked_of_the_groups_that_put_people_in() -> None:
    """Not of those that keep people out."""
    rule = Except(
        AnyOf((From(selector("1")), AllOf((From(selector("2"), "x"), From(selector("3")))))), From(selector("4"))
    )
    assert {one.text: one.owners for one in selectors(with_owners(rule))} == {
        "1": True,
        "2": True,
        "3": True,
        "4": False,
    }


@pytest.mark.parametrize(
    ("digest", "cause"),
    [
        (None, Cause.FIRST_SYNC),
        (mapping_digest(BY_OWNER), Cause.SOURCE),
        (mapping_digest(mapping("G")), Cause.CONFIGURATION),
    ],
)
def test_a_new_owner_is_a_change_of_the_source(digest: str | None, cause: Cause) -> None:
    """Unless the group was never settled, or its mapping was edited."""
    change = difference(World(Owned(("a",)), Owned(("a",)), excluding=False, doubt=False, current="b"))
    baselines = {"G": Baseline(digest, ids("a"), ids("a"), ("corp:1", "corp:2"))} if digest else {}
    past = Past(baselines)
    assert Causes(change, past).of_owner() is cause
    people = resolve(PEOPLE, ACCOUNTS.by_id.values(), {}, WELCOME)
    (planned,) = make_plan([change], [], past, Identities(ACCOUNTS, people, {})).groups
    assert [(one.action, one.lead, one.cause) for one in planned.changes] == [
        (Action.SET_LEAD, AccountId("a"), cause)
    ]
