"""Pages decoded in one pass, several times as fast as ldap3 decodes them.

ldap3 opens, secures and binds the connection; searches are written to its socket, and answers read from it, here.

A page is held as it came until its end is there, and only then decoded, an entry at a time. So a page that breaks
off gives nothing, and nobody who stops half-way leaves anything unread.
"""

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Final, TypeAlias

import ldap3
from ldap3.core.exceptions import (
    LDAPException,
    LDAPSessionTerminatedByServerError,
    LDAPSocketOpenError,
    LDAPSocketReceiveError,
    LDAPSocketSendError,
)
from ldap3.operation.search import search_operation
from ldap3.protocol.convert import build_controls_list
from ldap3.protocol.rfc2696 import paged_search_control
from ldap3.protocol.rfc4511 import LDAPMessage, MessageID, ProtocolOp
from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]  # not in types-ldap3
from ldap3.utils.dn import safe_dn

from bridge.sources.ldap import wire_ber
from bridge.sources.ldap.connection import STUMBLES, Session
from bridge.sources.ldap.dn import plain_form
from bridge.sources.ldap.failures import translated
from bridge.sources.ldap.search import Entry, PageEnd, Query, Reference
from bridge.sources.ldap.wire_ber import BerError

MOST_BYTES: Final = 512 * 2**20
"""Of a page as it comes: what a server may make us hold. Some eight million members."""
_KEEPING_BYTES: Final = 256
"""What it takes to keep a message, besides its own bytes; counted, so that many tiny ones have an end too."""

_RECEIVE_BYTES: Final = 2**18
_WITH_ENTRIES: Final = frozenset({0, 3, 4, 10})
"""Results whose entries count: success, referral, and what was found within a limit of time or size."""

_Held: TypeAlias = tuple[int, bytes, int, int]
"""The tag of an answer, the message that it is in, and where it begins and ends there."""


class WirePages:
    """Pages as we decode them. Not for a connection under a security layer of SASL's."""

    def __init__(self, session: Session, most_bytes: int = MOST_BYTES) -> None:
        self._session = session
        self._messages = _Messages(session.connection)
        self._most_bytes = most_bytes

    def fetch(self, query: Query, size: int, cookie: bytes) -> Iterator[Entry | Reference | PageEnd]:
        """As PageReader says."""
        doing = f"reading {query.subject}"
        number: int = self._session.connection.server.next_message_id()
        try:
            request = _request(self._session.connection, number, query, size, cookie)
        except (LDAPException, *STUMBLES) as error:
            raise translated(self._session.system, error, doing) from error
        try:
            self._send(request)
            held, end = self._answer(number)
        except BaseException as error:
            self._close()
            if isinstance(error, (LDAPException, *STUMBLES)):
                raise translated(self._session.system, error, doing) from error
            raise
        while held and end.code in _WITH_ENTRIES:
            yield self._decoded(held.popleft(), doing)
        yield end

    def _send(self, request: bytes) -> None:
        connection = self._session.connection
        if not connection.listening:
            raise LDAPSocketOpenError("unable to send message, socket is not open")
        try:
            connection.socket.sendall(request)
        except OSError as error:
            raise LDAPSocketSendError(f"socket sending error: {error}") from error

    def _answer(self, number: int) -> tuple[deque[_Held], PageEnd]:
        """All that answers a search, its end apart."""
        held: deque[_Held] = deque()
        room = self._most_bytes
        while True:
            message = self._messages.receive(room)
            room -= len(message) + _KEEPING_BYTES
            their_number, tag, start, stop = wire_ber.envelope(message)
            if their_number != number:
                raise _unasked(their_number, message, tag, start, stop)
            if tag == wire_ber.DONE:
                return held, wire_ber.page_end(message, start, stop)
            if tag in {wire_ber.ENTRY, wire_ber.REFERENCE}:
                held.append((tag, message, start, stop))
            elif tag != wire_ber.INTERMEDIATE:
                raise BerError(f"a message tagged {tag:#04x}, which answers no search")

    def _decoded(self, answer: _Held, doing: str) -> Entry | Reference:
        tag, message, start, stop = answer
        decode = wire_ber.entry if tag == wire_ber.ENTRY else wire_ber.reference
        try:
            return decode(message, start, stop)
        except STUMBLES as error:
            self._close()
            raise translated(self._session.system, error, doing) from error

    def _close(self) -> None:
        """End a connection on which half an answer may wait to be taken for another."""
        with contextlib.suppress(LDAPException, *STUMBLES):
            self._session.connection.strategy.close()


class _Messages:
    """Whole messages off a connection's socket."""

    def __init__(self, connection: ldap3.Connection) -> None:
        self._connection = connection
        self._data = b""
        self._at = 0
        """Where the next message begins."""

    def receive(self, most: int) -> bytes:
        """The next message, of so many bytes at the most."""
        while True:
            size = wire_ber.message_size(self._data, self._at)
            if size and size > most:
                raise BerError("a page larger than may be held; choose a smaller page_size")
            if size and self._at + size <= len(self._data):
                start, self._at = self._at, self._at + size
                return self._data[start : self._at]
            self._fill(size or 0)

    def _fill(self, wanted: int) -> None:
        """Wait for more bytes, until so many are there; joined once, however many pieces they come in."""
        pieces = [self._data[self._at :]]
        there = len(pieces[0])
        wanted = max(wanted, there + 1)
        while there < wanted:
            pieces.append(self._piece())
            there += len(pieces[-1])
        self._data, self._at = b"".join(pieces), 0

    def _piece(self) -> bytes:
        try:
            piece: bytes = self._connection.socket.recv(_RECEIVE_BYTES)
        except OSError as error:
            raise LDAPSocketReceiveError(f"error receiving data: {error}") from error
        if not piece:
            raise LDAPSessionTerminatedByServerError("session terminated by server")
        return piece


def _request(connection: ldap3.Connection, number: int, query: Query, size: int, cookie: bytes) -> bytes:
    """A search as it goes out, with ldap3's own checks of the base and the filter."""
    base = plain_form(query.base)
    message = LDAPMessage()
    message["messageID"] = MessageID(number)
    message["protocolOp"] = ProtocolOp().setComponentByName(
        "searchRequest",
        search_operation(
            safe_dn(base) if base else base,
            query.filter,
            query.scope,
            ldap3.DEREF_NEVER,
            list(query.attributes),
            size_limit=0,
            time_limit=0,
            types_only=False,
            auto_escape=connection.auto_escape,
            auto_encode=connection.auto_encode,
            check_names=connection.check_names,
        ),
    )
    message["controls"] = build_controls_list([paged_search_control(size=size, cookie=cookie)])
    encoded: bytes = encode(message)
    return encoded


def _unasked(number: int, message: bytes, tag: int, start: int, stop: int) -> LDAPException:
    """Why a message that answers another question, or none, ends it all; id 0 is the server's own word (4.4)."""
    if number == 0 and tag == wire_ber.EXTENDED:
        words = wire_ber.page_end(message, start, stop).words
        return LDAPSessionTerminatedByServerError(f"session terminated by server: {words}")
    return LDAPSocketReceiveError("invalid messageId received")
