"""What came back from a server."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from http import HTTPStatus
from typing import Final, Self

from bridge.errors import excerpt
from bridge.redaction import Secrets

_WORDS_LIMIT: Final = 64 * 1024
"""Characters of a body that are looked at for the server's words."""

_THROTTLE_WORDS: Final = re.compile(r"quota|bandwidth|rate limit|try again", re.IGNORECASE)


class NotJson(Exception):  # noqa: N818 - a fact about an answer, which `reaction` turns into one of our errors
    """The body is not JSON, or it is cut."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Asked by lower-case name."""
    body: bytes = field(default=b"", repr=False)
    decode: Callable[[bytes], object] = field(default=json.loads, repr=False)
    """Makes a value of JSON. Raises ValueError for what is none."""

    @classmethod
    def of_value(cls, status: int, headers: Mapping[str, str], value: object) -> Self:
        """One that came as a part of another answer: its JSON is read already. Header names in lower case."""
        answer = cls(status, headers)
        answer.__dict__["value"] = value
        return answer

    @cached_property
    def value(self) -> object:
        """The body as JSON. Raises NotJson."""
        try:
            return self.decode(self.body)
        except (ValueError, RecursionError):
            pass  # raised below, so that the body does not hang on the error as its context
        raise NotJson

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON, whatever its content type says."""
        try:
            _ = self.value
        except NotJson:
            return False
        return True

    @property
    def is_markup(self) -> bool:
        """Whether this is a page for people, from something between us and the API."""
        return self.body.lstrip()[:1] == b"<"

    @property
    def words(self) -> str:
        """What the server says in its own words: `message`, `error`, or the raw text. Whole and untrusted."""
        if self.is_json:
            told = _message(self.value)
            if told:
                return told
        return self.body[:_WORDS_LIMIT].decode("utf-8", "replace")


def _message(value: object) -> str:
    """Read the shapes of error bodies: a gateway's `message`, an application's `error`, OData's one in parts."""
    if not isinstance(value, dict):
        return ""
    for told in (value.get("message"), value.get("error_description"), value.get("error")):
        if isinstance(told, str) and told.strip():
            return told
        if isinstance(told, dict):
            return ": ".join(filter(None, (_code(told), _message(told))))
    return ""


def _code(error: Mapping[str, object]) -> str:
    """The word for programs that OData errors have beside their message."""
    code = error.get("code")
    return code.strip() if isinstance(code, str) else ""


def said(answer: Answer, hidden: Iterable[str] = ()) -> str:
    """Quote the server in one short line, without the secrets that it may have echoed. Empty: it said nothing."""
    return quotable(answer.words, hidden)


def quotable(text: str, hidden: Iterable[str] = ()) -> str:
    """Bring untrusted words into one short printable line without these secrets."""
    sent = Secrets(shortest=1)
    for secret in hidden:
        sent.register(secret)
    return excerpt("".join(c if c.isprintable() else " " for c in sent.hide(text)))


class Kind(Enum):
    """What an answer is, before asking what it means for us."""

    SUCCESS = auto()
    REDIRECT = auto()
    UNAUTHORIZED = auto()
    BUSY = auto()  # 429: too many requests in a short time
    QUOTA = auto()  # 403 that will pass: too much in total
    FORBIDDEN = auto()
    BLOCKED = auto()  # 403 that the API itself did not write
    REFUSED = auto()  # any other 4xx
    FAILING = auto()


_OF_STATUS: Final[dict[int, Kind]] = {
    HTTPStatus.UNAUTHORIZED: Kind.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT: Kind.FAILING,
    HTTPStatus.TOO_MANY_REQUESTS: Kind.BUSY,
}
_OF_CLASS: Final = {2: Kind.SUCCESS, 3: Kind.REDIRECT, 4: Kind.REFUSED}
"""By the first digit (RFC 9110, section 15); anything else is a server that fails."""


def kind_of(answer: Answer) -> Kind:
    """Classify an answer; above all, tell the 403 that passes from the 403 that stays (API reference 6)."""
    if answer.status == HTTPStatus.FORBIDDEN:
        return _kind_of_403(answer)
    by_class = _OF_CLASS.get(answer.status // 100, Kind.FAILING)
    return _OF_STATUS.get(answer.status, by_class)


def _kind_of_403(answer: Answer) -> Kind:
    if "retry-after" in answer.headers:
        return Kind.QUOTA
    if not answer.is_markup and _THROTTLE_WORDS.search(answer.words):
        return Kind.QUOTA
    return Kind.FORBIDDEN if answer.is_json else Kind.BLOCKED
