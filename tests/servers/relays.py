"""What a proxy passes on of a conversation, and what it makes of it. No sockets: bytes in, bytes out."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from bridge.sandbox.ldap.ber import frame_size
from bridge.sandbox.ldap.faults import Answer, Asked, Effect, Ending, Faults, Rule, broken_off, spoiled
from bridge.sandbox.ldap.operations import Operation
from bridge.sandbox.ldap.requests import (
    Abandon,
    Bind,
    Extended,
    Message,
    Paging,
    Refused,
    Request,
    Search,
    Unbind,
    read_message,
)
from bridge.sandbox.ldap.responses import reference
from bridge.sandbox.ldap.root import START_TLS, WHO_AM_I
from tests.servers.ldap_answers import ENTRY, INTERMEDIATE, REFERENCE, Done, envelope

_EXTENDED = {START_TLS: "starttls", WHO_AM_I: "whoami"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Bytes for the client, and what happens to its connection then."""

    data: bytes
    ending: Ending = Ending.RESULT
    delay: float = 0
    """Seconds before."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One request, what the client got for an answer, and what the proxy did to it."""

    operation: Operation
    effects: tuple[Effect, ...] = ()


class Passages(Protocol):
    """Takes down what passes."""

    def append(self, passage: Passage, /) -> object:
        """Add one."""


class Relay(Protocol):
    """One conversation."""

    def to_server(self, data: bytes) -> bytes:
        """What goes on to the server of what the client sent. Raises BerError."""

    def to_client(self, data: bytes) -> Iterator[Outgoing]:
        """What goes on to the client of what the server sent. Raises BerError."""


class ByteRelay:
    """Any conversation, TLS or not. Faults of the operation `connection` count bytes of the server's."""

    def __init__(self, faults: Faults, passages: Passages) -> None:
        self._rules = faults.due("connection")
        self._passages = passages
        self._received: tuple[int, ...] = ()
        self._sent = 0
        self._silent = False

    def to_server(self, data: bytes) -> bytes:
        """All of it."""
        return data

    def to_client(self, data: bytes) -> Iterator[Outgoing]:
        """As much as the faults let through, which take effect with the first byte that they do not."""
        if not self._rules:
            yield Outgoing(data)
            return
        self._received += tuple(data)
        answer = spoiled(Answer(self._received), self._rules)
        passed = bytes(answer.entries[self._sent :])
        self._sent += len(passed)
        if len(answer.entries) == len(self._received):
            yield Outgoing(passed, delay=answer.delay)
        elif not self._silent:
            self._silent = True
            effects = tuple(rule.effect for rule in self._rules)
            self._passages.append(Passage(Operation("connection", entries=self._sent), effects))
            yield Outgoing(passed, answer.ending, answer.delay)


@dataclass(slots=True)
class _Waiting:
    """A request that is not answered yet, and what came of the answer."""

    operation: Operation
    rules: tuple[Rule, ...] = ()
    page: int = 1
    entries: list[bytes] = field(default_factory=list)
    others: list[bytes] = field(default_factory=list)
    """References, and what else comes before the end."""


class LdapRelay:
    """A conversation in LDAP, message by message; answers go on when they are whole, as the faults leave them."""

    def __init__(self, faults: Faults, passages: Passages) -> None:
        self._faults = faults
        self._passages = passages
        self._asked = b""
        self._answered = b""
        self._waiting: dict[int, _Waiting] = {}
        self._pages: dict[bytes, _Waiting] = {}
        """By the cookie that asks for the next one."""

    def to_server(self, data: bytes) -> bytes:
        """Every whole message, as it is."""
        messages, self._asked = _whole(self._asked + data)
        for message in map(read_message, messages):
            if not isinstance(message.request, Unbind | Abandon):
                self._waiting[message.id] = self._expected(message)
        return b"".join(messages)

    def to_client(self, data: bytes) -> Iterator[Outgoing]:
        """Every whole answer."""
        messages, self._answered = _whole(self._answered + data)
        for message in messages:
            number, tag = envelope(message)
            waiting = self._waiting.get(number)
            if waiting is None:
                yield Outgoing(message)
            elif tag == ENTRY:
                waiting.entries.append(message)
            elif tag in {REFERENCE, INTERMEDIATE}:
                waiting.others.append(message)
            else:
                yield self._answer(self._waiting.pop(number), Done.read(message))

    def _expected(self, message: Message) -> _Waiting:
        request = message.request
        if not isinstance(request, Search):
            operation = Operation(_name(request), request.name if isinstance(request, Bind) else "")
            return _Waiting(operation, self._faults.due(operation.op, Asked(operation.base)))
        paging = Paging.of(message.controls)
        before = self._pages.pop(paging.cookie, None) if paging else None
        asked = Asked.by(request)
        page = before.page + 1 if before else 1
        operation = Operation(
            "search",
            request.base,
            scope=request.scope.name.lower(),
            filter=asked.filter,
            attributes=request.attributes,
            page=page if paging else 0,
            page_size=paging.size if paging else 0,
        )
        return _Waiting(operation, before.rules if before else self._faults.due("search", asked), page)

    def _answer(self, waiting: _Waiting, last: Done) -> Outgoing:
        before = Answer(
            tuple(waiting.entries), result=last.result, paged=last.cookie is not None, more=bool(last.cookie)
        )
        answer = spoiled(before, waiting.rules, waiting.page)
        if answer.more and last.cookie:
            self._pages[last.cookie] = waiting
        references = [reference(last.number, (url,)) for url in answer.references]
        messages = [*answer.entries, *waiting.others, *references, last.spoiled(before, answer)]
        self._record(waiting, answer)
        return Outgoing(broken_off(messages, answer), answer.ending, answer.delay)

    def _record(self, waiting: _Waiting, answer: Answer[bytes]) -> None:
        whole = answer.ending is not Ending.TRUNCATION
        entries = len(answer.entries) if whole else min(len(answer.entries), answer.intact)
        code = answer.result.code if answer.ending is Ending.RESULT else None
        effects = tuple(rule.effect for rule in waiting.rules if rule.page in {0, waiting.page})
        self._passages.append(Passage(replace(waiting.operation, entries=entries, result=code), effects))


def _whole(data: bytes) -> tuple[list[bytes], bytes]:
    """The whole messages at the front, and what is left."""
    messages = []
    while (size := frame_size(data)) is not None and size <= len(data):
        messages.append(data[:size])
        data = data[size:]
    return messages, data


def _name(request: Request) -> str:
    match request:
        case Bind():
            return "bind"
        case Extended(oid):
            return _EXTENDED.get(oid, "extended")
        case Refused(op):
            return op
        case _:
            return type(request).__name__.lower()
