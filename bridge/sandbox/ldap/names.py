"""Names of attributes and entries, and when two of them are the same (RFC 4512 section 2.5, RFC 4514)."""

import re
from functools import lru_cache
from typing import TypeAlias

Rdn: TypeAlias = tuple[tuple[str, str], ...]
"""One level of a DN: types and values, both in their comparable form, sorted."""
Dn: TypeAlias = tuple[Rdn, ...]
"""A DN in comparable form, from the entry up to its naming context. Equal DNs are equal tuples."""

_ALIASES = {
    "commonname": "cn",
    "countryname": "c",
    "domaincomponent": "dc",
    "gn": "givenname",
    "localityname": "l",
    "organizationalunitname": "ou",
    "organizationname": "o",
    "rfc822mailbox": "mail",
    "stateorprovincename": "st",
    "surname": "sn",
    "userid": "uid",
    "2.5.4.0": "objectclass",
    "2.5.4.3": "cn",
    "2.5.4.4": "sn",
    "2.5.4.10": "o",
    "2.5.4.11": "ou",
    "2.5.4.31": "member",
    "2.5.4.50": "uniquemember",
    "0.9.2342.19200300.100.1.1": "uid",
    "0.9.2342.19200300.100.1.3": "mail",
    "0.9.2342.19200300.100.1.25": "dc",
}
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)*")
_PLAIN = re.compile(r'[^\\"+#<>;=,\x00]+')
_TOKEN = re.compile(r"\\([0-9A-Fa-f]{2})|\\(.)|(.)", re.DOTALL)
_RESERVED = frozenset('"+,;<>')


class DnError(ValueError):
    """Text that is no distinguished name."""


def comparable_type(name: str) -> str:
    """An attribute type's one name: lower case, and of its aliases the short one."""
    lowered = name.lower()
    return _ALIASES.get(lowered, lowered)


def folded(text: str) -> str:
    """Text as case-insensitive matching sees it: case and the number of spaces do not count (RFC 4518)."""
    return " ".join(text.casefold().split())


@lru_cache(maxsize=1 << 17)
def parse_dn(text: str) -> Dn:
    """The comparable form of a DN; () of the empty one. Raises DnError."""
    if not text.strip():
        return ()
    return tuple(_parse_rdn(rdn, text) for rdn in _split(text, ","))


def _parse_rdn(rdn: str, dn: str) -> Rdn:
    pairs = []
    for part in _split(rdn, "+"):
        name, equals, value = part.partition("=")
        if not equals or not _TYPE.fullmatch(name.strip()):
            raise DnError(f"{dn!r} is not a distinguished name")
        pairs.append((comparable_type(name.strip()), folded(_unescaped(value, dn))))
    return tuple(sorted(pairs))


def _split(text: str, separator: str) -> list[str]:
    """Split where the separator is not escaped."""
    if "\\" not in text:
        return text.split(separator)
    parts = [""]
    escaped = False
    for char in text:
        if char == separator and not escaped:
            parts.append("")
        else:
            parts[-1] += char
        escaped = char == "\\" and not escaped
    return parts


def _unescaped(value: str, dn: str) -> str:
    stripped = _stripped(value)
    if _PLAIN.fullmatch(stripped):
        return stripped
    try:
        if stripped.startswith("#"):
            # "#" and the value's BER: one octet of tag and one of length stand before a short string.
            return bytes.fromhex(stripped[1:])[2:].decode()
        return b"".join(_octets(token, dn) for token in _TOKEN.finditer(stripped)).decode()
    except ValueError as error:
        raise DnError(f"{dn!r} is not a distinguished name") from error


def _stripped(value: str) -> str:
    """The value without the spaces around it, but with a last one that is escaped."""
    bare = value.strip(" ")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if backslashes % 2 and value.endswith(" ") else bare


def _octets(token: re.Match[str], dn: str) -> bytes:
    pair, special, char = token.groups()
    if pair:
        return bytes.fromhex(pair)
    if char and (char in _RESERVED or char == "\\"):
        raise DnError(f"{dn!r} is not a distinguished name")
    return str(special or char).encode()


def escape_rdn(value: str) -> str:
    """A value as it stands in a DN (RFC 4514, section 2.4)."""
    escaped = re.sub(r'(["+,;<>\\])', r"\\\1", value)
    if escaped.startswith(("#", " ")):
        escaped = "\\" + escaped
    return escaped[:-1] + "\\ " if escaped.endswith(" ") and len(value) > 1 else escaped
