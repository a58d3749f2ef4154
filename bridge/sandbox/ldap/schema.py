"""What kinds of attributes there are, and what their values compare as (RFC 4517 to 4519, 4530, 2307, MS-ADTS).

An attribute that is not in the tables, but occurs in the directory, is text; one that does neither is unknown,
and a filter that asks for it is neither true nor false.
"""

import re
import uuid
from collections.abc import Callable, Hashable, Iterable
from enum import Enum, auto
from functools import lru_cache

from bridge.sandbox.ldap.names import DnError, comparable_type, folded, parse_dn


class ValueSyntaxError(ValueError):
    """A value that cannot be one of its attribute's: a filter that asserts it is neither true nor false."""


class Syntax(Enum):
    """How the values of an attribute compare."""

    TEXT = auto()  # case and runs of spaces do not count; no order, as RFC 4519 has it
    SORTED_TEXT = auto()  # the same, with an order: Active Directory's text
    EXACT_TEXT = auto()
    PHONE = auto()  # spaces and hyphens do not count
    DN = auto()
    DN_AND_UID = auto()  # a DN that may end in #'0101'B
    CLASS = auto()  # object classes: a class stands for those that it is derived from
    INTEGER = auto()
    BOOLEAN = auto()
    TIME = auto()
    UUID = auto()
    OCTETS = auto()


_NAMES = {
    Syntax.TEXT: (
        "businesscategory c carlicense cn company dc department departmentnumber description displayname "
        "employeenumber employeetype gecos generationqualifier givenname initials l mail o ou postaladdress "
        "postalcode preferredlanguage roomnumber sn st street title uid"
    ),
    Syntax.SORTED_TEXT: "dnshostname samaccountname serviceprincipalname userprincipalname",
    Syntax.EXACT_TEXT: "homedirectory labeleduri loginshell memberuid memberurl",
    Syntax.PHONE: "facsimiletelephonenumber homephone mobile pager telephonenumber",
    Syntax.DN: (
        "creatorsname entrydn manager member memberof modifiersname distinguishedname objectcategory owner "
        "roleoccupant secretary seealso subschemasubentry namingcontexts"
    ),
    Syntax.DN_AND_UID: "uniquemember",
    Syntax.CLASS: "objectclass structuralobjectclass",
    Syntax.INTEGER: (
        "accountexpires badpwdcount gidnumber grouptype lastlogontimestamp lockouttime primarygroupid pwdlastset "
        "samaccounttype shadowexpire shadowlastchange uidnumber useraccountcontrol usnchanged usncreated"
    ),
    Syntax.BOOLEAN: "hassubordinates isdeleted nsaccountlock",
    Syntax.TIME: "createtimestamp modifytimestamp whenchanged whencreated",
    Syntax.UUID: "entryuuid",
    Syntax.OCTETS: "jpegphoto objectguid objectsid userpassword unicodepwd",
}
_SYNTAX = {name: syntax for syntax, names in _NAMES.items() for name in names.split()}

OPERATIONAL = frozenset(
    {
        "createtimestamp",
        "creatorsname",
        "entrycsn",
        "entrydn",
        "entryuuid",
        "hassubordinates",
        "memberof",
        "modifiersname",
        "modifytimestamp",
        "namingcontexts",
        "pwdaccountlockedtime",
        "structuralobjectclass",
        "subschemasubentry",
        "supportedcontrol",
        "supportedextension",
        "supportedldapversion",
        "vendorname",
    }
)
"""Attributes that `*` leaves out. memberOf is one as in OpenLDAP; Active Directory sends it with `*`."""

SECRET = frozenset({"unicodepwd", "userpassword"})
"""Attributes that are never sent, compared or logged."""

_SUPERIOR = {
    "computer": "user",
    "contact": "organizationalperson",
    "dcobject": "top",
    "group": "top",
    "groupofnames": "top",
    "groupofuniquenames": "top",
    "groupofurls": "top",
    "inetorgperson": "organizationalperson",
    "organization": "top",
    "organizationalperson": "person",
    "organizationalunit": "top",
    "person": "top",
    "posixaccount": "top",
    "posixgroup": "top",
    "user": "organizationalperson",
}
_GENERALIZED_TIME = re.compile(r"(\d{10})(\d\d)?(\d\d)?(?:[.,](\d+))?Z")
_INTEGER = re.compile(r"0|-?[1-9]\d*")
_UID_SUFFIX = re.compile(r"#'([01]*)'B$")
_ORDERED = frozenset({Syntax.SORTED_TEXT, Syntax.INTEGER, Syntax.TIME, Syntax.UUID})
_WITHOUT_SUBSTRINGS = frozenset({"homedirectory", "loginshell"})
"""Text that RFC 2307 gives no substrings rule."""
_SUBSTRINGS = frozenset({Syntax.TEXT, Syntax.SORTED_TEXT, Syntax.EXACT_TEXT, Syntax.PHONE})


