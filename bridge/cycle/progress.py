"""Who wants to be told how far a run is, and which steps it takes."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bridge.core.change import Plan
from bridge.cycle.outcome import GroupOutcome


class Step(Protocol):
    """One step of a run while it is taken."""

    def tell(self, **facts: str | int) -> None:
        """Tell what is known of it by now: ids and counts, and nobody's name."""

    def fail(self, reason: str) -> None:
        """Tell that it came to no good end, though the run goes on."""


class Steps(Protocol):
    """Who is told of steps. Those that are taken within another, in its thread or one of its own, belong to it."""

    def __call__(self, name: str, **facts: str | int) -> AbstractContextManager[Step]:
        """Take a step. An exception that leaves it is its failure."""


class _Untold:
    def tell(self, **facts: str | int) -> None:
        """Nobody listens."""

    def fail(self, reason: str) -> None:
        """Nobody listens."""


_UNTOLD = _Untold()


@contextmanager
def untold(name: str, **facts: str | int) -> Iterator[Step]:  # noqa: ARG001 - nobody listens
    """Take a step that nobody is told of."""
    yield _UNTOLD


@dataclass(frozen=True, slots=True)
class Progress:
    """Who wants to be told how far a run is."""

    stage: Callable[[str], None] = field(default=lambda _: None)
    planned: Callable[[Plan], None] = field(default=lambda _: None)
    written: Callable[[GroupOutcome], None] = field(default=lambda _: None)
    step: Steps = untold


SILENT = Progress()
