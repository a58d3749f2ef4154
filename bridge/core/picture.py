"""What a run read of both sides, kept for whoever asks why somebody is in a group. No run decides by it. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from bridge.core.binding import Binding
from bridge.core.difference import Difference
from bridge.core.fingerprint import Fingerprints
from bridge.core.model import (
    Account,
    AccountId,
    DirectoryName,
    DirectoryRead,
    DoubtKind,
    Group,
    GroupId,
    Nesting,
    Person,
    PersonId,
)

HYPERPROOF: Final = ""
"""The side that is no directory."""


@dataclass(frozen=True, slots=True)
class ManagedPicture:
    """One managed group at the end of a run."""

    key: str
    name: str
    """Of the mapping."""
    where: str
    group: Group | None = None
    """None: it is still to be created, or cannot be served."""
    refusal: str = ""
    """Why it cannot be served."""

    @property
    def members(self) -> frozenset[AccountId]:
        """Who is in it."""
        return self.group.members if self.group and isinstance(self.group.members, frozenset) else frozenset()


@dataclass(frozen=True, slots=True)
class TargetPicture:
    """Hyperproof at the end of a run."""

    accounts: tuple[Account, ...]
    groups: tuple[ManagedPicture, ...]
    refusal: str = ""
    """Why nothing at all was written."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One side as a run read it."""

    side: str
    """A directory's name, or HYPERPROOF."""
    digest: str
    content: DirectoryRead | TargetPicture


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a picture that is kept, without looking at it."""

    digest: str
    at: datetime


def managed_pictures(
    differences: Sequence[Difference],
    bindings: Sequence[Binding],
    seen: Mapping[str, frozenset[AccountId]],
    created: Mapping[str, GroupId],
) -> tuple[ManagedPicture, ...]:
    """Every managed group as a run left it. `seen`: the members of those that were written to."""
    served = (_served(difference, seen, created) for difference in differences)
    refused = (
        ManagedPicture(b.mapping.key, b.mapping.name, b.mapping.where, refusal=b.refusal)
        for b in bindings
        if b.refusal
    )
    return tuple(sorted((*served, *refused), key=lambda one: one.key))


def _served(
    difference: Difference, seen: Mapping[str, frozenset[AccountId]], created: Mapping[str, GroupId]
) -> ManagedPicture:
    mapping, group = difference.mapping, difference.group
    members = seen.get(mapping.key, difference.members)
    group_id = group.id if group else created.get(mapping.key)
    made = Group(group_id, group.name if group else mapping.name, None, members) if group_id else None
    if made and group:
        made = replace(made, lead=group.lead)
    return ManagedPicture(mapping.key, mapping.name, mapping.where, made)


def new_pictures(
    reads: Mapping[DirectoryName, DirectoryRead],
    target: TargetPicture,
    known: Mapping[str, Kept],
    fingerprints: Fingerprints,
) -> Iterator[Picture]:
    """The sides that are not as they are kept.

    A read that was recalled tells no more than is kept, if that was kept after it; and a directory without an
    answer tells nothing at all: what was read of it before stays.
    """
    for name, read in reads.items():
        kept = known.get(name)
        if kept and (name in unread(reads) or (read.recalled and read.recalled <= kept.at)):
            continue
        digest = _directory_digest(read, fingerprints)
        if kept is None or kept.digest != digest:
            yield Picture(name, digest, read)
    digest = _target_digest(target, fingerprints)
    if HYPERPROOF not in known or known[HYPERPROOF].digest != digest:
        yield Picture(HYPERPROOF, digest, target)


def sides_of(reads: Iterable[DirectoryName]) -> frozenset[str]:
    """All sides of a run."""
    return frozenset({*reads, HYPERPROOF})


def unread(reads: Mapping[DirectoryName, DirectoryRead]) -> dict[DirectoryName, str]:
    """Directories that gave no answer at all, and why."""
    doubts = {name: [d for d in read.doubts if d.kind is DoubtKind.UNREADABLE] for name, read in reads.items()}
    return {name: some[0].text for name, some in doubts.items() if some}


def _directory_digest(read: DirectoryRead, fingerprints: Fingerprints) -> str:
    """Names what is kept of a read. Half a million memberships are added up, not put in order."""
    people = (*read.people.values(), *read.disabled.values())
    nesting = read.nesting or Nesting()
    return _digest(
        _texts(sorted("\x1f".join((p.id, p.name, p.label, *p.addresses)) for p in people)),
        fingerprints.of(read.disabled),
        read.doubts,
        [
            (
                selector,
                selection.doubts,
                [
                    (g.id, g.name, g.label, g.doubts, _owners(g.owners), g.disabled, fingerprints.of(g.members))
                    for g in selection.groups
                ],
            )
            for selector, selection in sorted(read.selections.items())
        ],
        sorted(nesting.keys.items()),
        [
            (key, inner.label, sorted(inner.groups), fingerprints.of(inner.people))
            for key, inner in sorted(nesting.groups.items())
        ],
    )


def _owners(owners: object) -> object:
    people, others = getattr(owners, "people", None), getattr(owners, "others", None)
    return None if people is None else (sorted(people), others)


def _target_digest(target: TargetPicture, fingerprints: Fingerprints) -> str:
    told = ("\x1f".join((a.id, a.other_id, a.email or "", a.name, a.standing)) for a in target.accounts)
    groups = [
        (
            m.key,
            m.name,
            m.where,
            m.refusal,
            m.group and (m.group.id, m.group.name, m.group.lead),
            fingerprints.of(m.members),
        )
        for m in target.groups
    ]
    return _digest(_texts(sorted(told)), groups, target.refusal)


def _texts(texts: Iterable[str]) -> str:
    return hashlib.sha256("\x1e".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


# ---- looking at what is kept ---------------------------------------------------------------------------


class KeptDirectory(Protocol):
    """A directory as it is kept, of which a part can be looked at."""

    def going_by(self, text: str) -> tuple[Person, ...]:
        """Everybody whom somebody may mean by this name."""

    def called(self, names: Collection[str]) -> tuple[Person, ...]:
        """Everybody with one of these addresses, labels or ids."""

    def owners(self) -> frozenset[PersonId]:
        """Whoever owns a group, where that was asked."""

    def cut(self, people: Collection[PersonId]) -> DirectoryRead:
        """The read as if there were nobody but these, with all its doubts, and its nesting."""


class KeptTarget(Protocol):
    """Hyperproof as it is kept, of which a part can be looked at."""

    def going_by(self, text: str) -> tuple[Account, ...]:
        """Every account that somebody may mean by this name."""

    def called(self, names: Collection[str]) -> tuple[Account, ...]:
        """Every account with one of these addresses or ids."""

    def cut(self, accounts: Collection[AccountId]) -> TargetPicture:
        """The same, as if there were no accounts but these."""


class Links(Protocol):
    """Whose account is whose, as remembered."""

    def __call__(
        self, people: Collection[PersonId], accounts: Collection[AccountId]
    ) -> Mapping[PersonId, AccountId]:
        """The links of these people, and those to these accounts."""


@dataclass(frozen=True, slots=True)
class Album:
    """All that is kept of the last run's reads."""

    run: str
    at: datetime
    """When that run began."""
    config_hash: str
    """Of its configuration."""
    target: KeptTarget
    directories: Mapping[DirectoryName, KeptDirectory]
    unread: Mapping[DirectoryName, str] = field(default_factory=dict)
    """Directories that the run could not read, and why: what is kept of them is older."""


