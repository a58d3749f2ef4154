"""A look at a directory for a person who sets it up; and a directory as those know it who wire and check it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.core.model import DirectoryName, DirectoryRead, Selector


@dataclass(frozen=True, slots=True)
class Probe:
    """What a look at a directory showed, for a person who sets it up."""

    server: str
    findings: tuple[str, ...]
    """What there is, in words."""
    warnings: tuple[str, ...] = ()
    """What would keep the bridge from doing its work, with the remedy."""
    failures: tuple[str, ...] = ()
    """What does keep it from that, with the remedy."""


class Directory(Protocol):
    """A directory of any kind: what a run needs of it, and what `check` does."""

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the groups that these selectors name, with all their people. Raises RemoteError."""

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the same anew, whatever was read before. Raises RemoteError."""

    def probe(self) -> Probe:
        """Connect, sign in, and tell what there is. Raises RemoteError, with the remedy."""
