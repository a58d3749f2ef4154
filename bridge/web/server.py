"""The socket, and the thread that serves it."""

import asyncio
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from bridge.errors import Obstructed

_END_SECONDS: Final = 3.0
"""A reader that has not got its answer by then gets none."""

_MOST_READERS: Final = 512
"""At once; more are turned away, so that nobody keeps the service from its work by asking."""

_SILENCE: Final = 10.0
"""Seconds in which a reader has to have asked for something; who only holds a connection keeps others out."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the service is found."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def of(cls, listen: str, certificate: Path | None = None, key: Path | None = None) -> Self:
        """Read `host:port`, as the configuration has it."""
        host, _, port = listen.rpartition(":")
        return cls(host.strip("[]"), int(port), certificate, key)


class _Impatient(H11Protocol):
    """HTTP that ends a connection on which no request comes in time; uvicorn would keep it for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._waits = self.loop.call_later(_SILENCE, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._waits.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """End it unless an answer is being made; then look again."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        if cycle is None or cycle.response_complete:
            self.transport.close()
        else:
            self._waits = self.loop.call_later(_SILENCE, self._look)


class WebServer:
    """Serves an app from a thread of its own between `with` and its end. Entering raises Obstructed."""

    def __init__(self, app: Starlette, site: Site) -> None:
        self._site = site
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=_Impatient,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_MOST_READERS,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)
        self._socket: socket.socket | None = None
        self._tls: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        try:
            self._socket = _bound(self._site)
            if self._site.certificate:
                self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self.renew_certificate()
        except OSError as error:  # of which ssl.SSLError is one
            self._close()
            raise Obstructed(
                f"{self._site.host}:{self._site.port} cannot be listened on ({error.strerror or error}); "
                "see `web` in the configuration"
            ) from error
        config = self._server.config
        config.load()
        config.ssl = self._tls
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(_END_SECONDS)
        self._close()

    @property
    def port(self) -> int:
        """The port, also where 0 was asked for."""
        return int(self._socket.getsockname()[1]) if self._socket else self._site.port

    def renew_certificate(self) -> None:
        """Read certificate and key again; connections from now on get them. Raises OSError."""
        if self._tls and self._site.certificate:
            self._tls.load_cert_chain(self._site.certificate, self._site.key)

    def _serve(self) -> None:
        if self._socket:
            self._server.run(sockets=[self._socket])

    def _close(self) -> None:
        if self._socket:
            self._socket.close()


def _bound(site: Site) -> socket.socket:
    """A socket that nobody else has. Raises OSError."""
    family = socket.AF_INET6 if ":" in site.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((site.host, site.port))
        made.listen()
    except BaseException:
        made.close()
        raise
    return made
