"""Several replicas of one service: whoever holds the lock in the database leads and makes the runs.

The others stand by.

A replica that stands by asks for the lock twice a second, so that it leads a second after the leader has ended,
and within fifteen when the leader's host was cut off (server_lock.py).
"""

import threading
from collections.abc import Callable
from typing import Final, Protocol, Self

from bridge.errors import StoreError
from bridge.store.server_lock import ServerLock

LEADER: Final = "leader"
STANDBY: Final = "standby"

PACE: Final = 0.5
"""Seconds between two looks at the lock."""

_END_SECONDS: Final = 2.0
"""A session that does not end by then is cut off from its server, which will end it."""


class Leads(Protocol):
    """Whether this process makes the runs."""

    @property
    def role(self) -> str:
        """`leader` or `standby`; empty where there are no replicas."""


class Alone:
    """There are no replicas."""

    role = ""


class Leadership:
    """One replica. Looks after the lock in a thread of its own between `with` and its end.

    `wished` is called in that thread when another process asks for a run. Entering raises StoreError.
    """

    def __init__(self, lock: ServerLock, wished: Callable[[], None]) -> None:
        self._lock = lock
        self._wished = wished
        self._leads = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_after, name="leadership", daemon=True)

    def __enter__(self) -> Self:
        self._leads = self._taken()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(_END_SECONDS)
        if not self._thread.is_alive():
            self._lock.close()

    @property
    def role(self) -> str:
        """Fits `Leads`."""
        return LEADER if self._leads else STANDBY

    def _look_after(self) -> None:
        while not self._ended.wait(PACE):
            try:
                self._leads = self._lock.still_held() if self._leads else self._taken()
            except StoreError:  # the store says so itself whenever it is asked for something
                self._leads = False

    def _taken(self) -> bool:
        if not self._lock.take():
            return False
        self._lock.listen(self._wished)
        return True
