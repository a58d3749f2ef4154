"""Servers that fall silent, each at another moment."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

_SUCCESS: Final = bytes.fromhex("7807 0a0100 0400 0400")
"""Of an extended operation (RFC 4511, 4.12)."""


@contextmanager
def silent(*, starts_tls: bool = False, certificate: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port where connections are taken and nothing is ever said.

    With `starts_tls` StartTLS is agreed to first, and with a certificate the handshake done as well.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as connections:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:  # shut down
                    return
                connections.enter_context(client)
                if starts_tls:
                    request = client.recv(4096)
                    answer = request[2 : 4 + request[3]] + _SUCCESS  # the number of the request first
                    client.sendall(bytes((0x30, len(answer))) + answer)
                if certificate:
                    connections.enter_context(certificate.wrap_socket(client, server_side=True))

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that answers no attempt to connect, as if a firewall dropped it: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        port: int = listener.getsockname()[1]
        while True:
            client = waiting.enter_context(socket.socket())
            client.settimeout(0.2)
            try:
                client.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        yield port
