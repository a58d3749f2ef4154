"""Real receivers on loopback: a web server that takes what is posted, and a mail server."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Inbox:
    """What was posted, and what is answered."""

    status: int = 200
    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def listening(folder: Path | None = None) -> Iterator[Inbox]:
    """A web server. With a folder: over TLS, its authority in ca.pem."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            inbox.posts.append((dict(self.headers), self.rfile.read(length)))
            self.send_response(inbox.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if folder:
        server.socket = _certified(folder).wrap_socket(server.socket, server_side=True)
    inbox.url = f"{'https' if folder else 'http'}://127.0.0.1:{server.server_port}/hook?sig=t0p-s3cret"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certified(folder: Path) -> ssl.SSLContext:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@dataclass
class Letterbox:
    """Mails that came, over which connections, and which receivers are refused."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refused: tuple[str, ...] = ()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a receiver or not."""
        if address in self.refused:
            return "550 nobody of this name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take a mail."""
        content = envelope.content or b""
        mail = message_from_bytes(content if isinstance(content, bytes) else content.encode(), policy=default)
        self.mails.append(mail)
        by_first_byte = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
        self.encrypted.append(by_first_byte or session.ssl is not None)
        return "250 OK"


@contextmanager
def mailed(folder: Path, *, password: str = "", tls: bool = False) -> Iterator[Letterbox]:
    """A mail server with STARTTLS, or TLS from the first byte; with a password it has to be shown."""
    box, context = Letterbox(), _certified(folder)

    def signed_in(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, shown: object) -> AuthResult:
        right = isinstance(shown, LoginPassword) and shown.password == password.encode()
        return AuthResult(success=right, handled=False)

    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=_free_port(),
        ssl_context=context if tls else None,
        tls_context=None if tls else context,
        require_starttls=not tls,
        authenticator=signed_in if password else None,
        auth_required=bool(password),
        auth_require_tls=not tls,
    )
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def _free_port() -> int:

    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
