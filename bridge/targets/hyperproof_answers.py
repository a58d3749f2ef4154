"""Hyperproof's answers as types. Lenient about what we do not use, strict about what we do.

Unknown fields are passed over. A part that we rely on and that is missing, or of another type, is an
IncompleteRead: absent is never empty. Ids are opaque: text, and not empty.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, NamedTuple, NoReturn, TypeVar

from bridge.core.model import AccountId
from bridge.errors import IncompleteRead

T = TypeVar("T")

SYSTEM: Final = "Hyperproof"
"""How messages name it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The caller. What a service account is told of itself is not documented, so all may be empty."""

    id: str
    email: str
    name: str


class User(NamedTuple):
    """A user of the organization (API reference 3.2). Text that was not there is empty.

    A tuple, because there are tens of thousands of them, and they are made four times as fast as a dataclass.
    """

    id: str
    user_id: str
    status: str
    type: str
    email: str
    given_name: str
    surname: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group without its members (API reference 4.2)."""

    id: str
    name: str
    lead_id: str
    """Empty: there is none."""
    created: datetime | None = field(default=None, compare=False)
    """None: it is not told, or in a way that says no moment."""


@dataclass(frozen=True, slots=True)
class Members:
    """A group's members."""

    group_id: str
    user_ids: frozenset[AccountId]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list."""

    rows: Sequence[T]
    next_token: str
    """Empty: it is the last."""


def page(value: object, what: str, row: Callable[[object], T]) -> Page[T]:
    """Read a bare array, as documented, or an envelope, should there ever be paging (API reference 11.7).

    The rows of an array were read as they were decoded: see `rows_of`.
    """
    if isinstance(value, list):
        return Page(value, "")
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(rows, list):
        _incomplete(f"{what} answered with something that is not a list")
    token = value.get("nextToken") or value.get("continuationToken") or ""
    if not isinstance(token, str):
        _incomplete(f"{what} answered with a nextToken that is not text")
    return Page([row(each) for each in rows], token)


def profile(value: object, what: str) -> Profile:
    """Read the caller."""
    row = _object(value, what)
    name = " ".join(filter(None, (_text(row, "givenName"), _text(row, "surname"))))
    return Profile(_text(row, "id"), _text(row, "email"), name)


_USER_FIELDS: Final = ("id", "userId", "status", "type", "email", "givenName", "surname")
"""In the order of User."""
_TEXT: Final = {str}


def user(value: object, what: str) -> User:
    """Read one entry of the list of users."""
    told = tuple(map(_object(value, what).get, _USER_FIELDS))
    if {*map(type, told)} != _TEXT:
        told = tuple(text if isinstance(text, str) else "" for text in told)
    found = User._make(told)
    if not found.id or not found.user_id:
        _incomplete(f"{what} told a user without {'userId' if found.id else 'id'}")
    return found


def group_row(value: object, what: str) -> GroupRow:
    """Read one group. Its `userIds` are not looked at: whether they are told there is not documented (11.8)."""
    row = _object(value, what)
    name, lead = row.get("name"), row.get("groupLeadId")
    if not isinstance(name, str):
        _incomplete(f"{what} told a group without a name")
    if lead is not None and not isinstance(lead, str):
        _incomplete(f"{what} told a groupLeadId that is not text")
    return GroupRow(_id(row, "id", what), name, lead or "", _moment(row, "createdOn"))


def members(value: object, what: str, *, of: str = "", kept: dict[str, AccountId] | None = None) -> Members:
    """Read a members object. Its own `id` means nothing, `groupId` is the key (API reference 4.3).

    `of` is the group that was asked for, if it was one: the answer may leave it out, but not name another. Each id
    is kept once in `kept`, not once for each membership, of which an organization may have ten for each account.
    """
    row = _object(value, what)
    ids = row.get("userIds")
    if not isinstance(ids, list):
        _incomplete(f"{what} told a group's members without userIds")
    if "" in ids or not {*map(type, ids)} <= {str}:
        _incomplete(f"{what} told a member id that is empty or not text")
    group_id = of if of and "groupId" not in row else _id(row, "groupId", what)
    if of and group_id != of:
        _incomplete(f"{what} answered for another group than the one asked for")
    return Members(group_id, frozenset(ids if kept is None else map(kept.setdefault, ids, ids)))


def tells_members(value: object) -> bool:
    """Whether a members object speaks of members at all. Null does not: absent is never empty."""
    return not isinstance(value, dict) or value.get("userIds") is not None


def created_id(value: object) -> str:
    """Read a new group's id; empty when the answer does not tell it."""
    told = value.get("id") if isinstance(value, dict) else None
    return told if isinstance(told, str) else ""


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        _incomplete(f"{what} answered with something that is not an object")
    return value


def _id(row: Mapping[str, object], key: str, what: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        _incomplete(f"{what} told an entry without its {key}")
    return value


def _text(row: Mapping[str, object], key: str) -> str:
    """Read what may be missing; anything but text counts as missing."""
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _moment(row: Mapping[str, object], key: str) -> datetime | None:
    """Read a time that may be missing; one without an offset says no moment."""
    with suppress(ValueError):
        told = datetime.fromisoformat(_text(row, key))
        return told if told.tzinfo else None
    return None


def _incomplete(what: str) -> NoReturn:
    raise IncompleteRead(SYSTEM, what)
