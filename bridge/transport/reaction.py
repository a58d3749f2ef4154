"""What each answer and each failure means, for what can be repeated and for what cannot.

    | came back                          | repeatable (reads, tokens)  | writes                     |
    | ---------------------------------- | --------------------------- | -------------------------- |
    | 2xx with JSON                      | accepted                    | accepted                   |
    | 2xx without a body                 | again, then IncompleteRead  | accepted                   |
    | 2xx with anything else             | again, then IncompleteRead  | OutcomeUnknown             |
    | 206                                | IncompleteRead              | OutcomeUnknown             |
    | 3xx                                | Denied, never followed      | OutcomeUnknown             |
    | 401                                | new token, once; Denied     | the same: not executed     |
    | 429, or 403 that is a throttle     | wait, again, then Throttled | the same: not executed     |
    | 403                                | Denied                      | Denied: not executed       |
    | 403 that the API did not write     | Denied                      | OutcomeUnknown             |
    | other 4xx                          | IncompleteRead              | ChangeRejected             |
    | 408, 5xx                           | again, then Unavailable     | OutcomeUnknown             |
    | not sent                           | again, then Unavailable     | the same                   |
    | certificate refused                | Denied                      | Denied                     |
    | lost: reset, timeout               | again, then Unavailable     | OutcomeUnknown             |
    | cut: the body ended early          | again, then IncompleteRead  | OutcomeUnknown             |
    | too large                          | IncompleteRead              | OutcomeUnknown             |

A status that the call says it expects is accepted, unless it is a throttle, or a page for people: that one
is from something between us and the API.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from json import loads
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from bridge.errors import ChangeRejected, Denied, IncompleteRead, OutcomeUnknown, RemoteError, Unavailable
from bridge.transport.answer import Answer, Kind, kind_of, quotable, said
from bridge.transport.failure import Failure, Stage
from bridge.transport.waits import BRIEF, LONG, Pace


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be made."""

    method: str
    url: str
    template: str
    """The path with its ids left out, for metrics."""
    repeatable: bool
    """Whether doing it twice is the same as doing it once: reads, and asking for a token."""
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Besides those that every request has, and the token."""
    json: object = None
    decode: Callable[[bytes], object] = loads
    """How the answer of a success is read as JSON, such as row by row. Raises ValueError for what is none."""
    form: Mapping[str, str] | None = field(default=None, repr=False)
    expected: frozenset[int] = frozenset()
    """Statuses that are an answer to this caller, and no error."""
    refused: str = ""
    """The remedy for a 403: what to grant, and where."""
    unauthorized: str = "check that the API client still exists and is of this region"
    """The remedy for a 401 that a new token does not cure."""
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """Secrets in the request, which the server may echo."""

    def __str__(self) -> str:
        return f"{self.method} {urlsplit(self.url).path}"


@dataclass(frozen=True, slots=True)
class Accept:
    """It is done."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Renew:
    """A new token may help, once."""

    error: RemoteError


@dataclass(frozen=True, slots=True)
class Hold:
    """The server asks for a pause: nobody sends anything until it is over."""

    what: str
    pace: Pace


@dataclass(frozen=True, slots=True)
class Again:
    """Harmless to repeat, and likely to pass. The error stands when it does not."""

    error: RemoteError


@dataclass(frozen=True, slots=True)
class Fail:
    """Nothing more to be done here."""

    error: RemoteError


Reaction: TypeAlias = Accept | Renew | Hold | Again | Fail


def reaction(system: str, call: Call, outcome: Answer | Failure) -> Reaction:
    """Decide what follows from the outcome of one exchange. The table above, in code."""
    if isinstance(outcome, Failure):
        return _to_failure(system, call, outcome)
    kind = kind_of(outcome)
    if kind is Kind.BUSY or kind is Kind.QUOTA:
        return Hold(answered(call, outcome), LONG if kind is Kind.QUOTA else BRIEF)
    if outcome.status in call.expected and not outcome.is_markup:
        return Accept(outcome)
    if kind is Kind.SUCCESS:
        return _to_success(system, call, outcome)
    return _to_refusal(system, call, outcome, kind)


