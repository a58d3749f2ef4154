"""What an edit does is told apart from what the directories do, and never for certain while it is not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, combinations, product
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.binding import Binding
from bridge.core.change import SkipKind
from bridge.core.comparison import GroupComparison, Keeping, compare
from bridge.core.desired import desired
from bridge.core.difference import Accounts, Difference, Surroundings, differ
from bridge.core.fate import Aspect, Effect, Moved
from bridge.core.mapping import AllOf, AnyOf, Except, From, GroupMapping, Mode, Policy, Rule, Settings
from bridge.core.model import AccountId, DirectoryRead, Email, GroupId
from bridge.core.people import People, Unresolved
from bridge.core.prospect import View, parts, prospect
from tests.core.world import CORP, CUT, account, group, ids, person, pid, read, selector, source

NAMES: Final = ("a", "b", "c")
GROUPS: Final = ("A", "B", "C")
ACCOUNTS: Final = tuple(account(name) for name in NAMES)


@dataclass(frozen=True)
class World:
    """One reading of both sides."""

    sources: Mapping[str, frozenset[str]]
    """The people of each directory group, as far as it was read."""
    doubtful: frozenset[str]
    """Groups that were not read to their end."""
    unclear: Mapping[str, frozenset[str]]
    """People who may own these accounts, or none."""
    members: frozenset[str]
    placed: frozenset[str]

    @property
    def read(self) -> DirectoryRead:
        groups = [
            source(name, *sorted(people), doubts=(CUT,) if name in self.doubtful else ())
            for name, people in self.sources.items()
        ]
        return read(groups, map(person, NAMES))

    @property
    def people(self) -> People:
        return self.told(dict.fromkeys(self.unclear), lambda name: self.unclear[name])

    def told(
        self, owned: Mapping[str, str | None], candidates: Callable[[str], frozenset[str]] = lambda _: NONE
    ) -> People:
        """Who is who, when these people own these accounts, or nobody knows which."""
        accounts = {name: owned.get(name, name) for name in NAMES} | UNREAD
        return People(
            {pid(name): AccountId(one) for name, one in accounts.items() if one},
            {
                pid(name): Unresolved(person(name), SkipKind.AMBIGUOUS, "two", ids(*candidates(name)))
                for name, one in accounts.items()
                if not one
            },
        )

    def completions(self) -> Iterator[tuple[DirectoryRead, People]]:
        """All that may be the truth: a group in doubt may have more people, an unclear person any account."""
        doubtful, unclear = sorted(self.doubtful), sorted(self.unclear)
        for more in product(*(_supersets(self.sources[name]) for name in doubtful)):
            whole = replace(
                self, sources={**self.sources, **dict(zip(doubtful, more, strict=True))}, doubtful=NONE
            )
            for owned in product(*([None, *sorted(self.unclear[name])] for name in unclear)):
                yield whole.read, self.told(dict(zip(unclear, owned, strict=True)))


NONE: Final[frozenset[str]] = frozenset()


UNREAD: Final = {f"unread-{name}": name for name in NAMES}
"""For each account somebody who owns it and of whom this reading told nothing."""


def _supersets(people: frozenset[str]) -> list[frozenset[str]]:
    more = chain.from_iterable(combinations(UNREAD, n) for n in range(len(UNREAD) + 1))
    return [people | frozenset(one) for one in more]


def around(world: World, people: People, policy: Policy = Policy()) -> Surroundings:  # noqa: B008 - a frozen value
    """What holds for every managed group of a world."""
    return Surroundings(Accounts(ACCOUNTS), policy, {GroupId("id-G"): ids(*world.placed)}, {}, people)


def planned(one: GroupMapping, world: World, truth: tuple[DirectoryRead, People]) -> Difference:
    """What the bridge itself plans for the group, if this is what is known."""
    directory, people = truth
    wanted = desired(one.rule, {CORP: directory}, people)
    return differ(Binding(one, group("G", *sorted(world.members))), wanted, around(world, people))


def outcome(difference: Difference) -> frozenset[AccountId]:
    """Who is in the group once a plan is applied."""
    return (difference.members | difference.adds) - difference.removals


def compared(before: GroupMapping, after: GroupMapping, world: World) -> GroupComparison:
    """What is told of an edit in a world."""
    keepings = [
        Keeping(one, prospect(planned(one, world, (world.read, world.people)), _view(world)))
        for one in (before, after)
    ]
    (told,) = compare(keepings[:1], keepings[1:])
    return told


def _view(world: World) -> View:
    return View({CORP: world.read}, world.people, around(world, world.people))


# ---- worlds --------------------------------------------------------------------------------------------

people = st.frozensets(st.sampled_from(NAMES))
leaves: st.SearchStrategy[Rule] = st.sampled_from(GROUPS).map(lambda name: From(selector(name)))
rules = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: AllOf(tuple(parts)))
        | st.builds(Except, inner, inner)
    ),
    max_leaves=4,
)
addresses = st.frozensets(st.sampled_from([Email(f"{name}@x") for name in NAMES]), max_size=1)
mappings = st.builds(
    lambda rule, settings: GroupMapping("G", "G", rule, settings),
    rules,
    st.builds(Settings, mode=st.sampled_from(Mode), keep=addresses, ignore=addresses),
)
worlds = st.builds(
    World,
    sources=st.fixed_dictionaries(dict.fromkeys(GROUPS, people)),
    doubtful=st.frozensets(st.sampled_from(GROUPS), max_size=2),
    unclear=st.dictionaries(st.sampled_from(NAMES), people.filter(bool), max_size=1),
    members=people,
    placed=people,
)


def told(moves: tuple[Moved, ...]) -> dict[AccountId, tuple[Effect, bool]]:
    """Each account with what happens to it; it stands there once."""
    assert len({moved.account for moved in moves}) == len(moves)
    return {moved.account: (moved.effect, moved.sure) for moved in moves}


def true_effect(turns: set[tuple[bool, bool]], *, member: bool) -> tuple[Effect, bool] | None:
    """The oracle: what may become of a membership, in every truth that there may be."""
    words = {
        True: {(True, False): Effect.LOSES, (False, True): Effect.KEEPS},
        False: {(False, True): Effect.GAINS, (True, False): Effect.MISSES},
    }[member]
    for turn, effect in words.items():
        if turn in turns:
            return effect, turns == {turn}
    return None


def named(world: World, *mappings: GroupMapping) -> frozenset[str]:
    """Everybody who is a member, or of whom the directory groups in question tell anything."""
    asked = {part.selector.text for one in mappings for part in parts(one.rule)}
    owned = (world.unclear.get(one, {one}) for group in asked for one in world.sources[group])
    return world.members.union(*owned)


# ---- what is true in every world -----------------------------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(mappings, mappings, worlds)
def test_every_effect_is_what_it_comes_to_in_every_possible_truth(
    before: GroupMapping, after: GroupMapping, world: World
) -> None:
    """The oracle plans both configurations in every completion of the read, by the very rules of a run."""
    comparison = compared(before, after, world)
    ends = [
        (outcome(planned(before, world, truth)), outcome(planned(after, world, truth)))
        for truth in world.completions()
    ]
    edit, directory, whole = map(told, (comparison.edit, comparison.directory, comparison.whole))
    heard_of = named(world, before, after)
    assert edit.keys() | directory.keys() | whole.keys() <= ids(*heard_of)
    for name in heard_of:
        one, member = AccountId(name), name in world.members
        assert edit.get(one) == true_effect({(one in b, one in a) for b, a in ends}, member=member)
        assert directory.get(one) == true_effect({(member, one in b) for b, _ in ends}, member=member)
        assert whole.get(one) == true_effect({(member, one in a) for _, a in ends}, member=member)


@given(mappings, mappings, worlds)
def test_nobody_is_told_as_losing_for_certain_whom_the_plan_would_leave_in(
    before: GroupMapping, after: GroupMapping, world: World
) -> None:
    """What is done at the next run is told for certain; of what is certain, doubt alone puts things off."""
    comparison = compared(before, after, world)
    plan = planned(after, world, (world.read, world.people))
    whole = told(comparison.whole)
    assert all(whole[one] == (Effect.GAINS, True) for one in plan.adds)
    assert all(whole[one] == (Effect.LOSES, True) for one in plan.removals)


@given(mappings, mappings, worlds)
def test_without_doubt_both_effects_together_are_the_whole_plan(
    before: GroupMapping, after: GroupMapping, world: World
) -> None:
    """Applied to the members of now one after the other they end where the plan does, and all is certain."""
    sound = replace(world, doubtful=NONE, unclear={})
    comparison = compared(before, after, sound)
    plan = planned(after, sound, (sound.read, sound.people))
    members = applied(comparison.edit, applied(comparison.directory, plan.members))
    assert members == outcome(plan) == applied(comparison.whole, plan.members)
    assert all(moved.sure for moved in (*comparison.edit, *comparison.directory, *comparison.whole))


def applied(moves: tuple[Moved, ...], members: frozenset[AccountId]) -> frozenset[AccountId]:
    """Who is in after these effects."""
    come = {moved.account for moved in moves if moved.effect in {Effect.GAINS, Effect.KEEPS}}
    return (members | come) - {moved.account for moved in moves if moved.account not in come}


@given(mappings, worlds)
def test_without_an_edit_there_is_no_effect_of_it(one: GroupMapping, world: World) -> None:
    """Whatever is in doubt: what nobody knows is the same on both sides."""
    comparison = compared(one, one, world)
    assert (comparison.edit, comparison.touched) == ((), False)
    assert comparison.directory == comparison.whole


@given(mappings, mappings, worlds)
def test_every_effect_of_an_edit_has_its_part_of_the_edit(
    before: GroupMapping, after: GroupMapping, world: World
) -> None:
    """And it is a part that differs."""
    old, new = before.settings, after.settings
    differing = {
        Aspect.MEMBERS: before.rule != after.rule,
        Aspect.MODE: old.mode != new.mode,
        Aspect.KEEP: old.keep != new.keep,
        Aspect.IGNORE: old.ignore != new.ignore,
    }
    for moved in compared(before, after, world).edit:
        assert moved.aspects
        assert all(differing[aspect] for aspect in moved.aspects)
