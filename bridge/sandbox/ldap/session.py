"""One client's conversation: each request answered in turn (RFC 4511, section 4)."""

import secrets
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bridge.sandbox.ldap.ber import BerError
from bridge.sandbox.ldap.binding import authorization_id, verdict
from bridge.sandbox.ldap.connection import Connection
from bridge.sandbox.ldap.directory import Directory
from bridge.sandbox.ldap.entry import Entry
from bridge.sandbox.ldap.faults import Answer, Asked, Ending, Faults, broken_off, spoiled
from bridge.sandbox.ldap.filter_text import filter_text
from bridge.sandbox.ldap.limits import ServerLimits
from bridge.sandbox.ldap.operations import Operation, OperationLog
from bridge.sandbox.ldap.requests import (
    Abandon,
    Bind,
    Control,
    Extended,
    Message,
    Paging,
    Refused,
    Search,
    Unbind,
    read_message,
)
from bridge.sandbox.ldap.responses import (
    BIND_ANSWER,
    SEARCH_DONE,
    SUCCESS,
    Code,
    Result,
    disconnection,
    done,
    entry,
    extended,
    page_control,
    reference,
)
from bridge.sandbox.ldap.root import START_TLS, SUPPORTED_CONTROLS, WHO_AM_I
from bridge.sandbox.ldap.searching import SearchProgress, begin, next_page
from bridge.sandbox.ldap.selection import RangeError, select


@dataclass(slots=True)
class Service:
    """What all conversations share."""

    directory: Directory
    credentials: Mapping[str, str] = field(repr=False)
    limits: ServerLimits
    tls: ssl.SSLContext | None
    faults: Faults = field(default_factory=Faults)
    log: OperationLog = field(default_factory=OperationLog)
    closing: threading.Event = field(default_factory=threading.Event)


