"""One tenant's state: its objects and what ties them. Knows no HTTP and no modes."""

import copy
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bridge.sandbox.graph.model import PROPERTIES, DirectoryObject, Kind, Value, timestamp, utc_now
from bridge.sandbox.graph.ties import Tie, Ties

Reference = DirectoryObject | str
"""An object itself, its id, or what else names it: a UPN, an address, a display name."""

DOMAIN: Final = "corp.example"
INITIAL_DOMAIN: Final = "corp.onmicrosoft.example"


class UnknownReference(LookupError):  # noqa: N818 - it is the reference that is unknown, not the error
    """A name, address or id that leads to no object, or a property that its kind does not have."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to one object; deltas are made of these (Graph reference 2)."""

    id: str
    aspect: str = ""
    """A property, `members`, `owners`, `manager`; empty: the whole object came, went or came back."""
    related: str = ""
    """Who came into `members` or `owners`, or left."""
    time: float = 0.0
    """When, in seconds since 1970."""


class Tenant:
    """Objects and what ties them.

    Thread-safe: `lock` is held for each change, and by the server for each request. The same calls with the same
    `seed` give the same ids. Properties have Graph's own names; what is not said of an object is made up.
    """

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self._dice = random.Random(seed)
        self.id = self.new_id()
        self.name = "Corp"
        self.objects: dict[str, DirectoryObject] = {}
        self.deleted: dict[str, DirectoryObject] = {}
        """Those that can be restored."""
        self.ties = Ties()
        self.purged: dict[str, Kind] = {}
        """What there was and cannot be restored."""
        self.changes: list[Change] = []
        """Everything that happened, oldest first; a group's first members came with it."""

    def new_id(self) -> str:
        """Make up an id."""
        text = f"{self._dice.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def replica(self) -> "Tenant":
        """The tenant as it is now and stays: what a server that lags behind knows."""
        with self.lock:
            other = copy.copy(self)
            other.objects, other.deleted = dict(self.objects), dict(self.deleted)
            other.purged = dict(self.purged)
            other.ties, other.changes = self.ties.copy(), list(self.changes)
            return other

    # ---- putting in --------------------------------------------------------------------------------------

    def add_user(self, name: str, **properties: Value) -> DirectoryObject:
        """Put a user in: enabled, and with the name and its dots as address and UPN, unless said otherwise."""
        given, _, surname = name.partition(" ")
        login = name.casefold().replace(" ", ".")
        address = f"{login}@{DOMAIN}"
        usual: dict[str, Value] = {
            "displayName": name,
            "givenName": given or None,
            "surname": surname or None,
            "mail": address,
            "userPrincipalName": address,
            "mailNickname": login,
            "accountEnabled": True,
            "userType": "Member",
        }
        return self._add(Kind.USER, usual | properties)

    def add_guest(self, address: str, name: str = "", **properties: Value) -> DirectoryObject:
        """Put a guest in, whose UPN is made of the address at home and `#EXT#` (Graph reference 1.8)."""
        login = f"{address.replace('@', '_')}#EXT#"
        usual: dict[str, Value] = {
            "mail": address,
            "userPrincipalName": f"{login}@{INITIAL_DOMAIN}",
            "mailNickname": login,
            "userType": "Guest",
            "externalUserState": "Accepted",
        }
        return self.add_user(name or address.partition("@")[0], **(usual | properties))

    def add_group(
        self,
        name: str,
        members: Iterable[Reference] = (),
        owners: Iterable[Reference] = (),
        **properties: Value,
    ) -> DirectoryObject:
        """Put a group in: a security group, unless its properties make it another (Graph reference 1.1)."""
        usual: dict[str, Value] = {
            "displayName": name,
            "mailNickname": name.replace(" ", ""),
            "mailEnabled": False,
            "securityEnabled": True,
        }
        with self.lock:
            group = self._add(Kind.GROUP, usual | properties)
            self.ties.put(Tie.MEMBERS, group.id, [self.find(one).id for one in members])
            self.ties.put(Tie.OWNERS, group.id, [self.find(one).id for one in owners])
        return group

    def add_device(self, name: str, **properties: Value) -> DirectoryObject:
        """Put a device in."""
        usual: dict[str, Value] = {"displayName": name, "accountEnabled": True, "deviceId": self.new_id()}
        return self._add(Kind.DEVICE, usual | properties)

    def add_service_principal(self, name: str, **properties: Value) -> DirectoryObject:
        """Put an application's service principal in."""
        usual: dict[str, Value] = {
            "displayName": name,
            "accountEnabled": True,
            "appId": self.new_id(),
            "servicePrincipalType": "Application",
        }
        return self._add(Kind.SERVICE_PRINCIPAL, usual | properties)

    def add_contact(self, address: str, **properties: Value) -> DirectoryObject:
        """Put a mail contact in."""
        name = address.partition("@")[0]
        usual: dict[str, Value] = {
            "displayName": name,
            "mail": address,
            "proxyAddresses": (f"SMTP:{address}",),
        }
        return self._add(Kind.CONTACT, usual | properties)

    # ---- changing ----------------------------------------------------------------------------------------

    def change(self, what: Reference, **properties: Value) -> DirectoryObject:
        """Give an object other properties."""
        with self.lock:
            before = self.find(what)
            _check(before.kind, properties)
            after = replace(before, properties={**before.properties, **properties})
            self.objects[after.id] = after
            for name in properties:
                self._note(after.id, name)
            return after

    def add_members(self, group: Reference, *members: Reference, tie: Tie = Tie.MEMBERS) -> None:
        """Put objects into a group, or among its owners."""
        with self.lock:
            group_id, ids = self._ids(group, members)
            self.ties.put(tie, group_id, ids)
            for one in ids:
                self._note(group_id, tie, one)

    def remove_members(self, group: Reference, *members: Reference, tie: Tie = Tie.MEMBERS) -> None:
        """Take objects out of a group, or from among its owners."""
        with self.lock:
            group_id, ids = self._ids(group, members)
            for one in ids:
                self.ties.take(tie, group_id, one)
                self._note(group_id, tie, one)

    def set_manager(self, user: Reference, manager: Reference | None) -> None:
        """Say who manages somebody, or that nobody does."""
        with self.lock:
            user_id = self.find(user).id
            if manager is None:
                self.ties.managers.pop(user_id, None)
            else:
                self.ties.managers[user_id] = self.find(manager).id
            self._note(user_id, "manager")

    def delete(self, what: Reference) -> None:
        """Delete. Users and Microsoft 365 groups keep their ties, and can be restored; all others are gone."""
        with self.lock:
            gone = self.objects.pop(self.find(what).id)
            if gone.kind is Kind.USER or gone.unified:
                when = {"deletedDateTime": timestamp(self.clock())}
                self.deleted[gone.id] = replace(gone, properties={**gone.properties, **when})
                self._note(gone.id)
            else:
                self._bury(gone)

    def purge(self, what: Reference) -> None:
        """Delete for good, at once or after deleting."""
        with self.lock:
            present = _named(what, self.objects)
            gone = present or self.find_deleted(what)
            self.objects.pop(gone.id, None)
            self.deleted.pop(gone.id, None)
            self._bury(gone)

    def restore(self, what: Reference) -> None:
        """Bring back what was deleted."""
        with self.lock:
            back = self.deleted.pop(self.find_deleted(what).id)
            self.objects[back.id] = replace(back, properties={**back.properties, "deletedDateTime": None})
            self._note(back.id)

    # ---- reading -----------------------------------------------------------------------------------------

    def get(self, object_id: str, kind: Kind) -> DirectoryObject | None:
        """The object of this kind with this id, unless it was deleted."""
        found = self.objects.get(object_id)
        return found if found and found.kind is kind else None

    def all(self, kind: Kind) -> list[DirectoryObject]:
        """Every object of a kind, by id."""
        return sorted((one for one in self.objects.values() if one.kind is kind), key=lambda one: one.id)

    def find(self, what: Reference) -> DirectoryObject:
        """The object that a reference means, as it is now. Raises UnknownReference."""
        return self._found(what, self.objects)

    def find_deleted(self, what: Reference) -> DirectoryObject:
        """The object that a reference means, among those that can be restored. Raises UnknownReference."""
        return self._found(what, self.deleted)

    # ---- inside ------------------------------------------------------------------------------------------

    def _found(self, what: Reference, among: Mapping[str, DirectoryObject]) -> DirectoryObject:
        with self.lock:
            found = _named(what, among)
        if found is None:
            raise UnknownReference(f"nothing has the id, address or name {what!r}")
        return found

    def _ids(self, group: Reference, members: Iterable[Reference]) -> tuple[str, list[str]]:
        return self.find(group).id, [self.find(one).id for one in members]

    def _add(self, kind: Kind, properties: dict[str, Value]) -> DirectoryObject:
        object_id = str(properties.pop("id", None) or "")
        _check(kind, properties)
        with self.lock:
            made = DirectoryObject(kind, object_id or self.new_id(), properties)
            self.objects[made.id] = made
            self._note(made.id)
        return made

    def _bury(self, gone: DirectoryObject) -> None:
        self.purged[gone.id] = gone.kind
        self._note(gone.id)
        for tie, group_id in self.ties.drop(gone.id):
            self._note(group_id, tie, gone.id)

    def _note(self, object_id: str, aspect: str = "", related: str = "") -> None:
        self.changes.append(Change(object_id, aspect, related, self.clock().timestamp()))


def _named(what: Reference, among: Mapping[str, DirectoryObject]) -> DirectoryObject | None:
    """The object with this id; otherwise the first with this UPN, address or name."""
    if isinstance(what, DirectoryObject):
        return among.get(what.id)
    named = (
        one
        for name in ("userPrincipalName", "mail", "displayName")
        for one in among.values()
        if one.properties.get(name) == what
    )
    return among.get(what) or next(named, None)


def _check(kind: Kind, names: Iterable[str]) -> None:
    unknown = sorted(name for name in names if name not in PROPERTIES[kind])
    if unknown:
        raise UnknownReference(f"a {kind} has no property {', '.join(unknown)}")
