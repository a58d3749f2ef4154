"""Faults in force: what was written down beforehand, and whose turn it is."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Scheduled(Protocol):
    """Something that befalls some of the requests that it matches."""

    @property
    def nth(self) -> int:
        """The first matching request that it befalls, from 1."""

    @property
    def count(self) -> int:
        """How many it befalls from then on; 0: all."""


AnyFault = TypeVar("AnyFault", bound=Scheduled)


class _Armed(Generic[AnyFault]):
    """A fault with the number of requests that it has counted."""

    def __init__(self, fault: AnyFault) -> None:
        self.fault = fault
        self.counted = 0

    @property
    def spent(self) -> bool:
        return self.fault.count > 0 and self.counted >= self.fault.nth + self.fault.count - 1

    def takes(self, matches: Callable[[AnyFault], bool]) -> bool:
        if self.spent or not matches(self.fault):
            return False
        self.counted += 1
        return self.counted >= self.fault.nth


class Faults(Generic[AnyFault]):
    """The faults in force. The first that is due befalls a request; the others do not count it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed[AnyFault]] = []

    @property
    def pending(self) -> tuple[AnyFault, ...]:
        """Those that have not yet befallen all that they may."""
        with self._lock:
            return tuple(armed.fault for armed in self._armed if not armed.spent)

    def add(self, *faults: AnyFault) -> None:
        """Put faults in force, after those already there."""
        with self._lock:
            self._armed.extend(map(_Armed, faults))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._armed.clear()

    def take(self, matches: Callable[[AnyFault], bool]) -> AnyFault | None:
        """The fault that befalls the request which these are asked about."""
        with self._lock:
            self._armed = [armed for armed in self._armed if not armed.spent]
            return next((armed.fault for armed in self._armed if armed.takes(matches)), None)
