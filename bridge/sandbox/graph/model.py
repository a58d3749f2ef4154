"""What a tenant is made of: objects of five kinds with the properties that Graph v1.0 has for them.

Properties have Graph's own names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

Value = str | bool | tuple[str, ...] | None


class Kind(StrEnum):
    """A kind of directory object. The value is the name of its type in OData."""

    USER = "user"
    GROUP = "group"
    DEVICE = "device"
    SERVICE_PRINCIPAL = "servicePrincipal"
    CONTACT = "orgContact"

    @property
    def odata_type(self) -> str:
        """What `@odata.type` says of such an object."""
        return f"#microsoft.graph.{self}"


@dataclass(frozen=True, slots=True)
class Properties:
    """Which properties a kind has."""

    usual: tuple[str, ...]
    """Those that are told without `$select`, behind the id (Graph reference 1.5)."""
    other: tuple[str, ...] = ()
    """Those that must be selected."""
    lists: frozenset[str] = frozenset()
    """Those that hold several values: never null, but empty."""

    def __contains__(self, name: str) -> bool:
        return name in self.usual or name in self.other

    def empty(self, name: str) -> Value:
        """What is told of a property that nobody filled, or that may not be read."""
        return () if name in self.lists else None


_MAIL_LISTS: Final = frozenset({"proxyAddresses", "otherMails", "businessPhones", "imAddresses"})

PROPERTIES: Final[Mapping[Kind, Properties]] = {
    Kind.USER: Properties(
        usual=(
            "businessPhones",
            "displayName",
            "givenName",
            "jobTitle",
            "mail",
            "mobilePhone",
            "officeLocation",
            "preferredLanguage",
            "surname",
            "userPrincipalName",
        ),
        other=(
            "accountEnabled",
            "companyName",
            "createdDateTime",
            "deletedDateTime",
            "department",
            "employeeId",
            "externalUserState",
            "imAddresses",
            "mailNickname",
            "onPremisesImmutableId",
            "onPremisesSamAccountName",
            "onPremisesSyncEnabled",
            "onPremisesUserPrincipalName",
            "otherMails",
            "proxyAddresses",
            "userType",
        ),
        lists=_MAIL_LISTS,
    ),
    Kind.GROUP: Properties(
        usual=(
            "deletedDateTime",
            "description",
            "displayName",
            "groupTypes",
            "isAssignableToRole",
            "mail",
            "mailEnabled",
            "mailNickname",
            "membershipRule",
            "membershipRuleProcessingState",
            "onPremisesSamAccountName",
            "onPremisesSecurityIdentifier",
            "onPremisesSyncEnabled",
            "proxyAddresses",
            "securityEnabled",
            "visibility",
        ),
        other=("createdDateTime",),
        lists=_MAIL_LISTS | {"groupTypes"},
    ),
    Kind.DEVICE: Properties(usual=("accountEnabled", "deviceId", "displayName", "operatingSystem")),
    Kind.SERVICE_PRINCIPAL: Properties(
        usual=("accountEnabled", "appId", "displayName", "servicePrincipalType"),
    ),
    Kind.CONTACT: Properties(
        usual=("displayName", "givenName", "mail", "proxyAddresses", "surname"), lists=_MAIL_LISTS
    ),
}


@dataclass(frozen=True, slots=True)
class DirectoryObject:
    """A user, group, device, service principal or contact. Every change makes a new value."""

    kind: Kind
    id: str
    properties: Mapping[str, Value] = field(default_factory=dict)

    def value(self, name: str) -> Value:
        """A property; empty where nobody filled it."""
        return self.properties.get(name, PROPERTIES[self.kind].empty(name))

    @property
    def name(self) -> str:
        """Its `displayName`."""
        return str(self.value("displayName") or "")

    @property
    def hidden(self) -> bool:
        """Whether it is a group that hides its members (Graph reference 6)."""
        return str(self.value("visibility")).casefold() == "hiddenmembership"

    @property
    def unified(self) -> bool:
        """Whether it is a Microsoft 365 group: it holds users only, and can be restored (Graph reference 1.1)."""
        types = self.value("groupTypes")
        return isinstance(types, tuple) and "Unified" in types


def utc_now() -> datetime:
    """Tell the time of the machine's clock."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Write a moment as Graph does: whole seconds, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
