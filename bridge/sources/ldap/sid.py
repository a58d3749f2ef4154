"""Security identifiers: how Active Directory names people and groups to other domains (MS-DTYP 2.4.2)."""

import re
from typing import Final

_TEXT: Final = re.compile(r"s-1-(\d{1,15})((?:-\d{1,10}){1,15})", re.IGNORECASE)
_FOREIGN: Final = re.compile(r"cn=(s-1-[0-9-]+),cn=foreignsecurityprincipals,")
_HEAD_BYTES: Final = 8
_PART_BYTES: Final = 4
_MOST: Final = 2**32

_EVERYBODY: Final = {
    "s-1-1-0": "Everyone",
    "s-1-5-4": "Interactive",
    "s-1-5-7": "Anonymous Logon",
    "s-1-5-9": "Enterprise Domain Controllers",
    "s-1-5-11": "Authenticated Users",
    "s-1-5-17": "IUSR",
}
"""Some of those that stand for whoever fits, and have no list of members (MS-DTYP 2.4.2.4)."""


def sid_text(sid: bytes) -> str:
    """The usual spelling, `s-1-5-21-...`, in lower case; empty for bytes that are no security identifier."""
    parts, rest = divmod(len(sid) - _HEAD_BYTES, _PART_BYTES)
    if len(sid) < _HEAD_BYTES or rest or sid[0] != 1 or sid[1] != parts:
        return ""
    numbers = [
        int.from_bytes(sid[at : at + _PART_BYTES], "little") for at in range(_HEAD_BYTES, len(sid), _PART_BYTES)
    ]
    return "-".join(map(str, ("s-1", int.from_bytes(sid[2:_HEAD_BYTES]), *numbers)))


def sid_bytes(text: str) -> bytes:
    """A security identifier as it stands in an entry; empty for a text that is none."""
    found = _TEXT.fullmatch(text.strip())
    if not found:
        return b""
    authority, numbers = int(found[1]), [int(number) for number in found[2].split("-")[1:]]
    if authority >= 2**48 or max(numbers) >= _MOST:
        return b""
    head = bytes([1, len(numbers)]) + authority.to_bytes(6)
    return head + b"".join(number.to_bytes(_PART_BYTES, "little") for number in numbers)


def sibling(sid: bytes, last: int) -> bytes:
    """The security identifier of the same domain that ends in this number; empty where there can be none."""
    if not sid_text(sid) or not 0 <= last < _MOST:
        return b""
    return sid[:-_PART_BYTES] + last.to_bytes(_PART_BYTES, "little")


def foreign(form: str) -> str:
    """The identifier of the principal of another domain that a DN, in normal form, stands for; empty if none."""
    found = _FOREIGN.match(form)
    return found[1] if found else ""


def everybody(text: str) -> str:
    """The name of a principal that stands for whoever fits; empty for one that stands for somebody."""
    return _EVERYBODY.get(text, "")
