"""Directories: what the file says of one, and the settings that its source takes."""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, StrictInt, Tag, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.durations import Duration, FullReadEvery, within
from bridge.config.entra import EntraDirectory
from bridge.config.file_directory import FileDirectory
from bridge.config.ldap_bind import BindSection, bind_of, refuse_leaks, servers_in
from bridge.config.ldap_schema import SchemaSection, schema_of
from bridge.config.ldap_servers import ServersSection
from bridge.config.ldap_values import Dn
from bridge.config.paths import KeyFile, PresentFile
from bridge.config.problems import did_you_mean
from bridge.config.values import SHOWN, Flag, surroundings, wrong
from bridge.core.model import DirectoryName
from bridge.sources.ldap.settings import Domain, LdapSettings, Nesting, Tls, is_global_catalog

RESERVED: Final = frozenset({"any", "all", "except"})
"""Words of `members`, which no directory may be called."""


def _directory_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", text) or text in RESERVED:
        remedy = "Use letters, digits, dashes and underscores, and none of the words any, all, except."
        raise wrong("This cannot be the name of a directory.", remedy)
    return text


DirectoryKey: TypeAlias = Annotated[str, AfterValidator(_directory_name)]


ACTIVE_DIRECTORY: Final = "active-directory"
"""The preset of what has domain controllers, and sites."""

_SILENCE: Final = within(timedelta(seconds=1), timedelta(hours=1))


class DomainSection(ServersSection):
    """One more domain of the same directory: its people and groups count as the directory's own."""

    base_dn: Dn = Field(examples=["dc=emea,dc=corp,dc=example"])
    """Where the domain begins."""

    people_base: Dn | None = Field(default=None, examples=["ou=people,dc=emea,dc=corp,dc=example"])
    """Where people are. Left out: the domain's `base_dn`."""

    groups_base: Dn | None = Field(default=None, examples=["ou=groups,dc=emea,dc=corp,dc=example"])
    """Where groups are. Left out: the domain's `base_dn`."""

    bind: BindSection | None = Field(
        default=None, examples=[{"user": "bridge@emea.corp.example", "password": "${env:EMEA_PASSWORD}"}]
    )
    """How the bridge signs in here. Left out: as in the directory."""


