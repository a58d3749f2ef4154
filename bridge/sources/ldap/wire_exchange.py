"""Questions and answers on ldap3's connection without ldap3: it opens, secures and binds, and no more.

Searches are written to its socket, and messages read from it, here. An answer that is not gone through to its end
leaves the connection closed: what is left of it could be taken for the next one's.
"""

import contextlib
import ssl
from collections.abc import Generator, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

import ldap3
from ldap3.core.exceptions import (
    LDAPException,
    LDAPSessionTerminatedByServerError,
    LDAPSocketOpenError,
    LDAPSocketReceiveError,
    LDAPSocketSendError,
)
from ldap3.operation.search import search_operation
from ldap3.protocol.rfc4511 import ProtocolOp
from ldap3.utils.asn1 import encode  # type: ignore[attr-defined]  # not in types-ldap3
from ldap3.utils.dn import safe_dn

from bridge.errors import RemoteError
from bridge.sources.ldap import wire_ber
from bridge.sources.ldap.connection import STUMBLES, Session
from bridge.sources.ldap.dn import plain_form
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.failures import translated
from bridge.sources.ldap.search import PageEnd, Query, Reference
from bridge.sources.ldap.wire_ber import BerError
from bridge.sources.ldap.wire_entries import EntryRow

MOST_BYTES: Final = 512 * 2**20
"""Of an answer as it comes: what a server may make us hold. Some eight million members."""
_KEEPING_BYTES: Final = 256
"""What it takes to keep a message, besides its own bytes; counted, so that many tiny ones have an end too."""

_RECEIVE_BYTES: Final = 2**18
_LAYERLESS: Final = frozenset({None, "EXTERNAL", "GSSAPI"})
"""Of SASL, or none: what puts no layer of its own between messages and socket (RFC 4422, appendix A).

GSSAPI might, but `kerberos.sign_in` agrees to none.
"""

_ANSWERS: Final = frozenset({wire_ber.ENTRY, wire_ber.REFERENCE, wire_ber.INTERMEDIATE, wire_ber.DONE})


Control: TypeAlias = tuple[str, bool, bytes | None]
"""Its name, whether the server must heed it, and its value, if it has one."""


class Message(NamedTuple):
    """A message that answers a search."""

    tag: int
    data: bytes
    start: int
    """Where what is in it begins."""
    stop: int
    """Where that ends, and its controls begin."""


def is_layerless(session: Session) -> bool:
    """Whether messages lie on the socket as they are; under a layer of SASL's only ldap3 finds them."""
    return session.connection.sasl_mechanism in _LAYERLESS


class WireExchange:
    """Searches over a connection of ldap3's that has no security layer of SASL's."""

    def __init__(self, session: Session, most_bytes: int = MOST_BYTES) -> None:
        self._session = session
        self._messages = _Messages(session.connection)
        self._most_bytes = most_bytes
        self._row = EntryRow()
        self._encoded: tuple[Query | None, bytes] = (None, b"")
        """The last query, as it goes out: most are for many pages."""

    def answers(self, query: Query, controls: Sequence[Control]) -> Generator[Message, None, None]:
        """Ask, and give each message that answers as it comes, the result last. Raises RemoteError."""
        number = self.ask(query, controls)
        with self._closing_on_trouble(query):
            yield from self._received(number)

    def ask(self, query: Query, controls: Sequence[Control]) -> int:
        """Ask, and tell the number of the request. The answer has to be read before anything else is asked.

        Raises RemoteError.
        """
        try:
            number, request = self._request(query, controls)
        except (LDAPException, *STUMBLES) as error:
            raise self._translated(query, error) from error
        with self._closing_on_trouble(query):
            self._send(request)
        return number

    def found(self, query: Query, number: int) -> Generator[list[Entry] | Reference | PageEnd, None, None]:
        """What answers a request, decoded as it comes: entries, as many as lie here whole; the end last.

        Raises RemoteError.
        """
        with self._closing_on_trouble(query):
            room = self._most_bytes
            tag = 0
            while tag != wire_ber.DONE:
                entries, size = self._messages.receive_row(self._row, number, room)
                if entries:
                    room -= size + len(entries) * _KEEPING_BYTES
                    yield entries
                    continue
                message = _answer(number, self._messages.receive(room))
                room -= len(message.data) + _KEEPING_BYTES
                tag = message.tag
                if tag != wire_ber.INTERMEDIATE:
                    yield _decoded(message)

    def broken(self, query: Query, error: Exception) -> RemoteError:
        """Our error for an answer that makes no sense; the connection is of no more use."""
        self._close()
        return self._translated(query, error)

    @contextlib.contextmanager
    def _closing_on_trouble(self, query: Query) -> Iterator[None]:
        try:
            yield
        except (LDAPException, *STUMBLES) as error:
            raise self.broken(query, error) from error
        except BaseException:
            self._close()
            raise

    def _received(self, number: int) -> Iterator[Message]:
        room = self._most_bytes
        tag = 0
        while tag != wire_ber.DONE:
            data = self._messages.receive(room)
            room -= len(data) + _KEEPING_BYTES
            message = _answer(number, data)
            tag = message.tag
            yield message

    def _translated(self, query: Query, error: Exception) -> RemoteError:
        return translated(self._session.system, error, f"reading {query.subject}")

    def _close(self) -> None:
        with contextlib.suppress(LDAPException, *STUMBLES):
            self._session.connection.strategy.close()

    def _request(self, query: Query, controls: Sequence[Control]) -> tuple[int, bytes]:
        """A search as it goes out, and its number."""
        if self._encoded[0] != query:
            self._encoded = (query, self._operation(query))
        number: int = self._session.connection.server.next_message_id()
        listed = wire_ber.encoded(wire_ber.CONTROLS, b"".join(wire_ber.control(*each) for each in controls))
        return number, wire_ber.encoded(wire_ber.SEQUENCE, wire_ber.integer(number) + self._encoded[1] + listed)

    def _operation(self, query: Query) -> bytes:
        """What is asked, with ldap3's own checks of the base and the filter."""
        connection = self._session.connection
        base = plain_form(query.base)
        operation = search_operation(
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
        )
        encoded: bytes = encode(ProtocolOp().setComponentByName("searchRequest", operation))
        return encoded

    def _send(self, request: bytes) -> None:
        connection = self._session.connection
        if not connection.listening:
            raise LDAPSocketOpenError("unable to send message, socket is not open")
        try:
            connection.socket.sendall(request)
        except OSError as error:
            raise LDAPSocketSendError(f"socket sending error: {error}") from error


