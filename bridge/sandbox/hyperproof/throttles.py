"""The answers that say "not now", in the vendor's words and in others (API reference 6 and 11.16)."""

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final, Literal

from bridge.sandbox.hyperproof.refusals import gateway_error
from bridge.sandbox.messages import HTML_TYPE, Answer

Throttle = Literal["429", "403", "reworded", "html"]

_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>403 Forbidden</title></head>"
    b"<body><h1>Request blocked</h1><p>The request was blocked by a security rule.</p></body></html>"
)


def throttle_answer(kind: Throttle, seconds: int) -> Answer:
    """One refusal, without Retry-After. Only the 429 tells the seconds in its words."""
    match kind:
        case "429":
            return gateway_error(429, f"Rate limit is exceeded. Try again in {seconds} seconds.")
        case "403":
            return gateway_error(403, "Bandwidth quota exceeded. Try again later.")
        case "reworded":
            return gateway_error(403, "Your organization has used up its data allowance for this period.")
        case "html":
            return html_answer(403)


def html_answer(status: int) -> Answer:
    """A page for people where a program expects JSON."""
    return Answer(status, _HTML, HTML_TYPE)


def retry_after(seconds: int, now: datetime, *, as_date: bool) -> tuple[str, str]:
    """The header, in one of its two forms (RFC 9110, 10.2.3)."""
    text = format_datetime(now + timedelta(seconds=seconds), usegmt=True) if as_date else str(seconds)
    return "Retry-After", text