def _to_success(system: str, call: Call, answer: Answer) -> Reaction:
    whole = answer.status != HTTPStatus.PARTIAL_CONTENT
    empty_write = not call.repeatable and not answer.body.strip()
    if whole and (empty_write or answer.is_json):
        return Accept(answer)
    what = f"{call} was answered {answer.status} with something that is not whole JSON{_quote(call, answer)}"
    if not call.repeatable:
        return Fail(OutcomeUnknown(system, what))
    error = IncompleteRead(system, what)
    return Again(error) if whole else Fail(error)


def _to_refusal(system: str, call: Call, answer: Answer, kind: Kind) -> Reaction:
    """Whatever is not done: first what is the same for reads and writes."""
    what = answered(call, answer)
    match kind:
        case Kind.UNAUTHORIZED:
            return Renew(Denied(system, f"{what}; {call.unauthorized}"))
        case Kind.FORBIDDEN:
            return Fail(Denied(system, f"{what}; {call.refused}" if call.refused else what))
        case Kind.BLOCKED:
            return Fail(_blocked(system, call, what))
        case Kind.REDIRECT:
            return Fail(_redirected(system, call, answer))
    return (
        _to_refused_read(system, what, answer, kind)
        if call.repeatable
        else Fail(_refused_write(system, what, answer, kind))
    )


_BLOCKED_REMEDY: Final = "the API did not write this answer, so look for a firewall or a proxy on the way"


def _blocked(system: str, call: Call, what: str) -> RemoteError:
    """What stands between us and the API may have held back the answer, not the request."""
    what = f"forbidden or blocked: {what}; {_BLOCKED_REMEDY}"
    return Denied(system, what) if call.repeatable else OutcomeUnknown(system, what)


def _to_refused_read(system: str, what: str, answer: Answer, kind: Kind) -> Reaction:
    if kind is Kind.FAILING:
        return Again(Unavailable(system, what))
    remedy = "; check the address of the API" if answer.status == HTTPStatus.NOT_FOUND else ""
    return Fail(IncompleteRead(system, what + remedy))


def _refused_write(system: str, what: str, answer: Answer, kind: Kind) -> RemoteError:
    """Only a 4xx says that nothing was done: a server that fails may have failed after doing it."""
    if kind is Kind.FAILING:
        return OutcomeUnknown(system, what)
    return ChangeRejected(system, what, answer.status)


def _redirected(system: str, call: Call, answer: Answer) -> RemoteError:
    """A redirect may lead anywhere, so the token does not go along. Its host is told, the rest may be secret."""
    to = _host(answer.headers.get("location", ""))
    what = f"{call} was redirected ({answer.status}) to {to}, where no token is sent; check the address of the API"
    return Denied(system, what) if call.repeatable else OutcomeUnknown(system, what)


def _host(location: str) -> str:
    try:
        return quotable(urlsplit(location).hostname or "another path")
    except ValueError:
        return "nowhere"


def _to_failure(system: str, call: Call, failure: Failure) -> Reaction:
    what = f"{call} failed: {failure.text}{_traced(call)}"
    match failure.stage:
        case Stage.UNSENDABLE:
            return Fail(Unavailable(system, f"{what}; check the address of the API"))
        case Stage.UNTRUSTED:
            return Fail(Denied(system, f"{what}; name its certificate authority with ca_file"))
        case Stage.UNSENT:
            return Again(Unavailable(system, what))
    return _to_failed_read(system, what, failure) if call.repeatable else Fail(OutcomeUnknown(system, what))


def _to_failed_read(system: str, what: str, failure: Failure) -> Reaction:
    match failure.stage:
        case Stage.CUT:
            return Again(IncompleteRead(system, what))
        case Stage.TOO_LARGE:
            return Fail(IncompleteRead(system, what))
    return Again(Unavailable(system, what))


def answered(call: Call, answer: Answer) -> str:
    """Say what was asked, what came, and by which ids the exchange is found again: without secrets."""
    return f"{call} was answered {answer.status}{_quote(call, answer)}{_traced(call, answer)}"


def _traced(call: Call, answer: Answer | None = None) -> str:
    """By which ids the server's operator finds this exchange; nothing where the call has none."""
    ours, theirs = call.headers.get("client-request-id"), answer.headers.get("request-id") if answer else None
    if not ours:
        return ""
    return f" (client-request-id {ours}{f', request-id {quotable(theirs)}' if theirs else ''})"


def _quote(call: Call, answer: Answer) -> str:
    words = said(answer, call.hidden)
    return f": {words}" if words else ""
