"""LDIF, the text form of entries (RFC 2849): content only, no changes."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping

_PLAIN = re.compile(rb"(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )")
"""Values that may stand in LDIF as they are."""


class LdifError(ValueError):
    """Text that is no LDIF content. Names the line of the record."""


def read_ldif(text: str) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
    """DN and attributes of each record, in order. Raises LdifError."""
    for number, lines in _records(text):
        if lines[0].lower().startswith("version:"):
            del lines[0]
        if lines:
            yield _record(lines, number)


def write_ldif(entries: Iterable[tuple[str, Mapping[str, Iterable[bytes]]]]) -> str:
    """Entries as LDIF, one line a value however long."""
    return "\n".join(_written(dn, attributes) for dn, attributes in entries)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each block between empty lines, lines joined and comments gone, with the number of its first line."""
    lines: list[str] = []
    start = comment = 0
    for number, line in enumerate((*text.split("\n"), ""), start=1):
        stripped = line.rstrip("\r")
        if stripped.startswith(" ") and (lines or comment == number - 1):
            if comment == number - 1:
                comment = number
            else:
                lines[-1] += stripped[1:]
        elif stripped.startswith("#"):
            comment = number
        elif stripped:
            start = number if not lines else start
            lines.append(stripped)
        elif lines:
            yield start, lines
            lines = []


def _record(lines: list[str], number: int) -> tuple[str, dict[str, list[bytes]]]:
    name, dn = _pair(lines[0], number)
    if name.lower() != "dn":
        raise LdifError(f"the record at line {number} does not begin with dn:")
    attributes: dict[str, list[bytes]] = {}
    spelt: dict[str, str] = {}
    for line in lines[1:]:
        name, value = _pair(line, number)
        if name.lower() == "changetype":
            raise LdifError(f"the record at line {number} is a change; give entries")
        attributes.setdefault(spelt.setdefault(name.lower(), name), []).append(value)
    return dn.decode(), attributes


def _pair(line: str, number: int) -> tuple[str, bytes]:
    name, colon, rest = line.partition(":")
    if not colon or not name or rest.startswith("<"):
        raise LdifError(f"the record at line {number} has a line that is not `attribute: value`")
    if not rest.startswith(":"):
        return name, rest.lstrip(" ").encode()
    try:
        return name, base64.b64decode(rest[1:].strip(), validate=True)
    except binascii.Error as error:
        raise LdifError(f"the record at line {number} has a value that is not base64") from error


def _written(dn: str, attributes: Mapping[str, Iterable[bytes]]) -> str:
    lines = [_line("dn", dn.encode())]
    lines += (_line(name, value) for name, values in attributes.items() for value in values)
    return "\n".join(lines) + "\n"


def _line(name: str, value: bytes) -> str:
    if _PLAIN.fullmatch(value):
        return f"{name}: {value.decode()}"
    return f"{name}:: {base64.b64encode(value).decode()}"
