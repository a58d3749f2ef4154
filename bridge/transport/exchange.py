"""One request and one answer, or what went wrong instead; the only place that touches httpx."""

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from bridge import __version__
from bridge.transport.answer import Answer
from bridge.transport.failure import HTTPX_ROOTS, Failure, Stage, failure_of
from bridge.transport.reaction import Call
from bridge.transport.settings import Limits, Route, Timeouts

USER_AGENT: Final = f"hyperproof-bridge/{__version__}"

_MEBIBYTE: Final = 1024 * 1024


def open_http(
    route: Route,
    timeouts: Timeouts,
    *,
    loopback: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """Make the connection pool. `loopback`: proxies of the environment do not apply. `transport`: for tests.

    Raises OSError when the certificate authorities cannot be loaded, and ValueError for a proxy that is not one.
    """
    try:
        return _client(route, timeouts, loopback=loopback, transport=transport)
    except (httpx.InvalidURL, ImportError):
        pass  # raised below, as httpx quotes what it takes for the port, which may be half of a password
    where = "proxy" if route.proxy else "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"
    raise ValueError(f"{where} is no address of an HTTP proxy; write http://host:port, a password percent-encoded")


def _client(
    route: Route, timeouts: Timeouts, *, loopback: bool, transport: httpx.BaseTransport | None
) -> httpx.Client:
    return httpx.Client(
        headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
        verify=_trust(route.ca_file),
        proxy=route.proxy or None,
        trust_env=not route.proxy and not loopback,
        timeout=httpx.Timeout(
            connect=timeouts.connect, read=timeouts.read, write=timeouts.write, pool=timeouts.pool
        ),
        follow_redirects=False,
        transport=transport,
    )


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # of which ssl.SSLError is one; neither names the file
        raise OSError(f"ca_file {ca_file} cannot be loaded: {error}") from error


class Wire:
    """Makes single exchanges: no retry, no meaning, no exception of httpx's leaves here."""

    def __init__(
        self, http: httpx.Client, monotonic: Callable[[], float], limits: Limits, timeouts: Timeouts
    ) -> None:
        self._http = http
        self._monotonic = monotonic
        self._most = limits.answer_bytes
        self._whole = timeouts.whole

    def close(self) -> None:
        """Drop all connections."""
        self._http.close()

    def exchange(self, call: Call, token: str) -> Answer | Failure:
        """Send a request and read its answer to the end."""
        deadline = self._monotonic() + self._whole
        answered = False
        try:
            with self._http.stream(
                call.method,
                call.url,
                params=call.params or None,  # an empty mapping would drop the query of the address
                json=call.json,
                data=call.form,
                headers={**call.headers, **({"Authorization": f"Bearer {token}"} if token else {})},
            ) as response:
                answered = True
                body = self._read(response, deadline)
        except HTTPX_ROOTS as error:
            # A value, not an exception: httpx's own errors carry the request, and with it the token.
            return failure_of(error, answered=answered, hidden=call.hidden)
        if isinstance(body, Failure):
            return body
        return Answer(
            response.status_code, response.headers, body, call.decode if response.is_success else json.loads
        )

    def _read(self, response: httpx.Response, deadline: float) -> bytes | Failure:
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > self._most:
                return Failure(Stage.TOO_LARGE, f"the answer is larger than {self._most / _MEBIBYTE:g} MiB")
            if self._monotonic() > deadline:
                return Failure(Stage.LOST, f"the answer did not end within {self._whole:g} s")
        return bytes(body)
