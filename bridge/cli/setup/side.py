"""A directory as it was asked for and found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.cli.setup.asking import Asking
from bridge.cli.setup.secret import SecretPlace

if TYPE_CHECKING:
    from bridge.config import Configuration
    from bridge.config.document import Plain
    from bridge.sources.probe import Browsed, ListedGroup


@dataclass(frozen=True, slots=True)
class Side:
    """One directory, tried."""

    name: str
    """Its key in the configuration."""
    section: "Mapping[str, Plain]"
    secrets: tuple[SecretPlace, ...]
    groups: "tuple[ListedGroup, ...]"


def looked_at(asking: Asking, name: str, configuration: "Configuration") -> "tuple[ListedGroup, ...]":
    """Look at a directory, tell what is there, and hand on its groups. Raises RemoteError, with the remedy."""
    from bridge.transport.client import Observer
    from bridge.wiring_directories import wired_alone

    with wired_alone(name, configuration, Observer()) as directory:
        return _told(asking, directory)


def _told(asking: Asking, directory: "Browsed") -> "tuple[ListedGroup, ...]":
    from bridge.errors import Denied

    probe = directory.probe()
    if probe.failures:
        raise Denied(directory.name, "; ".join(probe.failures))
    for finding in probe.findings:
        asking.tell(f"  {finding}", "green")
    for warning in probe.warnings:
        asking.tell(f"  {warning}", "yellow")
    return directory.list_groups()
