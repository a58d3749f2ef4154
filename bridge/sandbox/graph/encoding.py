"""Objects as JSON, as far as the caller may see them. What was encoded before is not encoded again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from bridge.sandbox.graph.applications import GROUPS, HIDDEN, USERS
from bridge.sandbox.graph.model import PROPERTIES, DirectoryObject, Kind

_EVERYTHING: Final = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})
_READERS: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.USER: _EVERYTHING | {USERS, "User.ReadWrite.All"},
    Kind.GROUP: _EVERYTHING | {GROUPS, "Group.Read.All", "Group.ReadWrite.All", "GroupMember.ReadWrite.All"},
    Kind.DEVICE: _EVERYTHING | {"Device.Read.All"},
    Kind.SERVICE_PRINCIPAL: _EVERYTHING | {"Application.Read.All"},
    Kind.CONTACT: _EVERYTHING | {"OrgContact.Read.All"},
}
_BASIC: Final = frozenset({"displayName", "givenName", "surname", "mail", "userPrincipalName"})
"""What `User.ReadBasic.All` shows (Graph reference 6)."""

Unreadable = Literal["null", "missing"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the roles of a token let it see (Graph reference 6)."""

    roles: frozenset[str]
    unreadable: Unreadable = "null"
    """How a property is told that may not be read."""

    def reads(self, kind: Kind) -> bool:
        """Whether the properties of this kind are shown."""
        return bool(_READERS[kind] & self.roles)

    @property
    def reads_members(self) -> bool:
        """Whether the direct members of groups are shown."""
        return self.reads(Kind.GROUP) or "GroupMember.ReadBasic.All" in self.roles

    @property
    def reads_hidden(self) -> bool:
        """Whether hidden memberships are shown."""
        return bool(self.roles & {HIDDEN, "Directory.ReadWrite.All"})

    def shows(self, kind: Kind, name: str) -> bool:
        """Whether one property is shown."""
        return self.reads(kind) or (kind is Kind.USER and name in _BASIC and "User.ReadBasic.All" in self.roles)


class Encoder:
    """Makes JSON of objects. Guarded by the tenant's lock."""

    def __init__(self) -> None:
        self._fragments: dict[object, dict[str, tuple[DirectoryObject, bytes]]] = {}

    def items(
        self, objects: Iterable[DirectoryObject], select: Sequence[str], sight: Sight, *, typed: bool
    ) -> list[bytes]:
        """Each object as an item of a list; `typed` ones say of what type they are."""
        known = self._fragments.setdefault((tuple(select), sight, typed), {})
        fragments = []
        for one in objects:
            cached = known.get(one.id)
            if cached is None or cached[0] is not one:
                cached = known[one.id] = (one, encode(shape(one, select, sight, typed=typed)))
            fragments.append(cached[1])
        return fragments


def shape(one: DirectoryObject, select: Sequence[str], sight: Sight, *, typed: bool = False) -> dict[str, object]:
    """An object as JSON: the id always, and what is selected or usual. What its kind does not have is left out."""
    told: dict[str, object] = {"@odata.type": one.kind.odata_type} if typed else {}
    told["id"] = one.id
    properties = PROPERTIES[one.kind]
    for name in select or properties.usual:
        if name not in properties:
            continue
        if sight.shows(one.kind, name):
            told[name] = one.value(name)
        elif sight.unreadable == "null":
            told[name] = properties.empty(name)
    return told


def listing(items: Sequence[bytes], context: str, **notes: object) -> bytes:
    """A page: what it is about, its notes (`@odata.nextLink` and the like, where they are said), its items."""
    told = {f"@odata.{name}": note for name, note in notes.items() if note is not None}
    head = {"@odata.context": context, **told}
    return encode(head)[:-1] + b',"value":[' + b",".join(items) + b"]}"


def encode(value: object) -> bytes:
    """A value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()