@dataclass(frozen=True, slots=True)
class Kin:
    """Everybody who may have to do with whose account somebody's is."""

    people: frozenset[PersonId]
    accounts: frozenset[AccountId]
    links: Mapping[PersonId, AccountId]


def kin(album: Album, text: str, links: Links) -> Kin:
    """Whoever goes by a name, and all who share an address, a label or a link with them, and so on.

    What is thought of these rests on nobody else. Owners of groups are of it where they are asked for: they lead.
    """
    directories = album.directories.values()
    owners = frozenset[PersonId]().union(*(one.owners() for one in directories))
    people = {p.id: p for one in directories for p in (*one.going_by(text), *one.called(owners))}
    accounts = {account.id: account for account in album.target.going_by(text)}
    asked: set[str] = set()
    linked: dict[PersonId, AccountId] = {}
    while names := _names(people.values(), accounts.values()) - asked:
        asked |= names
        linked |= links(people.keys(), accounts.keys())
        names |= {*linked.keys(), *linked.values()}
        people |= {person.id: person for one in directories for person in one.called(names)}
        accounts |= {account.id: account for account in album.target.called(names)}
    return Kin(frozenset(people), frozenset(accounts), linked)


def _names(people: Iterable[Person], accounts: Iterable[Account]) -> set[str]:
    of_people = {name for p in people for name in (p.id, p.label, *p.addresses)}
    return of_people | {name for a in accounts for name in (a.id, a.email or a.id)}
