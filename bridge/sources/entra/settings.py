"""How one Entra tenant is reached, who signs in, and what counts as a person there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from bridge.core.model import DirectoryName
from bridge.transport.settings import Limits, Route, Timeouts


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Microsoft's clouds. Tokens of one mean nothing in another."""

    login_url: str
    graph_url: str

    @property
    def scope(self) -> str:
        """What a token for Graph is asked for: all that an administrator consented to."""
        return f"{self.graph_url}/.default"


CLOUDS: Final[Mapping[str, Cloud]] = MappingProxyType(
    {
        "public": Cloud("https://login.microsoftonline.com", "https://graph.microsoft.com"),
        "us-government": Cloud("https://login.microsoftonline.us", "https://graph.microsoft.us"),
        "us-government-dod": Cloud("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        "china": Cloud("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
    }
)
"""National clouds (Microsoft Graph, deployments): by the name that the configuration has for them."""


# ---- who signs in --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client secret of the app registration."""

    read: Callable[[], str] = field(repr=False)
    """Gives the secret of the moment, so that a rotated one is picked up."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of the app registration with its private key: PEM in one or two files, or PFX."""

    file: Path
    key_file: Path | None = None
    """Where a PEM certificate's private key is; None: in the same file."""
    passphrase: Callable[[], str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FederatedToken:
    """Workload identity: a token of another issuer, such as a Kubernetes cluster, that Entra trusts."""

    file: Path
    """Read at each sign-in, as its issuer replaces it every hour or so."""


class IdentityKind(StrEnum):
    """How a managed identity is named."""

    SYSTEM = "system"
    CLIENT_ID = "client_id"
    OBJECT_ID = "object_id"
    RESOURCE_ID = "resource_id"


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """What Azure gives the machine or the app that the bridge runs on."""

    kind: IdentityKind = IdentityKind.SYSTEM
    id: str = ""


Credential: TypeAlias = ClientSecret | Certificate | FederatedToken | ManagedIdentity


# ---- whom it shows -------------------------------------------------------------------------------------


class AddressProperty(StrEnum):
    """Properties of a user with e-mail addresses."""

    MAIL = "mail"
    UPN = "userPrincipalName"
    OTHER_MAILS = "otherMails"
    PROXY_ADDRESSES = "proxyAddresses"


@dataclass(frozen=True, slots=True)
class EntraSettings:
    """One Entra tenant."""

    name: DirectoryName
    tenant_id: str
    client_id: str
    """The application's; empty for a managed identity, which knows its own."""
    credential: Credential
    cloud: Cloud = CLOUDS["public"]
    login_url: str = ""
    """Where tokens are issued; empty: where the cloud issues them."""
    graph_url: str = ""
    """Where Graph is, without the version; empty: where the cloud has it."""
    addresses: tuple[AddressProperty, ...] = (AddressProperty.MAIL, AddressProperty.UPN)
    """In order of preference."""
    guests: bool = True
    """Whether guests count as people."""
    nested: bool = True
    """Whether people of groups in a group belong to it."""
    route: Route = field(default_factory=Route)
    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: Limits = field(default_factory=Limits)

    @property
    def login_address(self) -> str:
        """Where tokens are issued."""
        return self.login_url or self.cloud.login_url

    @property
    def graph_address(self) -> str:
        """Where Graph's version 1.0 is."""
        return f"{self.graph_url or self.cloud.graph_url}/v1.0"
