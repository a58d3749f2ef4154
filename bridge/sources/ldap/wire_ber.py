"""What answers a search, as it stands on the wire (RFC 4511, 4.1 and 4.5.2): walked once, cut out where it lies.

Only the part of the Basic Encoding Rules that LDAP allows (5.1): definite lengths, tags of one byte. A position
is an index into a message; every element has to end where what holds it ends, or before. Bytes that are something
else raise BerError, or IndexError where they break off.
"""

from typing import Final

from ldap3.core.results import RESULT_CODES

from bridge.sources.ldap.failures import result_words
from bridge.sources.ldap.search import Entry, PageEnd, Reference

ENTRY: Final = 0x64
DONE: Final = 0x65
REFERENCE: Final = 0x73
EXTENDED: Final = 0x78
INTERMEDIATE: Final = 0x79

_INTEGER: Final = 0x02
_OCTETS: Final = 0x04
_ENUMERATED: Final = 0x0A
_SEQUENCE: Final = 0x30
_SET: Final = 0x31
_CONTROLS: Final = 0xA0
_REFERRAL: Final = 0xA3

_LONG: Final = 0x80
"""From here on, the first byte of a length says how many more bytes the length has."""
_MOST_NUMBER_BYTES: Final = 8
"""Of a length or an integer. Active Directory writes every length in four."""
_PAGES: Final = b"1.2.840.113556.1.4.319"
"""The control of RFC 2696."""


class BerError(ValueError):
    """Bytes that are not what should be here."""


def message_size(data: bytes, at: int) -> int | None:
    """How many bytes the message at this position takes in all; None while too few are there to tell."""
    if len(data) - at < 2:  # noqa: PLR2004 - a tag and a length
        return None
    if data[at] != _SEQUENCE:
        raise BerError("no LDAP message")
    size, start = data[at + 1], at + 2
    if size < _LONG:
        return 2 + size
    if len(data) - start < min(size - _LONG, _MOST_NUMBER_BYTES):
        return None
    size, start = _long_size(data, start, size)
    return start - at + size


def envelope(message: bytes) -> tuple[int, int, int, int]:
    """A message's id, the tag of what is in it, and where that begins and ends."""
    at, end = _element(message, 0, len(message), _SEQUENCE)
    number, at = _number(message, at, end, _INTEGER)
    start, stop = _element(message, at, end, message[at])
    return number, message[at], start, stop


def entry(message: bytes, at: int, end: int) -> Entry:
    """An entry; attributes without a value are left out."""
    start, at = _element(message, at, end, _OCTETS)
    dn = message[start:at]
    at, end = _element(message, at, end, _SEQUENCE)
    attributes: dict[str, list[bytes]] = {}
    while at < end:
        inner, at = _element(message, at, end, _SEQUENCE)
        start, stop = _element(message, inner, at, _OCTETS)
        name = message[start:stop].decode().lower()
        values = _strings(message, *_element(message, stop, at, _SET))
        if name in attributes:  # which no server should do; losing values would be worse than taking them
            attributes[name] += values
        elif values:
            attributes[name] = values
    return Entry(dn, attributes)


def reference(message: bytes, at: int, end: int) -> Reference:
    """A reference to other servers."""
    return Reference(_addresses(message, at, end))


def page_end(message: bytes, at: int, end: int) -> PageEnd:
    """A result, with the controls behind it."""
    code, inner = _number(message, at, end, _ENUMERATED)
    _, inner = _element(message, inner, end, _OCTETS)  # the name of the nearest entry that exists
    start, inner = _element(message, inner, end, _OCTETS)
    words = result_words(code, RESULT_CODES.get(code, "unknown"), message[start:inner].decode(errors="replace"))
    urls: tuple[str, ...] = ()
    if inner < end and message[inner] == _REFERRAL:
        urls = _addresses(message, *_element(message, inner, end, _REFERRAL))
    return PageEnd(code, words, _cookie(message, end), urls)


def _cookie(message: bytes, at: int) -> bytes | None:
    """The cookie in the controls that follow a result; None where there is no word of pages."""
    end = len(message)
    if at == end or message[at] != _CONTROLS:
        return None
    at, end = _element(message, at, end, _CONTROLS)
    cookie = None
    while at < end:
        inner, at = _element(message, at, end, _SEQUENCE)
        start, stop = _element(message, inner, at, _OCTETS)
        if message[start:stop] == _PAGES:
            cookie = _cookie_in(message, stop, at)
    return cookie


def _cookie_in(message: bytes, at: int, end: int) -> bytes:
    """The cookie behind a paging control's name: in a SEQUENCE in an OCTET STRING, behind an estimate."""
    if message[at] != _OCTETS:  # whether the control is critical
        _, at = _element(message, at, end, message[at])
    at, end = _element(message, at, end, _OCTETS)
    at, end = _element(message, at, end, _SEQUENCE)
    _, at = _element(message, at, end, _INTEGER)
    start, stop = _element(message, at, end, _OCTETS)
    return message[start:stop]


def _addresses(message: bytes, at: int, end: int) -> tuple[str, ...]:
    urls = tuple([url.decode(errors="replace") for url in _strings(message, at, end) if url])
    if not urls:
        raise BerError("a reference to nowhere")
    return urls


def _strings(message: bytes, at: int, end: int) -> list[bytes]:
    """OCTET STRINGs in a row. Where most of the decoding happens: a large group is one such row."""
    found = []
    while at < end:
        if message[at] != _OCTETS:
            raise BerError("no OCTET STRING")
        size = message[at + 1]
        start = at + 2
        if size >= _LONG:
            size, start = _long_size(message, start, size)
        at = start + size
        found.append(message[start:at])
    if at != end:
        raise BerError("an OCTET STRING is longer than what holds it")
    return found


def _element(message: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at this position begins and ends; it must carry the tag."""
    if message[at] != tag:
        raise BerError(f"an element tagged {message[at]:#04x} instead of {tag:#04x}")
    size = message[at + 1]
    start = at + 2
    if size >= _LONG:
        size, start = _long_size(message, start, size)
    stop = start + size
    if stop > end:
        raise BerError("an element is longer than what holds it")
    return start, stop


def _long_size(message: bytes, at: int, first: int) -> tuple[int, int]:
    """A length of several bytes, and the position behind it."""
    width = first - _LONG
    if not 1 <= width <= _MOST_NUMBER_BYTES:
        raise BerError("a length is indefinite or too long")
    return int.from_bytes(message[at : at + width], "big"), at + width


def _number(message: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """An INTEGER or ENUMERATED, and the position behind it."""
    start, stop = _element(message, at, end, tag)
    if not 1 <= stop - start <= _MOST_NUMBER_BYTES:
        raise BerError("a number is empty or too long")
    return int.from_bytes(message[start:stop], "big", signed=True), stop
