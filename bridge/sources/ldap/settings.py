"""How one LDAP directory is reached and what its entries look like."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from bridge.core.model import DirectoryName


class MemberSyntax(StrEnum):
    """What the values of a member attribute are."""

    DN = "dn"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class MemberAttribute:
    """An attribute of a group that names its members."""

    name: str
    syntax: MemberSyntax = MemberSyntax.DN


@dataclass(frozen=True, slots=True)
class Schema:
    """What people and groups look like in this directory. A preset gives it, the configuration may override it."""

    people_filter: str
    person_id: str
    """Attribute with the stable id."""
    addresses: tuple[str, ...]
    """Attributes with addresses, in order of preference."""
    person_name: tuple[str, ...]
    """Attributes with a name for people to read; the first that has a value counts."""
    login: str
    """Attribute that `memberUid` and its like name people by."""
    disabled_filter: str
    """People who match it are disabled. Empty: nobody is."""
    group_filter: str
    group_id: str
    group_name: str
    members: tuple[MemberAttribute, ...]
    dn_attribute: str
    """Operational attribute that lets a filter ask for entries by DN. Empty: members are not looked up."""
    ignore_members: tuple[str, ...] = ()
    """DNs that stand in groups without meaning anybody: the placeholder of a group that may not be empty."""

    @property
    def login_members(self) -> bool:
        """Whether groups name people by login, so that logins have to be read."""
        return any(attribute.syntax is MemberSyntax.LOGIN for attribute in self.members)


_OPENLDAP: Final = Schema(
    people_filter="(objectClass=inetOrgPerson)",
    person_id="entryUUID",
    addresses=("mail",),
    person_name=("displayName", "cn"),
    login="uid",
    disabled_filter="(pwdAccountLockedTime=000001010000Z)",
    group_filter="(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=groupOfMembers))",
    group_id="entryUUID",
    group_name="cn",
    members=(MemberAttribute("member"), MemberAttribute("uniqueMember")),
    dn_attribute="entryDN",
    ignore_members=("cn=nobody",),  # what OpenLDAP's refint overlay usually leaves in place of the last member
)

_RFC2307: Final = Schema(
    people_filter="(objectClass=posixAccount)",
    person_id="entryUUID",
    addresses=("mail",),
    person_name=("displayName", "gecos", "cn"),
    login="uid",
    disabled_filter="(pwdAccountLockedTime=000001010000Z)",
    group_filter="(objectClass=posixGroup)",
    group_id="entryUUID",
    group_name="cn",
    members=(MemberAttribute("memberUid", MemberSyntax.LOGIN),),
    dn_attribute="entryDN",
)

PRESETS: Final = {"openldap": _OPENLDAP, "rfc2307": _RFC2307}


class BindMethod(StrEnum):
    """How we sign in."""

    SIMPLE = "simple"
    EXTERNAL = "external"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Bind:
    """Who we are to the directory."""

    method: BindMethod
    user: str = ""
    """A DN, or whatever else the server takes for one."""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tls:
    """How the connection is secured. Certificates are always verified unless `verify` says otherwise."""

    start: bool = False
    """StartTLS on an ldap:// address."""
    verify: bool = True
    ca_file: Path | None = None
    """None: the machine's own certificate authorities."""
    client_certificate: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """One LDAP directory."""

    name: DirectoryName
    servers: tuple[str, ...]
    """ldap://, ldaps:// or ldapi:// addresses, tried in order."""
    base_dn: str
    schema: Schema
    bind: Bind
    tls: Tls = Tls()
    people_base: str = ""
    """Where people are; empty: base_dn."""
    groups_base: str = ""
    """Where groups are; empty: base_dn."""
    page_size: int = 1000
    connect_timeout: int = 5
    """Seconds."""
    receive_timeout: int = 60
    """Seconds of silence after which a server is given up. Whole ones: ldap3 takes no other."""
