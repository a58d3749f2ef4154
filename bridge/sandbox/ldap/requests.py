"""What clients send: LDAP messages read from the wire (RFC 4511, 4.1.1)."""

from dataclasses import dataclass, field
from typing import TypeAlias

from bridge.sandbox.ldap.ber import ENUMERATED, OCTETS, BerError, Reader
from bridge.sandbox.ldap.directory import Scope
from bridge.sandbox.ldap.filters import And, Compare, Extensible, Filter, Not, Or, Present, Substrings

PAGED_RESULTS = "1.2.840.113556.1.4.319"

_BIND = 0x60
_UNBIND = 0x42
_SEARCH = 0x63
_ABANDON = 0x50
_EXTENDED = 0x77
_REFUSED = {
    0x66: ("modify", 0x67),
    0x68: ("add", 0x69),
    0x4A: ("delete", 0x6B),
    0x6C: ("rename", 0x6D),
    0x6E: ("compare", 0x6F),
}
"""Requests that this server does not serve: what they are called, and the tag of the answer."""
_CONTROLS = 0xA0
_COMPARISONS = {0xA3: "=", 0xA5: ">=", 0xA6: "<=", 0xA8: "~="}
_MOST_NESTING = 100


@dataclass(frozen=True, slots=True)
class Bind:
    """Who the client says it is. `password` is None for any method but a simple one."""

    version: int
    name: str
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for."""

    base: str
    scope: Scope
    size_limit: int
    """0: as many as the server gives."""
    types_only: bool
    filter: Filter
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extended:
    """An operation named by its OID."""

    oid: str


@dataclass(frozen=True, slots=True)
class Unbind:
    """The client goes."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """The client does not want an answer any more."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An operation that this server does not serve."""

    op: str
    answer_tag: int


Request: TypeAlias = Bind | Search | Extended | Unbind | Abandon | Refused


@dataclass(frozen=True, slots=True)
class Control:
    """What a client asks for beside the request."""

    oid: str
    critical: bool = False
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Paging:
    """A page of a search: how many entries, and where to go on (RFC 2696)."""

    size: int
    cookie: bytes

    @classmethod
    def of(cls, controls: tuple[Control, ...]) -> "Paging | None":
        """The paging asked for among these controls, if any. Raises BerError."""
        for control in controls:
            if control.oid == PAGED_RESULTS:
                value = Reader(control.value).enter()
                return cls(max(0, value.integer()), value.take(OCTETS))
        return None


@dataclass(frozen=True, slots=True)
class Message:
    """A request with its number and controls."""

    id: int
    request: Request
    controls: tuple[Control, ...]


def read_message(data: bytes) -> Message:
    """The one message in these bytes. Raises BerError."""
    reader = Reader(data).enter()
    number = reader.integer()
    request = _request(reader)
    return Message(number, request, _controls(reader))


def _request(reader: Reader) -> Request:
    match reader.tag:
        case tag if tag == _BIND:
            return _bind(reader.enter(_BIND))
        case tag if tag == _SEARCH:
            return _search(reader.enter(_SEARCH))
        case tag if tag == _EXTENDED:
            return Extended(reader.enter(_EXTENDED).text(0x80))
        case tag if tag == _UNBIND:
            reader.take()
            return Unbind()
        case tag if tag == _ABANDON:
            reader.take()
            return Abandon()
        case tag if tag in _REFUSED:
            reader.take()
            return Refused(*_REFUSED[tag])
        case tag:
            raise BerError(f"there is no operation tagged {tag:#04x}")


def _bind(reader: Reader) -> Bind:
    version, name = reader.integer(), reader.text()
    simple = 0x80
    return Bind(version, name, reader.text(simple) if reader.tag == simple else None)


def _search(reader: Reader) -> Search:
    base, scope = reader.text(), reader.integer(ENUMERATED)
    reader.integer(ENUMERATED)  # aliases are never followed: there are none
    size_limit = reader.integer()
    reader.integer()  # seconds: answers are quick, or scripted to be slow
    types_only, asked = reader.boolean(), _filter(reader)
    attributes = reader.enter()
    names = []
    while attributes:
        names.append(attributes.text())
    try:
        return Search(base, Scope(scope), max(0, size_limit), types_only, asked, tuple(names))
    except ValueError as error:
        raise BerError(f"there is no scope {scope}") from error


def _controls(reader: Reader) -> tuple[Control, ...]:
    found = []
    controls = reader.enter(_CONTROLS) if reader.tag == _CONTROLS else Reader(b"")
    while controls:
        control = controls.enter()
        oid = control.text()
        critical = control.boolean() if control.tag == 1 else False
        found.append(Control(oid, critical, control.take(OCTETS) if control else b""))
    return tuple(found)


def _filter(reader: Reader, depth: int = 0) -> Filter:  # noqa: PLR0911 - one for each kind
    if depth > _MOST_NESTING:
        raise BerError("a filter is nested too deeply")
    match reader.tag:
        case 0xA0:
            return And(_filters(reader.enter(0xA0), depth))
        case 0xA1:
            return Or(_filters(reader.enter(0xA1), depth))
        case 0xA2:
            return Not(_filter(reader.enter(0xA2), depth + 1))
        case 0xA4:
            return _substrings(reader.enter(0xA4))
        case 0x87:
            return Present(reader.text(0x87))
        case 0xA9:
            return _extensible(reader.enter(0xA9))
        case tag if tag in _COMPARISONS:
            pair = reader.enter(tag)
            return Compare(pair.text(), _COMPARISONS[tag], pair.take(OCTETS))
        case tag:
            raise BerError(f"there is no filter tagged {tag:#04x}")


def _filters(reader: Reader, depth: int) -> tuple[Filter, ...]:
    found = []
    while reader:
        found.append(_filter(reader, depth + 1))
    return tuple(found)


def _substrings(reader: Reader) -> Substrings:
    attribute, parts = reader.text(), reader.enter()
    initial, middle, final = b"", [], b""
    while parts:
        match parts.tag:
            case 0x80:
                initial = parts.take()
            case 0x81:
                middle.append(parts.take())
            case _:
                final = parts.take(0x82)
    return Substrings(attribute, initial, tuple(middle), final)


def _extensible(reader: Reader) -> Extensible:
    rule = reader.text(0x81) if reader.tag == 0x81 else ""  # noqa: PLR2004 - tags as RFC 4511 counts them
    attribute = reader.text(0x82) if reader.tag == 0x82 else ""  # noqa: PLR2004
    value = reader.take(0x83)
    return Extensible(attribute, rule, value, dn=reader.boolean(0x84) if reader else False)