class LdapDirectory(ServersSection):
    """An LDAP server, or several that hold the same."""

    type: Literal["ldap"] = Field(examples=["ldap"])
    """The kind of directory."""

    @field_validator("type", mode="before")
    @classmethod
    def _is_a_kind(cls, kind: object) -> object:
        if kind != "ldap":
            raise wrong(f"{SHOWN} is not known here.", did_you_mean(str(kind), ("ldap", "entra", "file")))
        return kind

    preset: Literal["active-directory", "openldap", "rfc2307", "389ds", "freeipa"] = Field(examples=["openldap"])
    """What entries look like: `active-directory`, `openldap`, `rfc2307` (posixGroup), `389ds` or `freeipa`."""

    start_tls: Flag = False
    """Secure an ldap:// connection before anything else is said."""

    allow_plaintext: Flag = False
    """Let sign-in and answers travel unprotected over ldap://. For a network that nobody else is on."""

    ca_file: PresentFile | None = Field(default=None, examples=["/etc/hyperproof-bridge/ca.pem"])
    """Certificate authorities to trust (PEM). Left out: those of the machine."""

    verify_certificates: Flag = True
    """Refuse a server that cannot prove who it is. Off, anybody in between may read the password, and forge."""

    client_certificate: PresentFile | None = Field(default=None, examples=["/etc/hyperproof-bridge/client.pem"])
    """The bridge's own certificate (PEM), for `external`."""

    client_key: KeyFile | None = Field(
        default=None, validate_default=True, examples=["/etc/hyperproof-bridge/client.key"]
    )
    """Its private key (PEM)."""

    bind: BindSection = Field(
        examples=[{"method": "simple", "user": "cn=bridge,dc=corp,dc=example", "password": "${env:LDAP_PASSWORD}"}]
    )
    """How the bridge signs in."""

    base_dn: Dn = Field(examples=["dc=corp,dc=example"])
    """Where the directory begins."""

    people_base: Dn | None = Field(default=None, examples=["ou=people,dc=corp,dc=example"])
    """Where people are. Left out: `base_dn`."""

    groups_base: Dn | None = Field(default=None, examples=["ou=groups,dc=corp,dc=example"])
    """Where groups are. Left out: `base_dn`."""

    domains: tuple[DomainSection, ...] = Field(
        default=(),
        examples=[[{"base_dn": "dc=emea,dc=corp,dc=example", "servers": ["ldaps://dc1.emea.corp.example"]}]],
    )
    """More domains of the same forest, read together with the first."""

    nesting: Nesting = Nesting.WALK
    """How groups in groups are found: `walk`, from all groups, or `chain`, asking Active Directory for them."""

    full_read_every: FullReadEvery | None = Field(default=None, examples=["1h"])
    """How long a full read serves the runs after it, while the server says that nothing changed. Left out: not."""

    page_size: Annotated[StrictInt, Field(ge=1, le=10_000)] = 1000
    """Entries in one page of a search, 1 to 10000."""

    connect_timeout: Annotated[Duration, _SILENCE] = timedelta(seconds=5)
    """How long a server may take to accept the connection, and DNS to answer."""

    receive_timeout: Annotated[Duration, _SILENCE] = timedelta(seconds=60)
    """Silence after which a server is given up."""

    schema_: SchemaSection = Field(default=SchemaSection(), alias="schema")
    """Where this directory differs from the preset."""

    @field_validator("preset", mode="after")
    @classmethod
    def _has_sites(cls, preset: str, info: ValidationInfo) -> str:
        if preset != ACTIVE_DIRECTORY and info.data.get("site") is not None:
            raise wrong("Only Active Directory has sites.", f"Leave out `site`, or write {ACTIVE_DIRECTORY}.")
        return preset

    @field_validator("start_tls", mode="after")
    @classmethod
    def _has_something_to_secure(cls, value: Flag, info: ValidationInfo) -> Flag:
        if value and any(not server.startswith("ldap://") for server in servers_in(info.data)):
            raise wrong(
                "start_tls goes with ldap:// addresses alone.", "Leave it out, or write ldap:// addresses."
            )
        return value

    @field_validator("domains", mode="after")
    @classmethod
    def _fit_together(cls, domains: tuple[DomainSection, ...], info: ValidationInfo) -> tuple[DomainSection, ...]:
        from bridge.sources.ldap.dn import normal_form  # noqa: PLC0415 - its patterns take a while to be made

        forms = [normal_form(base) for base in (str(info.data.get("base_dn", "")), *(d.base_dn for d in domains))]
        if len(set(forms)) < len(forms):
            raise wrong("Two domains begin at one base_dn.", "List each domain once, the first as the directory.")
        servers = (*servers_in(info.data), *(server for domain in domains for server in domain.servers or ()))
        if domains and any(map(is_global_catalog, servers)):
            raise wrong(
                "A global catalog shows the whole forest by itself, but not the members of all groups.",
                "Write the domains' own servers (port 389 or 636), or leave `domains` out.",
            )
        if info.data.get("preset", ACTIVE_DIRECTORY) != ACTIVE_DIRECTORY and any(
            domain.site for domain in domains
        ):
            raise wrong("Only Active Directory has sites.", "Leave out `site`.")
        for domain in domains:
            refuse_leaks(domain.bind or info.data.get("bind"), info.data | {"servers": domain.servers})
        return domains

    @field_validator("verify_certificates", mode="after")
    @classmethod
    def _is_on(cls, value: Flag, info: ValidationInfo) -> Flag:
        if not value:
            warning = "verify_certificates is off: anybody in between may read the directory's password."
            surroundings(info).warnings[warning] = None
        return value

    @field_validator("client_key", mode="after")
    @classmethod
    def _comes_with_certificate(cls, value: object, info: ValidationInfo) -> object:
        certificate = info.data.get("client_certificate", value)
        if value is None and certificate is not None:
            raise wrong("A client certificate needs its private key.", "Add `client_key`.")
        if certificate is None and value is not None:
            raise wrong("A private key needs its certificate.", "Add `client_certificate`.")
        return value

    @field_validator("bind", mode="after")
    @classmethod
    def _is_safe(cls, bind: BindSection, info: ValidationInfo) -> BindSection:
        refuse_leaks(bind, info.data)
        return bind


_KINDS: Final = {"entra": "EntraDirectory", "file": "FileDirectory"}
"""By what stands for `type`; everything else is of LDAP, or wrong."""


def _kind(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", "")
    return _KINDS.get(kind, "LdapDirectory") if isinstance(kind, str) else "LdapDirectory"


Directory: TypeAlias = Annotated[
    Annotated[LdapDirectory, Tag("LdapDirectory")]
    | Annotated[EntraDirectory, Tag("EntraDirectory")]
    | Annotated[FileDirectory, Tag("FileDirectory")],
    Discriminator(_kind),
]
"""Any kind of directory: `type` tells which."""


# ---- as the source takes it ----------------------------------------------------------------------------


def ldap_settings(name: str, directory: LdapDirectory) -> LdapSettings:
    """Turn what the file says of a directory into what its source takes: the preset with its overrides."""
    return LdapSettings(
        name=DirectoryName(name),
        domains=(_domain(directory, directory), *(_domain(directory, each) for each in directory.domains)),
        schema=schema_of(directory.preset, directory.schema_),
        bind=bind_of(directory.bind),
        tls=Tls(
            start=directory.start_tls,
            verify=directory.verify_certificates,
            ca_file=directory.ca_file,
            client_certificate=directory.client_certificate,
            client_key=directory.client_key,
        ),
        nesting=directory.nesting,
        page_size=directory.page_size,
        connect_timeout=int(directory.connect_timeout.total_seconds()),
        receive_timeout=int(directory.receive_timeout.total_seconds()),
    )


def _domain(directory: LdapDirectory, section: LdapDirectory | DomainSection) -> Domain:
    own = section.bind if section is not directory else None
    return Domain(
        base_dn=section.base_dn,
        servers=section.servers or (),
        people_base=section.people_base or "",
        groups_base=section.groups_base or "",
        bind=bind_of(own) if own else None,
        discover=section.discovery(
            active_directory=directory.preset == ACTIVE_DIRECTORY,
            start_tls=directory.start_tls,
            # with the machine's authorities, anybody can have a certificate for some name or other
            elsewhere=directory.ca_file is not None and directory.verify_certificates,
        ),
    )
