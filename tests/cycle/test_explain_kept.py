"""What is said by the last run's reads is what both sides would have said themselves."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.binding import Binding
from bridge.core.change import Held
from bridge.core.explain import Answer, Directories, Finding, answer
from bridge.core.mapping import AllOf, AnyOf, Except, From, GroupMapping, Mode, Policy, Rule, Settings
from bridge.core.memory import Baseline, Memory, SourceBaseline
from bridge.core.model import (
    Account,
    AccountId,
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Email,
    Group,
    GroupId,
    IdSpace,
    IdSpaceProof,
    InnerGroup,
    Nesting,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
    Standing,
    TargetRead,
    email,
)
from bridge.core.nesting import goes_by
from bridge.core.picture import Album, ManagedPicture, TargetPicture
from bridge.core.quarantine import Trouble
from bridge.cycle.explain import explain
from bridge.cycle.explain_kept import explain_kept
from bridge.cycle.explanation import Explanation, about, subject_of
from bridge.cycle.survey import Remembered, think
from bridge.errors import BridgeError, Unavailable
from bridge.store.pictured_directory import PicturedDirectory, pack_directory
from bridge.store.pictured_target import PicturedTarget, pack_target
from tests.cycle.stage import CORP, managed, organization, stage

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DIRECTORIES = (DirectoryName("corp"), DirectoryName("cloud"))
GROUPS = ("g0", "g1", "g2")
ADDRESSES = ("a@x", "b@x", "c@x", "d@x")
PEOPLE = tuple((directory, f"p{number}") for directory in DIRECTORIES for number in range(3))
ACCOUNTS = ("1", "2", "3", "4")


def selector(directory: str, group: str) -> Selector:
    """Names one group."""
    return Selector(DirectoryName(directory), SelectorKind.NAME, group)


SELECTORS = [selector(directory, group) for directory in DIRECTORIES for group in GROUPS]
RULES: st.SearchStrategy[Rule] = st.recursive(
    st.sampled_from(SELECTORS).map(From),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=2).map(lambda some: AnyOf(tuple(some))),
        st.lists(parts, min_size=1, max_size=2).map(lambda some: AllOf(tuple(some))),
        st.tuples(parts, parts).map(lambda pair: Except(*pair)),
    ),
    max_leaves=4,
)
DOUBTS = st.sampled_from([(), (), (), (Doubt(DoubtKind.TRUNCATED, "half of it"),)])


@dataclass(frozen=True)
class World:
    """Everything that a run read, and what was remembered."""

    reads: Mapping[DirectoryName, DirectoryRead]
    target: TargetRead
    mappings: tuple[GroupMapping, ...]
    links: Mapping[PersonId, AccountId]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Small ones, in which addresses are shared, links are stale, groups are in groups, and some are in doubt."""
    reads = {name: draw(directory_reads(name)) for name in DIRECTORIES}
    ids = [PersonId(f"{directory}:{name}") for directory, name in PEOPLE]
    accounts = tuple(
        Account(
            AccountId(one), f"other-{one}", draw(st.sampled_from([None, *map(email, ADDRESSES)])), one, standing
        )
        for one in ACCOUNTS
        for standing in [draw(st.sampled_from([Standing.ACTIVE, Standing.ACTIVE, Standing.DEACTIVATED]))]
    )
    members = st.frozensets(st.sampled_from([*map(AccountId, ACCOUNTS), AccountId("nobody's")]))
    groups = tuple(
        Group(GroupId(f"G{n}"), f"M{n}", draw(st.sampled_from([None, AccountId("1")])), draw(members))
        for n in range(2)
    )
    mappings = tuple(
        GroupMapping(
            group.name,
            group.name,
            draw(RULES),
            Settings(
                mode=draw(st.sampled_from(Mode)),
                keep=draw(st.frozensets(st.sampled_from([email("a@x")]))),
                ignore=draw(st.frozensets(st.sampled_from([email("b@x")]))),
            ),
        )
        for group in groups
    )
    links = draw(st.dictionaries(st.sampled_from(ids), st.sampled_from([AccountId(one) for one in ACCOUNTS])))
    proof = IdSpaceProof(IdSpace.USER_ID, proved=True, evidence="")
    return World(reads, TargetRead(accounts, groups, proof), mappings, links)


