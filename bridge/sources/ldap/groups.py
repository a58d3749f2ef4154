"""The groups of a directory: members that can be told at once, and those that need a second look."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.core.model import DirectoryName, Doubt, DoubtKind, PersonId
from bridge.sources.ldap.dn import assertion, normal_form, readable
from bridge.sources.ldap.dn_index import DnIndex
from bridge.sources.ldap.entry import Entry, is_in_part, values_in
from bridge.sources.ldap.people import People, stable_id, text_of, values_of
from bridge.sources.ldap.schema import MemberSyntax, Schema
from bridge.sources.probe import ListedGroup

_RANGE: Final = re.compile(r";range=(\d+)-(\d+|\*)$")
_FIRST_PART: Final = re.compile(r";range=0-\d+$")
_UNIVERSAL: Final = 8
"""The bit of groupType that tells a universal group (MS-ADTS 2.2.12)."""


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """A group as it stands in the directory. Its DN, as spelled, is its key."""

    dn: bytes
    id: str
    """Unique over all directories; empty when the entry does not show one."""
    names: tuple[str, ...]
    """The first is the one that it goes by."""
    people: frozenset[PersonId]
    """Members whose value is, byte for byte, the DN or the login of a person."""
    rest: tuple[bytes, ...]
    """All other values that should be DNs."""
    strangers: tuple[str, ...]
    """Members already known to lead to no one person, and why."""
    doubts: tuple[Doubt, ...]
    sid: bytes = b""
    """The security identifier, where the directory has such."""
    part: Entry | None = None
    """The entry itself while only the first part of its members is here."""
    outer: tuple[bytes, ...] = ()
    """DNs of the groups that it says of itself it is in."""
    shows_part: bool = False
    """Whether the server sent a part of these only."""
    owners: tuple[bytes, ...] | None = None
    """DNs of those who own it. None: nobody asks, or there is no such attribute."""
    is_dynamic: bool = False
    """Whether the server itself works out who is in it."""

    @property
    def label(self) -> str:
        """How an administrator of the directory knows the group."""
        return readable(self.dn)

    @property
    def name(self) -> str:
        """What the group goes by."""
        return self.names[0] if self.names else self.label

    @property
    def listed(self) -> ListedGroup:
        """As somebody may choose it."""
        return ListedGroup(self.name, self.id.partition(":")[2], self.label)


class Groups:
    """All groups that a read met."""

    def __init__(self, directory: DirectoryName, schema: Schema, people: People) -> None:
        self.by_dn: DnIndex[GroupEntry] = DnIndex()
        self._directory = directory
        self._schema = schema
        self._people = people
        self._memberships = schema.memberships.lower()
        self._member_names = frozenset(attribute.name.lower() for attribute in schema.members)
        self._logins: Mapping[bytes, PersonId] | None = None
        self.shown_in_part: set[str] = set()
        """Groups, as people know them, that show a part of the groups that they are in."""
        self._inner: dict[str, list[bytes]] = {}
        """Groups that say of themselves in which groups they are, by the normal form of these."""

    def add(self, entry: Entry, *, catalog: bool = False, doubt: Doubt | None = None) -> None:
        """Take up a group, perhaps as a global catalog shows it; the people have to be known by now."""
        self.take(self.made(entry, catalog=catalog, doubt=doubt))

    def take(self, group: GroupEntry) -> None:
        """Take up a group that was made of its entry."""
        self.by_dn.add(group.dn, group)
        if group.shows_part:
            self.shown_in_part.add(group.label)
        for outer in group.outer:
            self._inner.setdefault(normal_form(outer), []).append(group.dn)

    def take_all(self, groups: Iterable[GroupEntry]) -> None:
        """Take up what one search gave. A group that came twice, and not alike, was seen in two states."""
        came: set[bytes] = set()
        for group in groups:
            before = self.by_dn.exact[group.dn] if group.dn in came else None
            came.add(group.dn)
            self.take(_again(before, group) if before else group)

    def made(self, entry: Entry, *, catalog: bool = False, doubt: Doubt | None = None) -> GroupEntry:
        """Make a group of its entry, and take it up nowhere yet."""
        people: list[frozenset[PersonId]] = []
        rest: list[bytes] = []
        strangers: list[str] = []
        for attribute in self._schema.members:
            values = values_in(entry, attribute.name.lower())
            if attribute.syntax is MemberSyntax.DN:
                known, left = sort_out(values, self._people.by_dn.exact.get)
                rest += left
            else:
                known, unknown = self._sort_out_logins(values)
                strangers += unknown
            people.append(known)
        sid = entry.attributes.get(self._schema.security_id.lower(), [b""])[0]
        if self._people.belonging:
            theirs, unknown = self._people.in_group(normal_form(entry.dn), sid)
            people.append(frozenset(theirs))
            strangers += unknown
        return GroupEntry(
            dn=entry.dn,
            id=stable_id(self._directory, entry, self._schema.group_id.lower()) or "",
            names=_names(entry, self._schema.group_name),
            people=_all(people),
            rest=tuple(rest),
            strangers=tuple(strangers),
            doubts=(*_range_doubts(entry), *self._doubts(entry, catalog=catalog), *((doubt,) if doubt else ())),
            sid=sid,
            part=entry if any(map(self._is_first_part, entry.attributes)) else None,
            outer=tuple(values_in(entry, self._memberships)) if self._memberships else (),
            shows_part=bool(self._memberships) and is_in_part(entry, self._memberships),
            owners=tuple(values_in(entry, self._schema.owner.lower())) if self._schema.owner else None,
            is_dynamic=self._schema.member_urls.lower() in entry.attributes,
        )

    def with_sid(self, sid: bytes) -> tuple[GroupEntry, ...]:
        """The groups with this security identifier."""
        return tuple(group for group in self.by_dn.exact.values() if group.sid == sid)

    def inner(self, group: GroupEntry) -> Sequence[bytes]:
        """The groups that say of themselves that they are in this one."""
        return self._inner.get(normal_form(group.dn), ()) if self._inner else ()

    def tell_apart(self) -> None:
        """Take the id from groups that share one: neither is known to be meant by it."""
        counts = Counter(group.id for group in self.by_dn.exact.values())
        for dn, group in tuple(self.by_dn.exact.items()):
            if group.id and counts[group.id] > 1:
                self.by_dn.add(dn, replace(group, id=""))

    def _is_first_part(self, name: str) -> bool:
        """Whether an attribute, as it came, is the first part of members."""
        return bool(_FIRST_PART.search(name)) and name.rpartition(";range=")[0] in self._member_names

    def _doubts(self, entry: Entry, *, catalog: bool) -> Iterator[Doubt]:
        """Why a group may have members that its entry does not show."""
        urls = entry.attributes.get(self._schema.member_urls.lower())
        if urls and not any(values_in(entry, attribute.name.lower()) for attribute in self._schema.members):
            what = f"the server lists nobody for {self._schema.member_urls} of {readable(entry.dn)}"
            yield Doubt(DoubtKind.TRUNCATED, f"{what}: it may not expand dynamic groups, or not for us")
        schema = self._schema
        if schema.security_id and schema.primary_group and schema.security_id.lower() not in entry.attributes:
            what = f"{readable(entry.dn)} does not show {schema.security_id}, so that nobody can tell whose"
            remedy = "let the service account read it, or set it to none where no primary group is mapped"
            yield Doubt(DoubtKind.UNRESOLVED, f"{what} {schema.primary_group} it is; {remedy}")
        if catalog and not _is_universal(entry, self._schema.group_type.lower()):
            what = (
                f"a global catalog does not hold the members of {readable(entry.dn)}, which is no universal group"
            )
            yield Doubt(DoubtKind.TRUNCATED, f"{what}; read its domain instead, listed under `domains`")

    def _sort_out_logins(self, values: list[bytes]) -> tuple[frozenset[PersonId], list[str]]:
        if self._logins is None:
            self._logins = self._people.spelled_logins()
        known, left = sort_out(values, self._logins.get)
        others: set[PersonId] = set()
        strangers = []
        for value in left:
            person_id = self._people.with_login(value)
            if person_id is None:
                strangers.append(f"{readable(value)} {self._people.why_no_login(value)}")
            else:
                others.add(person_id)
        return known | others if others else known, strangers


def sort_out(
    values: Sequence[bytes], known: Callable[[bytes], PersonId | None]
) -> tuple[frozenset[PersonId], Sequence[bytes]]:
    """Those who are known, and the other values. Where most of a read's time goes."""
    found = frozenset(map(known, values))
    if None not in found:
        return found, ()  # type: ignore[return-value]  # there is no None
    return frozenset(filter(None, found)), [value for value in values if known(value) is None]


