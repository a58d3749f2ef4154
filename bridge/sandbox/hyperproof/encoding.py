"""Users and groups as JSON. What has not changed since it was last asked for is not encoded again."""

import json
from collections.abc import Callable, Sequence
from typing import Final

from bridge.sandbox.hyperproof.model import ROLES, Group, User, timestamp
from bridge.sandbox.hyperproof.modes import Modes
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.hyperproof.refusals import Refused

EXTRA_ID_MARK: Final = "f"
"""Member answers carry an `id` that is not the group's (API reference 4.3, 4): here, but for its first digit."""


class Encoder:
    """Makes JSON of an organization's users and groups. Guarded by the organization's lock."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._fragments: dict[tuple[str, ...], tuple[object, bytes]] = {}

    def user(self, user: User, expand: frozenset[str]) -> bytes:
        """An entry of Get Users."""
        key = ("user", user.user_id, *sorted(expand))
        return self._once(key, user, lambda: self._user(user, expand))

    def group(self, group: Group, modes: Modes, *, expanded: bool) -> bytes:
        """A group object, with its members where asked for or where the modes say always."""
        told = expanded or modes.group_members == "always"
        key = ("group", group.id, str(told), modes.id_space, modes.empty_members)
        return self._once(key, group, lambda: self._group(group, modes, told=told))

    def members(self, group: Group, modes: Modes) -> bytes:
        """A members object."""
        key = ("members", group.id, modes.id_space, modes.empty_members)
        return self._once(key, group, lambda: self._members(group) | self._user_ids(group, modes))

    def write_answer(self, group: Group, sent: Sequence[str], modes: Modes) -> bytes:
        """The members object that an add or remove is answered with."""
        match modes.write_answer:
            case "full":
                return self.members(group, modes)
            case "sent":
                return _encode(self._members(group) | {"userIds": list(sent)})
            case "missing":
                return _encode(self._members(group))

    def spoken_id(self, user_id: str, modes: Modes) -> str:
        """The id that group payloads use for a user."""
        return user_id if modes.id_space == "userId" else self._organization.user(user_id).id

    def _once(self, key: tuple[str, ...], value: object, shape: Callable[[], dict[str, object]]) -> bytes:
        cached = self._fragments.get(key)
        if cached is not None and cached[0] is value:
            return cached[1]
        encoded = _encode(shape())
        self._fragments[key] = (value, encoded)
        return encoded

    def _group(self, group: Group, modes: Modes, *, told: bool) -> dict[str, object]:
        shape: dict[str, object] = {
            "id": group.id,
            "orgId": self._organization.id,
            "name": group.name,
            "groupLeadId": self.spoken_id(group.lead, modes) if group.lead else None,
            "createdOn": timestamp(group.created_on),
            "updatedOn": timestamp(group.updated_on),
        }
        return shape | (self._user_ids(group, modes) if told else {})

    def _user_ids(self, group: Group, modes: Modes) -> dict[str, object]:
        if not group.members and modes.empty_members == "omitted":
            return {}
        return {"userIds": [self.spoken_id(user_id, modes) for user_id in group.members]}

    @staticmethod
    def _members(group: Group) -> dict[str, object]:
        return {"id": EXTRA_ID_MARK + group.id[1:], "groupId": group.id}

    def _user(self, user: User, expand: frozenset[str]) -> dict[str, object]:
        shape: dict[str, object] = {
            "id": user.id,
            "userId": user.user_id,
            "status": user.status,
            "type": user.type,
            **_told(email=user.email, givenName=user.given_name, surname=user.surname, title=user.title),
            "language": "en",
            "locale": "US",
            "timeZone": "America/Los_Angeles",
            **_told(lastLogin=timestamp(user.last_login) if user.last_login else None),
            "externalUserLinks": [],
        }
        if "identityProviders" in expand:
            shape["identityProviders"] = list(user.identity_providers)
        if "organizationRoleId" in expand:
            shape["organizationRoleId"] = ROLES.get(user.role)
        return shape


def profile(user: User, expand: frozenset[str], organization_id: str) -> dict[str, object]:
    """The caller as `/users/me` tells of it; `id` there is the user's, not the organization user's."""
    shape: dict[str, object] = {
        "id": user.user_id,
        **_told(givenName=user.given_name, surname=user.surname, email=user.email),
        "language": "en",
        "locale": "US",
        "timeZone": "America/Los_Angeles",
        "organizationRoleId": ROLES.get(user.role),
        **_told(lastLogin=timestamp(user.last_login) if user.last_login else None),
        "state": "verified",
    }
    if "identityProviders" in expand:
        shape["identityProviders"] = list(user.identity_providers)
    if "organizations" in expand:
        shape["organizations"] = [{"id": organization_id}]
    return shape


def listing(entries: Sequence[bytes], modes: Modes, token: str) -> bytes:
    """A list of encoded entries: a bare array, or one page in an envelope. `token` is the caller's `nextToken`."""
    kept = entries[: modes.list_cap] if modes.list_cap else entries
    if not modes.page_size:
        return _array(kept)
    start = _position(token)
    end = start + modes.page_size
    following = str(end) if modes.next_page == "advances" else str(start)
    envelope = b'{"data": %b, "nextToken": %b}'
    return envelope % (_array(kept[start:end]), _encode(following if end < len(kept) else None))


def _position(token: str) -> int:
    if token and not token.isdecimal():
        raise Refused(400, "Invalid nextToken.")
    return int(token or 0)


def _array(entries: Sequence[bytes]) -> bytes:
    return b"[" + b", ".join(entries) + b"]"


def _encode(value: object) -> bytes:
    return json.dumps(value).encode()


def _told(**values: str | None) -> dict[str, object]:
    """Only what there is: fields without a value are left out (API reference 3.2)."""
    return {name: value for name, value in values.items() if value is not None}
