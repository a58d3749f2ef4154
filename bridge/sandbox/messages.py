"""HTTP as values: requests, answers, and what becomes of an answer on its way out."""

import json
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs

JSON_TYPE: Final = "application/json; charset=utf-8"
TEXT_TYPE: Final = "text/plain; charset=utf-8"
HTML_TYPE: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, read whole."""

    method: str
    path: str
    """As it was sent, without the query."""
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters; the last one of a name counts."""
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}

    @property
    def bearer(self) -> str:
        """The token it carries, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.casefold() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes out on the connection."""

    answer: Answer | None
    """None: nothing is sent, and the connection is closed."""
    reset: bool = False
    """The connection is reset instead of closed."""
    keep: int | None = None
    """So many bytes of the body are sent, and the connection is closed; None: all of it."""
    wait: float = 0.0
    """Seconds before it goes out."""
    pace: float = 0.0
    """Seconds before each byte of the body; 0: all at once."""

    @property
    def status(self) -> int:
        """The status that the client sees; 0 for none."""
        return self.answer.status if self.answer else 0

    @property
    def sent(self) -> int:
        """Bytes of the body that are sent."""
        whole = len(self.answer.body) if self.answer else 0
        return whole if self.keep is None else min(self.keep, whole)


def json_answer(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Answer with a value."""
    return Answer(status, json.dumps(value).encode(), headers=headers)
