"""The probes that a container has: they ask the service, and end none that is well."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from tests.cli.scene import Scene, scene
from tests.daemon.serving import Serving, configure, serving

pytestmark = pytest.mark.e2e


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


@pytest.mark.parametrize("words", [(), ("--live",)])
def test_a_broken_configuration_fails_no_probe_that_reads_none(service: Serving, words: tuple[str, ...]) -> None:
    """The service refuses it and goes on; a probe that reads it says what is wrong with it instead."""
    address = service.until_told("service.started")["address"]
    service.scene.edit("apply: true", "apply: perhaps")
    assert service.scene.run("health", *words).code == Exit.CONFIGURATION
    asked = service.scene.run("health", *words, "--at", address)
    assert (asked.code, asked.out) == (Exit.OK, "all is well\n")


def test_no_answer_is_not_well(company: Scene) -> None:
    """Whatever the address."""
    assert company.run("health", "--live", "--at", "127.0.0.1:1").code == Exit.UNHEALTHY


@pytest.mark.parametrize("address", ["bridge.corp.example:8470", "8470", "none"])
def test_only_this_machine_is_asked(company: Scene, address: str) -> None:
    """Elsewhere the token would be needed, which is in the configuration."""
    asked = company.run("health", "--at", address)
    assert asked.code == Exit.USAGE, asked.text
    assert "Traceback" not in asked.text
