"""What a source tells beyond a read: groups in groups, and everybody who goes by a name."""

from pathlib import Path

import pytest

from bridge.core.model import PersonId
from bridge.sources.file.source import FileSource
from tests.sources.contract import WORLD, by_name
from tests.sources.file.exports import (
    LEAVERS,
    NAMED_BY_O,
    csv_source,
    ldif_source,
    world_csv,
    world_ldif,
    written,
)


@pytest.fixture(params=["ldif", "csv"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> FileSource:
    """The world in files."""
    if request.param == "ldif":
        return ldif_source(written(tmp_path / "x.ldif", world_ldif(WORLD)), schema=NAMED_BY_O, kinds=LEAVERS)
    people, groups, memberships = (written(tmp_path / f"{n}.csv", text) for n, text in enumerate(world_csv(WORLD)))
    return csv_source(people, memberships, groups)


def way(source: FileSource, group: str, address: str) -> list[str]:
    """The groups from a group down to somebody, by the keys of the world."""
    traced = source.trace((by_name(group),), address)
    (person,) = traced.asked
    (found,) = traced.read.selections[by_name(group)].groups
    labels = traced.nesting.chain(found.id, PersonId(person.id))
    return [label.removeprefix("cn=").partition(",")[0] for label in labels]


def test_the_shortest_way_is_told(source: FileSource) -> None:
    """Down to whoever is named; none where there is none; a ring is no way of its own."""
    assert way(source, "Nested Outer", "ann@example.test") == ["outer"]
    assert way(source, "Nested Outer", "BOB@Example.test") == ["outer", "left"]
    assert way(source, "Nested Outer", "dora@example.test") == ["outer", "left", "inner"]
    assert way(source, "Ring One", "cid@example.test") == ["ring1", "ring2", "ring3"]
    assert way(source, "Plain", "dora@example.test") == []


def test_disabled_people_are_found_too(source: FileSource) -> None:
    """In no group any more, and yet somebody asks about them."""
    traced = source.trace((by_name("Lonely"),), "gus@example.test")
    assert [person.enabled for person in traced.asked] == [False]
    assert way(source, "Lonely", "gus@example.test") == ["lonely"]


def test_a_trace_reads_what_a_read_does(source: FileSource) -> None:
    """No more, and no less."""
    selectors = (by_name("Nested Outer"), by_name("Dangling"))
    assert source.trace(selectors, "x").read == source.read(selectors)
    assert source.trace(selectors, "nobody").asked == ()
