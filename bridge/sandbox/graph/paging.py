"""Pages: how lists are cut, and the tokens that lead from one page to the next (Graph reference 1.3)."""

import base64
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from bridge.sandbox.graph.errors import expired_page
from bridge.sandbox.messages import Request


@dataclass(frozen=True, slots=True)
class Position:
    """How far a list was read. The token that stands for it is opaque to clients."""

    path: str
    """Whose list it is: a token is good for no other."""
    after: str
    """The last id that was told."""
    page: int
    """The number of the page that comes, from 1."""
    issued: float
    """When, in seconds since 1970."""

    def token(self) -> str:
        """The `$skiptoken`."""
        return pack([self.path, self.after, self.page, self.issued])


def read_position(token: str, path: str, now: float, life: float) -> Position:
    """Where a token leads. Raises GraphError where it is none, another list's, or older than `life` seconds."""
    match unpack(token):
        case [str(of), str(after), int(page), int() | float() as issued] if of == path and now - issued < life:
            return Position(of, after, page, issued)
        case _:
            raise expired_page()


def cut(ids: Sequence[str], after: str, size: int) -> Sequence[str]:
    """The next `size` of ids that are in order."""
    start = bisect_right(ids, after) if after else 0
    return ids[start : start + size]


def short_link(base: str, request: Request, name: str, token: str) -> str:
    """The request's address with a token alone, which has all the rest in it."""
    return f"{base}{request.path}?${name}={token}"


def page_number(request: Request) -> int:
    """Which page of a list a request asks for, from 1; 0: it asks for no list."""
    if request.method != "GET":
        return 0
    match unpack(request.parameters.get("$skiptoken", "")):
        case [_, _, int(page), *_]:
            return page
        case _:
            return 1


def link(base: str, request: Request, **tokens: str) -> str:
    """The request's own address with other tokens: everything else in it stays, headers do not go along."""
    kept = [
        (name, value)
        for name, value in parse_qsl(request.query, keep_blank_values=True)
        if name not in {"$skiptoken", "$deltatoken"}
    ]
    pairs = kept + [(f"${name}", value) for name, value in tokens.items()]
    query = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in pairs)
    return f"{base}{request.path}?{query}"


def pack(value: object) -> str:
    """A value as text that goes into an address."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unpack(text: str) -> object:
    """The value again; None for what is none of ours."""
    try:
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
