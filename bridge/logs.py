"""Operational logs: one line an event, on stderr, without secrets, and without a way to forge a line.

What the audit needs does not go here but into the chain. A message is a noun and a past participle
(`run.finished`), and its facts are keys. Before a line is written,

    values under names such as password or token    become [redacted]
    registered secrets, wherever they occur          become [redacted], in their usual disguises too
    line breaks and control characters               become visible escapes
"""

import base64
import json
import logging
import math
import re
import sys
import threading
from collections.abc import Mapping
from typing import Any, Final, TextIO
from urllib.parse import quote, quote_plus

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED: Final = "[redacted]"

SECRET_LENGTH: Final = 6
"""Characters that a registered secret has at least: a shorter one would black out half of every line."""

SECRET_NAME: Final = re.compile(
    r"passw|passphrase|pwd|secret|token|authorization|credential|cookie|assertion|api.?key|private.?key",
    re.IGNORECASE,
)
"""Keys whose values are never written."""

HARMLESS_NAME: Final = re.compile(
    r"(url|uri|endpoint|file|path|type|count|expires|expires_in|seconds)$", re.IGNORECASE
)
"""Keys that only speak of a secret: `token_url`, `password_file`."""

UNPRINTABLE: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters, other line ends, marks that turn the direction of writing, halves of surrogate pairs."""

NOISY: Final = ("alembic", "apscheduler", "httpcore", "httpx", "sqlalchemy", "uvicorn")
"""Libraries that log each step at level info."""

TOLD: Final = ("opentelemetry",)
"""Libraries that complain of each try, where we tell once what came of them."""

CLOSED: Final = ("msal",)
"""Libraries whose steps quote what a server answered, which may be a token: warnings alone, at any level."""


class Secrets:
    """The secret values known to this process. For all threads."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self._turn = threading.Lock()

    def register(self, secret: str) -> None:
        """Never write this value from now on. One shorter than SECRET_LENGTH is not taken."""
        if len(secret) < SECRET_LENGTH:
            return
        with self._turn:
            self._known |= _disguises(secret)
            longest_first = sorted(self._known, key=lambda text: (-len(text), text))
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def hide(self, text: str) -> str:
        """Write [redacted] for every known secret in a text."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text


_SECRETS: Final = Secrets()


def register_secret(secret: str) -> None:
    """Never log this value from now on. One shorter than SECRET_LENGTH is not taken."""
    _SECRETS.register(secret)


def hidden(text: str) -> str:
    """A text for others to read: without known secrets, and on one line."""
    return visible(_SECRETS.hide(text))


def set_up(
    level: str = "info", form: str = "auto", stream: TextIO | None = None, secrets: Secrets = _SECRETS
) -> None:
    """Send all logs, structlog's and the standard library's, as lines to `stream` (stderr), from this level on.

    `form` is json for programs or console for people; auto is console if `stream` is a terminal.
    """
    to = stream or sys.stderr
    structlog.configure(
        processors=[*_facts(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(to)
    handler.setFormatter(_formatter(secrets, console=form == "console" or (form == "auto" and to.isatty())))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    for name in TOLD:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)
    for name in CLOSED:
        logging.getLogger(name).setLevel(logging.WARNING)


def _facts() -> list[Processor]:
    """What every event is given, whichever library it comes from."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # as text: a renderer's own traceback could show local variables
    ]


def _formatter(secrets: Secrets, *, console: bool) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_facts(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            Cleaner(secrets),
            _for_people if console else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


class Cleaner:
    """Makes an event safe to write: a processor that leaves nothing but plain, clean values."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Clean a whole event."""
        return {self._text(str(key)): self._under(str(key), value) for key, value in event.items()}

    def _under(self, key: str, value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
        if SECRET_NAME.search(key) and not HARMLESS_NAME.search(key) and value is not None:
            return REDACTED
        if key in {"exception", "stack"} and isinstance(value, str):
            return "\n".join(map(visible, self._secrets.hide(value).split("\n")))
        return self._clean(value)

    def _clean(self, value: object) -> Any:  # noqa: ANN401 - as above
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float) and math.isfinite(value):
            return value if self._secrets.hide(str(value)) == str(value) else REDACTED
        if isinstance(value, Mapping):
            return {self._text(str(key)): self._under(str(key), inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(inner) for inner in value]
        return self._text(value if isinstance(value, str) else _spoken(value))

    def _text(self, text: str) -> str:
        return visible(self._secrets.hide(text))


def _for_people(logger: WrappedLogger, method: str, event: EventDict) -> str:
    """One line, and below it each line of a traceback behind a bar: no line of a log begins like that."""
    traces = [event.pop(key) for key in ("stack", "exception") if key in event]
    lines = [_PLAIN(logger, method, event), *(line for trace in traces for line in str(trace).split("\n"))]
    return "\n    | ".join(lines)


_PLAIN: Final = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


def visible(text: str) -> str:
    """A text that stays on its line."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _spoken(value: object) -> str:
    """Any other value as text. One that cannot say what it is must not stop a log."""
    try:
        return str(value) if isinstance(value, BaseException) else repr(value)
    except Exception:  # noqa: BLE001 - somebody else's __repr__
        return f"<{type(value).__name__}>"


def _disguises(secret: str) -> frozenset[str]:
    """A secret as it stands in text, in Python's and JSON's quotes, in an address, and in base64."""
    forms = {
        secret,
        repr(secret)[1:-1],
        repr("'\"" + secret)[4:-1],  # as in a text that has both kinds of quotes
        repr(secret.encode("utf-8", "replace"))[2:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.encode("unicode_escape").decode(),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        base64.b64encode(secret.encode("utf-8", "replace")).decode(),
    }
    return frozenset(form for form in forms if len(form) >= SECRET_LENGTH)
