"""What RFC 4533 adds to a search: request (2.2), state of an entry (2.3), end (2.4), words in between (2.5).

Bytes that are something else raise BerError, ValueError or IndexError.
"""

from typing import Final, NamedTuple
from uuid import UUID

from bridge.sources.ldap.wire_ber import (
    BOOLEAN,
    ENUMERATED,
    OCTETS,
    SEQUENCE,
    SET,
    BerError,
    controls,
    element,
    encoded,
    number,
    strings,
)
from bridge.sources.ldap.wire_exchange import Control, Message

REQUEST: Final = "1.3.6.1.4.1.4203.1.9.1.1"
_AS_STORED: Final = "2.16.840.1.113730.3.4.2"
"""ManageDsaIT (RFC 3296)."""
_STATE: Final = b"1.3.6.1.4.1.4203.1.9.1.2"
_END: Final = b"1.3.6.1.4.1.4203.1.9.1.3"
_INFO: Final = b"1.3.6.1.4.1.4203.1.9.1.4"

_REFRESH_ONLY: Final = b"\x01"
_NAME: Final = 0x80
"""Of an intermediate response (RFC 4511, 4.13)."""
_VALUE: Final = 0x81
_REFRESH_PRESENT: Final = 0xA2
_ID_SET: Final = 0xA3

PRESENT: Final = 0
DELETED: Final = 3


class State(NamedTuple):
    """What became of an entry."""

    what: int
    """PRESENT, added, modified or DELETED."""
    uuid: UUID


class End(NamedTuple):
    """How a refresh ended."""

    cookie: bytes
    """Empty: nothing changed."""
    named_deletions: bool
    """Whether the server says that it named whatever was deleted."""


class Info(NamedTuple):
    """What came between the entries."""

    deleted: tuple[UUID, ...] = ()
    present: bool = False
    """Whether the server tells what is still there, instead of what is not."""


def request(cookie: bytes) -> list[Control]:
    """The controls that ask for what changed since a cookie, or, without one, for a first.

    As OpenLDAP's own replicas do, for entries as they are stored: what an overlay would make of them meanwhile
    (dynlist, 2.5.13) brings the server down when it has nothing to send.
    """
    since = encoded(OCTETS, cookie) if cookie else b""
    value = encoded(SEQUENCE, encoded(ENUMERATED, _REFRESH_ONLY) + since)
    return [(REQUEST, True, value), (_AS_STORED, False, None)]


def state(message: Message) -> State:
    """The state that comes with an entry. Raises BerError if none does."""
    data = message.data
    found = controls(data, message.stop).get(_STATE)
    if found is None:
        raise BerError("an entry comes without its state")
    at, end = element(data, *found, SEQUENCE)
    what, at = number(data, at, end, ENUMERATED)
    start, stop = element(data, at, end, OCTETS)
    return State(what, UUID(bytes=data[start:stop]))


def end_of(message: Message) -> End | None:
    """How a refresh ended; None where the result says nothing of it."""
    data = message.data
    found = controls(data, message.stop).get(_END)
    if found is None:
        return None
    at, end = element(data, *found, SEQUENCE)
    cookie, at = _cookie(data, at, end)
    return End(cookie, _flag(data, at, end))


def info(message: Message) -> Info:
    """What an intermediate response tells."""
    data, at, end = message.data, message.start, message.stop
    start, at = element(data, at, end, _NAME)
    if data[start:at] != _INFO:
        return Info()
    at, end = element(data, at, end, _VALUE)
    tag = data[at]
    if tag == _REFRESH_PRESENT:
        return Info(present=True)
    if tag != _ID_SET:  # a cookie alone, or the word that deletions follow
        return Info()
    at, end = element(data, at, end, _ID_SET)
    _, at = _cookie(data, at, end)
    names_deleted = _flag(data, at, end)
    if data[at] == BOOLEAN:
        _, at = element(data, at, end, BOOLEAN)
    uuids = strings(data, *element(data, at, end, SET))
    if not names_deleted:
        return Info(present=True)
    return Info(deleted=tuple([UUID(bytes=each) for each in uuids]))


def _cookie(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """A cookie if one is here, and the position behind it."""
    if at == end or data[at] != OCTETS:
        return b"", at
    start, stop = element(data, at, end, OCTETS)
    return data[start:stop], stop


def _flag(data: bytes, at: int, end: int) -> bool:
    """A flag that is off where it is left out."""
    if at == end or data[at] != BOOLEAN:
        return False
    start, stop = element(data, at, end, BOOLEAN)
    return any(data[start:stop])
