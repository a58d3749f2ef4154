"""What goes wrong on demand: effects on the answers of a server, and the script that says when."""

import re
import threading
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

from bridge.sandbox.ldap.entry import Entry
from bridge.sandbox.ldap.responses import SUCCESS, Result


class Ending(Enum):
    """How an answer ends."""

    RESULT = auto()  # with its result, as it should
    DROP = auto()  # the connection is closed instead
    SILENCE = auto()  # nothing comes, and the connection stays open
    TRUNCATION = auto()  # half of the last message, then the connection is closed


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a request is answered with: entries, references, a result."""

    entries: tuple[Entry, ...] = ()
    references: tuple[str, ...] = ()
    """Addresses of other servers, each in a searchResultReference behind the entries."""
    result: Result = SUCCESS
    paged: bool = False
    """Whether the result carries the paging control."""
    more: bool = False
    """Whether the paging control's cookie goes on."""
    ending: Ending = Ending.RESULT
    intact: int = 0
    """Messages before the one that breaks off, if one does."""
    delay: float = 0
    """Seconds before anything is sent."""


class Effect(Protocol):
    """One thing that goes wrong."""

    def applied_to(self, answer: Answer) -> Answer:
        """The answer as it goes out instead."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Another result after some of the answer's entries."""

    code: int
    after: int = 0
    message: str = ""
    referral: tuple[str, ...] = ()

    def applied_to(self, answer: Answer) -> Answer:
        """Cut the entries and set the result; a failed page has no cookie."""
        result = Result(self.code, self.message, referral=self.referral)
        return replace(answer, entries=answer.entries[: self.after], result=result, paged=False, more=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is closed after some of the answer's entries."""

    after: int = 0

    def applied_to(self, answer: Answer) -> Answer:
        """Cut the entries and close."""
        return replace(answer, entries=answer.entries[: self.after], ending=Ending.DROP)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing more comes after some of the answer's entries, and the connection stays open."""

    after: int = 0

    def applied_to(self, answer: Answer) -> Answer:
        """Cut the entries and fall silent."""
        return replace(answer, entries=answer.entries[: self.after], ending=Ending.SILENCE)


@dataclass(frozen=True, slots=True)
class Truncate:
    """The message behind some of the answer's entries breaks off in the middle, and the connection is closed."""

    after: int = 0

    def applied_to(self, answer: Answer) -> Answer:
        """Say where it breaks; behind the last entry that is the result itself."""
        return replace(answer, intact=self.after, ending=Ending.TRUNCATION)


@dataclass(frozen=True, slots=True)
class Refer:
    """Parts of the search are at other servers; the answer is as it would be otherwise."""

    urls: tuple[str, ...]

    def applied_to(self, answer: Answer) -> Answer:
        """Add the references."""
        return replace(answer, references=answer.references + self.urls)


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer takes its time."""

    seconds: float

    def applied_to(self, answer: Answer) -> Answer:
        """Add the wait."""
        return replace(answer, delay=answer.delay + self.seconds)


@dataclass(frozen=True, slots=True)
class EndEarly:
    """The search ends here: an empty cookie and success, and the entries left are never sent. The silent cut."""

    after: int | None = None
    """So many of this page's entries still come; None is all of them."""

    def applied_to(self, answer: Answer) -> Answer:
        """Leave nothing to go on with."""
        return replace(answer, entries=answer.entries[: self.after], more=False)


@dataclass(frozen=True, slots=True)
class OmitPaging:
    """The page's answer has no paging control, as from a server that ignored it."""

    def applied_to(self, answer: Answer) -> Answer:
        """Leave the control out."""
        return replace(answer, paged=False)


@dataclass(slots=True)
class Rule:
    """An effect, and when it comes."""

    effect: Effect
    op: str
    base: re.Pattern[str]
    filter: re.Pattern[str]
    occurrence: int
    page: int
    seen: int = field(default=0, init=False)

    def is_due(self, op: str, base: str, filter_text: str) -> bool:
        """Count this request if it is of the kind, and say whether it is the one."""
        if op != self.op or not self.base.search(base) or not self.filter.search(filter_text):
            return False
        self.seen += 1
        return self.occurrence in {0, self.seen}


class Faults:
    """The script of what goes wrong. May be written while the server runs, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(  # noqa: PLR0913 - each narrows down when it comes
        self,
        effect: Effect,
        *,
        op: str = "search",
        base: str = "",
        matching: str = "",
        occurrence: int = 0,
        page: int = 0,
    ) -> None:
        """Let something go wrong with the requests that fit all that is said here.

        `op`: search, bind, starttls or whoami. `base` and `matching` are regular expressions, without regard
        to case, to be found in the search's base (or the name that binds) and in the text of its filter.
        `occurrence` is the how-manieth such request from now on, `page` the page of a paged search, both counted
        from 1; 0 is every one. The pages of one search are one occurrence.
        """
        patterns = (re.compile(base, re.IGNORECASE), re.compile(matching, re.IGNORECASE))
        with self._lock:
            self._rules.append(Rule(effect, op, *patterns, occurrence, page))

    def clear(self) -> None:
        """Let everything go right again; searches under way keep what they began with."""
        with self._lock:
            self._rules.clear()

    def due(self, op: str, base: str = "", filter_text: str = "") -> tuple[Rule, ...]:
        """The rules that this request falls under, on whatever page."""
        with self._lock:
            return tuple([rule for rule in self._rules if rule.is_due(op, base, filter_text)])


def spoiled(answer: Answer, rules: tuple[Rule, ...], page: int = 1) -> Answer:
    """The answer as it goes out under these rules."""
    for rule in rules:
        if rule.page in {0, page}:
            answer = rule.effect.applied_to(answer)
    return answer
