"""A server on a real socket that sends whatever bytes a test wants, and ends connections as badly as it wants."""

import socket
import ssl
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

RESET = b"<reset>"
"""Sent last: the connection is reset instead of closed."""


def plain(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """An HTTP answer; `length` is what it claims to be."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class WireServer:
    """Reads one request of each connection, sends the bytes, and closes. `requests` are the heads received."""

    def __init__(self, *answers: bytes, context: ssl.SSLContext | None = None) -> None:
        self._answers = list(answers)
        self._context = context
        self.requests: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/v1/things"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # shutdown, not close alone: a thread within accept would stay there
        self._socket.shutdown(socket.SHUT_RDWR)
        self.close()
        self._thread.join()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection, answer)

    def _answer(self, connection: socket.socket, answer: bytes) -> None:
        if self._context:
            try:
                connection = self._context.wrap_socket(connection, server_side=True)
            except (ssl.SSLError, OSError):
                return
        with connection:
            self.requests.append(_request(connection))
            if answer.endswith(RESET):
                answer = answer.removesuffix(RESET)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with suppress(OSError):  # who does not want to hear more hangs up
                connection.sendall(answer)


def _request(connection: socket.socket) -> bytes:
    """A request to the end of its body, so that closing does not reset the connection by itself."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head
