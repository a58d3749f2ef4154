"""What can go wrong with a request, whatever it asks for: refusals, broken bodies, broken connections, time.

Effects on pages are in `page_effects`, those on batches in `batch_effects`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from threading import TIMEOUT_MAX
from typing import Final, Protocol

from bridge.sandbox.graph.errors import GraphError
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.messages import HTML_TYPE, Answer, Delivery, Request

BROKEN_JSON_TYPE: Final = "application/json"
"""JSON to clients; other than that of good answers, so that a batch does not put a broken body in as it is."""

_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Service unavailable</title></head>"
    b"<body><h1>Our services aren't available right now</h1></body></html>"
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A request that something is about to befall, and what an effect can do about it."""

    request: Request
    tenant: Tenant
    base: str
    """Where the sandbox is, such as `https://localhost:8443`."""
    serve: Callable[[Request, Tenant | None], Answer]
    """Answers a request as if nothing were wrong; with a tenant, as a server that knows only that one."""
    refuse: Callable[[GraphError], Answer]
    """Makes an answer of an error, in the form that the address has."""
    pause: Callable[[float], None]

    def answer(self) -> Answer:
        """The answer as it should be."""
        return self.serve(self.request, None)


class Effect(Protocol):
    """One thing that goes wrong."""

    def befall(self, scene: Scene) -> Delivery:
        """What goes out instead."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """An error instead of the answer; nothing is done. The code may be empty, as it sometimes is in truth."""

    status: int
    code: str = ""
    message: str = ""
    inner_code: str = ""
    """A more specific code inside; for the token endpoint the figure in `error_codes`, such as `90033`."""
    retry_after: float | None = None
    """Seconds to say in Retry-After; a fraction is said as such."""
    retry_after_date: bool = False
    """Say them as a date."""

    def befall(self, scene: Scene) -> Delivery:
        """Refuse."""
        headers = self._headers(scene)
        error = GraphError(self.status, self.code, self.message, headers=headers, inner_code=self.inner_code)
        return Delivery(scene.refuse(error))

    def _headers(self, scene: Scene) -> tuple[tuple[str, str], ...]:
        if self.retry_after is None:
            return ()
        text = f"{self.retry_after:g}"
        if self.retry_after_date:
            text = format_datetime(scene.tenant.clock() + timedelta(seconds=self.retry_after), usegmt=True)
        return (("Retry-After", text),)


EXPIRED_PAGE_TOKEN: Final = Refuse(400, "Directory_ExpiredPageToken", "The specified page token has expired.")
SYNC_STATE_NOT_FOUND: Final = Refuse(400, "syncStateNotFound", "The sync state generation is not found.")
TOKEN_EXPIRED: Final = Refuse(
    401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."
)


@dataclass(frozen=True, slots=True)
class ClaimsChallenge:
    """401 that asks for claims, as continuous access evaluation does (Graph reference 5.2)."""

    claims: str = "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ=="

    def befall(self, scene: Scene) -> Delivery:
        """Challenge."""
        challenge = f'Bearer realm="", error="insufficient_claims", claims="{self.claims}"'
        error = GraphError(
            401,
            "InvalidAuthenticationToken",
            "More claims are needed.",
            headers=(("WWW-Authenticate", challenge),),
        )
        return Delivery(scene.refuse(error))


@dataclass(frozen=True, slots=True)
class Html:
    """A page for people where JSON should be."""

    status: int = 200

    def befall(self, scene: Scene) -> Delivery:  # noqa: ARG002 - as every effect
        """Show the page."""
        return Delivery(Answer(self.status, _HTML, HTML_TYPE))


@dataclass(frozen=True, slots=True)
class Body:
    """Another body with the status as it should be: `null`, a list, anything."""

    text: str

    def befall(self, scene: Scene) -> Delivery:
        """Replace the body."""
        return Delivery(replace(scene.answer(), body=self.text.encode()))


@dataclass(frozen=True, slots=True)
class Truncate:
    """The JSON ends in its middle, though the answer is 200 and whole as HTTP (Graph reference 5.2)."""

    keep: int | None = None
    """So many bytes stay; None: half of them."""
    tail: str = ""
    """What follows them, such as an error's text."""

    def befall(self, scene: Scene) -> Delivery:
        """Cut the body."""
        answer = scene.answer()
        keep = len(answer.body) // 2 if self.keep is None else self.keep
        body = answer.body[:keep] + self.tail.encode()
        return Delivery(replace(answer, body=body, content_type=BROKEN_JSON_TYPE))


@dataclass(frozen=True, slots=True)
class CutOff:
    """The connection is closed in the middle of the body."""

    keep: int | None = None
    """After so many bytes of it; None: half of them."""

    def befall(self, scene: Scene) -> Delivery:
        """Close in the middle."""
        answer = scene.answer()
        return Delivery(answer, keep=len(answer.body) // 2 if self.keep is None else self.keep)


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset instead of the answer."""

    def befall(self, scene: Scene) -> Delivery:  # noqa: ARG002 - as every effect
        """Reset."""
        return Delivery(None, reset=True)


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is closed instead of the answer."""

    def befall(self, scene: Scene) -> Delivery:  # noqa: ARG002 - as every effect
        """Close."""
        return Delivery(None)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing comes, and the connection stays open."""

    def befall(self, scene: Scene) -> Delivery:  # noqa: ARG002 - as every effect
        """Fall silent, for as long as the sandbox lives."""
        return Delivery(None, wait=TIMEOUT_MAX)


@dataclass(frozen=True, slots=True)
class Slow:
    """The answer takes its time."""

    seconds: float = 0.0
    """Before anything is done."""
    pace: float = 0.0
    """Before each byte of the body; for requests on the wire, not for those in a batch."""

    def befall(self, scene: Scene) -> Delivery:
        """Let time pass."""
        scene.pause(self.seconds)
        return Delivery(scene.answer(), pace=self.pace)


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Somebody changes the tenant just before the request is looked at: `Meanwhile(lambda tenant: ...)`."""

    do: Callable[[Tenant], object]

    def befall(self, scene: Scene) -> Delivery:
        """Change, then answer."""
        self.do(scene.tenant)
        return Delivery(scene.answer())


@dataclass(frozen=True, slots=True)
class Stale:
    """A server that lags behind answers: it knows the tenant as it was when `Tenant.replica` was taken."""

    replica: Tenant

    def befall(self, scene: Scene) -> Delivery:
        """Answer from the replica."""
        return Delivery(scene.serve(scene.request, self.replica))
