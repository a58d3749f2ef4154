"""The server: two listeners on the loopback interface, one thread for them, and one for each connection."""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from bridge.sandbox.ldap.connection import Connection
from bridge.sandbox.ldap.directory import Directory
from bridge.sandbox.ldap.faults import Faults
from bridge.sandbox.ldap.limits import ServerLimits
from bridge.sandbox.ldap.operations import Operation
from bridge.sandbox.ldap.session import Service, Session

_HOST: Final = "127.0.0.1"
_BACKLOG: Final = 64
_CLOSE_SECONDS: Final = 10.0
"""A thread that has not ended by then is a bug."""


class LdapSandbox:
    """An LDAP server for demos, tests and rehearsals, as a context manager. Raises OSError when a port is taken.

    `certificate` is a server's TLS context; with it there is ldaps, and StartTLS. `credentials` are the passwords
    by DN, or by any other name to sign in with; nobody else can. Changes of the directory, `limits` and `faults`
    take effect at once.
    """

    def __init__(  # noqa: PLR0913 - each has its default
        self,
        directory: Directory,
        *,
        port: int = 0,
        ldaps_port: int = 0,
        certificate: ssl.SSLContext | None = None,
        credentials: Mapping[str, str] | None = None,
        limits: ServerLimits | None = None,
    ) -> None:
        self._service = Service(directory, dict(credentials or {}), limits or ServerLimits(), certificate)
        self._ports = {False: port, True: ldaps_port}
        self._listeners: dict[socket.socket, bool] = {}
        self._waker: tuple[socket.socket, socket.socket] | None = None
        self._accepting = threading.Thread()
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}

    @property
    def url(self) -> str:
        """The ldap:// address, good for StartTLS with a certificate for localhost."""
        return f"ldap://{self._name}:{self._ports[False]}"

    @property
    def ldaps_url(self) -> str:
        """The ldaps:// address; empty without a certificate."""
        return f"ldaps://{self._name}:{self._ports[True]}" if self._service.tls else ""

    @property
    def directory(self) -> Directory:
        """The entries that are served."""
        return self._service.directory

    @property
    def faults(self) -> Faults:
        """The script of what goes wrong."""
        return self._service.faults

    @property
    def limits(self) -> ServerLimits:
        """How much clients get; assign others at any time."""
        return self._service.limits

    @limits.setter
    def limits(self, limits: ServerLimits) -> None:
        self._service.limits = limits

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What clients did so far. An operation is here before its answer has gone out."""
        return self._service.log.all()

    def forget_operations(self) -> None:
        """Begin the log anew."""
        self._service.log.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after stop() again on the same ports."""
        self._service.closing.clear()
        try:
            self._listen(secure=False)
            if self._service.tls:
                self._listen(secure=True)
        except OSError:
            self._close_listeners()
            raise
        self._waker = socket.socketpair()
        self._accepting = threading.Thread(target=self._accept, name="ldap-sandbox", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Close everything, and come back when it is closed."""
        if self._waker is None:
            return
        self._service.closing.set()
        self._waker[1].send(b"!")
        self._accepting.join(_CLOSE_SECONDS)
        self._close_listeners()
        for end in self._waker:
            end.close()
        self._waker = None
        self.disconnect()

    def disconnect(self) -> None:
        """Cut all connections that there are, as a crash would; new ones are welcome."""
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            connection.interrupt()
        for thread in connections.values():
            thread.join(_CLOSE_SECONDS)
            if thread.is_alive():
                raise RuntimeError("A connection of the LDAP sandbox does not end.")

    @property
    def _name(self) -> str:
        # ldap3 on Python 3.12 and later takes no IP address from a certificate.
        return "localhost" if self._service.tls else _HOST

    def _listen(self, *, secure: bool) -> None:
        listener = socket.socket()
        self._listeners[listener] = secure
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, self._ports[secure]))
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # a client may be gone between select and accept
        self._ports[secure] = listener.getsockname()[1]

    def _close_listeners(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    def _accept(self) -> None:
        if self._waker is None:
            return
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker[0], selectors.EVENT_READ)
            for listener in self._listeners:
                selector.register(listener, selectors.EVENT_READ)
            while not self._service.closing.is_set():
                for key, _ in selector.select():
                    if isinstance(key.fileobj, socket.socket) and key.fileobj in self._listeners:
                        self._welcome(key.fileobj)

    def _welcome(self, listener: socket.socket) -> None:
        try:
            accepted, _ = listener.accept()
        except OSError:
            return
        accepted.setblocking(True)
        connection = Connection(accepted)
        secure = self._listeners[listener]
        thread = threading.Thread(
            target=self._converse, args=(connection,), kwargs={"secure": secure}, name="ldap-client", daemon=True
        )
        with self._lock:
            self._connections[connection] = thread
            thread.start()

    def _converse(self, connection: Connection, *, secure: bool) -> None:
        # A client that goes in the middle of something is no concern of the server's.
        try:
            with contextlib.suppress(OSError):
                if secure and self._service.tls:
                    connection.start_tls(self._service.tls)
                Session(self._service, connection).run()
        finally:
            connection.close()
            with self._lock:
                self._connections.pop(connection, None)
