"""The values that travel along the path: people and groups of directories, accounts and groups of Hyperproof."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from functools import cached_property
from typing import NamedTuple, NewType

DirectoryName = NewType("DirectoryName", str)
"""A directory's key in the configuration, such as `corp`."""

PersonId = NewType("PersonId", str)
"""A person's stable id, made unique over all directories: `corp:6f9619ff-8b86-d011-b42d-00c04fc964ff`."""

AccountId = NewType("AccountId", str)
"""The one of an account's two ids that this organization's group endpoints take. Opaque."""

GroupId = NewType("GroupId", str)
"""A Hyperproof group's id. Opaque."""

Email = NewType("Email", str)
"""An address, trimmed and in lower case. Made by `email` alone."""


def email(text: str) -> Email:
    """Bring an address into the one form in which addresses are compared.

    Lower case, not case folding: that would make one address of weiß@ and weiss@, who are two people.
    """
    return Email(text.strip().lower())


# ---- directories ---------------------------------------------------------------------------------------


class SelectorKind(StrEnum):
    """How a configuration names directory groups."""

    DN = "dn"
    NAME = "name"
    MAIL_NICKNAME = "mail_nickname"
    ID = "id"
    FILTER = "filter"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True, order=True)
class Selector:
    """Names one directory group (dn, name, mail nickname, id) or a set of them (filter, pattern)."""

    directory: DirectoryName
    kind: SelectorKind
    text: str
    owners: bool = False
    """Whether it is asked who owns these groups, too."""

    def __str__(self) -> str:
        return f"{self.directory}: {self.text}"

    @property
    def names_one(self) -> bool:
        """Whether exactly one group has to answer to it: none, or several, is then a doubt."""
        return self.kind not in {SelectorKind.FILTER, SelectorKind.PATTERN}


class DoubtKind(StrEnum):
    """Why a read is not to be trusted."""

    UNREADABLE = "unreadable"  # the directory could not be read at all
    TRUNCATED = "truncated"  # a search ended before its end: a limit, a missing page, a cut range
    MISSING = "missing"  # a group that the configuration names is not there
    AMBIGUOUS = "ambiguous"  # several groups answer to a name that should mean one
    UNRESOLVED = "unresolved"  # a member value that leads to nobody
    REFERRAL = "referral"  # the server pointed elsewhere for part of the answer


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """A reason not to trust a read. While there is one, nobody is removed from the groups it touches."""

    kind: DoubtKind
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class Person(NamedTuple):
    """A user in a directory.

    A tuple, as Account is: there are tens of thousands, and they are made several times as fast as a dataclass.
    """

    id: PersonId
    addresses: tuple[Email, ...]
    """In order of preference."""
    name: str
    label: str
    """How an administrator of that directory knows the person: a DN, a UPN."""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Owners:
    """Who owns a directory group."""

    people: frozenset[PersonId] = frozenset()
    """Those who are surely people, and enabled."""
    others: tuple[str, ...] = ()
    """All else that there is to say, in words: who is disabled, what is no person, why some are not known."""


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    """A directory group with all its people, nested groups expanded."""

    id: str
    """Stable and unique over all directories, as PersonId is."""
    name: str
    label: str
    members: frozenset[PersonId]
    """Everybody in it, directly or through nested groups, who is enabled in the directory."""
    disabled: int = 0
    others: int = 0
    """Members that are neither people nor groups: devices, contacts, ..."""
    doubts: tuple[Doubt, ...] = ()
    owners: Owners | None = None
    """None: nobody asked, or the directory has no such thing."""


