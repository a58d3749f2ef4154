"""In which order servers that hold the same are tried, and the memory of which failed lately."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

REST: Final = 300.0
"""Seconds for which a server that failed is tried after the others."""


class ServerOrder:
    """Servers in order of preference, those that failed lately behind the others. For all threads.

    No server is ever left out: where all failed lately, all are tried again, as preferred.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures: dict[str, float] = {}
        """When each failed, of those that have not answered since."""
        self._turn = threading.Lock()

    def of(self, preferred: Sequence[str]) -> tuple[str, ...]:
        """These servers in the order in which to try them now, each once."""
        servers = dict.fromkeys(preferred)
        with self._turn:
            now = self._monotonic()
            resting = {server for server, at in self._failures.items() if now - at < REST}
        return tuple(sorted(servers, key=resting.__contains__))

    def failed(self, server: str) -> None:
        """Try it after the others for a while: it could not be reached, was silent or busy, or broke off."""
        with self._turn:
            self._failures[server] = self._monotonic()

    def answered(self, server: str) -> None:
        """Trust it again: it did all that was asked."""
        with self._turn:
            self._failures.pop(server, None)
