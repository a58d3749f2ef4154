"""One client's socket: whole messages in, bytes out, TLS from the start or later."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator

from bridge.sandbox.ldap.ber import BerError, frame_size

_MOST_BYTES = 16 * 1024 * 1024
_READ_BYTES = 64 * 1024


class Connection:
    """A socket that one thread serves and any thread may interrupt. Methods raise OSError when it is gone."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = accepted
        self._lock = threading.Lock()
        self._buffer = bytearray()
        self._interrupted = False
        self._resetting = False

    @property
    def secure(self) -> bool:
        """Whether TLS is on."""
        return isinstance(self._socket, ssl.SSLSocket)

    def messages(self) -> Iterator[bytes]:
        """Whole messages as they come, until the client closes. Raises BerError for what can be none."""
        while True:
            size = frame_size(self._buffer)
            if size is not None and size > _MOST_BYTES:
                raise BerError(f"a message is longer than {_MOST_BYTES} bytes")
            if size is not None and len(self._buffer) >= size:
                message = bytes(self._buffer[:size])
                del self._buffer[:size]
                yield message
                continue
            received = self._socket.recv(_READ_BYTES)
            if not received:
                return
            self._buffer += received

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._socket.sendall(data)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on in TLS. What came in the clear behind the request for it is dropped."""
        self._buffer.clear()
        with self._lock:
            if self._interrupted:
                raise ConnectionAbortedError("the server is closing")
            wrapped = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
            self._socket = wrapped
        wrapped.do_handshake()

    def interrupt(self) -> None:
        """End whatever another thread does with the socket."""
        with self._lock, contextlib.suppress(OSError):
            self._interrupted = True
            # Not SSLSocket's own shutdown: that one takes TLS away under the thread that is reading.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def reset(self) -> None:
        """Let close() tear the connection down (RST) instead of ending it (FIN); end whatever is being read."""
        with self._lock, contextlib.suppress(OSError):
            self._resetting = self._interrupted = True
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            socket.socket.shutdown(self._socket, socket.SHUT_RD)

    def close(self) -> None:
        """Give the socket back."""
        if not self._resetting:
            self.interrupt()
        self._socket.close()