@dataclass(frozen=True)
class Selection:
    """What one selector found."""

    groups: tuple[DirectoryGroup, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @cached_property
    def by_id(self) -> Mapping[str, DirectoryGroup]:
        """The groups by id: a pattern may find thousands, each of which is asked for by itself."""
        return {group.id: group for group in reversed(self.groups)}


@dataclass(frozen=True, slots=True)
class Search:
    """One search or listing as it ended, for the record of completeness."""

    what: str
    """Its base and filter, or its address."""
    pages: int
    entries: int
    result: str
    """The server's own result: `0 success`, `4 sizeLimitExceeded`, `200`, ..."""


@dataclass(frozen=True, slots=True)
class InnerGroup:
    """What is right in a group, nothing expanded."""

    label: str
    people: frozenset[PersonId]
    """Those too who are disabled."""
    groups: frozenset[str] = frozenset()
    """Keys of groups."""


@dataclass(frozen=True, slots=True)
class Nesting:
    """All groups that a read went through, by a key of the directory's own."""

    groups: Mapping[str, InnerGroup] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    """From a group's stable id to its key."""

    def chain(self, group_id: str, person: PersonId) -> tuple[str, ...]:
        """The labels of the groups on a shortest way from a group down to a person; empty when there is none."""
        start = self.keys.get(group_id, "")
        if start not in self.groups:
            return ()
        ways: dict[str, tuple[str, ...]] = {start: (self.groups[start].label,)}
        waiting = deque([start])
        while waiting:
            key = waiting.popleft()
            if person in self.groups[key].people:
                return ways[key]
            for inner in sorted(self.groups[key].groups - ways.keys()):
                ways[inner] = (*ways[key], self.groups[inner].label)
                waiting.append(inner)
        return ()


@dataclass(frozen=True, slots=True)
class DirectoryRead:
    """One directory as it was read in this run: complete, or with doubts that say what is missing."""

    directory: DirectoryName
    server: str
    people: Mapping[PersonId, Person] = field(default_factory=dict)
    """Every member of every group found, and every owner where that was asked."""
    selections: Mapping[Selector, Selection] = field(default_factory=dict)
    """An entry for every selector asked, also where nothing was found."""
    doubts: tuple[Doubt, ...] = ()
    """Of the read as a whole: they touch every group of the directory."""
    searches: tuple[Search, ...] = ()
    recalled: datetime | None = None
    """When it was read in full, if that was in an earlier run and nothing that it rests on changed since."""
    notes: tuple[str, ...] = ()
    """Things worth a warning."""
    nesting: Nesting | None = field(default=None, compare=False, repr=False)
    """Which groups are right in which, where the directory tells; only for whoever asks why."""
    disabled: Mapping[PersonId, Person] = field(default_factory=dict, compare=False, repr=False)
    """Who is in these groups and disabled, where the directory tells; only for whoever asks why."""


# ---- Hyperproof ----------------------------------------------------------------------------------------


class Standing(StrEnum):
    """What an account is, as far as membership goes."""

    ACTIVE = "active"
    INVITED = "invited"
    CONTACT = "contact"
    DEACTIVATED = "deactivated"
    SERVICE = "service account"
    UNKNOWN = "unknown"


class Account(NamedTuple):
    """A user in Hyperproof."""

    id: AccountId
    other_id: str
    """The second of the two ids, for the record."""
    email: Email | None
    name: str
    standing: Standing


class Untold(Enum):
    """The server did not say. Never to be taken for empty."""

    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Group:
    """An active group in Hyperproof as it is now."""

    id: GroupId
    name: str
    lead: AccountId | None
    members: frozenset[AccountId] | Untold
    created: datetime | None = field(default=None, compare=False)
    """None: untold."""


class IdSpace(StrEnum):
    """Which of an account's two ids the group endpoints take (API reference, 3.3 and 11.1)."""

    USER_ID = "userId"
    ID = "id"


@dataclass(frozen=True, slots=True)
class IdSpaceProof:
    """What is known about the id space. While `space` is unproved nothing may be written."""

    space: IdSpace
    proved: bool
    evidence: str
    """One sentence: stated in the configuration, or so many member ids found in one space only, or why not."""


@dataclass(frozen=True, slots=True)
class TargetRead:
    """Hyperproof as it was read in this run."""

    accounts: tuple[Account, ...]
    """Everybody, deactivated people too."""
    groups: tuple[Group, ...]
    """Every active group, managed or not."""
    id_space: IdSpaceProof
    notes: tuple[str, ...] = ()
    """Things worth a warning, such as a count that looks like a page size."""