def syntax_of(attribute: str) -> Syntax:
    """The syntax of an attribute; text when no table has it. Options (`;lang-en`) do not count."""
    return _SYNTAX.get(base_type(attribute), Syntax.SORTED_TEXT)


@lru_cache(maxsize=4096)
def base_type(description: str) -> str:
    """The type in an attribute description, without options, in comparable form."""
    return comparable_type(description.partition(";")[0])


@lru_cache(maxsize=4096)
def options(description: str) -> frozenset[str]:
    """What stands behind the type in an attribute description: `lang-en`, `binary`."""
    return frozenset(description.lower().split(";")[1:])


def is_standard(attribute: str) -> bool:
    """Whether the tables have this type."""
    return base_type(attribute) in _SYNTAX


def has_order(syntax: Syntax) -> bool:
    """Whether `>=` and `<=` mean anything."""
    return syntax in _ORDERED


def has_substrings(attribute: str) -> bool:
    """Whether the attribute's values can be searched for their parts."""
    return syntax_of(attribute) in _SUBSTRINGS and base_type(attribute) not in _WITHOUT_SUBSTRINGS


def is_standard_class(name: str) -> bool:
    """Whether the tables have this object class."""
    return name.lower() in _SUPERIOR or name.lower() == "top"


def comparable(value: bytes, syntax: Syntax) -> Hashable:
    """A value in the form in which equal ones are equal and, where there is an order, lower ones lower.

    Raises ValueSyntaxError.
    """
    try:
        return _COMPARABLE[syntax](value)
    except (ValueError, DnError) as error:
        raise ValueSyntaxError(f"{value!r} is not of syntax {syntax.name}") from error


def comparable_part(part: bytes, syntax: Syntax) -> str:
    """A substring in the form of the values it is looked for in: inner spaces still count as one."""
    text = part.decode(errors="replace")
    if syntax is Syntax.PHONE:
        return _phone(part)
    return re.sub(r"\s+", " ", text if syntax is Syntax.EXACT_TEXT else text.casefold())


def with_superiors(classes: Iterable[Hashable]) -> frozenset[Hashable]:
    """Object classes and all that they are derived from."""
    found: set[Hashable] = set()
    for name in classes:
        current: Hashable | None = name
        while current is not None and current not in found:
            found.add(current)
            current = _SUPERIOR.get(str(current))
    return frozenset(found | {"top"} if found else found)


def _text(value: bytes) -> str:
    return folded(value.decode(errors="replace"))


def _exact(value: bytes) -> str:
    return " ".join(value.decode(errors="replace").split())


def _phone(value: bytes) -> str:
    return re.sub(r"[\s-]", "", value.decode(errors="replace").casefold())


def _dn(value: bytes) -> Hashable:
    return parse_dn(value.decode())


def _dn_and_uid(value: bytes) -> Hashable:
    text = value.decode()
    suffix = _UID_SUFFIX.search(text)
    return (parse_dn(text[: suffix.start()]), suffix.group(1)) if suffix else (parse_dn(text), "")


def _integer(value: bytes) -> int:
    text = value.decode("ascii")
    if not _INTEGER.fullmatch(text):
        raise ValueSyntaxError(f"{text!r} is no integer")
    return int(text)


def _boolean(value: bytes) -> bool:
    text = value.decode("ascii").upper()
    if text not in {"TRUE", "FALSE"}:
        raise ValueSyntaxError(f"{text!r} is no boolean")
    return text == "TRUE"


def _time(value: bytes) -> str:
    found = _GENERALIZED_TIME.fullmatch(value.decode("ascii"))
    if not found:
        raise ValueSyntaxError(f"{value!r} is no time in UTC")
    hour, minute, second, fraction = found.groups(default="")
    return f"{hour}{minute or '00'}{second or '00'}.{fraction.rstrip('0')}"


def _uuid(value: bytes) -> str:
    return str(uuid.UUID(value.decode("ascii")))


_COMPARABLE: dict[Syntax, Callable[[bytes], Hashable]] = {
    Syntax.TEXT: _text,
    Syntax.SORTED_TEXT: _text,
    Syntax.EXACT_TEXT: _exact,
    Syntax.PHONE: _phone,
    Syntax.DN: _dn,
    Syntax.DN_AND_UID: _dn_and_uid,
    Syntax.CLASS: _text,
    Syntax.INTEGER: _integer,
    Syntax.BOOLEAN: _boolean,
    Syntax.TIME: _time,
    Syntax.UUID: _uuid,
    Syntax.OCTETS: bytes,
}
