"""Three values are sound: whatever the part of the world that was not read turns out to be."""

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.change import SkipKind
from bridge.core.desired import desired
from bridge.core.mapping import AllOf, AnyOf, Except, From, Rule
from bridge.core.model import (
    AccountId,
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    DoubtKind,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.core.people import People, Unresolved
from tests.core.world import CORP, CUT, account, evaluated, ids, person, read, selector, source

CLOUD = DirectoryName("cloud")
ACCOUNTS = ids("a", "b", "c", "d")
PEOPLE = tuple(PersonId(f"{name}:{number}") for name in (CORP, CLOUD) for number in range(3))
SELECTORS = tuple(
    Selector(name, SelectorKind.NAME, text)
    for name, text in ((CORP, "g"), (CORP, "h"), (CLOUD, "i"), (CLOUD, "j"))
)

subsets = st.frozensets(st.sampled_from(sorted(ACCOUNTS)))
rules: st.SearchStrategy[Rule] = st.recursive(
    st.sampled_from(SELECTORS).map(From),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.builds(Except, inner, inner),
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class World:
    """What was read, and what is true."""

    reads: Mapping[DirectoryName, DirectoryRead]
    people: People
    truth: Mapping[Selector, frozenset[AccountId]]
    """Whose accounts are truly in each directory group."""


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world and one completion: unresolved people are one candidate or nobody, doubted groups any bigger."""
    resolved: dict[PersonId, AccountId] = {}
    unresolved: dict[PersonId, Unresolved] = {}
    really: dict[PersonId, frozenset[AccountId]] = {}
    for one in PEOPLE:
        candidates = draw(subsets)
        if len(candidates) == 1:
            resolved[one] = next(iter(candidates))
            really[one] = candidates
        else:
            unresolved[one] = Unresolved(person(one), SkipKind.AMBIGUOUS, "", candidates)
            one_of_them = draw(st.sampled_from([None, *sorted(candidates)]))
            really[one] = frozenset() if one_of_them is None else frozenset({one_of_them})
    reads: dict[DirectoryName, DirectoryRead] = {}
    truth: dict[Selector, frozenset[AccountId]] = {}
    for name in (CORP, CLOUD):
        of_read = (CUT,) if draw(st.sampled_from([False] * 5 + [True])) else ()
        selections = {}
        for asked in (s for s in SELECTORS if s.directory == name):
            members = draw(st.frozensets(st.sampled_from(PEOPLE)))
            of_group, of_selection = (
                (CUT,) if draw(st.sampled_from([False] * 5 + [True])) else () for _ in range(2)
            )
            found = DirectoryGroup(f"{asked}", asked.text, asked.text, members, doubts=of_group)
            selections[asked] = Selection((found,), of_selection)
            further = draw(subsets) if of_read or of_group or of_selection else frozenset()
            truth[asked] = frozenset().union(further, *(really[member] for member in members))
        reads[name] = DirectoryRead(name, "", selections=selections, doubts=of_read)
    return World(reads, People(resolved, unresolved), truth)


def true_members(rule: Rule, truth: Mapping[Selector, frozenset[AccountId]]) -> frozenset[AccountId]:
    """What a rule means, in a world that is wholly known."""
    match rule:
        case From(one, _):
            return truth[one]
        case AnyOf(parts):
            return frozenset().union(*(true_members(part, truth) for part in parts))
        case AllOf(parts):
            return ACCOUNTS.intersection(*(true_members(part, truth) for part in parts))
        case Except(base, minus):
            return true_members(base, truth) - true_members(minus, truth)


@settings(max_examples=200, deadline=None)
@given(rules, worlds())
def test_whatever_is_true_lies_between_sure_and_possible(rule: Rule, world: World) -> None:
    """Whoever is sure belongs in every completion of what was read; without doubt, only the possible ever do."""
    value = desired(rule, world.reads, world.people)
    truth = true_members(rule, world.truth)
    assert value.sure <= truth
    assert value.sure <= value.possible
    if not value.doubts:
        assert truth <= value.possible


@settings(max_examples=100, deadline=None)
@given(rules, rules, worlds())
def test_nobody_is_sure_while_the_exclusion_is_doubted(base: Rule, minus: Rule, world: World) -> None:
    """An exclusion that was not wholly read may hold anybody, so nobody is added; and the doubt is told."""
    excluded = desired(minus, world.reads, world.people)
    value = desired(Except(base, minus), world.reads, world.people)
    if excluded.doubts:
        assert not value.sure
        assert value.doubts


@settings(max_examples=50, deadline=None)
@given(rules, worlds())
def test_sure_and_uncertain_are_apart(rule: Rule, world: World) -> None:
    """Nobody is reported as not added because of an uncertain exclusion who is added."""
    value = desired(rule, world.reads, world.people)
    assert value.uncertain.isdisjoint(value.sure)


class TestOneGroup:
    def test_its_people_are_sure(self) -> None:
        """The accounts of a group's people are in, and nobody else may be."""
        value, _ = evaluated(From(selector("g")), read([source("g", "a", "b")], [person("a"), person("b")]), AB)
        assert value.sure == value.possible == ids("a", "b")
        assert not value.doubts

    def test_an_ambiguous_person_makes_every_candidate_possible(self) -> None:
        """Two accounts with a person's address: neither is added, and neither is removed."""
        twins = [account("a1", "a@x"), account("a2", "a@x")]
        value, _ = evaluated(From(selector("g")), read([source("g", "a")], [person("a")]), twins)
        assert value.sure == ids()
        assert value.possible == ids("a1", "a2")
        assert [u.person.label for u in value.unresolved] == ["cn=a"]

    def test_a_group_that_is_not_there_is_a_doubt_and_not_empty(self) -> None:
        """A selector that finds nothing may be misspelt; nobody is removed on its account."""
        nothing = DirectoryRead(CORP, "", selections={selector("g"): Selection()})
        value, _ = evaluated(From(selector("g")), nothing, AB)
        assert [doubt.kind for doubt in value.doubts] == [DoubtKind.MISSING]

    def test_a_selector_that_was_not_asked_is_a_doubt(self) -> None:
        """A source that says nothing about a selector has not said that it is empty."""
        value, _ = evaluated(From(selector("g")), DirectoryRead(CORP, ""), AB)
        assert [doubt.kind for doubt in value.doubts] == [DoubtKind.UNREADABLE]

    def test_a_member_whom_the_source_never_described_is_a_doubt(self) -> None:
        """A member without a person is somebody whose account is not known, so nobody is removed."""
        value, _ = evaluated(From(selector("g")), read([source("g", "a", "b")], [person("a")]), AB)
        assert value.sure == ids("a")
        assert [doubt.kind for doubt in value.doubts] == [DoubtKind.UNRESOLVED]

    def test_a_doubt_of_the_whole_read_touches_every_group(self) -> None:
        """A directory that broke off is in doubt about all its groups."""
        value, _ = evaluated(From(selector("g")), read([source("g", "a")], [person("a")], (CUT,)), AB)
        assert value.doubts == (CUT,)

    def test_one_of_a_patterns_groups_is_only_that_one(self) -> None:
        """`only` leaves the other groups of the selection out, and their doubts."""
        both = Selection((source("g", "a"), source("h", "b", doubts=(CUT,))))
        found = DirectoryRead(
            CORP, "", {one.id: one for one in (person("a"), person("b"))}, selections={selector("*"): both}
        )
        value, _ = evaluated(From(selector("*"), only="corp:g"), found, AB)
        assert value.sure == ids("a")
        assert not value.doubts


class TestExcept:
    def test_an_ambiguous_exclusion_neither_adds_nor_removes(self) -> None:
        """Whoever may be excluded is not added, and whoever is not surely excluded is not removed."""
        directory = read([source("g", "a"), source("out", "z")], [person("a"), person("z", "a2@x", "a@x")])
        accounts = [account("a"), account("a2"), account("a2bis", "a2@x")]
        value, _ = evaluated(Except(From(selector("g")), From(selector("out"))), directory, accounts)
        assert value.sure == ids()
        assert value.possible == ids("a")
        assert value.uncertain == ids("a")

    def test_whoever_is_surely_excluded_is_no_longer_possible(self) -> None:
        """An exclusion that is known takes out."""
        directory = read([source("g", "a", "b"), source("out", "b")], [person("a"), person("b")])
        value, _ = evaluated(Except(From(selector("g")), From(selector("out"))), directory, AB)
        assert value.sure == value.possible == ids("a")

    def test_the_excluded_without_account_are_not_reported(self) -> None:
        """Who does not belong in the group is not missed in it."""
        directory = read([source("g", "a", "z"), source("out", "z")], [person("a"), person("z")])
        value, _ = evaluated(Except(From(selector("g")), From(selector("out"))), directory, AB)
        assert value.unresolved == ()


AB = [account("a"), account("b")]
