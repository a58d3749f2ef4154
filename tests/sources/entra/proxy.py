"""An HTTP proxy that opens tunnels (RFC 9110, 9.3.6), on loopback."""

import socket
import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self


class Proxy:
    """Opens every tunnel that is asked for. `asked` are the hosts and ports."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits within accept
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._tunnel, args=(client,)))
                self._threads[-1].start()

    def _tunnel(self, client: socket.socket) -> None:
        with ExitStack() as stack:
            stack.enter_context(suppress(OSError))
            stack.enter_context(client)
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            place = head.split()[1].decode()
            self.asked.append(place)
            host, _, port = place.rpartition(":")
            server = stack.enter_context(socket.create_connection((host, int(port))))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_forward, args=(server, client))
            back.start()
            _forward(client, server)
            back.join()


def _forward(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
    for end in (source, to):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
