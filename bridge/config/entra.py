"""Entra tenants: what the file says of one, and the settings that its source takes."""

import re
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from bridge.config.addresses import ProxyAddress, WebAddress
from bridge.config.durations import Duration, FullReadEvery, within
from bridge.config.entra_credential import CredentialSection, credential_of
from bridge.config.paths import PresentFile
from bridge.config.service import Model
from bridge.config.values import Flag, Text, surroundings, wrong
from bridge.core.model import DirectoryName
from bridge.sources.entra.settings import CLOUDS, AddressProperty, EntraSettings
from bridge.transport.settings import Limits, Route, Timeouts

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


def entra_settings(name: str, directory: EntraDirectory) -> EntraSettings:
    """Turn what the file says of a tenant into what its source takes."""
    return EntraSettings(
        name=DirectoryName(name),
        tenant_id=directory.tenant_id or "",
        client_id=directory.client_id or "",
        credential=credential_of(directory.credential),
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


def entra_secrets(directory: EntraDirectory) -> list[str]:
    """The values of all secrets in it, as they are now."""
    credential = directory.credential
    found = (credential.client_secret, credential.passphrase, directory.proxy)
    return [secret.get_secret_value() for secret in found if secret]
