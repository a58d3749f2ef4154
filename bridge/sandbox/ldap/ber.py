"""The part of ASN.1's Basic Encoding Rules that LDAP uses (RFC 4511, 5.1): definite lengths, one-byte tags."""

BOOLEAN = 0x01
INTEGER = 0x02
OCTETS = 0x04
ENUMERATED = 0x0A
SEQUENCE = 0x30
SET = 0x31

_SHORT = 0x80
_MOST_LENGTH_BYTES = 4


class BerError(ValueError):
    """Bytes that are not the BER element that should be here."""


def encode(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    if size < _SHORT:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT | len(length))) + length + content


def sequence(*parts: bytes, tag: int = SEQUENCE) -> bytes:
    """Elements put together: a SEQUENCE, a SET, or a tag of LDAP's own."""
    return encode(tag, b"".join(parts))


def octets(value: bytes | str, tag: int = OCTETS) -> bytes:
    """An OCTET STRING; text goes as UTF-8."""
    return encode(tag, value.encode() if isinstance(value, str) else value)


def integer(value: int, tag: int = INTEGER) -> bytes:
    """An INTEGER or ENUMERATED that is not negative."""
    return encode(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def frame_size(data: bytes | bytearray) -> int | None:
    """How many bytes the element at the front takes in all, or None while too few are there to tell."""
    if len(data) < 2:  # noqa: PLR2004 - a tag and a length
        return None
    first = data[1]
    if first < _SHORT:
        return 2 + first
    width = first & ~_SHORT
    if not 1 <= width <= _MOST_LENGTH_BYTES:
        raise BerError("a length is indefinite or too long")
    if len(data) < 2 + width:
        return None
    return 2 + width + int.from_bytes(data[2 : 2 + width], "big")


class Reader:
    """Takes elements off the front of some bytes. True while there are any. Every method raises BerError."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __bool__(self) -> bool:
        return bool(self._data)

    @property
    def tag(self) -> int:
        """The tag of the next element; -1 at the end."""
        return self._data[0] if self._data else -1

    def take(self, tag: int | None = None) -> bytes:
        """Take the next element's content; it must carry `tag`, if one is given."""
        if tag is not None and self.tag != tag:
            raise BerError(f"expected an element tagged {tag:#04x}, found {self.tag:#04x}")
        size = frame_size(self._data)
        if size is None or size > len(self._data):
            raise BerError("an element is longer than what holds it")
        head = 2 if self._data[1] < _SHORT else 2 + (self._data[1] & ~_SHORT)
        content, self._data = self._data[head:size], self._data[size:]
        return content

    def enter(self, tag: int = SEQUENCE) -> "Reader":
        """Take a constructed element, to be read in turn."""
        return Reader(self.take(tag))

    def integer(self, tag: int = INTEGER) -> int:
        """Take an INTEGER or ENUMERATED."""
        content = self.take(tag)
        if not content:
            raise BerError("an integer is empty")
        return int.from_bytes(content, "big", signed=True)

    def boolean(self, tag: int = BOOLEAN) -> bool:
        """Take a BOOLEAN."""
        return any(self.take(tag))

    def text(self, tag: int = OCTETS) -> str:
        """Take an LDAPString: UTF-8."""
        try:
            return self.take(tag).decode()
        except UnicodeDecodeError as error:
            raise BerError("a string is not UTF-8") from error
