"""What servers answer: LDAP messages read from the wire, to go on as they are or changed (RFC 4511, 4.1.1)."""

import re
from dataclasses import dataclass, replace

from bridge.sandbox.ldap.ber import ENUMERATED, OCTETS, SEQUENCE, SET, Reader, encode, integer, octets, sequence
from bridge.sandbox.ldap.faults import Answer
from bridge.sandbox.ldap.requests import PAGED_RESULTS
from bridge.sandbox.ldap.responses import Result, done, page_control

ENTRY = 0x64
REFERENCE = 0x73
INTERMEDIATE = 0x79

_REFERRAL = 0xA3
_CONTROLS = 0xA0
_RANGE = re.compile(rb"(?P<begin>.+;range=\d+-)(?:\d+|\*)", re.IGNORECASE)


def envelope(data: bytes) -> tuple[int, int]:
    """A message's number, and the tag of its operation. Raises BerError."""
    reader = Reader(data).enter()
    return reader.integer(), reader.tag


@dataclass(frozen=True, slots=True)
class Done:
    """The message that ends an operation."""

    data: bytes
    """As it came."""
    number: int
    tag: int
    result: Result
    cookie: bytes | None
    """Of the paging control; None without one."""
    controls: tuple[bytes, ...]
    """All others, as they came."""

    @classmethod
    def read(cls, data: bytes) -> "Done":
        """Take it apart. Raises BerError."""
        reader = Reader(data).enter()
        number, tag = reader.integer(), reader.tag
        answer = reader.enter(tag)
        code, matched, message = answer.integer(ENUMERATED), answer.text(), answer.text()
        urls = answer.enter(_REFERRAL) if answer.tag == _REFERRAL else Reader(b"")
        referral = []
        while urls:
            referral.append(urls.text())
        result = Result(code, message, matched, tuple(referral))
        return cls(data, number, tag, result, *_controls(reader))

    def spoiled(self, before: Answer[bytes], after: Answer[bytes]) -> bytes:
        """The message as it goes out when faults made this of the answer."""
        if (before.result, before.paged, before.more) == (after.result, after.paged, after.more):
            return self.data
        controls = self.controls if before.result == after.result else ()
        if after.paged:
            controls = (page_control(self.cookie or b"" if after.more else b"", 0), *controls)
        return done(self.number, self.tag, after.result, controls=b"".join(controls))


def _controls(reader: Reader) -> tuple[bytes | None, tuple[bytes, ...]]:
    """The paging control's cookie, and the other controls."""
    cookie, others = None, []
    controls = reader.enter(_CONTROLS) if reader.tag == _CONTROLS else Reader(b"")
    while controls:
        content = controls.take(SEQUENCE)
        control = Reader(content)
        if control.text() == PAGED_RESULTS:
            value = Reader(control.take(OCTETS)).enter()
            value.integer()
            cookie = value.take(OCTETS)
        else:
            others.append(encode(SEQUENCE, content))
    return cookie, tuple(others)


@dataclass(frozen=True, slots=True)
class CutRange:
    """Ranges of values, as Active Directory sends them, lose all but the first few."""

    keep: int
    ends: bool = True
    """The range calls itself the last one (`*`), and nobody asks for the rest; otherwise it promises more values
    than it has."""

    def applied_to(self, answer: Answer[bytes]) -> Answer[bytes]:
        """Cut the entries that have ranges."""
        return replace(answer, entries=tuple(map(self._cut, answer.entries)))

    def _cut(self, data: bytes) -> bytes:
        message = Reader(data).enter()
        number, found = message.integer(), message.enter(ENTRY)
        dn, attributes, rewritten = found.take(OCTETS), found.enter(), []
        while attributes:
            attribute = attributes.enter()
            name, values = attribute.take(OCTETS), attribute.enter(SET)
            kept = []
            while values:
                kept.append(octets(values.take(OCTETS)))
            if ranged := _RANGE.fullmatch(name):
                kept = kept[: self.keep]
                name = ranged["begin"] + b"*" if self.ends else name
            rewritten.append(sequence(octets(name), sequence(*kept, tag=SET)))
        controls = encode(_CONTROLS, message.take(_CONTROLS)) if message else b""
        entry = sequence(octets(dn), sequence(*rewritten), tag=ENTRY)
        return sequence(integer(number), entry, controls)
