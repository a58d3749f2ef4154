"""What LDAP has names and rules for: DNs, attributes, filters."""

import re
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

from bridge.config.values import SHOWN, Text, checked, wrong

DN_SHAPE: Final = r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)\s*=.*"

Dn: TypeAlias = Annotated[
    Text, checked(f"(?s:{DN_SHAPE})", f"{SHOWN} is not a DN.", "Write one such as ou=people,dc=corp,dc=example.")
]
"""A distinguished name."""


def _attribute(name: str) -> str:
    plain = r"[A-Za-z][A-Za-z0-9-]*"
    if re.fullmatch(plain, name):
        return name
    if re.fullmatch(rf"(?:{plain}|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*", name):
        raise wrong(
            f"{SHOWN} names an attribute by number, or with an option; servers answer under its bare name.",
            "Write the name as the server shows it, such as mail.",
        )
    raise wrong(f"{SHOWN} is not the name of an attribute.", "Write one such as mail.")


Attribute: TypeAlias = Annotated[Text, AfterValidator(_attribute)]
"""An attribute's name."""

NO_ATTRIBUTE: Final = "none"
"""What is written where a preset's attribute shall not be used."""

NO_FILTER: Final = "none"
"""What is written where no filter shall apply."""


def _filter(text: str) -> str:
    if not is_ldap_filter(text):
        raise wrong(
            f"{SHOWN} is not an LDAP filter.", "Write one such as (objectClass=groupOfNames), in parentheses."
        )
    return text


def is_ldap_filter(text: str) -> bool:
    """Whether one pair of parentheses holds it all. Inside values they are escaped, so that all of them count."""
    depth = 0
    for position, sign in enumerate(text, start=1):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth <= 0 and position < len(text):
            return False
    return depth == 0 and "()" not in text


def _filter_or_none(text: str) -> str:
    return text if text == NO_FILTER else _filter(text)


Filter: TypeAlias = Annotated[Text, AfterValidator(_filter)]
"""An LDAP filter (RFC 4515)."""

OptionalFilter: TypeAlias = Annotated[Text, AfterValidator(_filter_or_none)]
"""An LDAP filter, or the word `none`."""
