"""Requests and answers as values, and the two shapes of an error body (API reference 7)."""

import json
from dataclasses import dataclass, field
from typing import Final, Literal
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


class Refused(Exception):  # noqa: N818 - a refusal is a regular answer here
    """The request is answered with an error: in the application's words, or in the gateway's."""

    def __init__(
        self, status: int, message: str, *, by_gateway: bool = False, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.status = status
        self.message = message
        self.by_gateway = by_gateway
        self.headers = headers
        super().__init__(message)


def json_answer(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Answer with a value."""
    return Answer(status, json.dumps(value).encode(), headers=headers)


def gateway_error(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The gateway's error body: a status code and a message."""
    return json_answer({"statusCode": status, "message": message}, status, headers)


def refusal(refused: Refused, form: Literal["json", "text", "empty"]) -> Answer:
    """The answer that a refusal becomes."""
    if refused.by_gateway:
        return gateway_error(refused.status, refused.message, refused.headers)
    match form:
        case "json":
            return json_answer({"error": refused.message}, refused.status, refused.headers)
        case "text":
            return Answer(refused.status, refused.message.encode(), TEXT_TYPE, refused.headers)
        case "empty":
            return Answer(refused.status, b"", TEXT_TYPE, refused.headers)