def _all(parts: Sequence[frozenset[PersonId]]) -> frozenset[PersonId]:
    """Everybody; most groups name their members in one way, and large sets are not copied for nothing."""
    filled = [part for part in parts if part]
    return filled[0] if len(filled) == 1 else frozenset().union(*filled)


def _again(before: GroupEntry, now: GroupEntry) -> GroupEntry:
    """A group that came before, in the same search."""
    what = f"{now.label} came twice, and not alike: it changed while it was read"
    states = () if _state(before) == _state(now) else (Doubt(DoubtKind.TRUNCATED, what),)
    return replace(now, doubts=tuple(dict.fromkeys((*before.doubts, *now.doubts, *states))))


def _state(group: GroupEntry) -> GroupEntry:
    """A group as it may be compared with itself: servers keep no order of values."""
    return replace(
        group,
        rest=tuple(sorted(group.rest)),
        strangers=tuple(sorted(group.strangers)),
        outer=tuple(sorted(group.outer)),
        owners=tuple(sorted(group.owners or ())),
        doubts=(),
        part=None,
    )


def _range_doubts(entry: Entry) -> tuple[Doubt, ...]:
    """A doubt for each attribute of which the server sent a part that is not the first, which nobody asked for."""
    ranges = [name for name in entry.attributes if _RANGE.search(name)]
    parts = [name for name in ranges if not name.endswith(";range=0-*") and not _FIRST_PART.search(name)]
    what = f"the server sent a part of {readable(entry.dn)}"
    return tuple(Doubt(DoubtKind.TRUNCATED, f"{what} only: {name}") for name in sorted(parts))


def _names(entry: Entry, attribute: str) -> tuple[str, ...]:
    """A group's names; first the one in its DN, as servers send several in any order."""
    names = sorted(filter(None, map(text_of, set(values_of(entry, attribute.lower())))))
    if len(names) > 1:
        form = normal_form(entry.dn)
        names.sort(key=lambda name: not form.startswith(assertion(attribute, name)))
    return tuple(names)


def _is_universal(entry: Entry, attribute: str) -> bool:
    value = entry.attributes.get(attribute, [b""])[0]
    return value.removeprefix(b"-").isdigit() and bool(int(value) & _UNIVERSAL)
