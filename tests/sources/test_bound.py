"""Groups that are named once, and read by their ids from then on."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bridge.core.desired import Reads
from bridge.core.model import (
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.core.naming import name_key, named_groups
from bridge.sources.bound import BoundSource
from bridge.sources.probe import Probe

CORP = DirectoryName("corp")


def named(text: str, kind: SelectorKind = SelectorKind.NAME) -> Selector:
    """A selector."""
    return Selector(CORP, kind, text)


def by_id(text: str) -> Selector:
    """A selector by id."""
    return named(text, SelectorKind.ID)


class Town:
    """A directory of groups, by id, with the names that they have today. `asked`: the selectors of each read."""

    name = CORP

    def __init__(self, **names: str) -> None:
        self.names = names
        self.asked: list[tuple[Selector, ...]] = []
        self.doubts: tuple[Doubt, ...] = ()

    def probe(self) -> Probe:
        return Probe("town", ("seen",))

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        self.asked.append(tuple(selectors))
        return DirectoryRead(
            CORP, "town", selections={one: self._answer(one) for one in selectors}, doubts=self.doubts
        )

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        return replace(self.read(selectors), notes=("in full",))

    def _answer(self, selector: Selector) -> Selection:
        found = [
            key for key, name in self.names.items() if selector.text == (key if selector.kind == "id" else name)
        ]
        if len(found) != 1:
            kind = DoubtKind.AMBIGUOUS if found else DoubtKind.MISSING
            return Selection((), (Doubt(kind, "town"),))
        return Selection((DirectoryGroup(f"corp:{found[0]}", self.names[found[0]], "", frozenset()),))


class Runs:
    """Run after run: what one leaves, the next one knows."""

    def __init__(self, town: Town) -> None:
        self.known: dict[str, str] = {}
        self._source = BoundSource(town, lambda: self.known)

    def read(self, *selectors: Selector) -> DirectoryRead:
        """One run's read, and what it leaves."""
        read = self._source.read(selectors)
        self.known |= named_groups({CORP: read})
        return read


@pytest.mark.parametrize("kind", [SelectorKind.NAME, SelectorKind.MAIL_NICKNAME])
def test_a_name_is_used_once(kind: SelectorKind) -> None:
    """Then the group is read by the id that the name led to, and answers to its name."""
    town = Town(g1="staff")
    runs = Runs(town)
    first = runs.read(named("staff", kind))
    town.names = {"g1": "personnel", "g2": "staff"}
    second = runs.read(named("staff", kind))
    assert town.asked == [(named("staff", kind),), (by_id("g1"),)]
    assert [group.id for group in first.selections[named("staff", kind)].groups] == ["corp:g1"]
    assert [(group.id, group.name) for group in second.selections[named("staff", kind)].groups] == [
        ("corp:g1", "personnel")
    ]


def test_a_bound_group_is_asked_who_owns_it_as_its_name_was() -> None:
    """A question about owners stays one when the name gives way to the id."""
    town = Town(g1="staff")
    runs, owned = Runs(town), replace(named("staff"), owners=True)
    runs.read(owned)
    assert list(runs.read(owned, named("staff")).selections) == [owned, named("staff")]
    assert town.asked == [(owned,), (replace(by_id("g1"), owners=True), by_id("g1"))]


def test_a_bound_group_that_is_gone_is_told_with_its_name() -> None:
    """Another one of its name does not take its place."""
    town = Town(g1="staff")
    runs = Runs(town)
    runs.read(named("staff"))
    town.names = {"g2": "staff"}
    (doubt,) = runs.read(named("staff")).selections[named("staff")].doubts
    assert doubt.kind is DoubtKind.MISSING
    assert doubt.text.startswith("'staff' was the group g1 when it was first read")
    assert runs.known == {name_key(named("staff")): "corp:g1"}


def test_what_was_in_doubt_is_not_bound() -> None:
    """Neither a name that is nobody's or two groups', nor any while the whole read is in doubt."""
    town = Town(g1="twin", g2="twin", g3="staff")
    runs = Runs(town)
    runs.read(named("twin"), named("nobody"))
    town.doubts = (Doubt(DoubtKind.TRUNCATED, "cut"),)
    runs.read(named("staff"))
    assert runs.known == {}


def test_only_names_are_bound() -> None:
    """Ids are bound already, DNs name a place, and sets may change."""
    town = Town(g1="staff")
    runs = Runs(town)
    runs.read(*(named("staff", kind) for kind in SelectorKind if kind not in {"name", "mail_nickname"}))
    assert runs.known == {}


def test_two_names_of_one_group_are_asked_for_once() -> None:
    """Each has its answer."""
    town = Town(g1="staff")
    runs = Runs(town)
    runs.read(named("staff"))
    read = runs.read(named("staff"), by_id("g1"))
    assert town.asked[-1] == (by_id("g1"),)
    assert read.selections[named("staff")] == read.selections[by_id("g1")]


def test_names_of_two_directories_are_apart() -> None:
    """And so are those of two kinds."""
    other = Selector(DirectoryName("other"), SelectorKind.NAME, "staff")
    keys = {name_key(one) for one in (named("staff"), other, named("staff", SelectorKind.MAIL_NICKNAME))}
    assert len(keys) == 3
    reads: Reads = {}
    assert named_groups(reads) == {}


def test_it_is_looked_at_as_it_is() -> None:
    """A look at a bound directory is one at the directory."""
    assert BoundSource(Town(), dict).probe() == Probe("town", ("seen",))


def test_a_full_read_goes_by_the_same_ids() -> None:
    """Recalled or not, a name is used once."""
    town = Town(g1="Staff")
    source = BoundSource(town, lambda: {name_key(named("Old")): "corp:g1"})
    read, full = source.read([named("Old")]), source.read_fully([named("Old")])
    assert full == replace(read, notes=("in full",))
    assert town.asked == [(by_id("g1"),)] * 2
