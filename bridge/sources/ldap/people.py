"""The people of a directory: from entries to persons, found again by DN, by id and by login."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from bridge.core.model import DirectoryName, Person, PersonId, email
from bridge.sources.ldap.belonging import Belonging
from bridge.sources.ldap.dn import readable
from bridge.sources.ldap.dn_index import DnIndex
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.schema import Schema

_BINARY_IDS: Final = frozenset({"objectguid"})
"""Ids that come as the 16 bytes of a GUID, the first three fields little-endian (MS-DTYP 2.3.4.2)."""

_GUID_BYTES: Final = 16

_TYPED_ADDRESSES: Final = frozenset({"proxyaddresses"})
"""Addresses that come with their type in front; that of the primary mail address is in capitals."""

_MAIL: Final = b"smtp:"

_Raw: TypeAlias = tuple[bytes, tuple[bytes, ...], bytes]
"""A person's DN, addresses and name, as they came: plain tuples of bytes cost the garbage collector nothing."""


def stable_id(directory: DirectoryName, entry: Entry, attribute: str) -> PersonId | None:
    """An entry's id, unique over all directories; None when the entry does not show exactly one.

    `attribute` is in lower case.
    """
    values = entry.attributes.get(attribute, ())
    if len(values) != 1:
        return None
    if attribute in _BINARY_IDS:
        text = str(UUID(bytes_le=values[0])) if len(values[0]) == _GUID_BYTES else ""
    else:
        text = values[0].decode("utf-8", "replace").strip().lower()
    return PersonId(f"{directory}:{text}") if text else None


def id_value(stable: str, attribute: str) -> bytes:
    """A stable id as it stands in an entry, for a filter; the letter case of other ids than GUIDs may differ."""
    text = stable.partition(":")[2]
    return UUID(text).bytes_le if attribute.lower() in _BINARY_IDS else text.encode()


def values_of(entry: Entry, attribute: str) -> Sequence[bytes]:
    """An attribute's values, sorted, as servers keep no order. `attribute` is in lower case."""
    values = entry.attributes.get(attribute, ())
    return sorted(values) if len(values) > 1 else values


def addresses_in(entry: Entry, attribute: str) -> Sequence[bytes]:
    """An attribute's addresses; of Active Directory's proxyAddresses those for mail, the primary one first."""
    values = values_of(entry, attribute)
    if attribute not in _TYPED_ADDRESSES:
        return values
    mail = sorted(
        (value for value in values if value[:5].lower() == _MAIL), key=lambda value: value[:5] != _MAIL.upper()
    )
    return [value[5:] for value in mail]


def text_of(value: bytes) -> str:
    """A value as text, in which what is no text is replaced: NUL, too, which no database of ours could keep."""
    return value.decode("utf-8", "replace").replace("\0", "\ufffd").strip()


class People:
    """Everybody whom the people search found."""

    def __init__(self, directory: DirectoryName, schema: Schema) -> None:
        self.by_dn: DnIndex[PersonId] = DnIndex()
        self.by_id: dict[PersonId, _Raw] = {}
        self.faults: DnIndex[str] = DnIndex()
        """Entries of people who cannot be told from others, and why."""
        self.disabled: set[PersonId] = set()
        self.belonging = Belonging(schema)
        self._directory = directory
        self._id = schema.person_id.lower()
        self._addresses = tuple(map(str.lower, schema.addresses))
        self._names = tuple(map(str.lower, schema.person_name))
        self._login = schema.login.lower() if schema.login_members else ""
        self._shared: set[PersonId] = set()
        """Ids that several entries have."""
        self._logins: dict[str, set[PersonId]] = {}
        self._spelled_logins: dict[bytes, PersonId] = {}

    def add(self, entry: Entry) -> None:
        """Take up a person."""
        person_id = stable_id(self._directory, entry, self._id)
        if person_id is None:
            why = f"shows no single {self._id}; let the service account read it"
            self.faults.add(entry.dn, why)
            self.belonging.add(entry, None)
            return
        if self.belonging:
            self.belonging.add(entry, person_id)
        held = self.by_id.get(person_id)
        if person_id in self._shared or (held and held[0] != entry.dn):
            self._tell_apart(person_id, entry.dn)
            return
        addresses: list[bytes] = []
        for name in self._addresses:
            addresses += addresses_in(entry, name)
        self.by_id[person_id] = (entry.dn, tuple(addresses), self._name(entry))
        self.by_dn.add(entry.dn, person_id)
        for value in entry.attributes.get(self._login, ()):
            self._spelled_logins[value] = person_id
            self._logins.setdefault(_folded(value), set()).add(person_id)

    def disable(self, entry: Entry) -> None:
        """Mark a person as disabled."""
        person_id = self.by_dn.exact.get(entry.dn) or stable_id(self._directory, entry, self._id)
        if person_id is not None:
            self.disabled.add(person_id)

    def person(self, person_id: PersonId) -> Person:
        """A person, with the addresses in order of preference."""
        dn, addresses, name = self.by_id[person_id]
        found = dict.fromkeys([email(text) for text in map(text_of, addresses) if text])
        return Person(person_id, tuple(found), text_of(name), readable(dn))

    def in_group(self, form: str, sid: bytes) -> tuple[set[PersonId], list[str]]:
        """Who is in a group by what stands at the person, and who cannot be told from others, in words."""
        people = self.belonging.members(form, sid)
        shared = people & self._shared
        strangers = [f"{person_id} is the id of several entries" for person_id in sorted(shared)]
        return people - shared, [*strangers, *self.belonging.strangers(form, sid)]

    def with_sid(self, sid: bytes) -> PersonId | None:
        """The person with this security identifier; None when there is none, or nobody can be told."""
        person_id = self.belonging.by_sid.get(sid)
        return None if person_id in self._shared else person_id

    def with_login(self, value: bytes) -> PersonId | None:
        """The one person with this login; None when there is none, or several."""
        people = self._logins.get(_folded(value), set()) - self._shared
        return next(iter(people)) if len(people) == 1 else None

    def why_no_login(self, value: bytes) -> str:
        """Why no one person has this login."""
        login = _folded(value)
        return f"belongs to {len(people)} people" if (people := self._logins.get(login)) else "is nobody's login"

    def spelled_logins(self) -> Mapping[bytes, PersonId]:
        """People by login exactly as their entries spell it, where that means one person."""
        one = {value: self.with_login(value) for value in self._spelled_logins}
        return {value: person_id for value, person_id in one.items() if person_id is not None}

    def _name(self, entry: Entry) -> bytes:
        """The name for people to read; without one, the DN."""
        for attribute in self._names:
            if values := entry.attributes.get(attribute):
                return min(values) if len(values) > 1 else values[0]  # servers keep no order
        return entry.dn

    def _tell_apart(self, person_id: PersonId, dn: bytes) -> None:
        """Two entries with one id: neither is known to be meant. A rename during the read looks so too."""
        self._shared.add(person_id)
        first = self.by_id.pop(person_id, None)
        for each in (first[0], dn) if first else (dn,):
            self.by_dn.discard(each)
            self.faults.add(each, f"has the same {self._id} as another entry")


def _folded(login: bytes) -> str:
    return login.decode("utf-8", "surrogateescape").strip().casefold()
