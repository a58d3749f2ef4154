"""What a server says of itself to anybody (RFC 4512, 5.1): where its entries begin, and whose make it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import ldap3
from ldap3.core.exceptions import LDAPException

from bridge.sources.ldap.connection import STUMBLES, reached
from bridge.sources.ldap.failures import translated
from bridge.sources.ldap.settings import Bind, BindMethod, LdapSettings

_OF_ITSELF: Final = (
    "cn=config",
    "cn=monitor",
    "cn=schema",
    "cn=changelog",
    "cn=accesslog",
    "o=ipaca",
    "o=netscaperoot",
)
"""Where servers keep what is about themselves."""

_ACTIVE_DIRECTORY: Final = "1.2.840.113556.1.4.800"
"""A capability that every domain controller lists (MS-ADTS 3.1.1.3.4.3.1)."""


@dataclass(frozen=True, slots=True)
class Root:
    """What one server says of itself."""

    server: str
    security: str
    """How the connection is secured, in words."""
    bases: tuple[str, ...]
    """Where its entries begin, the likeliest first; empty where it does not say."""
    make: str
    """The preset for its make, as far as that shows; else empty."""


def read_root(settings: LdapSettings, server: str) -> Root:
    """Read it without signing in. Raises Unavailable when the server is out of reach, Denied when not trusted."""
    with reached(settings, server, Bind(BindMethod.ANONYMOUS)) as session:
        connection = session.connection
        try:
            connection.search("", "(objectClass=*)", ldap3.BASE, attributes=["*", "+"])
        except (LDAPException, *STUMBLES) as error:
            raise translated(session.system, error, "asking what the server holds") from error
        told = [row["attributes"] for row in connection.response or () if row.get("type") == "searchResEntry"]
        said = {name.lower(): _texts(value) for row in told for name, value in row.items()}
        return Root(server, session.security, _bases(said), _make(said))


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - whatever ldap3 makes of it
    several = value if isinstance(value, list | tuple) else [value]
    return tuple(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in several)


def _bases(said: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    default = said.get("defaultnamingcontext", ())
    if _is_active_directory(said) and default:
        return default  # the others are its schema and configuration, and DNS
    return tuple(dict.fromkeys(_entries_of_people((*default, *said.get("namingcontexts", ())))))


def _entries_of_people(bases: Iterable[str]) -> Iterable[str]:
    return (base for base in bases if base and base.replace(" ", "").lower() not in _OF_ITSELF)


def _is_active_directory(said: Mapping[str, tuple[str, ...]]) -> bool:
    return _ACTIVE_DIRECTORY in said.get("supportedcapabilities", ())


def _make(said: Mapping[str, tuple[str, ...]]) -> str:
    vendor = " ".join(said.get("vendorname", ())).lower()
    if _is_active_directory(said):
        return "active-directory"
    if "ipatopologypluginversion" in said or "ipadomainlevel" in said:
        return "freeipa"
    if "389 project" in vendor:
        return "389ds"
    return "openldap" if "OpenLDAProotDSE" in said.get("objectclass", ()) else ""
