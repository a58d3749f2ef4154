"""What was asked and answered. No header and no body is kept, and of the query only what is no secret."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from bridge.sandbox.hyperproof.model import timestamp

_KEPT: Final = 100_000
_HARMLESS: Final = frozenset({"status", "expand", "includeDeactivated", "nextToken", "limit"})


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request to the API or the token endpoint."""

    sequence: int
    """From 1, in the order in which answers were ready."""
    time: datetime
    """Of arrival."""
    method: str
    path: str
    query: str
    """Values of parameters that the API does not have are replaced by `***`."""
    status: int
    """0 where no answer was sent."""
    client_id: str
    """Empty for a request without a token of ours."""
    received: int
    """Bytes of the request's body."""
    sent: int
    """Bytes of the answer's body."""

    def shape(self) -> dict[str, object]:
        """The entry as JSON."""
        return {
            "sequence": self.sequence,
            "time": timestamp(self.time),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "clientId": self.client_id,
            "received": self.received,
            "sent": self.sent,
        }


class RequestLog:
    """The last 100,000 requests. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[LoggedRequest] = deque(maxlen=_KEPT)
        self._sequence = 0

    @property
    def entries(self) -> tuple[LoggedRequest, ...]:
        """All of them, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def clear(self) -> None:
        """Forget all; the sequence goes on."""
        with self._lock:
            self._entries.clear()

    def note(  # noqa: PLR0913 - an entry is made of these
        self,
        *,
        time: datetime,
        method: str,
        path: str,
        query: str,
        status: int,
        client_id: str,
        received: int,
        sent: int,
    ) -> None:
        """Add an entry."""
        with self._lock:
            self._sequence += 1
            self._entries.append(
                LoggedRequest(
                    self._sequence, time, method, path, _harmless(query), status, client_id, received, sent
                )
            )


def _harmless(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value if name in _HARMLESS else "***") for name, value in pairs], safe=",*")
