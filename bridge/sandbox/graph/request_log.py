"""What was asked and answered, each request in a `$batch` too. No body is kept, and no secret."""

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from bridge.sandbox.graph.batch import BATCH_PATH
from bridge.sandbox.graph.call import ROOT
from bridge.sandbox.graph.model import timestamp

_KEPT: Final = 200_000
_KEPT_HEADERS: Final = (
    "client-request-id",
    "consistencylevel",
    "host",
    "metadata",
    "prefer",
    "user-agent",
    "x-ms-throttle-priority",
)


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request to any address, or in a batch."""

    time: datetime
    """Of arrival."""
    method: str
    path: str
    query: str
    """Only options that begin with `$` are told as they were; other values are replaced by `***`."""
    status: int
    """0 where no answer was sent."""
    client_id: str = ""
    """Whose token it carried; empty: none of ours."""
    authorized: bool = False
    """Whether it carried any token at all."""
    headers: dict[str, str] = field(default_factory=dict)
    """Those that tell something and are no secret; names in lower case."""
    received: int = 0
    """Bytes of the request's body."""
    sent: int = 0
    """Bytes of the answer's body."""
    batch: int = 0
    """The sequence of the `$batch` that it came in; 0: it came on its own."""
    sequence: int = 0
    """From 1, in the order in which answers were ready: those in a batch before it."""

    @property
    def graph(self) -> bool:
        """Whether it went to Graph, and not to sign in."""
        return self.path.startswith(f"{ROOT}/")

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
            "authorized": self.authorized,
            "headers": self.headers,
            "received": self.received,
            "sent": self.sent,
            "batch": self.batch,
        }


class RequestLog:
    """The last 200,000 requests. Thread-safe."""

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

    def note(self, *parts: LoggedRequest) -> None:
        """Add a request; before it those that came in it, if it is a batch."""
        with self._lock:
            batch = self._sequence + len(parts)
            for part in parts:
                self._sequence += 1
                inner = batch if part is not parts[-1] else 0
                self._entries.append(replace(part, sequence=self._sequence, batch=inner))


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls there were, as a bill would have them."""

    direct: int
    """Requests to Graph on the wire: a batch is one."""
    batches: int
    """`$batch` among them."""
    inner: int
    """Requests in batches."""
    sign_ins: int
    """Requests for tokens, and what comes before them."""


def counted(entries: tuple[LoggedRequest, ...]) -> Calls:
    """Count what a log has."""
    direct = [one for one in entries if not one.batch]
    graph = [one for one in direct if one.graph]
    batches = sum(one.path == BATCH_PATH for one in graph)
    return Calls(len(graph), batches, len(entries) - len(direct), len(direct) - len(graph))


def harmless_headers(headers: dict[str, str]) -> dict[str, str]:
    """What of a request's head may be told."""
    return {name: headers[name] for name in _KEPT_HEADERS if name in headers}


def harmless_query(query: str) -> str:
    """What of a request's query may be told."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value if name.startswith("$") else "***") for name, value in pairs], safe="$,*'()/ ")