@st.composite
def directory_reads(draw: st.DrawFn, name: DirectoryName) -> DirectoryRead:
    """What one directory told."""
    people = [
        Person(
            PersonId(f"{name}:{local}"),
            tuple(map(email, draw(st.lists(st.sampled_from(ADDRESSES), max_size=2, unique=True)))),
            f"Name of {local}",
            draw(st.sampled_from([f"uid={local},{name}", *ADDRESSES])),
            draw(st.booleans()),
        )
        for directory, local in PEOPLE
        if directory == name
    ]
    strangers = [PersonId(f"{name}:stranger{n}") for n in range(2)]
    some = st.frozensets(st.sampled_from([*(p.id for p in people)] * 3 + strangers), max_size=4)
    direct = {group: draw(some) for group in GROUPS}
    inner = {group: draw(st.frozensets(st.sampled_from(GROUPS), max_size=2)) for group in GROUPS}
    reached = {group: everybody(group, direct, inner) for group in GROUPS}
    disabled = {person.id: person for person in people if not person.enabled}
    groups = {
        group: DirectoryGroup(
            f"{name}:{group}", group, f"cn={group}", reached[group] - disabled.keys(), doubts=draw(DOUBTS)
        )
        for group in GROUPS
    }
    met = frozenset[PersonId]().union(*reached.values())
    found = {selector(name, group): Selection((groups[group],), draw(DOUBTS)) for group in GROUPS}
    return DirectoryRead(
        name,
        f"ldap://{name}",
        {person.id: person for person in people if person.enabled and person.id in met},
        found,
        draw(DOUBTS),
        nesting=draw(
            st.sampled_from(
                [
                    None,
                    Nesting(
                        {group: InnerGroup(f"cn={group}", direct[group], inner[group]) for group in GROUPS},
                        {f"{name}:{group}": group for group in GROUPS},
                    ),
                ]
            )
        ),
        disabled={key: person for key, person in disabled.items() if key in met},
    )


def everybody(
    group: str, direct: Mapping[str, frozenset[PersonId]], inner: Mapping[str, frozenset[str]]
) -> frozenset[PersonId]:
    """Everybody in a group at any depth, by adding until nothing comes."""
    seen = {group}
    while more := frozenset().union(*(inner[one] for one in seen)) - seen:
        seen |= more
    return frozenset().union(*(direct[one] for one in seen))


@dataclass
class Kept:
    """An archive of one world."""

    world: World
    held: tuple[Held, ...] = ()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)

    def load_album(self) -> Album:
        """What a run would have kept, packed and opened again."""
        world = self.world
        managed_groups = tuple(
            ManagedPicture(one.key, one.name, one.where, group)
            for one, group in zip(world.mappings, world.target.groups, strict=True)
        )
        target = PicturedTarget(pack_target(TargetPicture(world.target.accounts, managed_groups)))
        reads = {name: PicturedDirectory(pack_directory(read)) for name, read in world.reads.items()}
        return Album("run", NOW, "", target, reads)

    def load_links(
        self, people: Collection[PersonId], accounts: Collection[AccountId]
    ) -> dict[PersonId, AccountId]:
        """Those that are asked for."""
        return {p: a for p, a in self.world.links.items() if p in people or a in accounts}

    def load_listed(self) -> dict[Email, frozenset[AccountId]]:
        """Nothing."""
        return {}

    def load_held(self) -> tuple[Held, ...]:
        """What is held."""
        return self.held

    def load_resting(self) -> dict[str, Trouble]:
        """Nothing."""
        return {}

    def load_baselines(self, keys: Iterable[str]) -> Mapping[str, Baseline]:
        """None."""
        return {}

    def load_sources(self, groups: Iterable[str]) -> Mapping[str, SourceBaseline]:
        """None."""
        return {}

    def load_placements(self, groups: Iterable[GroupId]) -> Mapping[GroupId, frozenset[AccountId]]:
        """Everybody was put there by the bridge but for one."""
        return {group: frozenset(map(AccountId, ACCOUNTS[1:])) for group in groups}


def whole(world: World, text: str) -> Explanation:
    """What is said by all of the world, nothing cut."""
    policy = Policy(mappings=world.mappings)
    bindings = [Binding(m, group) for m, group in zip(world.mappings, world.target.groups, strict=True)]
    thought = think(
        world.reads, world.target, bindings, Remembered(Memory(links=world.links), Kept(world)), policy
    )
    known = [p for read in world.reads.values() for p in (*read.people.values(), *read.disabled.values())]
    asked = [person for person in known if goes_by(person, text)]
    subject = subject_of(text, asked, world.target.accounts, world.reads.values(), thought.people)
    if subject is None:
        raise BridgeError(f"Nobody goes by {text!r}")
    nestings = {name: read.nesting or Nesting() for name, read in world.reads.items()}
    plans = {plan.key: plan for plan in thought.plan.groups}
    answers: list[Answer] = [
        answer(Finding(d, plans[d.mapping.key], plans[d.mapping.key]), subject, Directories(world.reads, nestings))
        for d in thought.differences
    ]
    return about(subject, answers, thought.people, "", {})


def said(world: World, text: str) -> Explanation:
    """What is said by what is kept of it."""
    return explain_kept(Kept(world), Policy(mappings=world.mappings), text).explanation


