"""The mark of a directory: for each domain the server that gave it, the way it tells, and its token. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.sources.ldap.news.telling import Token


@dataclass(frozen=True, slots=True)
class DomainMark:
    """From where to ask one domain."""

    server: str
    """As the configuration names it. Another one may count otherwise."""
    way: str
    token: Token


def mark_text(marks: Mapping[str, DomainMark]) -> str:
    """Marks by the base of their domain as one text; the same marks are the same text."""
    told = {base: {"server": m.server, "way": m.way, "token": dict(m.token)} for base, m in marks.items()}
    return json.dumps(told, separators=(",", ":"), sort_keys=True)


def marks_in(text: str) -> dict[str, DomainMark]:
    """The marks in a text again. Raises ValueError for any other text."""
    try:
        return {base: _mark(told) for base, told in json.loads(text).items()}
    except (AttributeError, LookupError, RecursionError, TypeError) as error:
        raise ValueError("this is no mark") from error


def _mark(told: Any) -> DomainMark:  # noqa: ANN401 - JSON
    server, way, token = told["server"], told["way"], told["token"]
    if not (isinstance(server, str) and isinstance(way, str) and isinstance(token, dict)):
        raise TypeError("a mark is made of other parts")
    return DomainMark(server, way, token)
