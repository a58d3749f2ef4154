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


@dataclass(frozen=True, slots=True, order=True)
class ListedGroup:
    """A directory group as it may be chosen."""

    name: str
    id: str
    """As a configuration writes it; empty where the directory shows none."""
    label: str
    """How an administrator of the directory knows it: a DN where it has one."""


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


class Browsed(Directory, Protocol):
    """A directory whose groups can be looked through by whoever sets the bridge up."""

    def list_groups(self) -> tuple[ListedGroup, ...]:
        """Read which groups there are, in order of their names, without their members. Raises RemoteError."""
