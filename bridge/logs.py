"""Operational logs: one line an event, on stderr, without secrets, and without a way to forge a line.

What the audit needs does not go here but into the chain. A message is a noun and a past participle
(`run.finished`), and its facts are keys. Before a line is written,

    values under names such as password or token    become [redacted]
    registered secrets, wherever they occur          become [redacted], in their usual disguises too
    line breaks and control characters               become visible escapes
"""

import logging
import math
import re
import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bridge.redaction import KNOWN, REDACTED, Secrets, visible

SECRET_NAME: Final = re.compile(
    r"passw|passphrase|pwd|secret|token|authorization|credential|cookie|assertion|api.?key|private.?key",
    re.IGNORECASE,
)
"""Keys whose values are never written."""

HARMLESS_NAME: Final = re.compile(
    r"(url|uri|endpoint|file|path|type|count|expires|expires_in|seconds)$", re.IGNORECASE
)
"""Keys that only speak of a secret: `token_url`, `password_file`."""

NOISY: Final = ("alembic", "apscheduler", "sqlalchemy", "uvicorn")
"""Libraries that log each step at level info."""

TOLD: Final = ("opentelemetry",)
"""Libraries that complain of each try, where we tell once what came of them."""

CLOSED: Final = ("httpcore", "httpx", "msal")
"""Libraries whose steps quote addresses and answers, which may hold a token: warnings alone, at any level."""


def set_up(
    level: str = "info", form: str = "auto", stream: TextIO | None = None, secrets: Secrets = KNOWN
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
    output = logging.StreamHandler(to)
    output.setFormatter(_formatter(secrets, console=form == "console" or (form == "auto" and to.isatty())))
    root = logging.getLogger()
    root.handlers[:] = [output]
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


def _spoken(value: object) -> str:
    """Any other value as text. One that cannot say what it is must not stop a log."""
    try:
        return str(value) if isinstance(value, BaseException) else repr(value)
    except Exception:  # noqa: BLE001 - somebody else's __repr__
        return f"<{type(value).__name__}>"
