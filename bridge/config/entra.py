"""Entra tenants: what the file says of one, and the settings that its source takes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core.core_schema import ValidationInfo

from bridge.config.addresses import ProxyAddress, WebAddress
from bridge.config.durations import Duration, FullReadEvery, within
from bridge.config.paths import KeyFile, PresentFile
from bridge.config.references import Secret, read_exposure
from bridge.config.service import Model
from bridge.config.values import Flag, SecretText, Text, surroundings, text_value, wrong
from bridge.core.model import DirectoryName
from bridge.sources.entra.settings import (
    CLOUDS,
    AddressProperty,
    Certificate,
    ClientSecret,
    Credential,
    EntraSettings,
    FederatedToken,
    IdentityKind,
    ManagedIdentity,
)
from bridge.transport.settings import Limits, Route, Timeouts

# ---- who signs in --------------------------------------------------------------------------------------

AKS: Final = "aks"
"""What is written for a workload identity whose facts the cluster puts into the environment."""

_TOKEN_VARIABLE: Final = "AZURE_FEDERATED_TOKEN_FILE"  # noqa: S105 - its name
_PRESENT: Final = TypeAdapter[Path](PresentFile)


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a workload's token is."""

    file: Path
    from_environment: bool
    """Whether the cluster says so, and who the application is besides."""


def _token_place(value: object, info: ValidationInfo) -> TokenPlace:
    around = surroundings(info)
    told = text_value(value, info)
    if told != AKS:
        return TokenPlace(_PRESENT.validate_python(told, context=around), from_environment=False)
    named = around.environ.get(_TOKEN_VARIABLE)
    if not named:
        raise wrong(
            f"The environment variable {_TOKEN_VARIABLE} is not set.",
            'Label the pod azure.workload.identity/use: "true", or write the token\'s file.',
        )
    return TokenPlace(_PRESENT.validate_python(named, context=around), from_environment=True)


WorkloadToken: TypeAlias = Annotated[
    TokenPlace, BeforeValidator(_token_place), PlainSerializer(str), WithJsonSchema({"type": "string"})
]
"""A token's file, or the word `aks`."""


class ManagedIdentitySection(Model):
    """A managed identity that was assigned by a user, named in one of these ways."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    client_id: Text | None = Field(default=None, examples=["11111111-2222-3333-4444-555555555555"])
    """By its client id."""

    object_id: Text | None = Field(default=None, examples=["11111111-2222-3333-4444-555555555555"])
    """By its object id (principal id)."""

    resource_id: Text | None = Field(default=None, examples=["/subscriptions/.../userAssignedIdentities/bridge"])
    """By its resource id in Azure."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self.model_fields_set) > 1:
            raise wrong("The identity is named in several ways.", "Keep one of client_id, object_id, resource_id.")
        return self


SYSTEM_ASSIGNED: Final = "system"


def _identity(value: object) -> object:
    return {} if value == SYSTEM_ASSIGNED else value


ManagedIdentityChoice: TypeAlias = Annotated[
    ManagedIdentitySection,
    BeforeValidator(_identity, json_schema_input_type=Literal["system"] | ManagedIdentitySection),
]
"""The word `system`, or which of the identities that users assigned."""


