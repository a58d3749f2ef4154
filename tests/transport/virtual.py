"""Time that passes only when somebody waits, and a server that follows a script."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TypeAlias

import httpx

from bridge.transport.client import Client, Exchange, Observer, Patience, Waiting
from bridge.transport.exchange import Wire, open_http
from bridge.transport.reaction import Call
from bridge.transport.settings import Limits, Route, Timeouts

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)

URL = "https://api.example/v1/things"

READ = Call("GET", URL, "/things", repeatable=True)
WRITE = Call("POST", URL, "/things", repeatable=False, json={"name": "x"})


class VirtualClock:
    """Fits every Clock protocol. `waits` are the sleeps, in order."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._passed = 0.0
        self._lock = Lock()

    def now(self) -> datetime:
        return START + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.waits.append(seconds)
            self._passed += seconds

    def pass_(self, seconds: float) -> None:
        """Let time go by without anybody waiting."""
        with self._lock:
            self._passed += seconds


Line: TypeAlias = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script(httpx.BaseTransport):
    """Answers with one line after the other; the last one stays. `requests` are those received."""

    def __init__(self, *lines: Line) -> None:
        self._lines = list(lines)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        line = self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]
        if isinstance(line, Exception):
            raise line
        return line(request) if callable(line) else _fresh(line)


def _fresh(response: httpx.Response) -> httpx.Response:
    """A response can be read once, and the last line of a script is sent many times."""
    return httpx.Response(response.status_code, headers=response.headers, content=response.content)


def answer(status: int, json: object = None, **headers: str) -> httpx.Response:
    """A JSON answer; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=json, headers=named)


class Bench:
    """A client on a virtual clock in front of a script, and everything it tells its observer."""

    def __init__(self, transport: httpx.BaseTransport, *, limits: Limits | None = None, dice: float = 1.0) -> None:
        limits = limits or Limits()
        self.clock = VirtualClock()
        self.exchanges: list[Exchange] = []
        self.waitings: list[Waiting] = []
        self.patience = Patience.of(self.clock, lambda: dice)
        http = open_http(Route(), Timeouts(), transport=transport)
        wire = Wire(http, self.clock.monotonic, limits, Timeouts())
        observer = Observer(self.exchanges.append, self.waitings.append)
        self.client = Client("Server", wire, self.patience, limits, observer)


class FixedBearer:
    """Gives the tokens of a list, the next one after each renewal."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.renewed: list[str] = []

    def token(self) -> str:
        return self._tokens[0]

    def renew(self, refused: str) -> None:
        self.renewed.append(refused)
        if len(self._tokens) > 1:
            self._tokens.pop(0)


def requests_with(requests: Iterable[httpx.Request], header: str) -> list[str]:
    """The values of a header in these requests."""
    return [request.headers[header] for request in requests if header in request.headers]