@given(worlds())
@settings(max_examples=400, deadline=None)
def test_what_is_kept_says_what_the_whole_says(world: World) -> None:
    """Of everybody by every name: the same people, accounts, ways, changes, obstacles, and the same refusals."""
    names = {*ADDRESSES, *ACCOUNTS, "p0", "P1", "name of p2", "corp:p1", "zoe"}
    for text in sorted(names):
        assert outcome(said, world, text) == outcome(whole, world, text)


def outcome(way: Callable[[World, str], Explanation], world: World, text: str) -> Explanation | str:
    """What is said, or why nothing is."""
    try:
        return way(world, text)
    except BridgeError as error:
        return str(error).partition(" of whom a run has read")[0]


def test_a_run_keeps_what_it_read(tmp_path: Path) -> None:
    """As it was after the run; what is asked live then is said just so."""
    made = organization(["ann", "ben"], {"A": ["ben"]})
    with stage(tmp_path / "bridge.db", made, [managed("A")], {"A": ["ann"]}) as set_up:
        set_up.run()
        for name in ("ann@corp.example", "ben@corp.example"):
            kept = explain_kept(set_up.store, set_up.policy, name, "A")
            assert kept.explanation.answers == explain(set_up.bridge, [set_up.directory], name, "A").answers
            assert (kept.run, kept.reconfigured) == ("id-000000", False)
        set_up.change_policy(config_hash="another")
        assert explain_kept(set_up.store, set_up.policy, "ann@corp.example").reconfigured


def test_what_is_held_is_told_from_the_last_run(tmp_path: Path) -> None:
    """With its digest and the guard's words; and once approved, as what the next run does."""
    people = [f"p{n}" for n in range(5)]
    made = organization(people, {"A": people})
    with stage(tmp_path / "bridge.db", made, [managed("A")], {"A": []}) as set_up:
        set_up.run()
        (one,) = explain_kept(set_up.store, set_up.policy, "p1@corp.example").explanation.answers
        (case,) = set_up.store.list_held()
        (held,) = [obstacle for obstacle in one.obstacles if obstacle.kind == "held"]
        assert held.text.startswith(case.digest[:12])
        assert one.pending == ()
        set_up.store.approve(case.digest, "ann", "so it is", set_up.clock.now().replace(year=2100))
        (one,) = explain_kept(set_up.store, set_up.policy, "p1@corp.example").explanation.answers
        assert [pending.action.value for pending in one.pending] == ["remove members"]


def test_a_directory_out_of_reach_is_told_by_what_was_read_before(tmp_path: Path) -> None:
    """And the doubt stands in the way of whoever would go."""
    made = organization(["ann", "ben"], {"A": ["ben"]})
    with stage(
        tmp_path / "bridge.db", made, [managed("A", ignore=frozenset({"ben@corp.example"}))], {"A": ["ann"]}
    ) as set_up:
        set_up.run()
        set_up.directory.failure = Unavailable("corp", "silence")
        set_up.run()
        kept = explain_kept(set_up.store, set_up.policy, "ann@corp.example")
        assert kept.explanation.unread == {CORP: "silence"}
        (one,) = kept.explanation.answers
        assert [way.groups for way in one.ways] == [("cn=A",)]
        set_up.directory.failure = None
        set_up.run()
        assert explain_kept(set_up.store, set_up.policy, "ann@corp.example").explanation.unread == {}


def test_without_a_run_there_is_a_remedy(tmp_path: Path) -> None:
    """Nothing is guessed."""
    made = organization(["ann"], {"A": []})
    with (
        stage(tmp_path / "bridge.db", made, [managed("A")], {"A": []}) as set_up,
        pytest.raises(BridgeError, match="--live"),
    ):
        explain_kept(set_up.store, set_up.policy, "ann@corp.example")


def test_a_side_that_is_no_more_is_forgotten(tmp_path: Path) -> None:
    """It names people, and nobody asks for them any more."""
    made = organization(["ann"], {"A": []})
    with stage(tmp_path / "bridge.db", made, [managed("A")], {"A": ["ann"]}) as set_up:
        set_up.run()
        assert set(set_up.store.load().pictures) == {"", "corp"}
        other = GroupMapping("A", "A", From(Selector(DirectoryName("other"), SelectorKind.NAME, "A")))
        set_up.change_policy(mappings=(other,))
        set_up.source = _Other()
        set_up.run()
        assert set(set_up.store.load().pictures) == {"", "other"}


class _Other:
    """Another directory, with nobody in it."""

    name = DirectoryName("other")

    def read(self, selectors: Iterable[Selector]) -> DirectoryRead:
        """One empty group."""
        group = DirectoryGroup("other:A", "A", "cn=A", frozenset())
        return DirectoryRead(self.name, "ldap://other", {}, {one: Selection((group,)) for one in selectors})

    read_fully = read
