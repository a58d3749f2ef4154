"""Which process serves an organization, and which makes a run: for whoever looks from outside."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.config import Configuration, load
from bridge.daemon.presence import present, service_of, writer_of
from bridge.store.store import open_store
from tests.config.files import ENVIRON, sound, written
from tests.servers.postgres import Postgres


def configured(folder: Path, store: str, **environ: str) -> Configuration:
    """A configuration with this store."""
    return load(written(folder, sound(more=f"store: {store}")), {**ENVIRON, **environ})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def configuration(request: pytest.FixtureRequest, tmp_path: Path) -> Configuration:
    """One on this host, and one on a server."""
    if request.param == "sqlite":
        return configured(tmp_path, "{path: bridge.db}")
    postgres: Postgres = request.getfixturevalue("postgres")
    return configured(tmp_path, '{url: "${env:URL}"}', URL=postgres.url())


@contextmanager
def writing(configuration: Configuration) -> Iterator[None]:
    """A run that holds the organization."""
    opened = open_store(configuration.store.place, configuration.organization, SystemClock().now)
    with closing(opened) as store, store.lock():
        yield


def test_a_service_is_there_as_long_as_it_lives(configuration: Configuration) -> None:
    """And makes no run by that alone."""
    assert service_of(configuration) is None
    with present(configuration, lambda: None):
        holder = service_of(configuration)
        assert holder is not None
        assert (holder.pid, holder.host) == (os.getpid(), socket.gethostname())
        assert writer_of(configuration) is None
    assert service_of(configuration) is None


def test_a_run_is_under_way_as_long_as_it_holds_the_organization(configuration: Configuration) -> None:
    """Whoever makes it: there need be no service."""
    with writing(configuration):
        holder = writer_of(configuration)
        assert holder is not None
        assert holder.pid == os.getpid()
        assert service_of(configuration) is None
    assert writer_of(configuration) is None
