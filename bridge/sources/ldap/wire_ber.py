"""What answers a search, as it stands on the wire (RFC 4511, 4.1 and 4.5.2): walked once, cut out where it lies.

Only the part of the Basic Encoding Rules that LDAP allows (5.1): definite lengths, tags of one byte. A position
is an index into a message; every element has to end where what holds it ends, or before. Bytes that are something
else raise BerError, or IndexError where they break off.
"""

from functools import partial
from io import BytesIO
from typing import Final

from ldap3.core.results import RESULT_CODES

from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.failures import result_words
from bridge.sources.ldap.search import PageEnd, Reference

ENTRY: Final = 0x64
DONE: Final = 0x65
REFERENCE: Final = 0x73
EXTENDED: Final = 0x78
INTERMEDIATE: Final = 0x79

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTETS: Final = 0x04
ENUMERATED: Final = 0x0A
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTROLS: Final = 0xA0
_REFERRAL: Final = 0xA3

LONG: Final = 0x80
"""From here on, the first byte of a length says how many more bytes the length has."""
_MOST_NUMBER_BYTES: Final = 8
"""Of a length or an integer. Active Directory writes every length in four."""
_LARGE: Final = 512
"""Bytes of a row that is worth some preparation."""
_SHORT_STRINGS: Final = {bytes((OCTETS, size)): size for size in range(LONG)}
"""How an OCTET STRING begins whose size takes one byte."""
_PAGES: Final = "1.2.840.113556.1.4.319"
"""The control of RFC 2696."""


class BerError(ValueError):
    """Bytes that are not what should be here."""


def message_size(data: bytes, at: int) -> int | None:
    """How many bytes the message at this position takes in all; None while too few are there to tell."""
    if len(data) - at < 2:  # noqa: PLR2004 - a tag and a length
        return None
    if data[at] != SEQUENCE:
        raise BerError("no LDAP message")
    size, start = data[at + 1], at + 2
    if size < LONG:
        return 2 + size
    if len(data) - start < min(size - LONG, _MOST_NUMBER_BYTES):
        return None
    size, start = long_size(data, start, size)
    return start - at + size


def envelope(message: bytes) -> tuple[int, int, int, int]:
    """A message's id, the tag of what is in it, and where that begins and ends."""
    at, end = element(message, 0, len(message), SEQUENCE)
    message_id, at = number(message, at, end, INTEGER)
    start, stop = element(message, at, end, message[at])
    return message_id, message[at], start, stop


def entry(message: bytes, at: int, end: int) -> Entry:
    """An entry; attributes without a value are left out."""
    start, at = element(message, at, end, OCTETS)
    dn = message[start:at]
    at, end = element(message, at, end, SEQUENCE)
    attributes: dict[str, list[bytes]] = {}
    while at < end:
        _, at = attribute(message, at, end, attributes)
    return Entry(dn, attributes)


def attribute(message: bytes, at: int, end: int, attributes: dict[str, list[bytes]]) -> tuple[bytes, int]:
    """Put an attribute among these, and tell its name as it is spelled, and where it ends."""
    inner, stop = element(message, at, end, SEQUENCE)
    start, inner = element(message, inner, stop, OCTETS)
    spelled = message[start:inner]
    name = spelled.decode().lower()
    values = strings(message, *element(message, inner, stop, SET))
    if name in attributes:  # which no server should do; losing values would be worse than taking them
        attributes[name] += values
    elif values:
        attributes[name] = values
    return spelled, stop


def reference(message: bytes, at: int, end: int) -> Reference:
    """A reference to other servers."""
    return Reference(_addresses(message, at, end))


def page_end(message: bytes, at: int, end: int) -> PageEnd:
    """A result, with the controls behind it."""
    code, inner = number(message, at, end, ENUMERATED)
    _, inner = element(message, inner, end, OCTETS)  # the name of the nearest entry that exists
    start, inner = element(message, inner, end, OCTETS)
    words = result_words(code, RESULT_CODES.get(code, "unknown"), message[start:inner].decode(errors="replace"))
    urls: tuple[str, ...] = ()
    if inner < end and message[inner] == _REFERRAL:
        urls = _addresses(message, *element(message, inner, end, _REFERRAL))
    return PageEnd(code, words, _cookie(message, end), urls)