class CredentialSection(Model):
    """What the application proves itself with: one of a secret, a certificate, a workload's token, an identity."""

    client_secret: SecretText | None = Field(default=None, examples=["${env:ENTRA_CLIENT_SECRET}"])
    """A client secret: its value, not its id."""

    certificate: PresentFile | None = Field(default=None, examples=["/etc/hyperproof-bridge/entra.pem"])
    """A certificate with its private key: one PEM file, or PFX; or the certificate alone, beside `private_key`."""

    private_key: KeyFile | None = Field(
        default=None, validate_default=True, examples=["/etc/hyperproof-bridge/entra.key"]
    )
    """The certificate's private key (PEM), where that is a file of its own."""

    passphrase: SecretText | None = Field(default=None, examples=["${env:ENTRA_KEY_PASSPHRASE}"])
    """Opens the private key or the PFX file."""

    workload_identity: WorkloadToken | None = Field(default=None, examples=["aks"])
    """A token of another issuer: `aks` for what AKS puts into the environment, or the file that it is in."""

    managed_identity: ManagedIdentityChoice | None = Field(default=None, examples=["system"])
    """What Azure gives the machine or app: `system`, or the client, object or resource id of another."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        ways = ("client_secret", "certificate", "workload_identity", "managed_identity")
        stated = [way for way in ways if getattr(self, way) is not None]
        if len(stated) != 1:
            what = f"{' and '.join(stated)} stand together." if stated else "It is not said what it signs in with."
            raise wrong(what, f"State one of {', '.join(ways)}.")
        if self.certificate is None and (self.private_key or self.passphrase):
            raise wrong("private_key and passphrase go with `certificate`.", "Leave them out.")
        return self

    @field_validator("private_key", mode="after")
    @classmethod
    def _is_private(cls, private_key: Path | None, info: ValidationInfo) -> Path | None:
        certificate = info.data.get("certificate")
        if certificate and private_key is None and (warning := read_exposure(certificate)):
            surroundings(info).warnings[warning] = None
        return private_key


# ---- the tenant ----------------------------------------------------------------------------------------

_TENANT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


def _tenant(text: str) -> str:
    if not _TENANT.fullmatch(text):
        raise wrong(
            "This names no tenant.",
            "Write the Directory (tenant) ID of the app registration's Overview page, or a domain of the tenant.",
        )
    return text


Tenant: TypeAlias = Annotated[Text, AfterValidator(_tenant)]
"""A tenant's id, or one of its domains."""

_WAIT: Final = within(timedelta(), timedelta(days=1))


class EntraDirectory(Model):
    """A tenant of Entra ID, read through Microsoft Graph."""

    type: Literal["entra"] = Field(examples=["entra"])
    """The kind of directory."""

    cloud: Literal["public", "us-government", "us-government-dod", "china"] = "public"
    """Which of Microsoft's clouds the tenant is in."""

    credential: CredentialSection = Field(examples=[{"certificate": "/etc/hyperproof-bridge/entra.pem"}])
    """What the bridge proves itself with."""

    tenant_id: Tenant | None = Field(
        default=None, validate_default=True, examples=["11111111-2222-3333-4444-555555555555"]
    )
    """The tenant's id. With `workload_identity: aks` it may be left out."""

    client_id: Text | None = Field(
        default=None, validate_default=True, examples=["11111111-2222-3333-4444-555555555555"]
    )
    """The application's id. With `workload_identity: aks` it may be left out; a managed identity has none."""

    addresses: Annotated[tuple[AddressProperty, ...], Field(min_length=1)] = Field(
        default=(AddressProperty.MAIL, AddressProperty.UPN), examples=[["mail", "proxyAddresses"]]
    )
    """Properties of a user with e-mail addresses, in order of preference."""

    guests: Flag = True
    """Whether guests count as people."""

    nested: Flag = True
    """Whether the people of groups in a group belong to it."""

    full_read_every: FullReadEvery | None = Field(default=None, examples=["1h"])
    """How long a full read serves the runs after it, while Graph says that nothing changed. Left out: not."""

    login_url: WebAddress | None = Field(
        default=None, validate_default=True, examples=["https://login.microsoftonline.com"]
    )
    """Where tokens are issued, for a rehearsal. Left out: where the cloud issues them."""

    graph_url: WebAddress | None = Field(default=None, examples=["https://graph.microsoft.com"])
    """Where Graph is, without its version, for a rehearsal. Left out: where the cloud has it."""

    ca_file: PresentFile | None = Field(default=None, examples=["/etc/ssl/certs/corp-ca.pem"])
    """Certificate authorities to trust (PEM) instead of the usual ones, where a proxy opens TLS."""

    proxy: ProxyAddress | None = Field(default=None, examples=["http://proxy.corp.example:3128"])
    """HTTP proxy. One with a name and password is given whole, by reference."""

    timeout: Annotated[Duration, within(timedelta(seconds=1), timedelta(minutes=10))] = timedelta(seconds=60)
    """Silence after which a call is given up."""

    max_wait: Annotated[Duration, _WAIT] = timedelta(minutes=5)
    """The longest single wait that Graph may ask for. Beyond it the directory counts as not read."""

    wait_budget: Annotated[Duration, _WAIT] = timedelta(minutes=15)
    """The longest that one read waits in all."""

    @field_validator("tenant_id", mode="after")
    @classmethod
    def _has_tenant(cls, tenant_id: str | None, info: ValidationInfo) -> str | None:
        return tenant_id or _told(info, "AZURE_TENANT_ID", "The Directory (tenant) ID is missing.", "tenant_id")

    @field_validator("client_id", mode="after")
    @classmethod
    def _has_client(cls, client_id: str | None, info: ValidationInfo) -> str | None:
        credential = info.data.get("credential")
        if not isinstance(credential, CredentialSection) or credential.managed_identity is None:
            what = "The Application (client) ID is missing."
            return client_id or _told(info, "AZURE_CLIENT_ID", what, "client_id")
        if client_id is not None:
            remedy = (
                "Leave it out; name another identity than the system's as `managed_identity: {client_id: ...}`."
            )
            raise wrong("A managed identity knows its own id.", remedy)
        return None

    @field_validator("login_url", mode="after")
    @classmethod
    def _fits_environment(cls, login_url: str | None, info: ValidationInfo) -> str | None:
        """Whoever set up the cluster said which cloud it is in: a token of another would be worth nothing."""
        named = surroundings(info).environ.get("AZURE_AUTHORITY_HOST", "").rstrip("/")
        cloud = info.data.get("cloud")
        meant = login_url or (CLOUDS[cloud].login_url if cloud else named)
        if _from_environment(info) and named and named != meant:
            fitting = [name for name, one in CLOUDS.items() if one.login_url == named]
            remedy = f"Write `cloud: {fitting[0]}`." if fitting else "Correct one of them."
            raise wrong(f"AZURE_AUTHORITY_HOST is {named}, which is not where this cloud signs in.", remedy)
        return login_url

    @field_validator("graph_url", mode="after")
    @classmethod
    def _has_own_login(cls, graph_url: str | None, info: ValidationInfo) -> str | None:
        if graph_url and info.data.get("login_url", "") is None and not _is_managed(info):
            raise wrong(
                "`graph_url` names another Graph than the cloud's, yet the cloud would still issue the tokens.",
                "Add `login_url`, the address that issues its tokens.",
            )
        return graph_url


