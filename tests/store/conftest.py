"""Every test of the store is true of both databases, but for those that are marked `files`."""

from pathlib import Path

import pytest

from tests.servers.postgres import Postgres
from tests.store.stores import URL

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a folder for its database once with each."""
    if "tmp_path" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("files"):
        metafunc.parametrize("tmp_path", BOTH, indirect=True)


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder, with a word in it where its database is on a server."""
    if getattr(request, "param", "sqlite") == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        (tmp_path / URL).write_text(server.url())
    return tmp_path
