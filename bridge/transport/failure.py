"""What went wrong instead of an answer: httpx's exceptions in our terms."""

import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

import httpx

from bridge.transport.answer import quotable


class Stage(Enum):
    """How far the exchange had come, which is all that decides whether a write may be repeated."""

    UNSENDABLE = auto()  # never will be: the address is wrong
    UNTRUSTED = auto()  # not sent: the server's certificate was refused
    UNSENT = auto()  # nothing of the request has left
    LOST = auto()  # something may have been sent, and nothing came back
    CUT = auto()  # an answer came, but not the whole of it
    TOO_LARGE = auto()  # an answer came, larger than we take


@dataclass(frozen=True, slots=True)
class Failure:
    """An exchange that ended without a whole answer."""

    stage: Stage
    text: str
    """What happened, for people. Holds no secret."""


HttpxError: TypeAlias = httpx.HTTPError | httpx.InvalidURL | httpx.StreamError | httpx.CookieConflict

HTTPX_ROOTS: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
"""The roots of httpx's tree: together they are everything it raises of its own."""

STAGES: Final[dict[type[Exception], Stage]] = {
    httpx.InvalidURL: Stage.UNSENDABLE,
    httpx.UnsupportedProtocol: Stage.UNSENDABLE,
    httpx.ConnectError: Stage.UNSENT,
    httpx.ConnectTimeout: Stage.UNSENT,
    httpx.PoolTimeout: Stage.UNSENT,
    httpx.ProxyError: Stage.UNSENT,  # raised while the tunnel is asked for
    httpx.ReadTimeout: Stage.LOST,
    httpx.WriteTimeout: Stage.LOST,
    httpx.ReadError: Stage.LOST,
    httpx.WriteError: Stage.LOST,
    httpx.CloseError: Stage.LOST,
    httpx.LocalProtocolError: Stage.LOST,
    httpx.RemoteProtocolError: Stage.LOST,
    httpx.DecodingError: Stage.CUT,
    # We neither follow redirects, nor ask for statuses to be raised, nor send streams or look at cookies:
    # should one of these come all the same, the careful reading is that the request was sent.
    httpx.TooManyRedirects: Stage.LOST,
    httpx.HTTPStatusError: Stage.LOST,
    httpx.StreamConsumed: Stage.LOST,
    httpx.StreamClosed: Stage.LOST,
    httpx.ResponseNotRead: Stage.LOST,
    httpx.RequestNotRead: Stage.LOST,
    httpx.CookieConflict: Stage.LOST,
}
"""Each exception of httpx that is raised, by how far the exchange had come."""

_CUT_WHEN_ANSWERED: Final = (httpx.ReadError, httpx.RemoteProtocolError)


def failure_of(error: HttpxError, *, answered: bool, hidden: Iterable[str] = ()) -> Failure:
    """Translate one of httpx's exceptions. `answered`: the head of an answer had been read."""
    stage = next((STAGES[cls] for cls in type(error).__mro__ if cls in STAGES), Stage.LOST)
    if answered and isinstance(error, _CUT_WHEN_ANSWERED):
        stage = Stage.CUT
    if stage is Stage.UNSENT and any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        stage = Stage.UNTRUSTED
    return Failure(stage, _text(error, hidden))


def _text(error: HttpxError, hidden: Iterable[str]) -> str:
    """Name the error and quote it, unless what it quotes is a header of ours: that may be the token."""
    name = type(error).__name__
    if isinstance(error, httpx.LocalProtocolError):
        return name
    words = quotable(str(error), hidden)
    return f"{name}: {words}" if words else name


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
