from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cycle.ports import Source
from bridge.sources.file.source import FileSource
from tests.sources.contract import WORLD, SourceContract, by_name, read_one
from tests.sources.file.exports import (
    LEAVERS,
    NAMED_BY_O,
    csv_source,
    ldif_source,
    world_csv,
    world_ldif,
    written,
)


class TestLdif(SourceContract):
    """The world in an LDIF file."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> FileSource:
        path = written(tmp_path / "corp.ldif", world_ldif(WORLD))
        return ldif_source(path, schema=NAMED_BY_O, kinds=LEAVERS)

    @pytest.fixture
    def absent_source(self, tmp_path: Path) -> FileSource:
        return ldif_source(tmp_path / "none.ldif")


class TestCsv(SourceContract):
    """The world in three tables."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> FileSource:
        people, groups, memberships = (
            written(tmp_path / f"{number}.csv", text) for number, text in enumerate(world_csv(WORLD))
        )
        return csv_source(people, memberships, groups)

    @pytest.fixture
    def absent_source(self, tmp_path: Path) -> FileSource:
        return csv_source(tmp_path / "none.csv", tmp_path / "neither.csv")

    @pytest.fixture
    def owning(self) -> Source:
        pytest.skip("tables have no owners")

    def test_nothing_is_told_of_owners(self, source: FileSource) -> None:
        """Which is something else than a group without an owner."""
        _, selection = read_one(source, replace(by_name("Plain"), owners=True))
        assert [group.owners for group in selection.groups] == [None]
