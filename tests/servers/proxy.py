"""A proxy in front of a real server, which makes it go wrong on demand, in the words of the sandbox's faults.

with Slapd(ldif) as slapd, FaultProxy(slapd.url) as proxy:
    proxy.faults.add(Refuse(Code.BUSY, after=10), base="ou=groups", page=2)
    ...  # clients go to proxy.url; proxy.passages tells what became of their requests
"""

import contextlib
import selectors
import socket
import ssl
import struct
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from bridge.sandbox.ldap.ber import BerError
from bridge.sandbox.ldap.faults import Ending, Faults
from bridge.sandbox.ldap.operations import Operation
from tests.servers.relays import ByteRelay, LdapRelay, Outgoing, Passage, Relay

_HOST: Final = "127.0.0.1"
_PORTS: Final = {"ldap": 389, "ldaps": 636}
_READ_BYTES: Final = 64 * 1024
_SECONDS: Final = 10.0
"""To connect, to send, and for a thread to end; more is a bug."""


class FaultProxy:
    """Passes LDAP on to the server at `upstream`, as a context manager; it listens from entry to exit.

    Clients speak in the clear. To an ldaps:// address the proxy speaks TLS, checked against `ca_file`: so a server
    that takes passwords over TLS only can be spoken to in the clear, and searches be told apart. A client that
    goes over to StartTLS or to a SASL layer cannot be understood any more; its connection is closed.

    An `opaque` proxy understands nothing and passes all on, TLS between client and server too. Its faults are
    of the operation `connection`: Drop, Reset and Silence after so many bytes of the server's.
    """

    def __init__(self, upstream: str, *, ca_file: Path | None = None, opaque: bool = False) -> None:
        parts = urlsplit(upstream)
        self.faults = Faults()
        self._scheme = parts.scheme if opaque else "ldap"
        self._upstream = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "ldaps" and not opaque else None
        self._opaque = opaque
        self._port = 0
        self._lock = threading.Lock()
        self._passages: list[Passage] = []
        self._listener: socket.socket | None = None
        self._accepting = threading.Thread()
        self._closing = threading.Event()
        self._conversations: dict[_Conversation, threading.Thread] = {}

    @property
    def url(self) -> str:
        """Where clients go; an opaque proxy's is ldaps:// if the server's is, by the name localhost."""
        return f"{self._scheme}://{'localhost' if self._scheme == 'ldaps' else _HOST}:{self._port}"

    @property
    def passages(self) -> tuple[Passage, ...]:
        """What passed so far, in the order of the answers. A passage is here before its answer has gone out."""
        with self._lock:
            return tuple(self._passages)

    def append(self, passage: Passage) -> None:
        """Take down what passes."""
        with self._lock:
            self._passages.append(passage)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after stop() again on the same port."""
        self._closing.clear()
        self._listener = socket.create_server((_HOST, self._port))
        self._port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Refuse connections, and end those that there are."""
        if self._listener is None:
            return
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(_SECONDS)
        self._listener.close()
        self._listener = None
        self.disconnect()

    def disconnect(self) -> None:
        """End all connections that there are; new ones are welcome."""
        with self._lock:
            conversations = dict(self._conversations)
        for conversation in conversations:
            conversation.interrupt()
        for thread in conversations.values():
            thread.join(_SECONDS)
            if thread.is_alive():
                raise RuntimeError("A connection of the proxy does not end.")

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # stop() has shut it down
                return
            conversation = _Conversation(client, self._closing)
            thread = threading.Thread(target=self._converse, args=(conversation,), daemon=True)
            with self._lock:
                self._conversations[conversation] = thread
                thread.start()

    def _converse(self, conversation: "_Conversation") -> None:
        relay: Relay = (ByteRelay if self._opaque else LdapRelay)(self.faults, self)
        try:
            conversation.run(relay, self._connect())
        except BerError:
            self.append(Passage(Operation("unreadable")))
        except OSError:  # one of the two is gone
            pass
        finally:
            conversation.close()
            with self._lock:
                self._conversations.pop(conversation, None)

    def _connect(self) -> socket.socket:
        plain = socket.create_connection(self._upstream, timeout=_SECONDS)
        if self._tls is None:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._upstream[0])
        except OSError:
            plain.close()
            raise


class _Conversation:
    """A client's connection and the one to the server, served by one thread and interrupted by any."""

    def __init__(self, client: socket.socket, closing: threading.Event) -> None:
        self._client = client
        self._server: socket.socket | None = None
        self._closing = closing

    def run(self, relay: Relay, server: socket.socket) -> None:
        """Pass on until one of the two is gone, or a fault ends it. Raises OSError and BerError."""
        self._server = server
        with selectors.DefaultSelector() as ready:
            for end in (self._client, server):
                end.setblocking(False)
                ready.register(end, selectors.EVENT_READ)
            going_on = True
            while going_on:
                for key, _ in ready.select():
                    going_on = going_on and self._pass_on(relay, server, upwards=key.fileobj is self._client)

    def _pass_on(self, relay: Relay, server: socket.socket, *, upwards: bool) -> bool:
        """Pass on what one of the two has sent, and say whether the conversation goes on."""
        data = _received(self._client if upwards else server)
        if data is None:
            return False
        if upwards:
            _send(server, relay.to_server(data))
            return True
        return all(self._deliver(outgoing) for outgoing in relay.to_client(data))

    def _deliver(self, outgoing: Outgoing) -> bool:
        if outgoing.delay and self._closing.wait(outgoing.delay):
            return False
        _send(self._client, outgoing.data)
        if outgoing.ending is Ending.RESET:  # close() sends RST then, and not FIN
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif outgoing.ending in {Ending.DROP, Ending.TRUNCATION}:
            self._client.shutdown(socket.SHUT_WR)
        return outgoing.ending in {Ending.RESULT, Ending.SILENCE}

    def interrupt(self) -> None:
        """End it, whatever is being done."""
        for end in (self._client, self._server):
            if end is not None:
                with contextlib.suppress(OSError):
                    # Not SSLSocket's own shutdown: that one takes TLS away under the thread that is reading.
                    socket.socket.shutdown(end, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the sockets back."""
        for end in (self._client, self._server):
            if end is not None:
                end.close()


def _received(end: socket.socket) -> bytes | None:
    """All that there is to read; None when the other side has ended."""
    received = b""
    try:
        while data := end.recv(_READ_BYTES):
            received += data
    except (BlockingIOError, ssl.SSLWantReadError):
        return received
    return received or None


def _send(end: socket.socket, data: bytes) -> None:
    end.settimeout(_SECONDS)
    end.sendall(data)
    end.setblocking(False)
