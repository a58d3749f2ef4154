"""The channels: a webhook and mail. Each takes a letter, or says why it could not."""

import hashlib
import hmac
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final, Protocol

from bridge.config.notices import MailSection, NoticesSection, WebhookSection
from bridge.errors import BridgeError
from bridge.notices.letter import Letter, plain
from bridge.notices.shapes import body
from bridge.redaction import register_secret

_SECONDS: Final = 10.0
"""Silence after which it is given up, to be tried again."""

_SUBJECT: Final = 200
"""Characters of a mail's subject."""


class Channel(Protocol):
    """Where letters go."""

    @property
    def name(self) -> str:
        """What it is remembered under."""

    def send(self, letter: Letter) -> None:
        """Deliver a letter. Raises BridgeError if it did not arrive, or nobody knows."""


def channels(section: NoticesSection) -> tuple[Channel, ...]:
    """Those that are configured."""
    webhook: tuple[Channel, ...] = (Webhook(section.webhook),) if section.webhook else ()
    return (*webhook, *((Mail(section.mail),) if section.mail else ()))


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """What proves that a body is ours, and when it was sent: HMAC-SHA256 over the time, a dot, and the body."""
    made = hmac.new(secret.encode(), timestamp.encode() + b"." + content, hashlib.sha256)
    return f"sha256={made.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told by HTTP."""

    section: WebhookSection

    @property
    def name(self) -> str:
        """What it is remembered under."""
        return "webhook"

    def send(self, letter: Letter) -> None:
        """Post a letter. Raises BridgeError, without the address, which is a secret."""
        import httpx  # noqa: PLC0415 - only when something is to be told

        content, timestamp = body(letter, self.section.shape), str(int(letter.sent.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Bridge-Notice": letter.id,
            "X-Bridge-Timestamp": timestamp,
        }
        if self.section.secret:
            headers["X-Bridge-Signature"] = signature(_fresh(self.section.secret.read()), timestamp, content)
        url = _fresh(self.section.url.read())
        try:
            verify = _trust(self.section.ca_file)
            with (
                httpx.Client(timeout=_SECONDS, follow_redirects=False, verify=verify) as client,
                client.stream("POST", url, content=content, headers=headers) as answer,
            ):
                status = answer.status_code  # whatever else it says nobody reads
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise BridgeError(f"the webhook cannot be reached ({type(error).__name__})") from error
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP
            raise BridgeError(f"the webhook answered {status}")


@dataclass(frozen=True, slots=True)
class Mail:
    """Who is told by mail."""

    section: MailSection

    @property
    def name(self) -> str:
        """What it is remembered under."""
        return "mail"

    def send(self, letter: Letter) -> None:
        """Hand a letter to the server. Raises BridgeError, also if it took it for some of the receivers only."""
        try:
            with self._connected() as server:
                if self.section.user and self.section.password:
                    server.login(self.section.user, _fresh(self.section.password.read()))
                refused = server.send_message(self._message(letter))
        except smtplib.SMTPResponseException as error:
            raise BridgeError(f"the mail server answered {error.smtp_code}") from error
        except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a password beyond ASCII
            raise BridgeError(f"the mail server did not take it ({type(error).__name__})") from error
        if refused:
            raise BridgeError(f"the mail server refused {len(refused)} of the receivers")

    def _connected(self) -> smtplib.SMTP:
        section, context = self.section, _trust(self.section.ca_file)
        if section.security == "tls":
            return smtplib.SMTP_SSL(section.server, section.port_number, timeout=_SECONDS, context=context)
        server = smtplib.SMTP(section.server, section.port_number, timeout=_SECONDS)
        if section.security == "starttls":
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(SMTP)
        message["Subject"] = letter.title[:_SUBJECT]
        message["From"] = self.section.sender
        message["To"] = ", ".join(self.section.to)
        message["Date"] = format_datetime(letter.sent)
        message["Message-ID"] = make_msgid(letter.id, self.section.sender.partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(plain(letter))
        return message


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _fresh(secret: str) -> str:
    """A secret that may have been rotated since the start: it must not be logged either."""
    register_secret(secret)
    return secret