class _Messages:
    """Whole messages off a connection's socket."""

    def __init__(self, connection: ldap3.Connection) -> None:
        self._connection = connection
        self._data = b""
        self._at = 0
        """Where the next message begins."""
        self._failure: OSError | None = None
        """What the socket said when it was asked for what has come by then."""

    def receive(self, most: int) -> bytes:
        """The next message, of so many bytes at the most."""
        size = self._wait(most)  # which may move everything to the front
        start, self._at = self._at, self._at + size
        return self._data[start : self._at]

    def receive_row(self, row: EntryRow, number: int, most: int) -> tuple[list[Entry], int]:
        """The entries that come next, as many as are here by then, and how many bytes they take.

        No entries where the next message, of so many bytes at the most, is something else.
        """
        self._wait(most)
        start = self._at
        entries, self._at = row.decode(self._data, start, number)
        return entries, self._at - start

    def _wait(self, most: int) -> int:
        """Wait until the next message is here, and tell its size."""
        while True:
            size = wire_ber.message_size(self._data, self._at)
            if size and size > most:
                raise BerError("a page larger than may be held; choose a smaller page_size")
            if size and self._at + size <= len(self._data):
                return size
            self._fill(size or 0)

    def _fill(self, needed: int) -> None:
        """Wait for more bytes, until so many are there; joined once, however many pieces they come in."""
        pieces = [self._data[self._at :]]
        there = len(pieces[0])
        needed = max(needed, there + 1)
        while there < needed:
            pieces.append(self._piece())
            there += len(pieces[-1])
        self._data, self._at = b"".join([*pieces, *self._more()]), 0

    def _piece(self) -> bytes:
        """The next bytes, waited for."""
        try:
            if self._failure:
                raise self._failure
            piece: bytes = self._connection.socket.recv(_RECEIVE_BYTES)
        except OSError as error:
            raise LDAPSocketReceiveError(f"error receiving data: {error}") from error
        if not piece:
            raise LDAPSessionTerminatedByServerError("session terminated by server")
        return piece

    def _more(self) -> Iterator[bytes]:
        """What has come besides, and is not waited for: under TLS a piece may be as small as one entry."""
        socket = self._connection.socket
        patience = socket.gettimeout()
        socket.settimeout(0)
        room = _RECEIVE_BYTES
        try:
            while room > 0 and (piece := socket.recv(room)):
                yield piece
                room -= len(piece)
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError as error:
            self._failure = error
        finally:
            socket.settimeout(patience)


def _answer(number: int, data: bytes) -> Message:
    """What is in a message, which must answer the request of this number."""
    their_number, tag, start, stop = wire_ber.envelope(data)
    if their_number == number and tag in _ANSWERS:
        return Message(tag, data, start, stop)
    if their_number == number:
        raise BerError(f"a message tagged {tag:#04x}, which answers no search")
    if their_number == 0 and tag == wire_ber.EXTENDED:  # the server's own word (RFC 4511, 4.4)
        words = wire_ber.page_end(data, start, stop).words
        raise LDAPSessionTerminatedByServerError(f"session terminated by server: {words}")
    raise LDAPSocketReceiveError("invalid messageId received")


def _decoded(message: Message) -> list[Entry] | Reference | PageEnd:
    data, start, stop = message.data, message.start, message.stop
    if message.tag == wire_ber.ENTRY:
        return [wire_ber.entry(data, start, stop)]
    if message.tag == wire_ber.REFERENCE:
        return wire_ber.reference(data, start, stop)
    return wire_ber.page_end(data, start, stop)
