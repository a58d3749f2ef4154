from pathlib import Path

import pytest

from bridge.sources.file.source import FileSource
from tests.sources.contract import WORLD, SourceContract
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
