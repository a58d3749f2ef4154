"""Directories: what the file says of one, and the settings that its source takes."""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Discriminator, Field, SecretStr, StrictInt, Tag, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.addresses import ServerAddress
from bridge.config.file_directory import FileDirectory
from bridge.config.ldap_schema import SchemaSection, schema_of
from bridge.config.problems import did_you_mean
from bridge.config.references import Secret
from bridge.config.service import Model
from bridge.config.values import (
    SHOWN,
    Dn,
    Duration,
    Flag,
    KeyFile,
    PresentFile,
    SecretText,
    Text,
    surroundings,
    within,
    wrong,
)
from bridge.core.model import DirectoryName
from bridge.sources.ldap.dn import normal_form
from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings, Nesting, Tls, is_global_catalog
from bridge.transport.settings import is_loopback

RESERVED: Final = frozenset({"any", "all", "except"})
"""Words of `members`, which no directory may be called."""


def _directory_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", text) or text in RESERVED:
        remedy = "Use letters, digits, dashes and underscores, and none of the words any, all, except."
        raise wrong("This cannot be the name of a directory.", remedy)
    return text


DirectoryKey: TypeAlias = Annotated[str, AfterValidator(_directory_name)]


class BindSection(Model):
    """How the bridge signs in."""

    method: BindMethod = BindMethod.SIMPLE
    """`simple` with user and password, `external` with a client certificate or over ldapi, or `anonymous`."""

    user: Text | None = Field(
        default=None, validate_default=True, examples=["cn=bridge,ou=services,dc=corp,dc=example"]
    )
    """Who signs in, for `simple`: a DN, or whatever else the server takes for one."""

    password: SecretText | None = Field(default=None, validate_default=True, examples=["${env:LDAP_PASSWORD}"])
    """The password, for `simple`."""

    @field_validator("user", "password", mode="after")
    @classmethod
    def _fits_method(cls, value: str | Secret | None, info: ValidationInfo) -> str | Secret | None:
        method = info.data.get("method")
        if method is BindMethod.SIMPLE and value is None:
            raise wrong("A simple bind needs `user` and `password`.", f"Add `{info.field_name}`.")
        if method in {BindMethod.EXTERNAL, BindMethod.ANONYMOUS} and value is not None:
            raise wrong(
                f"The bind method `{method}` does not use this.", "Leave it out, or write `method: simple`."
            )
        return value


Servers: TypeAlias = Annotated[
    tuple[ServerAddress, ...], Field(min_length=1, examples=[["ldaps://ldap.corp.example"]])
]
"""Addresses of servers that hold the same."""

_SILENCE: Final = within(timedelta(seconds=1), timedelta(hours=1))


class DomainSection(Model):
    """One more domain of the same directory: its people and groups count as the directory's own."""

    base_dn: Dn = Field(examples=["dc=emea,dc=corp,dc=example"])
    """Where the domain begins."""

    servers: Servers
    """Addresses of servers that hold this domain, tried in this order."""

    people_base: Dn | None = Field(default=None, examples=["ou=people,dc=emea,dc=corp,dc=example"])
    """Where people are. Left out: the domain's `base_dn`."""

    groups_base: Dn | None = Field(default=None, examples=["ou=groups,dc=emea,dc=corp,dc=example"])
    """Where groups are. Left out: the domain's `base_dn`."""

    bind: BindSection | None = Field(
        default=None, examples=[{"user": "bridge@emea.corp.example", "password": "${env:EMEA_PASSWORD}"}]
    )
    """How the bridge signs in here. Left out: as in the directory."""


