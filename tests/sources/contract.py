"""What every source does, whatever directory is behind it.

A module that tests a kind of source subclasses SourceContract, shows WORLD with a directory of that kind,
and gives the fixtures `source` and `absent_source`.
"""

from dataclasses import dataclass, replace
from itertools import permutations

import pytest

from bridge.core.model import (
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    DoubtKind,
    Owners,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.cycle.ports import Source
from bridge.errors import Unavailable

CORP = DirectoryName("corp")


@dataclass(frozen=True, slots=True)
class Someone:
    """A person in the world: the address is known by the key."""

    key: str
    enabled: bool = True

    @property
    def address(self) -> str:
        """As the directory spells it."""
        return f"{self.key.capitalize()}@Example.test"


@dataclass(frozen=True, slots=True)
class SomeGroup:
    """A group in the world; members and the owner are keys of people, groups and things, or of nothing."""

    key: str
    name: str
    members: tuple[str, ...]
    owner: str = ""


@dataclass(frozen=True, slots=True)
class World:
    """What a directory shows."""

    people: tuple[Someone, ...]
    groups: tuple[SomeGroup, ...]
    things: tuple[str, ...] = ()
    """Neither people nor groups: devices."""


WORLD = World(
    people=(*map(Someone, ("ann", "bob", "cid", "dora", "eve")), Someone("gus", enabled=False)),
    groups=(
        SomeGroup("plain", "Plain", ("ann", "bob"), owner="eve"),
        SomeGroup("outer", "Nested Outer", ("ann", "left", "right")),
        SomeGroup("left", "Nested Left", ("bob", "inner")),
        SomeGroup("right", "Nested Right", ("cid", "inner"), owner="printer"),
        SomeGroup("inner", "Nested Inner", ("dora", "ann")),
        SomeGroup("ring1", "Ring One", ("ann", "ring2")),
        SomeGroup("ring2", "Ring Two", ("bob", "ring3")),
        SomeGroup("ring3", "Ring Three", ("cid", "ring1")),
        SomeGroup("mixed", "Mixed", ("ann", "gus", "printer"), owner="gus"),
        SomeGroup("dangling", "Dangling", ("ann", "ghost")),
        SomeGroup("above", "Above Dangling", ("bob", "dangling")),
        SomeGroup("twin1", "Twin", ("ann",)),
        SomeGroup("twin2", "Twin", ("bob",)),
        SomeGroup("lonely", "Lonely", ("gus",)),
    ),
    things=("printer",),
)


def by_name(name: str) -> Selector:
    """The selector for one group by name."""
    return Selector(CORP, SelectorKind.NAME, name)


def by_pattern(pattern: str) -> Selector:
    """The selector for all groups whose name matches."""
    return Selector(CORP, SelectorKind.PATTERN, pattern)


def read_one(source: Source, selector: Selector) -> tuple[DirectoryRead, Selection]:
    """Read what one selector finds."""
    read = source.read((selector,))
    return read, read.selections[selector]


def addresses(read: DirectoryRead, group: DirectoryGroup) -> set[str]:
    """The first addresses of a group's people."""
    return {read.people[person_id].addresses[0] for person_id in group.members}


def people(*keys: str) -> set[str]:
    """The folded addresses of people of the world."""
    return {f"{key}@example.test" for key in keys}


class SourceContract:
    """Every source passes these; `owning` is skipped where nothing tells of owners."""

    @pytest.fixture
    def owning(self, source: Source) -> Source:
        """The source, which tells who owns a group."""
        return source

    @pytest.mark.parametrize(
        ("name", "keys"),
        [
            ("Plain", ("ann", "bob")),
            ("Nested Outer", ("ann", "bob", "cid", "dora")),
            ("Nested Left", ("bob", "dora", "ann")),
            ("Ring One", ("ann", "bob", "cid")),
            ("Ring Two", ("ann", "bob", "cid")),
            ("Ring Three", ("ann", "bob", "cid")),
            ("Lonely", ()),
        ],
    )
    def test_members_at_any_depth_are_found(self, source: Source, name: str, keys: tuple[str, ...]) -> None:
        """Nested groups are expanded, through diamonds and cycles; disabled people are left out."""
        read, selection = read_one(source, by_name(name))
        (group,) = selection.groups
        assert addresses(read, group) == people(*keys)
        assert group.doubts == selection.doubts == read.doubts == ()

    def test_a_read_hands_on_exactly_the_members(self, source: Source) -> None:
        """`people` are the members of the groups found: no fewer, and nobody else; everybody is enabled."""
        read = source.read((by_name("Plain"), by_name("Mixed"), by_name("Nested Right")))
        groups = [group for selection in read.selections.values() for group in selection.groups]
        assert set(read.people) == {person_id for group in groups for person_id in group.members}
        assert all(person.id == person_id and person.enabled for person_id, person in read.people.items())

    def test_ids_are_told_apart_over_directories(self, source: Source) -> None:
        """Every id begins with the directory's name."""
        read, selection = read_one(source, by_pattern("Nested.*"))
        ids = [*read.people, *(group.id for group in selection.groups)]
        assert source.name == read.directory == CORP
        assert len(ids) == 8
        assert all(one.startswith(f"{CORP}:") and one == one.lower() for one in ids)

    def test_disabled_people_and_other_things_are_counted(self, source: Source) -> None:
        """Neither is a member, and neither is a doubt."""
        read, selection = read_one(source, by_name("Mixed"))
        (group,) = selection.groups
        assert addresses(read, group) == people("ann")
        assert (group.disabled, group.others, group.doubts) == (1, 1, ())

    @pytest.mark.parametrize(("name", "keys"), [("Dangling", ("ann",)), ("Above Dangling", ("ann", "bob"))])
    def test_a_member_that_leads_to_nobody_is_a_doubt(
        self, source: Source, name: str, keys: tuple[str, ...]
    ) -> None:
        """About its group and every group that contains it; the others in it are still handed on."""
        read, selection = read_one(source, by_name(name))
        (group,) = selection.groups
        assert addresses(read, group) == people(*keys)
        assert [doubt.kind for doubt in group.doubts] == [DoubtKind.UNRESOLVED]
        assert "ghost" in group.doubts[0].text

    def test_a_group_that_is_not_there_is_a_doubt(self, source: Source) -> None:
        """It is answered, with no group: never with an empty one."""
        _, selection = read_one(source, by_name("No Such Group"))
        assert selection.groups == ()
        assert [doubt.kind for doubt in selection.doubts] == [DoubtKind.MISSING]

    def test_a_name_that_two_groups_have_means_neither(self, source: Source) -> None:
        """Which one is meant is for a person to say."""
        _, selection = read_one(source, by_name("Twin"))
        assert selection.groups == ()
        assert [doubt.kind for doubt in selection.doubts] == [DoubtKind.AMBIGUOUS]

    def test_a_pattern_matches_whole_names(self, source: Source) -> None:
        """Every group whose whole name matches is found; none is no doubt; two of one name are both found."""
        names = {
            pattern: [group.name for group in read_one(source, by_pattern(pattern))[1].groups]
            for pattern in ("Ring (?P<n>.+)", "Ring", "Twin")
        }
        assert sorted(names["Ring (?P<n>.+)"]) == ["Ring One", "Ring Three", "Ring Two"]
        assert names["Ring"] == []
        assert names["Twin"] == ["Twin", "Twin"]
        assert read_one(source, by_pattern("Ring"))[1].doubts == ()

    def test_a_group_is_found_by_its_id(self, source: Source) -> None:
        """The id that a read shows, without the directory's name, is a selector."""
        _, selection = read_one(source, by_name("Plain"))
        (group,) = selection.groups
        by_id = Selector(CORP, SelectorKind.ID, group.id.removeprefix(f"{CORP}:").upper())
        assert read_one(source, by_id)[1].groups == (group,)

    def test_every_selector_is_answered_in_any_order(self, source: Source) -> None:
        """Each selector asked has its answer, the same whatever was asked before it or with it."""
        asked = (by_name("Plain"), by_name("No Such Group"), by_pattern("Ring.*"))
        reads = [source.read(order) for order in permutations(asked)]
        for read in reads:
            assert set(read.selections) == set(asked)
            assert read.selections == reads[0].selections
            assert read.people == reads[0].people
        assert source.read(()).selections == {}

    def test_a_full_read_says_the_same(self, source: Source) -> None:
        """And is never recalled."""
        asked = (by_name("Plain"), by_name("Dangling"), by_pattern("Ring.*"))
        read, full = source.read(asked), source.read_fully(asked)
        assert (full.people, full.selections, full.doubts) == (read.people, read.selections, read.doubts)
        assert full.recalled is None

    def test_completeness_is_recorded(self, source: Source) -> None:
        """A read says which server it was, and how each of its searches ended."""
        read, _ = read_one(source, by_name("Plain"))
        assert read.server
        assert read.searches
        assert all(search.what and search.pages and search.result for search in read.searches)

    def test_who_owns_a_group_is_told_where_it_is_asked(self, owning: Source) -> None:
        """The owner is one of the people then, member or not; where nobody asks, nothing is told of owners."""
        asked = replace(by_name("Plain"), owners=True)
        for read in (owning.read((asked, by_name("Mixed"))), owning.read((asked,))):
            (group,) = read.selections[asked].groups
            assert group.owners is not None
            assert {read.people[one].addresses[0] for one in group.owners.people} == people("eve")
            assert (group.owners.others, addresses(read, group)) == ((), people("ann", "bob"))
        read, selection = read_one(owning, by_name("Plain"))
        assert ([group.owners for group in selection.groups], len(read.people)) == ([None], 2)

    @pytest.mark.parametrize(("name", "why"), [("Mixed", "disabled"), ("Nested Right", "is no")])
    def test_an_owner_who_is_no_enabled_person_is_told_as_such(self, owning: Source, name: str, why: str) -> None:
        """Who is disabled, and what is no person, stands in words beside the people."""
        _, selection = read_one(owning, replace(by_name(name), owners=True))
        (group,) = selection.groups
        assert group.owners is not None
        assert group.owners.people == frozenset()
        (told,) = group.owners.others
        assert why in told

    def test_a_group_may_have_no_owner(self, owning: Source) -> None:
        """Which is no doubt about who is in it."""
        _, selection = read_one(owning, replace(by_name("Nested Left"), owners=True))
        assert [(group.owners, group.doubts) for group in selection.groups] == [(Owners(), ())]

    def test_no_answer_is_an_error(self, absent_source: Source) -> None:
        """A directory out of reach is an error: never an empty read."""
        with pytest.raises(Unavailable):
            absent_source.read((by_name("Plain"),))
