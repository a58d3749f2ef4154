"""One organization's state: its users, its groups, and the history of both. Knows no HTTP and no modes."""

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from bridge.sandbox.hyperproof.history import EventKind, History
from bridge.sandbox.hyperproof.model import Group, User, utc_now


class UnknownReference(LookupError):  # noqa: N818 - it is the reference that is unknown, not the error
    """A name, address or id that leads to nobody, or to no group. The text says which."""


class Organization:
    """Users and groups.

    `add_user` and `add_group` set the scene and leave no trace in the history; every other change leaves one
    event for each person and group concerned. Thread-safe: `lock` is held for each change, and by the server
    for each request. The same calls with the same `seed` give the same ids.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.history = History(clock)
        self._dice = random.Random(seed)
        self._users: dict[str, User] = {}
        self._user_ids: dict[str, str] = {}
        self._groups: dict[str, Group] = {}
        self.id = self._new_id()

    @classmethod
    def small(cls, *, clock: Callable[[], datetime] = utc_now) -> "Organization":
        """A dozen people of every kind in three groups, and an archived group."""
        organization = cls(clock=clock)
        add = organization.add_user
        anna = add(email="anna.smith@corp.example", name="Anna Smith", role="administrator")
        ben = add(email="ben.jones@corp.example", name="Ben Jones", role="compliance manager")
        carla = add(email="carla.diaz@corp.example", name="Carla Diaz")
        david = add(email="david.lee@corp.example", name="David Lee")
        add(email="erik.berg@corp.example", name="Erik Berg")
        add(email="fatima.khan@corp.example", name="Fatima Khan")
        add(email="Grace.Oneill@Corp.Example", name="Grace O'Neill")
        add(email="heidi.vogel@corp.example", name="Heidi Vogel", type="deactivatedUser")
        add(email="ivan.petrov@corp.example", name="Ivan Petrov", status="pending")
        add(email="julia.costa@partner.example", name="Julia Costa", type="contact")
        organization.add_group("Compliance Managers", members=[anna, ben, carla], lead=anna)
        organization.add_group("Auditors", members=[carla, david])
        organization.add_group("Newcomers")
        organization.add_group("Auditors 2019", members=[david], archived=True)
        return organization

    # ---- setting the scene -----------------------------------------------------------------------------

    def add_user(  # noqa: PLR0913 - a user is made of these, and every one may be left out
        self,
        *,
        email: str | None = None,
        name: str = "",
        type: str = "activeUser",  # noqa: A002 - the API's own word
        status: str = "active",
        role: str = "user",
        title: str | None = None,
        identity_providers: tuple[str, ...] = (),
        id: str = "",  # noqa: A002 - the API's own word
        user_id: str = "",
    ) -> User:
        """Put a user in. Ids are made up unless given; the first word of `name` is the given name."""
        given_name, _, surname = name.partition(" ")
        with self.lock:
            user = User(
                id=id or self._new_id(),
                user_id=user_id or self._new_id(),
                email=email,
                given_name=given_name or None,
                surname=surname or None,
                type=type,
                status=status,
                title=title,
                role=role,
                identity_providers=identity_providers,
            )
            self._put_user(user)
        return user

    def add_group(
        self, name: str, members: Iterable[User] = (), *, lead: User | None = None, archived: bool = False
    ) -> Group:
        """Put a group in."""
        with self.lock:
            return self._put_group(
                replace(
                    self._new_group(name),
                    members=tuple(dict.fromkeys(user.user_id for user in members)),
                    lead=lead.user_id if lead else None,
                    archived=archived,
                )
            )

    # ---- reading ---------------------------------------------------------------------------------------

    @property
    def users(self) -> tuple[User, ...]:
        """Everybody, deactivated people and service accounts too."""
        with self.lock:
            return tuple(self._users.values())

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group, archived ones too."""
        with self.lock:
            return tuple(self._groups.values())

    def user(self, user_id: str) -> User:
        """The user with this `userId`. Raises KeyError."""
        return self._users[user_id]

    def user_of_id(self, id: str) -> User | None:  # noqa: A002 - the API's own word
        """The user whose organization user has this `id`."""
        user_id = self._user_ids.get(id)
        return self._users[user_id] if user_id else None

    def user_of_user_id(self, user_id: str) -> User | None:
        """The user with this `userId`."""
        return self._users.get(user_id)

    def group_of_id(self, group_id: str) -> Group | None:
        """The group with this id."""
        return self._groups.get(group_id)

    def find_user(self, reference: str) -> User:
        """The user with this address or either id; of several with one address, one who is not deactivated.

        Raises UnknownReference.
        """
        with self.lock:
            direct = self._users.get(reference) or self.user_of_id(reference)
            if direct:
                return direct
            folded = reference.strip().casefold()
            found = [user for user in self._users.values() if (user.email or "").strip().casefold() == folded]
        if not folded or not found:
            raise UnknownReference(f"no user has the address or id {reference!r}")
        return min(found, key=lambda user: user.deactivated)

    def find_group(self, reference: str) -> Group:
        """The group with this id or exact name; an active one before an archived one. Raises UnknownReference."""
        with self.lock:
            if reference in self._groups:
                return self._groups[reference]
            found = [group for group in self._groups.values() if group.name == reference]
        if not found:
            raise UnknownReference(f"no group has the name or id {reference!r}")
        return min(found, key=lambda group: group.archived)

    def namesakes(self, name: str) -> tuple[Group, ...]:
        """Groups whose name is the same but for case and outer spaces, archived ones too."""
        folded = name.strip().casefold()
        return tuple(group for group in self._groups.values() if group.name.strip().casefold() == folded)

    def members(self, group: str) -> frozenset[User]:
        """Who is in a group, named by id or name. Raises UnknownReference."""
        with self.lock:
            return frozenset(self._users[user_id] for user_id in self.find_group(group).members)

    def member_emails(self, group: str) -> frozenset[str]:
        """The addresses of who is in a group, as they are written. Raises UnknownReference."""
        return frozenset(user.email or "" for user in self.members(group))

    # ---- changing, with a trace ------------------------------------------------------------------------

    def create_group(self, name: str, user_ids: Iterable[str], *, lead: str | None, actor: str) -> Group:
        """Make a group with members."""
        with self.lock:
            group = self._put_group(self._new_group(name))
            self.history.note(EventKind.GROUP_CREATED, actor, group)
            if lead is not None:
                self.set_lead(group.id, lead, actor=actor)
            return self.add_members(group.id, user_ids, actor=actor)

    def add_members(self, group_id: str, user_ids: Iterable[str], *, actor: str) -> Group:
        """Put people in who are not in yet."""
        with self.lock:
            group = self._groups[group_id]
            present = frozenset(group.members)
            added = tuple(user_id for user_id in dict.fromkeys(user_ids) if user_id not in present)
            return self._change_members(group, group.members + added, added, EventKind.MEMBER_ADDED, actor)

    def remove_members(self, group_id: str, user_ids: Iterable[str], *, actor: str) -> Group:
        """Take people out who are in."""
        with self.lock:
            group = self._groups[group_id]
            named = frozenset(user_ids)
            gone = tuple(user_id for user_id in group.members if user_id in named)
            left = tuple(user_id for user_id in group.members if user_id not in named)
            return self._change_members(group, left, gone, EventKind.MEMBER_REMOVED, actor)

    def rename_group(self, group_id: str, name: str, *, actor: str) -> Group:
        """Give a group another name."""
        with self.lock:
            before = self._groups[group_id]
            if before.name == name:
                return before
            group = self._put_group(replace(before, name=name, updated_on=self.clock()))
            self.history.note(EventKind.GROUP_RENAMED, actor, group, detail=before.name)
            return group

    def set_lead(self, group_id: str, lead: str | None, *, actor: str) -> Group:
        """Set or clear a group's lead, given by `userId`."""
        with self.lock:
            before = self._groups[group_id]
            if before.lead == lead:
                return before
            group = self._put_group(replace(before, lead=lead, updated_on=self.clock()))
            user = self._users[lead] if lead else None
            self.history.note(EventKind.LEAD_CHANGED, actor, group, user, before.lead or "")
            return group

    def archive_group(self, group_id: str, *, archived: bool, actor: str) -> Group:
        """Put a group away, or bring it back."""
        with self.lock:
            group = self._put_group(replace(self._groups[group_id], archived=archived, updated_on=self.clock()))
            kind = EventKind.GROUP_ARCHIVED if archived else EventKind.GROUP_UNARCHIVED
            self.history.note(kind, actor, group)
            return group

    def change_user(self, user: User, kind: EventKind, *, actor: str) -> User:
        """Put a changed or a new user in place, with an event that says what happened."""
        with self.lock:
            self._put_user(user)
            self.history.note(kind, actor, user=user)
        return user

    # ---- inside ----------------------------------------------------------------------------------------

    def _change_members(
        self, group: Group, members: tuple[str, ...], changed: tuple[str, ...], kind: EventKind, actor: str
    ) -> Group:
        if not changed:
            return group
        after = self._put_group(replace(group, members=members, updated_on=self.clock()))
        for user_id in changed:
            self.history.note(kind, actor, after, self._users[user_id])
        return after

    def _put_user(self, user: User) -> None:
        self._users[user.user_id] = user
        self._user_ids[user.id] = user.user_id

    def _put_group(self, group: Group) -> Group:
        self._groups[group.id] = group
        return group

    def _new_group(self, name: str) -> Group:
        now = self.clock()
        return Group(id=self._new_id(), name=name, lead=None, members=(), created_on=now, updated_on=now)

    def _new_id(self) -> str:
        text = f"{self._dice.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
