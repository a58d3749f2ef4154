"""What tests of several folders share."""

from collections.abc import Iterator

import pytest

from tests.servers.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, started for the first test that asks for it; each test takes a part of its own."""
    with Postgres() as server:
        yield server
