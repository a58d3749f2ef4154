"""What people do in the web application while the bridge is at work (API reference 3.4, 4.4 and 11.17)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.sandbox.hyperproof.history import UI, EventKind
from bridge.sandbox.hyperproof.model import Group, User
from bridge.sandbox.hyperproof.organization import Organization


class Deed(StrEnum):
    """What a person can do."""

    CREATE_GROUP = "create_group"
    RENAME_GROUP = "rename_group"
    ARCHIVE_GROUP = "archive_group"
    UNARCHIVE_GROUP = "unarchive_group"
    SET_LEAD = "set_lead"
    CLEAR_LEAD = "clear_lead"
    ADD_MEMBERS = "add_members"
    REMOVE_MEMBERS = "remove_members"
    INVITE = "invite"
    ACCEPT = "accept"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    REASSIGN = "reassign"
    CHANGE_EMAIL = "change_email"


@dataclass(frozen=True, slots=True)
class UiAction:
    """One deed and what it concerns. As JSON: `{"do": "add_members", "group": "Auditors", "users": ["a@b.c"]}`."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads it from the class

    do: Deed
    group: str = ""
    """A name or an id."""
    users: tuple[str, ...] = ()
    """Addresses or ids. The lead; whom to put in, take out, deactivate; from whom and to whom to reassign."""
    name: str = ""
    """Of the group to create, the group's new name, or of the person to invite."""
    email: str = ""
    """Of the person to invite, or the person's new one."""


class UserInterface:
    """A person at the web application. Every deed is in the history with the actor `ui`.

    Groups are given by name or id, users by address or either id. Raises UnknownReference.
    """

    def __init__(self, organization: Organization) -> None:
        self._organization = organization

    def perform(self, action: UiAction) -> None:
        """Do what an action says."""
        group, users = action.group, action.users
        match action.do:
            case Deed.CREATE_GROUP:
                self.create_group(action.name, users)
            case Deed.RENAME_GROUP:
                self.rename_group(group, action.name)
            case Deed.ARCHIVE_GROUP | Deed.UNARCHIVE_GROUP:
                self.archive_group(group, archived=action.do is Deed.ARCHIVE_GROUP)
            case Deed.SET_LEAD:
                self.set_lead(group, *users[:1])
            case Deed.CLEAR_LEAD:
                self.set_lead(group)
            case Deed.ADD_MEMBERS:
                self.add_members(group, users)
            case Deed.REMOVE_MEMBERS:
                self.remove_members(group, users)
            case _:
                self._perform_on_people(action)

    def _perform_on_people(self, action: UiAction) -> None:
        match action.do:
            case Deed.INVITE:
                self.invite(action.email, action.name)
            case Deed.REASSIGN:
                source, target = action.users
                self.reassign(source, target)
            case Deed.CHANGE_EMAIL:
                for user in action.users:
                    self.change_email(user, action.email)
            case _:
                self._perform_on_each(action)

    def _perform_on_each(self, action: UiAction) -> None:
        deeds = {
            Deed.ACCEPT: self.accept,
            Deed.DEACTIVATE: self.deactivate,
            Deed.REACTIVATE: self.reactivate,
        }
        for user in action.users:
            deeds[action.do](user)

    # ---- groups ----------------------------------------------------------------------------------------

    def create_group(self, name: str, members: Iterable[str] = ()) -> Group:
        """Make a group."""
        return self._organization.create_group(name, self._user_ids(members), lead=None, actor=UI)

    def rename_group(self, group: str, name: str) -> Group:
        """Give a group another name."""
        return self._organization.rename_group(self._group_id(group), name, actor=UI)

    def archive_group(self, group: str, *, archived: bool = True) -> Group:
        """Put a group away, or bring it back."""
        return self._organization.archive_group(self._group_id(group), archived=archived, actor=UI)

    def set_lead(self, group: str, user: str | None = None) -> Group:
        """Set or clear a group's lead."""
        lead = self._organization.find_user(user).user_id if user else None
        return self._organization.set_lead(self._group_id(group), lead, actor=UI)

    def add_members(self, group: str, users: Iterable[str]) -> Group:
        """Put people into a group."""
        return self._organization.add_members(self._group_id(group), self._user_ids(users), actor=UI)

    def remove_members(self, group: str, users: Iterable[str]) -> Group:
        """Take people out of a group."""
        return self._organization.remove_members(self._group_id(group), self._user_ids(users), actor=UI)

    # ---- people ----------------------------------------------------------------------------------------

    def invite(self, email: str, name: str = "") -> User:
        """Invite somebody: a contact of this address if there is one, otherwise somebody new."""
        with self._organization.lock:
            contact = next((user for user in self._organization.users if _is_contact(user, email)), None)
            user = contact or self._organization.add_user(email=email, name=name)
            invited = replace(user, type="activeUser", status="pending")
            return self._organization.change_user(invited, EventKind.USER_INVITED, actor=UI)

    def accept(self, user: str) -> User:
        """An invited person signs up."""
        return self._change(user, EventKind.USER_ACTIVATED, "activeUser")

    def deactivate(self, user: str) -> User:
        """Take a person's or a service account's access away. Memberships stay."""
        found = self._organization.find_user(user)
        if found.deactivated:
            return found
        kind = "User" if found.type in {"activeUser", "contact"} else found.type[0].upper() + found.type[1:]
        return self._change(user, EventKind.USER_DEACTIVATED, f"deactivated{kind}")

    def reactivate(self, user: str) -> User:
        """Bring a deactivated person back: as a contact, to be invited again (API reference 3.4)."""
        return self._change(user, EventKind.USER_BECAME_CONTACT, "contact")

    def reassign(self, source: str, target: str) -> None:
        """Hand a person's memberships over to another, as goes with a deactivated person's work."""
        organization = self._organization
        with organization.lock:
            old, new = organization.find_user(source), organization.find_user(target)
            for group in organization.groups:
                if old.user_id in group.members:
                    organization.add_members(group.id, [new.user_id], actor=UI)
                    organization.remove_members(group.id, [old.user_id], actor=UI)

    def change_email(self, user: str, email: str) -> User:
        """Give a person another address the vendor's way: a new account with new ids, the old one deactivated."""
        with self._organization.lock:
            old = self._organization.find_user(user)
            self.invite(email, f"{old.given_name or ''} {old.surname or ''}".strip())
            self.deactivate(old.user_id)
            return self.accept(email)

    # ---- inside ----------------------------------------------------------------------------------------

    def _change(self, user: str, kind: EventKind, type_: str) -> User:
        with self._organization.lock:
            changed = replace(self._organization.find_user(user), type=type_, status="active")
            return self._organization.change_user(changed, kind, actor=UI)

    def _group_id(self, group: str) -> str:
        return self._organization.find_group(group).id

    def _user_ids(self, users: Iterable[str]) -> list[str]:
        return [self._organization.find_user(user).user_id for user in users]


def _is_contact(user: User, email: str) -> bool:
    return user.type == "contact" and (user.email or "").strip().casefold() == email.strip().casefold()
