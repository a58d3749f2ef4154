"""What a tenant's application signs in with: a secret, a certificate, a workload's token, an identity of Azure."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import (
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

from bridge.config.paths import KeyFile, PresentFile
from bridge.config.references import Secret, read_exposure
from bridge.config.service import Model
from bridge.config.values import SecretText, Text, surroundings, text_value, warn, wrong
from bridge.sources.entra.settings import (
    Certificate,
    ClientSecret,
    Credential,
    FederatedToken,
    IdentityKind,
    ManagedIdentity,
)

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
        if certificate and private_key is None:
            warn(info, read_exposure(certificate))
        return private_key


def credential_of(section: CredentialSection) -> Credential:
    """Turn what the file says of it into what the source signs in with."""
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