class LdapDirectory(Model):
    """An LDAP server, or several that hold the same."""

    type: Literal["ldap"] = Field(examples=["ldap"])
    """The kind of directory."""

    @field_validator("type", mode="before")
    @classmethod
    def _is_a_kind(cls, kind: object) -> object:
        if kind != "ldap":
            raise wrong(f"{SHOWN} is not known here.", did_you_mean(str(kind), ("ldap", "file")))
        return kind

    preset: Literal["active-directory", "openldap", "rfc2307", "389ds", "freeipa"] = Field(examples=["openldap"])
    """What entries look like: `active-directory`, `openldap`, `rfc2307` (posixGroup), `389ds` or `freeipa`."""

    servers: Servers
    """Addresses, tried in this order: ldaps://, ldap:// or ldapi://."""

    start_tls: Flag = False
    """Secure an ldap:// connection before anything else is said."""

    allow_plaintext: Flag = False
    """Let the password travel unencrypted over ldap://. For a network that nobody else can listen to."""

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

    page_size: Annotated[StrictInt, Field(ge=1, le=10_000)] = 1000
    """Entries in one page of a search, 1 to 10000."""

    connect_timeout: Annotated[Duration, _SILENCE] = timedelta(seconds=5)
    """How long a server may take to accept the connection."""

    receive_timeout: Annotated[Duration, _SILENCE] = timedelta(seconds=60)
    """Silence after which a server is given up."""

    schema_: SchemaSection = Field(default=SchemaSection(), alias="schema")
    """Where this directory differs from the preset."""

    @field_validator("start_tls", mode="after")
    @classmethod
    def _has_something_to_secure(cls, value: Flag, info: ValidationInfo) -> Flag:
        if value and any(not server.startswith("ldap://") for server in info.data.get("servers", ())):
            raise wrong(
                "start_tls goes with ldap:// addresses alone.", "Leave it out, or write ldap:// addresses."
            )
        return value

    @field_validator("servers", mode="after")
    @classmethod
    def _hold_the_same(cls, servers: tuple[str, ...]) -> tuple[str, ...]:
        if len({is_global_catalog(server) for server in servers}) > 1:
            raise wrong(
                "A global catalog does not hold the same as a domain's own servers.",
                "Write addresses with port 3268 or 3269 alone, or none of them.",
            )
        return servers

    @field_validator("domains", mode="after")
    @classmethod
    def _fit_together(cls, domains: tuple[DomainSection, ...], info: ValidationInfo) -> tuple[DomainSection, ...]:
        forms = [normal_form(base) for base in (str(info.data.get("base_dn", "")), *(d.base_dn for d in domains))]
        if len(set(forms)) < len(forms):
            raise wrong("Two domains begin at one base_dn.", "List each domain once, the first as the directory.")
        servers = (*_servers(info.data), *(server for domain in domains for server in domain.servers))
        if domains and any(map(is_global_catalog, servers)):
            raise wrong(
                "A global catalog shows the whole forest by itself, but not the members of all groups.",
                "Write the domains' own servers (port 389 or 636), or leave `domains` out.",
            )
        for domain in domains:
            _refuse_leaks(domain.bind or info.data.get("bind"), info.data | {"servers": domain.servers})
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
        _refuse_leaks(bind, info.data)
        return bind


def _kind(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", "")
    return "FileDirectory" if kind == "file" else "LdapDirectory"


Directory: TypeAlias = Annotated[
    Annotated[LdapDirectory, Tag("LdapDirectory")] | Annotated[FileDirectory, Tag("FileDirectory")],
    Discriminator(_kind),
]
"""Any kind of directory: `type` tells which."""


def _refuse_leaks(bind: BindSection | None, data: dict[str, object]) -> None:
    """Refuse a sign-in that others could listen to, or that has nothing to prove itself by."""
    if bind is None:  # which was refused already
        return
    if bind.method is BindMethod.SIMPLE and _would_leak(data):
        raise wrong(
            "The password would travel in clear text.",
            "Write ldaps://, or `start_tls: true`, or `allow_plaintext: true` where nobody else listens.",
        )
    if bind.method is BindMethod.EXTERNAL and _has_no_identity(data):
        raise wrong(
            "The bind method `external` needs something that proves who the bridge is.",
            "Add `client_certificate` and `client_key`, or write an ldapi:// server.",
        )


def _servers(data: dict[str, object]) -> tuple[str, ...]:
    servers = data.get("servers", ())
    return servers if isinstance(servers, tuple) else ()


def _would_leak(data: dict[str, object]) -> bool:
    if data.get("start_tls", True) or data.get("allow_plaintext", True):
        return False
    return any(server.startswith("ldap://") and not is_loopback(server) for server in _servers(data))


def _has_no_identity(data: dict[str, object]) -> bool:
    servers = _servers(data)
    local = bool(servers) and all(server.startswith("ldapi://") for server in servers)
    return not local and data.get("client_certificate", "unknown") is None


# ---- as the source takes it ----------------------------------------------------------------------------


def ldap_settings(name: str, directory: LdapDirectory) -> LdapSettings:
    """Turn what the file says of a directory into what its source takes: the preset with its overrides."""
    return LdapSettings(
        name=DirectoryName(name),
        domains=(_domain(directory, None), *(_domain(each, each.bind) for each in directory.domains)),
        schema=schema_of(directory.preset, directory.schema_),
        bind=_bind(directory.bind),
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


def _domain(section: LdapDirectory | DomainSection, bind: BindSection | None) -> Domain:
    return Domain(
        base_dn=section.base_dn,
        servers=section.servers,
        people_base=section.people_base or "",
        groups_base=section.groups_base or "",
        bind=_bind(bind) if bind else None,
    )


def _bind(section: BindSection) -> Bind:
    return Bind(section.method, section.user or "", _password(section.password))


def _password(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
