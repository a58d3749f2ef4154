"""Directories: what the file says of one, and the settings that its source takes."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    SecretStr,
    StrictInt,
    Tag,
    field_validator,
)
from pydantic_core.core_schema import ValidationInfo

from bridge.config.addresses import ServerAddress
from bridge.config.entra import EntraDirectory
from bridge.config.problems import did_you_mean
from bridge.config.references import Secret
from bridge.config.service import Model
from bridge.config.values import (
    NO_FILTER,
    SHOWN,
    Attribute,
    Dn,
    Duration,
    Filter,
    Flag,
    KeyFile,
    OptionalFilter,
    PresentFile,
    SecretText,
    Text,
    surroundings,
    within,
    wrong,
)
from bridge.core.model import DirectoryName
from bridge.sources.ldap.settings import (
    PRESETS,
    Bind,
    BindMethod,
    LdapSettings,
    MemberAttribute,
    MemberSyntax,
    Schema,
    Tls,
)
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


class MemberAttributeEntry(Model):
    """An attribute of a group that names its members."""

    name: Attribute = Field(examples=["member"])
    """The attribute."""

    syntax: MemberSyntax = MemberSyntax.DN
    """What its values are: `dn`, or `login` as in memberUid."""


def _long_form(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


MemberEntry: TypeAlias = Annotated[
    MemberAttributeEntry, BeforeValidator(_long_form, json_schema_input_type=str | MemberAttributeEntry)
]
"""A bare attribute has DNs for values."""


class SchemaSection(Model):
    """What people and groups look like; what is left out is as the preset says."""

    people_filter: Filter | None = Field(default=None, examples=["(objectClass=inetOrgPerson)"])
    """Which entries are people."""

    person_id: Attribute | None = Field(default=None, examples=["entryUUID"])
    """Attribute with a person's stable id, which no rename changes."""

    addresses: Annotated[tuple[Attribute, ...], Field(min_length=1)] | None = Field(
        default=None, examples=[["mail", "mailAlternateAddress"]]
    )
    """Attributes with e-mail addresses, in order of preference."""

    person_name: Annotated[tuple[Attribute, ...], Field(min_length=1)] | None = Field(
        default=None, examples=[["displayName", "cn"]]
    )
    """Attributes with a name for people to read; the first that has a value counts."""

    login: Attribute | None = Field(default=None, examples=["uid"])
    """Attribute that memberUid and its like name people by."""

    disabled_filter: OptionalFilter | None = Field(default=None, examples=["(pwdAccountLockedTime=000001010000Z)"])
    """People who match it count as having left. `none`: nobody does."""

    group_filter: Filter | None = Field(default=None, examples=["(objectClass=groupOfNames)"])
    """Which entries are groups."""

    group_id: Attribute | None = Field(default=None, examples=["entryUUID"])
    """Attribute with a group's stable id."""

    group_name: Attribute | None = Field(default=None, examples=["cn"])
    """Attribute with the name by which groups are chosen."""

    members: Annotated[tuple[MemberEntry, ...], Field(min_length=1)] | None = Field(
        default=None, examples=[["member", {"name": "memberUid", "syntax": "login"}]]
    )
    """Attributes that name a group's members: an attribute whose values are DNs, or its name and syntax."""

    dn_attribute: Attribute | None = Field(default=None, examples=["entryDN"])
    """Operational attribute that lets a filter ask for entries by DN."""

    ignore_members: tuple[Dn, ...] | None = Field(default=None, examples=[["cn=nobody"]])
    """Members that mean nobody: the placeholder in groups that may not be empty."""


_SILENCE: Final = within(timedelta(seconds=1), timedelta(hours=1))


class LdapDirectory(Model):
    """An LDAP server, or several that hold the same."""

    type: Literal["ldap"] = Field(examples=["ldap"])
    """The kind of directory."""

    @field_validator("type", mode="before")
    @classmethod
    def _is_a_kind(cls, kind: object) -> object:
        if kind != "ldap":
            raise wrong(f"{SHOWN} is not known here.", did_you_mean(str(kind), ("ldap", "entra")))
        return kind

    preset: Literal["openldap", "rfc2307"] = Field(examples=["openldap"])
    """What entries look like: `openldap` (groupOfNames and its like) or `rfc2307` (posixGroup, memberUid)."""

    servers: Annotated[tuple[ServerAddress, ...], Field(min_length=1)] = Field(
        examples=[["ldaps://ldap.corp.example"]]
    )
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
        if bind.method is BindMethod.SIMPLE and _would_leak(info.data):
            raise wrong(
                "The password would travel in clear text.",
                "Write ldaps://, or `start_tls: true`, or `allow_plaintext: true` where nobody else listens.",
            )
        if bind.method is BindMethod.EXTERNAL and _has_no_identity(info.data):
            raise wrong(
                "The bind method `external` needs something that proves who the bridge is.",
                "Add `client_certificate` and `client_key`, or write an ldapi:// server.",
            )
        return bind


def _kind(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", "")
    return "EntraDirectory" if kind == "entra" else "LdapDirectory"


Directory: TypeAlias = Annotated[
    Annotated[LdapDirectory, Tag("LdapDirectory")] | Annotated[EntraDirectory, Tag("EntraDirectory")],
    Discriminator(_kind),
]
"""Any kind of directory: `type` tells which."""


def _would_leak(data: dict[str, object]) -> bool:
    servers = data.get("servers", ())
    if data.get("start_tls", True) or data.get("allow_plaintext", True) or not isinstance(servers, tuple):
        return False
    return any(server.startswith("ldap://") and not is_loopback(server) for server in servers)


def _has_no_identity(data: dict[str, object]) -> bool:
    servers = data.get("servers", ())
    local = isinstance(servers, tuple) and all(server.startswith("ldapi://") for server in servers)
    return not local and data.get("client_certificate", "unknown") is None


# ---- as the source takes it ----------------------------------------------------------------------------


def ldap_settings(name: str, directory: LdapDirectory) -> LdapSettings:
    """Turn what the file says of a directory into what its source takes: the preset with its overrides."""
    return LdapSettings(
        name=DirectoryName(name),
        servers=directory.servers,
        base_dn=directory.base_dn,
        schema=_schema(directory),
        bind=Bind(directory.bind.method, directory.bind.user or "", _password(directory.bind.password)),
        tls=Tls(
            start=directory.start_tls,
            verify=directory.verify_certificates,
            ca_file=directory.ca_file,
            client_certificate=directory.client_certificate,
            client_key=directory.client_key,
        ),
        people_base=directory.people_base or "",
        groups_base=directory.groups_base or "",
        page_size=directory.page_size,
        connect_timeout=int(directory.connect_timeout.total_seconds()),
        receive_timeout=int(directory.receive_timeout.total_seconds()),
    )


def _password(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _schema(directory: LdapDirectory) -> Schema:
    overrides = {name: value for name, value in directory.schema_ if value is not None}
    if overrides.get("disabled_filter") == NO_FILTER:
        overrides["disabled_filter"] = ""
    if directory.schema_.members is not None:
        overrides["members"] = tuple(MemberAttribute(e.name, e.syntax) for e in directory.schema_.members)
    return replace(PRESETS[directory.preset], **overrides)
