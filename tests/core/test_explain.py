"""What is said of anybody in any small world is what a plain count of that world says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.binding import Binding
from bridge.core.cause import Past
from bridge.core.change import Action
from bridge.core.desired import desired
from bridge.core.difference import Accounts, Surroundings, differ
from bridge.core.explain import Answer, Directories, Finding, Subject, answer
from bridge.core.mapping import AllOf, AnyOf, Except, From, GroupMapping, Mode, Policy, Rule, Settings
from bridge.core.model import (
    Account,
    AccountId,
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Group,
    GroupId,
    InnerGroup,
    Nesting,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
    Standing,
    email,
)
from bridge.core.people import resolve
from bridge.core.plan import Identities, make_plan

CORP = DirectoryName("corp")
NAMES = ("p0", "p1", "p2", "p3")
GROUPS = ("g0", "g1", "g2", "g3")

Inner = Mapping[str, tuple[frozenset[str], frozenset[str]]]
"""From a group to the people and the groups right in it."""


def selector(group: str) -> Selector:
    """Names one group."""
    return Selector(CORP, SelectorKind.NAME, group)


RULES: st.SearchStrategy[Rule] = st.recursive(
    st.sampled_from(GROUPS).map(lambda group: From(selector(group))),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=2).map(lambda some: AnyOf(tuple(some))),
        st.lists(parts, min_size=1, max_size=2).map(lambda some: AllOf(tuple(some))),
        st.tuples(parts, parts).map(lambda pair: Except(*pair)),
    ),
    max_leaves=3,
)
SOME_PEOPLE = st.frozensets(st.sampled_from(NAMES))
INNER = st.fixed_dictionaries(
    {group: st.tuples(SOME_PEOPLE, st.frozensets(st.sampled_from(GROUPS))) for group in GROUPS}
)


# ---- the oracle ----------------------------------------------------------------------------------------


def paths(inner: Inner, group: str, person: str) -> Iterator[tuple[str, ...]]:
    """Every way from a group down to a person that meets no group twice, counted out."""
    for length in range(len(GROUPS)):
        for rest in product(GROUPS, repeat=length):
            path = (group, *rest)
            steps = pairwise(path)
            if (
                len(set(path)) == len(path)
                and all(b in inner[a][1] for a, b in steps)
                and person in inner[path[-1]][0]
            ):
                yield path


def members(inner: Inner, rule: Rule, enabled: frozenset[str]) -> frozenset[str]:
    """Who is meant by a rule, counted out."""
    match rule:
        case From(chosen, _):
            return frozenset(name for name in enabled if any(paths(inner, chosen.text, name)))
        case AnyOf(parts):
            return frozenset().union(*(members(inner, part, enabled) for part in parts))
        case AllOf(parts):
            return frozenset(NAMES).intersection(*(members(inner, part, enabled) for part in parts))
        case Except(base, minus):
            return members(inner, base, enabled) - members(inner, minus, enabled)


def sides(rule: Rule, *, excludes: bool = False) -> Iterator[tuple[str, bool]]:
    """The groups of a rule, and whether they keep people out."""
    match rule:
        case From(chosen, _):
            yield chosen.text, excludes
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from sides(part, excludes=excludes)
        case Except(base, minus):
            yield from sides(base, excludes=excludes)
            yield from sides(minus, excludes=not excludes)


# ---- the program ---------------------------------------------------------------------------------------


def person(name: str, enabled: frozenset[str]) -> Person:
    """Somebody, by the address of their name."""
    return Person(PersonId(f"corp:{name}"), (email(f"{name}@x"),), name, f"uid={name}", name in enabled)


def account(name: str, standing: Standing = Standing.ACTIVE) -> Account:
    """Their account."""
    return Account(AccountId(name), f"other-{name}", email(f"{name}@x"), name, standing)


@dataclass(frozen=True)
class World:
    """Everything that there is."""

    inner: Inner
    rule: Rule
    enabled: frozenset[str]
    known: frozenset[str]
    """Who has an account."""
    now: frozenset[str]
    """Who is in the managed group."""
    mode: Mode


WORLDS = st.builds(World, INNER, RULES, SOME_PEOPLE, SOME_PEOPLE, SOME_PEOPLE, st.sampled_from(Mode)).map(
    lambda world: replace(world, known=world.known | world.now)
)


def told(world: World) -> dict[str, Answer]:
    """What is said of everybody."""
    inner, rule, enabled = world.inner, world.rule, world.enabled
    accounts = tuple(account(name) for name in sorted(world.known))
    people = [person(name, enabled) for name in NAMES]
    everybody = {
        group: frozenset(PersonId(f"corp:{name}") for name in NAMES if any(paths(inner, group, name)))
        for group in GROUPS
    }
    of = frozenset(PersonId(f"corp:{name}") for name in enabled)
    found = {group: DirectoryGroup(f"corp:{group}", group, group, everybody[group] & of) for group in GROUPS}
    read = DirectoryRead(
        CORP,
        "ldap://corp",
        {one.id: one for one in people if one.enabled},
        {selector(group): Selection((found[group],)) for group in GROUPS},
    )
    nesting = Nesting(
        {
            group: InnerGroup(
                group, frozenset(PersonId(f"corp:{name}") for name in inner[group][0]), inner[group][1]
            )
            for group in GROUPS
        },
        {f"corp:{group}": group for group in GROUPS},
    )
    who = resolve(read.people.values(), accounts, {}, Policy().eligible)
    managed = Group(GroupId("1"), "M", None, frozenset(map(AccountId, world.now)))
    mapping = GroupMapping("M", "M", rule, Settings(mode=world.mode))
    around = Surroundings(Accounts(accounts), Policy(), {}, {})
    difference = differ(Binding(mapping, managed), desired(rule, {CORP: read}, who), around)
    plan = make_plan([difference], [], Past(), Identities(Accounts(accounts), who, {})).groups[0]
    finding = Finding(difference, plan, plan)
    by_name = {one.name: one for one in accounts}
    return {
        name: answer(
            finding,
            Subject((person(name, enabled),), tuple(filter(None, (by_name.get(name),)))),
            Directories({CORP: read}, {CORP: nesting}),
        )
        for name in NAMES
    }


@given(WORLDS)
@settings(max_examples=300, deadline=None)
def test_what_is_said_is_so(world: World) -> None:
    """Who is in, who should be, by which shortest ways, what comes next; and nobody is left without a reason."""
    should = members(world.inner, world.rule, world.enabled)
    for name, one in told(world).items():
        assert one.is_member == (name in world.now)
        assert one.belongs == (name in should & world.known)
        ways = {group: set(paths(world.inner, group, name)) for group in GROUPS}
        groups = [(group, excludes) for group, excludes in sides(world.rule) if ways[group]]
        assert [(way.groups[0], way.excludes) for way in one.ways] == groups
        for way in one.ways:
            assert way.groups in ways[way.groups[0]]
            assert len(way.groups) == min(map(len, ways[way.groups[0]]))
        assert [pending.action for pending in one.pending] == expected(one, world.mode)
        assert bool(one.obstacles or one.pending) != (one.is_member and one.belongs)


def expected(one: Answer, mode: Mode) -> list[Action]:
    """What a run without holds and doubts does."""
    if one.belongs and not one.is_member:
        return [Action.ADD]
    return [Action.REMOVE] if one.is_member and not one.belongs and mode is Mode.AUTHORITATIVE else []
