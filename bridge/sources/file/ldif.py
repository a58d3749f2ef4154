"""LDIF, the text form of entries (RFC 2849): content only. What is no plain entry is an error, never skipped.

Two things more than the RFC allows, as ldapsearch writes them: an entry without attributes, where none may be
seen; and a version in front of any entry, as each page of a search has one.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from bridge.sources.ldap.entry import Entry

_NAME: Final = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)(?:;[A-Za-z0-9=*-]+)*")
"""An attribute with its options; of Active Directory's ranges, too, which need `=` and `*`."""
_OF_CHANGES: Final = frozenset({"changetype", "control"})


class LdifError(ValueError):
    """Text that is no LDIF content. Names the line."""


def entries(content: bytes) -> Iterator[tuple[int, Entry]]:
    """Each entry with the number of its first line. Raises LdifError."""
    for lines in _blocks(content):
        if _name_of(lines[0][1]) == "version":
            _check_version(*lines.pop(0))
        if lines:
            yield lines[0][0], _entry(lines)


def comments(content: bytes) -> Iterator[str]:
    """What the comments say, unfolded."""
    for block in re.finditer(rb"^#(.*(?:\n .*)*)", content, re.MULTILINE):
        yield re.sub(rb"\r?\n ", b"", block[1]).decode("utf-8", "replace").strip()


def _blocks(content: bytes) -> Iterator[list[tuple[int, bytes]]]:
    """The lines between empty lines, unfolded, comments gone, each with its number."""
    block: list[tuple[int, list[bytes]]] = []
    is_comment = is_open = False
    for number, ended in enumerate((*content.split(b"\n"), b""), start=1):
        line = ended.removesuffix(b"\r")
        if line.startswith(b" "):
            if not is_open:
                raise LdifError(f"line {number} continues no line")
            if not is_comment:
                block[-1][1].append(line[1:])
            continue
        is_comment, is_open = line.startswith(b"#"), bool(line)
        if line and not is_comment:
            block.append((number, [line]))
        elif not line and block:
            yield [(first, b"".join(parts)) for first, parts in block]
            block = []


def _entry(lines: list[tuple[int, bytes]]) -> Entry:
    number, line = lines[0]
    name, dn = _pair(number, line)
    if name != "dn" or not dn.strip():
        raise LdifError(f"line {number} should begin an entry with its dn; of ldapsearch use -LLL")
    attributes: dict[str, list[bytes]] = {}
    for number, line in lines[1:]:
        name, value = _pair(number, line)
        if name in _OF_CHANGES:
            raise LdifError(f"line {number} is of a change; export entries")
        if name == "dn":
            raise LdifError(f"line {number} begins an entry without an empty line before it")
        attributes.setdefault(name, []).append(value)
    return Entry(dn, attributes)


def _name_of(line: bytes) -> str:
    return line.partition(b":")[0].decode("ascii", "replace").lower()


def _pair(number: int, line: bytes) -> tuple[str, bytes]:
    """An attribute, in lower case, and a value."""
    name, colon, rest = line.partition(b":")
    if not colon or not _NAME.fullmatch(name):
        raise LdifError(f"line {number} is not an attribute and its value")
    if rest.startswith(b"<"):
        raise LdifError(f"line {number} names the place of a value; export the value")
    if not rest.startswith(b":"):
        return _name_of(line), rest.lstrip(b" ")
    try:
        return _name_of(line), base64.b64decode(rest[1:].strip(b" "), validate=True)
    except binascii.Error as error:
        raise LdifError(f"line {number} is not base64") from error


def _check_version(number: int, line: bytes) -> None:
    _, version = _pair(number, line)
    if version.strip() != b"1":
        raise LdifError(f"line {number} tells a version of LDIF other than 1")
