"""HTTP/1.1 on a socket: requests read whole, deliveries written, connections reset on demand."""

import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from email.utils import formatdate
from http.client import responses
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Final

from bridge.sandbox.messages import Answer, Delivery, Request

_Accepted = socket.socket | tuple[bytes, socket.socket]
"""What socketserver hands on as a request: of a TCP server always a socket."""

_LINE_LIMIT: Final = 65_537
_GOODBYE: Final = 5.0
"""Seconds that open connections get to end when the listener closes."""
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time at all: closing sends RST."""
_NO_CONTENT: Final = 204
_LENGTH_REQUIRED: Final = 411


class Listener(ThreadingTCPServer):
    """Accepts connections, a thread for each, and ends them all when it closes; over TLS with a certificate."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        deliver: Callable[[Request], Delivery],
        pause: Callable[[float], None],
        certificate: ssl.SSLContext | None = None,
    ) -> None:
        self._certificate = certificate
        self.deliver = deliver
        self.pause = pause
        self._open: set[socket.socket] = set()
        self._ended = threading.Condition()
        super().__init__(address, Connection)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection. Its handshake waits for its own thread."""
        accepted, address = super().get_request()
        if self._certificate is None:
            return accepted, address
        return self._certificate.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False), address

    def process_request(self, request: _Accepted, client_address: object) -> None:
        """Begin a connection."""
        if isinstance(request, socket.socket):
            with self._ended:
                self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Accepted) -> None:
        """End a connection."""
        super().shutdown_request(request)
        with self._ended:
            self._open -= {request}
            self._ended.notify_all()

    def server_close(self) -> None:
        """Accept no more, and end every connection."""
        super().server_close()
        with self._ended:
            for request in self._open:
                with contextlib.suppress(OSError):
                    # The plain socket's own: what reads from a TLS connection meanwhile must not find it gone.
                    socket.socket.shutdown(request, socket.SHUT_RDWR)
            self._ended.wait_for(lambda: not self._open, _GOODBYE)


class Connection(BaseHTTPRequestHandler):
    """Serves the requests of one client, one after the other. Every method is served alike."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener
    connection: socket.socket

    def handle(self) -> None:
        """Shake hands where that is asked for, then serve. Clients that do not trust the certificate just go."""
        with contextlib.suppress(OSError):
            if isinstance(self.connection, ssl.SSLSocket):
                self.connection.do_handshake()
            super().handle()

    def handle_one_request(self) -> None:
        """Read a request and send its delivery."""
        try:
            self.raw_requestline = self.rfile.readline(_LINE_LIMIT)
            if not self.raw_requestline:
                self.close_connection = True
            elif self.parse_request():
                self._serve()
        except (ConnectionError, TimeoutError, ssl.SSLError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Stay silent: the sandbox keeps its own log."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            self._send(Answer(_LENGTH_REQUIRED))
            return
        delivery = self.server.deliver(self._request(int(length)))
        self.server.pause(delivery.wait)
        if delivery.reset:
            self._reset()
        elif delivery.answer is None:
            self.close_connection = True
        else:
            self._send(delivery.answer, delivery.keep, delivery.pace)

    def _request(self, length: int) -> Request:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, path, query, headers, self.rfile.read(length))

    def _send(self, answer: Answer, keep: int | None = None, pace: float = 0.0) -> None:
        body = b"" if self.command == "HEAD" else answer.body[:keep]
        if pace:
            self._trickle(self._head(answer), body, pace)
        else:
            self.wfile.write(self._head(answer) + body)
        self.close_connection = self.close_connection or keep is not None

    def _trickle(self, head: bytes, body: bytes, pace: float) -> None:
        """Send byte after byte, so that no single wait is long and yet there is no end."""
        self.wfile.write(head)
        for start in range(len(body)):
            self.server.pause(pace)
            self.wfile.write(body[start : start + 1])

    def _head(self, answer: Answer) -> bytes:
        phrase = responses.get(answer.status, "Unknown")
        lines = [f"HTTP/1.1 {answer.status} {phrase}", f"Date: {formatdate(usegmt=True)}"]
        if answer.status != _NO_CONTENT:
            lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        os.close(self.connection.detach())