def _told(info: ValidationInfo, variable: str, what: str, key: str) -> str:
    """What the cluster's environment says where the file says nothing."""
    found = surroundings(info).environ.get(variable) if _from_environment(info) else None
    if found:
        return found
    if "credential" not in info.data:  # whether it is needed at all is not known
        return ""
    raise wrong(what, f"Add `{key}`: it is on the Overview page of the app registration.")


def _from_environment(info: ValidationInfo) -> bool:
    credential = info.data.get("credential")
    token = credential.workload_identity if isinstance(credential, CredentialSection) else None
    return token is not None and token.from_environment


def _is_managed(info: ValidationInfo) -> bool:
    credential = info.data.get("credential")
    return isinstance(credential, CredentialSection) and credential.managed_identity is not None


# ---- as the source takes it ----------------------------------------------------------------------------


def entra_settings(name: str, directory: EntraDirectory) -> EntraSettings:
    """Turn what the file says of a tenant into what its source takes."""
    return EntraSettings(
        name=DirectoryName(name),
        tenant_id=directory.tenant_id or "",
        client_id=directory.client_id or "",
        credential=_credential(directory.credential),
        cloud=CLOUDS[directory.cloud],
        login_url=directory.login_url or "",
        graph_url=directory.graph_url or "",
        addresses=directory.addresses,
        guests=directory.guests,
        nested=directory.nested,
        route=Route(directory.ca_file, directory.proxy.get_secret_value() if directory.proxy else ""),
        timeouts=Timeouts(read=directory.timeout.total_seconds()),
        limits=Limits(
            longest_wait=directory.max_wait.total_seconds(), waiting_budget=directory.wait_budget.total_seconds()
        ),
    )


def _credential(section: CredentialSection) -> Credential:
    if section.client_secret:
        return ClientSecret(section.client_secret.read)
    if section.certificate:
        return Certificate(section.certificate, section.private_key, _reader(section.passphrase))
    if section.workload_identity:
        return FederatedToken(section.workload_identity.file)
    named = section.managed_identity.model_dump(exclude_none=True) if section.managed_identity else {}
    return next((ManagedIdentity(IdentityKind(kind), text) for kind, text in named.items()), ManagedIdentity())


def _reader(secret: Secret | None) -> Callable[[], str] | None:
    return secret.read if secret else None


def entra_secrets(directory: EntraDirectory) -> list[str]:
    """The values of all secrets in it, as they are now."""
    credential = directory.credential
    found = (credential.client_secret, credential.passphrase, directory.proxy)
    return [secret.get_secret_value() for secret in found if secret]