class Session:
    """Answers one client until it goes, is cut off, or the server closes."""

    def __init__(self, service: Service, connection: Connection) -> None:
        self._service = service
        self._connection = connection
        self._identity = ""
        self._searches: dict[bytes, SearchProgress] = {}

    def run(self) -> None:
        """Answer. Raises OSError when the client is gone in the middle of it."""
        try:
            for data in self._connection.messages():
                if not self._serve(read_message(data)):
                    return
        except BerError as error:
            self._record(Operation("unreadable", result=Code.PROTOCOL_ERROR))
            self._connection.send(disconnection(Result(Code.PROTOCOL_ERROR, str(error))))

    def _serve(self, message: Message) -> bool:
        """Answer one request, and say whether the conversation goes on."""
        match message.request:
            case Unbind():
                self._record(Operation("unbind"))
                return False
            case Abandon():
                self._record(Operation("abandon"))
                return True
            case Bind() as request:
                return self._bind(message, request)
            case Search() as request:
                return self._search(message, request)
            case Extended() as request:
                return self._extended(message, request)
            case Refused(op, tag):
                result = Result(Code.PROTOCOL_ERROR, f"this directory has no {op} over LDAP")
                last = done(message.id, tag, result)
                return self._answer(Answer(result=result), [last], Operation(op))

    # ---- bind ----

    def _bind(self, message: Message, request: Bind) -> bool:
        self._identity = ""  # also when the bind fails (RFC 4511, 4.2.1)
        result = _unsupported(message.controls) or self._verdict(request)
        answer: Answer[Entry] = spoiled(
            Answer(result=result), self._service.faults.due("bind", Asked(request.name))
        )
        if answer.result == SUCCESS and answer.ending is Ending.RESULT:
            self._identity = request.name
        last = done(message.id, BIND_ANSWER, answer.result)
        return self._answer(answer, [last], Operation("bind", request.name))

    def _verdict(self, request: Bind) -> Result:
        service = self._service
        return verdict(request, service.credentials, service.limits, secure=self._connection.secure)

    # ---- search ----

    def _search(self, message: Message, request: Search) -> bool:
        paging = Paging.of(message.controls)
        if paging and 0 < request.size_limit <= paging.size:
            paging = None  # RFC 2696, section 3: one page will do
        progress = self._progress(message, request, paging)
        answer = next_page(progress, request, paging, self._service.limits)
        page = progress.page if paging else 0
        answer = spoiled(answer, progress.rules, max(1, page))
        messages, result = self._found(message.id, request, answer)
        cookie = self._keep(progress) if answer.more and result == answer.result else b""
        control = page_control(cookie, len(progress.entries)) if answer.paged and result == answer.result else b""
        messages.append(done(message.id, SEARCH_DONE, result, controls=control))
        operation = Operation(
            "search",
            request.base,
            scope=request.scope.name.lower(),
            filter=filter_text(request.filter),
            attributes=request.attributes,
            page=page,
            page_size=paging.size if paging else 0,
            entries=len(messages) - 1 - len(answer.references),
        )
        return self._answer(replace(answer, result=result), messages, operation)

    def _progress(self, message: Message, request: Search, paging: Paging | None) -> SearchProgress:
        """The search that a cookie goes on with, or a new one."""
        if paging and paging.cookie:
            going_on = self._searches.pop(paging.cookie, None)
            failure = Result(Code.UNWILLING_TO_PERFORM, "the paged results cookie is not known")
            return going_on or SearchProgress(failure=failure)
        rules = self._service.faults.due("search", Asked.by(request))
        refusal = _unsupported(message.controls) or self._refusal(request)
        if refusal:
            return SearchProgress(rules=rules, failure=refusal)
        return begin(self._service.directory, request, rules, tls=self._service.tls is not None)

    def _refusal(self, request: Search) -> Result | None:
        """Why this client may not search here; the root is open to all."""
        if request.base and not self._identity and not self._service.limits.anonymous:
            return Result(Code.OPERATIONS_ERROR, "a successful bind must come first")
        return None

    def _found(self, number: int, request: Search, answer: Answer[Entry]) -> tuple[list[bytes], Result]:
        """The messages that carry entries and references, and the result, which a wrong range changes."""
        messages = []
        value_range = self._service.limits.value_range
        try:
            for found in answer.entries:
                attributes = select(
                    found, request.attributes, types_only=request.types_only, value_range=value_range
                )
                messages.append(entry(number, found.dn, attributes))
        except RangeError as error:
            return messages, Result(Code.OPERATIONS_ERROR, str(error))
        messages += [reference(number, (url,)) for url in answer.references]
        return messages, answer.result

    def _keep(self, progress: SearchProgress) -> bytes:
        cookie = secrets.token_bytes(8)
        self._searches[cookie] = progress
        return cookie

    # ---- extended operations ----

    def _extended(self, message: Message, request: Extended) -> bool:
        refusal = _unsupported(message.controls)
        if request.oid == START_TLS and not refusal:
            return self._start_tls(message)
        if request.oid == WHO_AM_I and not refusal:
            return self._who_am_i(message)
        result = refusal or Result(Code.PROTOCOL_ERROR, "this extended operation is not served")
        return self._answer(
            Answer(result=result), [extended(message.id, result)], Operation("extended", request.oid)
        )

    def _start_tls(self, message: Message) -> bool:
        context = self._service.tls
        result = SUCCESS
        if context is None:
            result = Result(Code.PROTOCOL_ERROR, "this server has no certificate")
        elif self._connection.secure:
            result = Result(Code.OPERATIONS_ERROR, "TLS is on already")
        answer: Answer[Entry] = spoiled(Answer(result=result), self._service.faults.due("starttls"))
        last = extended(message.id, answer.result, oid=START_TLS)
        goes_on = self._answer(answer, [last], Operation("starttls"))
        if goes_on and context and answer.result == SUCCESS and answer.ending is Ending.RESULT:
            self._connection.start_tls(context)
        return goes_on

    def _who_am_i(self, message: Message) -> bool:
        answer: Answer[Entry] = spoiled(Answer(), self._service.faults.due("whoami"))
        value = authorization_id(self._identity).encode() if answer.result == SUCCESS else None
        last = extended(message.id, answer.result, value=value)
        return self._answer(answer, [last], Operation("whoami"))

    # ---- sending ----

    def _answer(self, answer: Answer[Entry], messages: list[bytes], operation: Operation) -> bool:
        """Send the messages, the last of which carries the result, as the answer ends; log it first.

        Whoever has the answer finds it in the log. Tells whether the conversation goes on.
        """
        if answer.delay and self._service.closing.wait(answer.delay):
            answer, messages = replace(answer, ending=Ending.DROP), messages[-1:]
            operation = replace(operation, entries=0)
        ended = answer.ending is Ending.RESULT
        entries = (
            min(operation.entries, answer.intact) if answer.ending is Ending.TRUNCATION else operation.entries
        )
        self._record(replace(operation, entries=entries, result=answer.result.code if ended else None))
        self._connection.send(broken_off(messages, answer))
        if answer.ending is Ending.RESET:
            self._connection.reset()
        return answer.ending in {Ending.RESULT, Ending.SILENCE}

    def _record(self, operation: Operation) -> None:
        self._service.log.append(replace(operation, identity=self._identity, secure=self._connection.secure))


def _unsupported(controls: tuple[Control, ...]) -> Result | None:
    """The refusal of a critical control that this server does not know."""
    unknown = [control.oid for control in controls if control.critical and control.oid not in SUPPORTED_CONTROLS]
    if not unknown:
        return None
    return Result(Code.UNAVAILABLE_CRITICAL_EXTENSION, f"control {unknown[0]} is not known")
