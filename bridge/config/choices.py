"""Whether a directory has what its groups are named by: LDAP has DNs and its own filters, Entra ID object ids."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from bridge.config.document import Flaw, Place, Plain
from bridge.config.ldap_values import DN_SHAPE, is_ldap_filter
from bridge.config.problems import shown
from bridge.config.references import resembles_reference
from bridge.config.values import ID_SHAPE

_Sentences: TypeAlias = tuple[str, str]
_Check: TypeAlias = Callable[[str], _Sentences | None]

_NO_DN: Final = (
    "Groups of Entra ID have no DN.",
    "Name it by its object id, or write {name: ...} if this is its display name.",
)


def misfits(value: Plain, place: Place, kind: str) -> Iterator[Flaw]:
    """What a directory of this type cannot answer. A text by itself is a DN where it looks like one."""
    checks = _CHECKS.get(kind, {})
    if isinstance(value, str) and re.fullmatch(DN_SHAPE, value.strip(), re.DOTALL) and kind == "entra":
        yield Flaw(place, *_NO_DN)
    for way, text in value.items() if isinstance(value, dict) else ():
        check = checks.get(way)
        if check and isinstance(text, str) and not resembles_reference(text) and (found := check(text)):
            yield Flaw((*place, way), *found)


def _ldap_filter(text: str) -> _Sentences | None:
    if is_ldap_filter(text.strip()):
        return None
    remedy = "Write one such as (objectClass=groupOfNames), in parentheses."
    return f"{shown(text)} is not an LDAP filter.", remedy


def _no_nickname(_text: str) -> _Sentences:
    return (
        "Groups outside Entra ID have no mail nickname.",
        "Name it by `name`, `dn` or `id`, or find it with a `filter`.",
    )


def _no_dn(_text: str) -> _Sentences:
    return _NO_DN


def _object_id(text: str) -> _Sentences | None:
    if re.fullmatch(ID_SHAPE, text.strip()):
        return None
    remedy = "Copy it from the group's Overview page; write `name` if it is the display name."
    return f"{shown(text)} is no object id.", remedy


def _odata_filter(text: str) -> _Sentences | None:
    if not re.match(_LDAP_BEGINNING, text.strip()):
        return None
    return f"{shown(text)} is a filter of LDAP.", "Write one of OData, such as startswith(displayName,'grc-')."


def _no_server(_text: str) -> _Sentences:
    return "In files there is no server to evaluate a filter.", "Find the groups by a `pattern` of their names."


_LDAP_BEGINNING: Final = r"\([&|!(\s]*[A-Za-z][\w;.-]*\s*[~<>]?="
"""OData has words for comparisons, and no equals sign."""


_CHECKS: Final[Mapping[str, Mapping[str, _Check]]] = {
    "ldap": {"filter": _ldap_filter, "mail_nickname": _no_nickname},
    "file": {"filter": _no_server, "mail_nickname": _no_nickname},
    "entra": {"dn": _no_dn, "id": _object_id, "filter": _odata_filter},
}
