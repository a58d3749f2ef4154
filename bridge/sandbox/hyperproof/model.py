"""What an organization in Hyperproof is made of: users, groups, and the roles that users have."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

ROLES: Final = {
    "administrator": "b97cf308-2504-4b56-bece-1f523070e2d9",
    "compliance manager": "c2b6a9e4-2504-4b56-bece-1f523070e2d9",
    "user": "d81f0c35-2504-4b56-bece-1f523070e2d9",
    "limited access user": "e4975b16-2504-4b56-bece-1f523070e2d9",
    "external auditor": "f0e8d2a7-2504-4b56-bece-1f523070e2d9",
}
"""The organization's roles (API reference 3.4), each with its `organizationRoleId`."""

MAY_WRITE_GROUPS: Final = frozenset({"administrator", "compliance manager"})
"""Roles that may create and edit groups (API reference 4.4)."""

DEACTIVATED_TYPES: Final = frozenset(
    {"deactivatedUser", "deactivatedServiceAccount", "deactivatedSyncServiceAccount"}
)
SERVICE_TYPES: Final = frozenset({"serviceAccount", "syncServiceAccount"})


def utc_now() -> datetime:
    """Tell the time of the machine's clock."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Write a moment as the API does: seven fractional digits and a numeric offset (API reference 4.3, 11)."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0+00:00"


@dataclass(frozen=True, slots=True)
class User:
    """A person or a service account, as Get Users tells of it (API reference 3.2)."""

    id: str
    """Of the organization user: the record that somebody belongs to this organization."""
    user_id: str
    """Of the user: the person in all organizations."""
    email: str | None = None
    given_name: str | None = None
    surname: str | None = None
    type: str = "activeUser"
    """`activeUser`, `contact`, `deactivatedUser`, `serviceAccount`, ...; any other text makes an unknown type."""
    status: str = "active"
    """`active`, `archived`, `deleted`, `pending`, `canceled`; any other text makes an unknown status."""
    title: str | None = None
    role: str = "user"
    """A key of ROLES."""
    identity_providers: tuple[str, ...] = ()
    last_login: datetime | None = None

    @property
    def deactivated(self) -> bool:
        """Whether Get Users leaves this user out unless asked."""
        return self.type in DEACTIVATED_TYPES


@dataclass(frozen=True, slots=True)
class Group:
    """A group. Every change makes a new value, so what was read before stays what it was."""

    id: str
    name: str
    lead: str | None
    """A `userId`."""
    members: tuple[str, ...]
    """`userId`s, in the order in which they came."""
    created_on: datetime
    updated_on: datetime
    archived: bool = False
