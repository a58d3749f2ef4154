"""Every test of the store is true of both databases, but for those that are marked `files`."""

from pathlib import Path

import pytest

from bridge.store.database import Database
from bridge.store.place import Server
from bridge.store.schema import metadata
from tests.servers.postgres import Postgres
from tests.store.stores import URL

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a folder for its database once with each."""
    if "tmp_path" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("files"):
        metafunc.parametrize("tmp_path", BOTH, indirect=True)


@pytest.fixture(scope="session")
def shared(postgres: Postgres) -> tuple[Postgres, str]:
    """A server, and the address of a database on it that is made once, which takes its time."""
    url = postgres.url()
    Database.open(Server.of(lambda: url)).close()
    return postgres, url


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder, with a word in it where its database is on a server: an emptied one, or a new one for `anew`."""
    if getattr(request, "param", "sqlite") == "postgresql":
        server, url = request.getfixturevalue("shared")
        if request.node.get_closest_marker("anew"):
            url = server.url()
        else:
            tables = ", ".join(f"{url.rpartition('%3D')[2]}.{table.name}" for table in metadata.sorted_tables)
            with server.connected() as connection:
                connection.execute(f"TRUNCATE {tables}")
        (tmp_path / URL).write_text(url)
    return tmp_path
