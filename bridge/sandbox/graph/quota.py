"""Throttling by resource units, within a window of ten seconds (Graph reference 5.1)."""

import math
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

WINDOW: Final = 10.0
"""Seconds."""
NOTABLE: Final = 0.8
"""The part of a quota from which on answers say how much of it is used."""


class Quota:
    """What was spent lately. Guarded by the tenant's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._spent: deque[tuple[float, int]] = deque()

    def spend(self, units: int) -> None:
        """Count a request; one that is refused counts, too."""
        self._spent.append((self._clock().timestamp(), units))

    def used(self) -> int:
        """What was spent within the window."""
        now = self._clock().timestamp()
        while self._spent and self._spent[0][0] <= now - WINDOW:
            self._spent.popleft()
        return sum(units for _, units in self._spent)

    def wait(self, quota: int) -> int:
        """Whole seconds until so much is free again that the quota is met; 0: it is met now."""
        excess = self.used() - quota
        if excess <= 0:
            return 0
        now = self._clock().timestamp()
        for moment, units in self._spent:
            excess -= units
            if excess <= 0:
                return max(1, math.ceil(moment + WINDOW - now))
        return math.ceil(WINDOW)
