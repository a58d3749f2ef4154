"""Distinguished names brought to one form, so that two spellings of one name are equal.

RFC 4514 says how a name is written, RFC 4518 what is insignificant in it: letter case, runs of spaces, the
way a character is escaped, the order within a multi-valued RDN. Nothing here fails on an odd value: what is
not a distinguished name is compared as case-folded text.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_WORD: Final = r"""[^\x00- "#+,;<=>\\\x7f-\U0010ffff]+"""
_RDN: Final = rf"(?:cn|uid|ou|dc|o|c|l|st)={_WORD}(?: {_WORD})*"
_PLAIN: Final = re.compile(_RDN, re.IGNORECASE | re.ASCII)
"""What most RDNs look like: nothing in it needs a second look, and lower case is its one form."""
_UNDISGUISED: Final = re.compile(rb'[^\\";\x80-\xff]*')
"""A name in which a comma is what it looks like."""

_PART: Final = re.compile(r'(?:[^\\",;+]|\\.|"(?:[^\\"]|\\.)*")*', re.DOTALL)
_QUOTED: Final = re.compile(r'"((?:[^\\"]|\\.)*)"\s*', re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\([0-9a-fA-F]{2}|.)", re.DOTALL)
_TYPE: Final = re.compile(r"[a-z][a-z0-9-]*|\d+(?:\.\d+)*")
_UID_SUFFIX: Final = re.compile(rb"#'[01]*'B$")

_TYPES: Final = {
    "2.5.4.3": "cn",
    "commonname": "cn",
    "2.5.4.6": "c",
    "countryname": "c",
    "2.5.4.7": "l",
    "localityname": "l",
    "2.5.4.8": "st",
    "stateorprovincename": "st",
    "2.5.4.9": "street",
    "streetaddress": "street",
    "2.5.4.10": "o",
    "organizationname": "o",
    "2.5.4.11": "ou",
    "organizationalunitname": "ou",
    "0.9.2342.19200300.100.1.25": "dc",
    "domaincomponent": "dc",
    "0.9.2342.19200300.100.1.1": "uid",
    "userid": "uid",
}
"""Other ways to write the attribute types of RFC 4514, section 3."""

_STRING_TAGS: Final = frozenset({4, 12, 19, 20, 22})
"""OCTET STRING, UTF8String, PrintableString, TeletexString, IA5String."""

_SPECIAL: Final = str.maketrans({char: f"\\{char}" for char in "\\,+"})


_RESERVED: Final = re.compile(r"""[\x00-\x1f"#+,;<=>\\]|^ | $""")


class _NoDnError(ValueError):
    """The text is not a distinguished name."""


class _Assertion(NamedTuple):
    """One attribute and value of a name."""

    type: str
    """The short name, in lower case."""
    value: str
    opaque: bool = False
    """Whether the value is BER of some other kind than text, in hex digits."""


def normal_form(dn: str | bytes) -> str:
    """Two names are one if and only if their normal forms are equal. For comparison only, never for a server."""
    text = dn if isinstance(dn, str) else dn.decode("utf-8", "surrogateescape")
    first, _, parent = text.partition(",")
    try:
        if parent and _PLAIN.fullmatch(first):
            return f"{first.lower()},{_form_of_many(parent)}"
        return _form(text)
    except _NoDnError:
        return folded(text)


def with_forms(dns: Iterable[bytes], forms: Collection[str]) -> list[bytes]:
    """Those of the names that have one of these normal forms; most are told apart by their number of commas."""
    commas = {form.count(",") for form in forms}
    if any("\\" in form for form in forms):
        return [dn for dn in dns if normal_form(dn) in forms]
    likely = (dn for dn in dns if dn.count(b",") in commas or not _UNDISGUISED.fullmatch(dn))
    return [dn for dn in likely if normal_form(dn) in forms]


def plain_form(dn: str) -> str:
    """The same name, spelled plainly: short types, no loose spaces, hex for what is reserved.

    For ldap3, which refuses a space behind a comma and an OID, and makes another name of `dc=a ,dc=b`.
    """
    try:
        return ",".join("+".join(map(_plain_assertion, rdn)) for rdn in _rdns(dn))
    except _NoDnError:
        return dn


def assertion(attribute: str, value: str) -> str:
    """The normal form of one attribute and value, as it stands in the normal form of a name."""
    name = attribute.lower()
    return f"{_TYPES.get(name, name)}={_escaped(folded(value))}"


def folded(text: str) -> str:
    """Fold what LDAP makes insignificant in text: case, compatibility forms, runs of spaces (RFC 4518)."""
    lower = text.casefold()
    if not lower.isascii():
        lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(lower.split())


def is_under(form: str, base: str) -> bool:
    """Whether a name lies below a base, both in normal form."""
    head = form.removesuffix(f",{base}")
    escapes = len(head) - len(head.rstrip("\\"))
    return not base or (head != form and escapes % 2 == 0)


def readable(dn: bytes) -> str:
    """The name as its server spelled it, for people."""
    return dn.decode("utf-8", "replace")


def without_uid(value: bytes) -> bytes:
    """The DN in a value of nameAndOptionalUID syntax, such as `uid=u4,dc=x#'0101'B` (RFC 4517, 3.3.21)."""
    return _UID_SUFFIX.sub(b"", value)


def _form(text: str) -> str:
    return ",".join("+".join(sorted(map(_normal_assertion, rdn))) for rdn in _rdns(text))


_form_of_many: Final = lru_cache(maxsize=4096)(_form)
"""The normal form of what many names end in."""


def _rdns(text: str) -> Iterator[list[str]]:
    """Split a name into RDNs, and each into its assertions. Separators of RFC 1779 and 2253 count too."""
    position, rdn = 0, list[str]()
    while text:
        part = _PART.match(text, position)
        position = part.end() if part else position
        rdn.append(part.group() if part else "")
        if position == len(text):
            break
        if text[position] in ",;":
            yield rdn
            rdn = []
        elif text[position] != "+":
            raise _NoDnError
        position += 1
    if text:
        yield rdn


@lru_cache(maxsize=4096)
def _normal_assertion(text: str) -> str:
    parsed = _parsed(text)
    value = f"#{parsed.value}" if parsed.opaque else _escaped(folded(parsed.value))
    return f"{parsed.type}={value}"


def _plain_assertion(text: str) -> str:
    parsed = _parsed(text)
    value = f"#{parsed.value}" if parsed.opaque else _RESERVED.sub(_as_hex, parsed.value)
    return f"{parsed.type}={value}"


def _as_hex(reserved: re.Match[str]) -> str:
    return f"\\{ord(reserved[0]):02X}"


def _parsed(text: str) -> _Assertion:
    name, equals, value = text.partition("=")
    name = name.strip().lower().removeprefix("oid.")
    if not equals or not _TYPE.fullmatch(name):
        raise _NoDnError
    name = _TYPES.get(name, name)
    value = value.lstrip()
    return _from_hex(name, value[1:].strip()) if value.startswith("#") else _Assertion(name, _text(value))


def _text(value: str) -> str:
    """A value without its quotes, escapes and the loose spaces at its end."""
    quoted = _QUOTED.fullmatch(value)
    if not quoted and '"' in re.sub(r"\\.", "", value, flags=re.DOTALL):
        raise _NoDnError
    body = quoted[1] if quoted else _without_loose_end(value)
    raw = _ESCAPE.sub(_unescaped, body.encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")


def _without_loose_end(value: str) -> str:
    """A value without the spaces at its end, but for one that a backslash stands in front of."""
    bare = value.rstrip()
    return value[: len(bare) + 1] if bare.endswith("\\") else bare


def _unescaped(escape: re.Match[bytes]) -> bytes:
    what = escape[1]
    return bytes([int(what, 16)]) if len(what) > 1 else what


def _from_hex(name: str, digits: str) -> _Assertion:
    """A value in BER: text, where it is a string."""
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        raise _NoDnError from None
    content = _string_content(raw)
    if content is None:
        return _Assertion(name, raw.hex(), opaque=True)
    return _Assertion(name, content.decode("utf-8", "surrogateescape"))


def _string_content(raw: bytes) -> bytes | None:
    if len(raw) < 2 or raw[0] not in _STRING_TAGS:  # noqa: PLR2004 - a tag and a length
        return None
    long_form = raw[1] & 0x7F if raw[1] & 0x80 else 0
    start = 2 + long_form
    length = int.from_bytes(raw[2:start]) if long_form else raw[1]
    return raw[start:] if len(raw) == start + length else None


def _escaped(value: str) -> str:
    """Keep a value's own separators apart from those of the name."""
    escaped = value.translate(_SPECIAL)
    return f"\\{escaped}" if escaped.startswith("#") else escaped
