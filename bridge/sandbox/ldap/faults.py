"""What goes wrong on demand: effects on the answers of a server, and the script that says when."""

import re
import threading
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final, Generic, Protocol, TypeVar

from bridge.sandbox.ldap.directory import Scope
from bridge.sandbox.ldap.filter_text import filter_text
from bridge.sandbox.ldap.requests import Search
from bridge.sandbox.ldap.responses import SUCCESS, Result

FoundT = TypeVar("FoundT")


class Ending(Enum):
    """How an answer ends."""

    RESULT = auto()  # with its result, as it should
    DROP = auto()  # the connection is closed instead
    RESET = auto()  # the connection is torn down instead: the client sees an error, and maybe none of the rest
    SILENCE = auto()  # nothing comes, and the connection stays open
    TRUNCATION = auto()  # half of the last message, then the connection is closed


@dataclass(frozen=True, slots=True)
class Answer(Generic[FoundT]):
    """All that a request is answered with: entries, references, a result."""

    entries: tuple[FoundT, ...] = ()
    """In whatever form the server has them that gives the answer."""
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

    def applied_to(self, answer: Answer[Any]) -> Answer[Any]:
        """The answer as it goes out instead."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Another result after some of the answer's entries."""

    code: int
    after: int = 0
    message: str = ""
    referral: tuple[str, ...] = ()

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Cut the entries and set the result; a failed page has no cookie."""
        result = Result(self.code, self.message, referral=self.referral)
        return replace(answer, entries=answer.entries[: self.after], result=result, paged=False, more=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is closed after some of the answer's entries."""

    after: int = 0

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Cut the entries and close."""
        return replace(answer, entries=answer.entries[: self.after], ending=Ending.DROP)


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is torn down after some of the answer's entries, as when a machine or a firewall fails."""

    after: int = 0

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Cut the entries and tear down."""
        return replace(answer, entries=answer.entries[: self.after], ending=Ending.RESET)


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing more comes after some of the answer's entries, and the connection stays open."""

    after: int = 0

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Cut the entries and fall silent."""
        return replace(answer, entries=answer.entries[: self.after], ending=Ending.SILENCE)


@dataclass(frozen=True, slots=True)
class Truncate:
    """The message behind some of the answer's entries breaks off in the middle, and the connection is closed."""

    after: int = 0

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Say where it breaks; behind the last entry that is the result itself."""
        return replace(answer, intact=self.after, ending=Ending.TRUNCATION)


@dataclass(frozen=True, slots=True)
class Refer:
    """Parts of the search are at other servers; the answer is as it would be otherwise."""

    urls: tuple[str, ...]

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Add the references."""
        return replace(answer, references=answer.references + self.urls)


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer takes its time."""

    seconds: float

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Add the wait."""
        return replace(answer, delay=answer.delay + self.seconds)


@dataclass(frozen=True, slots=True)
class EndEarly:
    """The search ends here: an empty cookie and success, and the entries left are never sent. The silent cut."""

    after: int | None = None
    """So many of this page's entries still come; None is all of them."""

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Leave nothing to go on with."""
        return replace(answer, entries=answer.entries[: self.after], more=False)


@dataclass(frozen=True, slots=True)
class EndNever:
    """The search goes on behind its last entry: empty pages, each with a new cookie, for as long as one asks."""

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Say that there is more."""
        return replace(answer, more=True)


@dataclass(frozen=True, slots=True)
class OmitPaging:
    """The page's answer has no paging control, as from a server that ignored it."""

    def applied_to(self, answer: Answer[FoundT]) -> Answer[FoundT]:
        """Leave the control out."""
        return replace(answer, paged=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """What tells a request from others."""

    base: str = ""
    """Of a search; of a bind the name."""
    filter: str = ""
    attributes: tuple[str, ...] = ()
    scope: Scope | None = None

    @classmethod
    def by(cls, request: Search) -> "Asked":
        """What a search asks for."""
        return cls(request.base, filter_text(request.filter), request.attributes, request.scope)


_ANYTHING: Final = Asked()


@dataclass(slots=True)
class Rule:
    """An effect, and when it comes."""

    effect: Effect
    op: str
    base: re.Pattern[str]
    filter: re.Pattern[str]
    attributes: re.Pattern[str]
    scope: Scope | None
    occurrence: int
    page: int
    seen: int = field(default=0, init=False)

    def is_due(self, op: str, asked: Asked) -> bool:
        """Count this request if it is of the kind, and say whether it is the one."""
        if op != self.op or self.scope not in {None, asked.scope}:
            return False
        if not self.base.search(asked.base) or not self.filter.search(asked.filter):
            return False
        if not self.attributes.search(" ".join(asked.attributes)):
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
        attributes: str = "",
        scope: Scope | None = None,
        occurrence: int = 0,
        page: int = 0,
    ) -> None:
        """Let something go wrong with the requests that fit all that is said here.

        `op`: search, bind, starttls or whoami. `base`, `matching` and `attributes` are regular expressions,
        without regard to case, to be found in the search's base (or the name that binds), in the text of its
        filter, and in the attributes that it asks for, with a space between them.
        `occurrence` is the how-manieth such request from now on, `page` the page of a paged search, both counted
        from 1; 0 is every one. The pages of one search are one occurrence.
        """
        patterns = (_pattern(base), _pattern(matching), _pattern(attributes))
        with self._lock:
            self._rules.append(Rule(effect, op, *patterns, scope, occurrence, page))

    def clear(self) -> None:
        """Let everything go right again; searches under way keep what they began with."""
        with self._lock:
            self._rules.clear()

    def due(self, op: str, asked: Asked = _ANYTHING) -> tuple[Rule, ...]:
        """The rules that this request falls under, on whatever page."""
        with self._lock:
            return tuple([rule for rule in self._rules if rule.is_due(op, asked)])


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def spoiled(answer: Answer[FoundT], rules: tuple[Rule, ...], page: int = 1) -> Answer[FoundT]:
    """The answer as it goes out under these rules."""
    for rule in rules:
        if rule.page in {0, page}:
            answer = rule.effect.applied_to(answer)
    return answer


def broken_off(messages: list[bytes], answer: Answer[FoundT]) -> bytes:
    """What goes out of an answer's messages, the last of which is the result, as the answer ends."""
    match answer.ending:
        case Ending.RESULT:
            return b"".join(messages)
        case Ending.DROP | Ending.RESET | Ending.SILENCE:
            return b"".join(messages[:-1])
        case Ending.TRUNCATION:
            whole = min(answer.intact, len(messages) - 1)
            return b"".join(messages[:whole]) + messages[whole][: len(messages[whole]) // 2]
