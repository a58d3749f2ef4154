"""Who has to wait: everybody while a throttle lasts, and no longer than a run may."""

from datetime import datetime
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """Tell the wall-clock time, in UTC."""

    def monotonic(self) -> float:
        """Tell seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait. May raise to end a wait early, when the program is to stop."""


class Gate:
    """Closed while a server has asked for a pause. One for each remote system, shared by all its requests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._opens = clock.monotonic()

    def hold(self, seconds: float) -> None:
        """Keep everybody back for so long from now. Never shortens a longer hold."""
        with self._lock:
            self._opens = max(self._opens, self._clock.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds until the gate opens; 0 when it is open."""
        with self._lock:
            return max(0.0, self._opens - self._clock.monotonic())


class Budget:
    """How long one run may wait, all its requests together. Two that wait side by side are charged once."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._lock = Lock()
        self._seconds = seconds
        self._left = seconds
        self._charged_until = clock.monotonic()

    def start_run(self) -> None:
        """Begin anew."""
        with self._lock:
            self._left = self._seconds

    def spend(self, seconds: float) -> bool:
        """Charge a wait that begins now. False, and nothing charged, when it is more than is left."""
        with self._lock:
            now = self._clock.monotonic()
            charge = max(0.0, now + seconds - max(now, self._charged_until))
            if charge > self._left:
                return False
            self._left -= charge
            self._charged_until = max(self._charged_until, now + seconds)
            return True
