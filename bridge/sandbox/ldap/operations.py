"""What clients did: the log of a server. It never holds a password."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """One request and what became of it."""

    op: str
    """bind, search, starttls, whoami, unbind, abandon, or the name of what was refused."""
    base: str = ""
    """Of a search; of a bind the name, of an unknown extended operation its OID."""
    scope: str = ""
    filter: str = ""
    attributes: tuple[str, ...] = ()
    page: int = 0
    """Which page of a search in pages, from 1; 0 is no page."""
    page_size: int = 0
    """As the client asked for it."""
    entries: int = 0
    """Sent in this answer."""
    result: int | None = None
    """The result code; None when none was sent."""
    identity: str = ""
    """As whom the client was signed in; empty: anonymous."""
    secure: bool = False
    """Whether it came over TLS."""


class OperationLog:
    """Operations in the order in which they were answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: list[Operation] = []

    def append(self, operation: Operation) -> None:
        """Add one."""
        with self._lock:
            self._operations.append(operation)

    def all(self) -> tuple[Operation, ...]:
        """All there are so far."""
        with self._lock:
            return tuple(self._operations)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._operations.clear()
