"""Faults that are written down beforehand: which request they wait for, and what goes wrong with it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bridge.sandbox.hyperproof.throttles import throttle_answer
from bridge.sandbox.hyperproof.ui import UiAction
from bridge.sandbox.messages import JSON_TYPE, Answer


class Act(StrEnum):
    """What becomes of a request and of its answer."""

    PROCEED = "proceed"  # nothing beyond the delays, the person at the web application, the revoked token
    ANSWER = "answer"  # nothing is done; the fault's answer is sent
    ANSWER_AFTER = "answer_after"  # it is done, and yet the fault's answer is sent
    RESET_BEFORE = "reset_before"  # nothing is done; the connection is reset
    RESET_AFTER = "reset_after"  # it is done; the connection is reset
    DROP = "drop"  # nothing is done; the connection is closed without an answer
    DROP_AFTER = "drop_after"  # it is done; the connection is closed without an answer
    HALF = "half"  # a write is applied to the first half of its ids and answered with 500
    TRUNCATE = "truncate"  # it is done; the answer ends in its middle


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault."""

    act: Act = Act.PROCEED
    method: str = ""
    """Empty: any."""
    path: str = ""
    """A regular expression that is searched for in the path, such as `/users$`. Empty: any."""
    nth: int = 1
    """The first matching request that it befalls, from 1."""
    count: int = 1
    """How many it befalls from then on; 0: all."""
    answer: Answer | None = None
    """For ANSWER and ANSWER_AFTER; for HALF instead of the 500. `throttle_answer` and `html_answer` make some."""
    retry_after: int | None = None
    """Seconds to say in a Retry-After header of `answer`."""
    retry_after_date: bool = False
    """Say them as a date."""
    keep: int | None = None
    """For TRUNCATE: so many bytes of the body are sent. None: half of them."""
    delay: float = 0.0
    """Seconds before anything is done."""
    answer_delay: float = 0.0
    """Seconds between the deed and its answer."""
    ui: UiAction | None = None
    """What a person does in the web application just before the request is looked at (API reference 11.17)."""
    revoke: bool = False
    """The token that the request carries is revoked just before it is looked at."""

    def __post_init__(self) -> None:
        if self.act in {Act.ANSWER, Act.ANSWER_AFTER} and self.answer is None:
            raise ValueError(f"A fault that acts by {self.act} needs an answer.")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"The path {self.path!r} is no regular expression: {error}.") from None

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault counts."""
        return self.method in {"", method} and re.search(self.path, path) is not None


@dataclass(frozen=True, slots=True)
class FaultDescription:
    """A fault as `POST /_sandbox/faults` takes it: a Fault's fields, with the answer spelled out."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads it from the class

    act: Act | None = None
    """Default: `answer` where there is an answer, otherwise `proceed`."""
    method: str = ""
    path: str = ""
    nth: int = 1
    count: int = 1
    status: int | None = None
    body: str = ""
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    """Pairs of name and value."""
    throttle: Literal["429", "403", "reworded", "html"] | None = None
    """One of the known answers, instead of status and body."""
    retry_after: int | None = None
    retry_after_date: bool = False
    keep: int | None = None
    delay: float = 0.0
    answer_delay: float = 0.0
    ui: UiAction | None = None
    revoke: bool = False

    def fault(self) -> Fault:
        """The fault described. Raises ValueError where it makes no sense."""
        answer = self._answer()
        return Fault(
            act=self.act or (Act.PROCEED if answer is None else Act.ANSWER),
            method=self.method,
            path=self.path,
            nth=self.nth,
            count=self.count,
            answer=answer,
            retry_after=self.retry_after,
            retry_after_date=self.retry_after_date,
            keep=self.keep,
            delay=self.delay,
            answer_delay=self.answer_delay,
            ui=self.ui,
            revoke=self.revoke,
        )

    def _answer(self) -> Answer | None:
        if self.throttle is not None:
            return throttle_answer(self.throttle, self.retry_after or 5)
        if self.status is None:
            return None
        return Answer(self.status, self.body.encode(), self.content_type, self.headers)
