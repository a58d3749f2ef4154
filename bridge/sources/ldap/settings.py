"""How one LDAP directory is reached."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal

from bridge.core.model import DirectoryName
from bridge.sources.ldap.schema import Schema


class BindMethod(StrEnum):
    """How we sign in."""

    SIMPLE = "simple"
    EXTERNAL = "external"
    ANONYMOUS = "anonymous"
    KERBEROS = "kerberos"


@dataclass(frozen=True, slots=True)
class Bind:
    """Who we are to the directory."""

    method: BindMethod
    user: str = ""
    """A DN, or whatever else the server takes for one."""
    password: str = field(default="", repr=False)
    keytab: Path | None = None
    """For Kerberos: our key. None: the environment has a ticket."""
    principal: str = ""
    """For Kerberos: who we are, where the keytab or the tickets leave it open."""


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


_GLOBAL_CATALOG_PORTS: Final = (":3268", ":3269")


@dataclass(frozen=True, slots=True)
class Discovery:
    """How servers are found by DNS."""

    domain: str
    """The DNS domain, such as corp.example."""
    active_directory: bool = False
    """Whether to ask for domain controllers, under the names that Active Directory gives them."""
    site: str = ""
    """A site of Active Directory, whose domain controllers come first. Empty: all are alike."""
    scheme: Literal["ldaps", "ldap"] = "ldaps"
    """ldap is for StartTLS."""
    elsewhere: bool = False
    """Whether servers count whose names lie outside the domain."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A part of a directory that servers of its own hold: most directories have one, a forest has several."""

    base_dn: str
    servers: tuple[str, ...]
    """ldap://, ldaps:// or ldapi:// addresses of servers that hold the same, tried in order.

    Empty: DNS lists them.
    """
    people_base: str = ""
    """Where people are; empty: base_dn."""
    groups_base: str = ""
    """Where groups are; empty: base_dn."""
    bind: Bind | None = None
    """How we sign in here; None: as everywhere in the directory."""
    discover: Discovery | None = None
    """How DNS lists the servers, where none are stated."""

    @property
    def bases(self) -> tuple[str, str]:
        """Where people are, and where groups are."""
        return self.people_base or self.base_dn, self.groups_base or self.base_dn


def is_global_catalog(server: str) -> bool:
    """Whether this address is a global catalog's: the whole forest, without the members of most groups."""
    return server.rstrip("/").endswith(_GLOBAL_CATALOG_PORTS)


class Nesting(StrEnum):
    """How the groups in a group are found."""

    WALK = "walk"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """One LDAP directory."""

    name: DirectoryName
    domains: tuple[Domain, ...]
    """At least one."""
    schema: Schema
    bind: Bind
    tls: Tls = Tls()
    nesting: Nesting = Nesting.WALK
    """By reading all groups and walking; or by asking the server, group by group, which groups are in it."""
    page_size: int = 1000
    connect_timeout: int = 5
    """Seconds. An answer of DNS may take as many."""
    receive_timeout: int = 60
    """Seconds of silence after which a server is given up. Whole ones: ldap3 takes no other."""

    @property
    def wants_kerberos(self) -> bool:
        """Whether we sign in by Kerberos, in any domain."""
        return BindMethod.KERBEROS in {(domain.bind or self.bind).method for domain in self.domains}
