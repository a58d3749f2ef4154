"""The scene of the service's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.scene import Scene, scene
from tests.daemon.serving import Serving, configure, serving


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp, with a service's configuration."""
    with scene(tmp_path) as s:
        configure(s)
        yield s


@pytest.fixture
def service(company: Scene) -> Iterator[Serving]:
    """A service after its first run."""
    with serving(company) as running:
        running.until_run()
        yield running
