"""What the server sends: results, entries and references, written for the wire (RFC 4511, 4.1.9 and 4.5.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bridge.sandbox.ldap.ber import ENUMERATED, SET, integer, octets, sequence
from bridge.sandbox.ldap.requests import PAGED_RESULTS

BIND_ANSWER = 0x61
SEARCH_DONE = 0x65
EXTENDED_ANSWER = 0x78

_ENTRY = 0x64
_REFERENCE = 0x73
_REFERRAL = 0xA3
_CONTROLS = 0xA0
_OID = 0x8A
_VALUE = 0x8B
_DISCONNECTION = "1.3.6.1.4.1.1466.20036"


class Code(IntEnum):
    """Results (RFC 4511, 4.1.9); those that this server gives by itself or is likely to be scripted to give."""

    SUCCESS = 0
    OPERATIONS_ERROR = 1
    PROTOCOL_ERROR = 2
    TIME_LIMIT_EXCEEDED = 3
    SIZE_LIMIT_EXCEEDED = 4
    AUTH_METHOD_NOT_SUPPORTED = 7
    STRONGER_AUTH_REQUIRED = 8
    REFERRAL = 10
    ADMIN_LIMIT_EXCEEDED = 11
    UNAVAILABLE_CRITICAL_EXTENSION = 12
    CONFIDENTIALITY_REQUIRED = 13
    NO_SUCH_OBJECT = 32
    INVALID_DN_SYNTAX = 34
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING_TO_PERFORM = 53
    OTHER = 80


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended."""

    code: int
    message: str = ""
    matched: str = ""
    """The nearest entry above a base that is not there."""
    referral: tuple[str, ...] = ()


SUCCESS: Final = Result(Code.SUCCESS)


def done(number: int, tag: int, result: Result, *extra: bytes, controls: bytes = b"") -> bytes:
    """The message that ends an operation; `extra` are fields of the answer's own."""
    referral = sequence(*map(octets, result.referral), tag=_REFERRAL) if result.referral else b""
    answer = sequence(
        integer(result.code, ENUMERATED), octets(result.matched), octets(result.message), referral, *extra, tag=tag
    )
    return sequence(integer(number), answer, sequence(controls, tag=_CONTROLS) if controls else b"")


def page_control(cookie: bytes, total: int) -> bytes:
    """The answer to a paging control: where to go on, empty at the end, and how many there are in all."""
    value = sequence(integer(total), octets(cookie))
    return sequence(octets(PAGED_RESULTS), octets(value))


def entry(number: int, dn: str, attributes: Iterable[tuple[str, Iterable[bytes]]]) -> bytes:
    """One entry found."""
    listed = (sequence(octets(name), sequence(*map(octets, values), tag=SET)) for name, values in attributes)
    return sequence(integer(number), sequence(octets(dn), sequence(*listed), tag=_ENTRY))


def reference(number: int, urls: Iterable[str]) -> bytes:
    """A part of the search that another server has."""
    return sequence(integer(number), sequence(*map(octets, urls), tag=_REFERENCE))


def extended(number: int, result: Result, *, oid: str = "", value: bytes | None = None) -> bytes:
    """The end of an extended operation."""
    name = octets(oid, _OID) if oid else b""
    return done(number, EXTENDED_ANSWER, result, name, b"" if value is None else octets(value, _VALUE))


def disconnection(result: Result) -> bytes:
    """The notice that the server gives up on the connection (RFC 4511, 4.4.1)."""
    return extended(0, result, oid=_DISCONNECTION)
