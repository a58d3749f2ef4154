"""Signs of life. A scheduler that does not move, or a run that shows none for long, is a reason for a restart."""

from collections.abc import Callable
from threading import Lock
from typing import Final

STILL: Final = 60.0
"""Seconds without a beat after which the scheduler has stopped."""


class Signs:
    """When the scheduler and a run under way last moved. For all threads."""

    def __init__(self, monotonic: Callable[[], float], hung_after: float) -> None:
        self._monotonic = monotonic
        self._turn = Lock()
        self._beat = monotonic()
        self._sign: float | None = None
        self.hung_after = hung_after
        """Seconds."""

    def beat(self) -> None:
        """The scheduler moves."""
        self._beat = self._monotonic()

    def begin(self) -> None:
        """A run begins."""
        with self._turn:
            self._sign = self._monotonic()

    def sign(self, ahead: float = 0) -> None:
        """The run moves, and may be silent for so many seconds more than usual."""
        with self._turn:
            if self._sign is not None:
                self._sign = self._monotonic() + ahead

    def end(self) -> None:
        """The run is over."""
        with self._turn:
            self._sign = None

    def missing(self) -> tuple[str, ...]:
        """What does not move any more, in words."""
        now, sign = self._monotonic(), self._sign
        found = []
        if now - self._beat > STILL:
            found.append(f"the scheduler has not moved for {now - self._beat:.0f} s")
        if sign is not None and now - sign > self.hung_after:
            found.append(f"the run under way has shown no sign of life for {now - sign:.0f} s")
        return tuple(found)