def controls(message: bytes, at: int) -> dict[bytes, tuple[int, int]]:
    """The controls behind what is in a message: by name, where the value of each begins and ends."""
    end = len(message)
    found: dict[bytes, tuple[int, int]] = {}
    if at == end or message[at] != CONTROLS:
        return found
    at, end = element(message, at, end, CONTROLS)
    while at < end:
        inner, at = element(message, at, end, SEQUENCE)
        start, stop = element(message, inner, at, OCTETS)
        name = message[start:stop]
        if stop < at and message[stop] != OCTETS:  # whether the control is critical
            _, stop = element(message, stop, at, message[stop])
        found[name] = element(message, stop, at, OCTETS) if stop < at else (stop, stop)
    return found


def _cookie(message: bytes, at: int) -> bytes | None:
    """The cookie in the controls that follow a result; None where there is no word of pages."""
    found = controls(message, at).get(_PAGES.encode())
    if found is None:
        return None
    at, end = element(message, *found, SEQUENCE)
    _, at = element(message, at, end, INTEGER)
    start, stop = element(message, at, end, OCTETS)
    return message[start:stop]


def paging(size: int, cookie: bytes) -> tuple[str, bool, bytes]:
    """The control that asks for a page of this size: its name, whether the server must heed it, its value."""
    return _PAGES, False, encoded(SEQUENCE, integer(size) + encoded(OCTETS, cookie))


def _addresses(message: bytes, at: int, end: int) -> tuple[str, ...]:
    urls = tuple([url.decode(errors="replace") for url in strings(message, at, end) if url])
    if not urls:
        raise BerError("a reference to nowhere")
    return urls


def strings(message: bytes, at: int, end: int) -> list[bytes]:
    """OCTET STRINGs in a row. Where most of the decoding happens: a large group is one such row."""
    found: list[bytes] = []
    if end - at >= _LARGE:
        at = _short_strings(message, at, end, found)
    while at < end:
        if message[at] != OCTETS:
            raise BerError("no OCTET STRING")
        size = message[at + 1]
        start = at + 2
        if size >= LONG:
            size, start = long_size(message, start, size)
        at = start + size
        found.append(message[start:at])
    if at != end:
        raise BerError("an OCTET STRING is longer than what holds it")
    return found


def _short_strings(message: bytes, at: int, end: int, found: list[bytes]) -> int:
    """Take the first OCTET STRINGs of a large row, without a step of Python's for each, and tell where others are.

    That is where a size takes more than one byte or something else comes, and the last one, which may break off.
    """
    row = BytesIO(message[at:end])
    sizes = map(_SHORT_STRINGS.__getitem__, iter(partial(row.read, 2), b""))
    try:
        found.extend(map(row.read, sizes))
    except KeyError as other:
        return at + row.tell() - len(other.args[0])
    return end - len(found.pop()) - 2


def element(message: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at this position begins and ends; it must carry the tag."""
    if message[at] != tag:
        raise BerError(f"an element tagged {message[at]:#04x} instead of {tag:#04x}")
    size = message[at + 1]
    start = at + 2
    if size >= LONG:
        size, start = long_size(message, start, size)
    stop = start + size
    if stop > end:
        raise BerError("an element is longer than what holds it")
    return start, stop


def encoded(tag: int, content: bytes) -> bytes:
    """An element to send."""
    return opening(tag, len(content)) + content


def opening(tag: int, size: int) -> bytes:
    """What stands in front of an element's content of so many bytes."""
    if size < LONG:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, LONG | len(length))) + length


def integer(value: int) -> bytes:
    """An INTEGER to send."""
    return encoded(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def control(name: str, critical: bool, value: bytes | None) -> bytes:  # noqa: FBT001 - a triple, as ldap3 has it
    """A control to send; some have no value, which is something else than an empty one."""
    heed = encoded(BOOLEAN, b"\xff") if critical else b""
    told = b"" if value is None else encoded(OCTETS, value)
    return encoded(SEQUENCE, encoded(OCTETS, name.encode()) + heed + told)


def long_size(message: bytes, at: int, first: int) -> tuple[int, int]:
    """A length that takes more than its first byte, and the position behind it."""
    width = first - LONG
    if width == 1:
        return message[at], at + 1
    if not 1 <= width <= _MOST_NUMBER_BYTES:
        raise BerError("a length is indefinite or too long")
    return int.from_bytes(message[at : at + width], "big"), at + width


def number(message: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """An INTEGER or ENUMERATED, and the position behind it."""
    start, stop = element(message, at, end, tag)
    if not 1 <= stop - start <= _MOST_NUMBER_BYTES:
        raise BerError("a number is empty or too long")
    return int.from_bytes(message[start:stop], "big", signed=True), stop
