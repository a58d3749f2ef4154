"""The entries of a directory, in memory. Changed from Python at any time; searches see one moment of it."""

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import Self

from bridge.sandbox.ldap.entry import Attribute, Entry, Values, as_bytes, value_key
from bridge.sandbox.ldap.filters import Filter, evaluate
from bridge.sandbox.ldap.ldif import read_ldif, write_ldif
from bridge.sandbox.ldap.names import Dn, parse_dn
from bridge.sandbox.ldap.schema import Syntax, base_type, is_standard, is_standard_class, syntax_of

_UUIDS = uuid.UUID("5f0f7d6e-6c0e-4a8b-9c55-1d2f6f1c4b7a")
_GENERATED = frozenset({"entrydn", "entryuuid"})


class Scope(IntEnum):
    """How far below the base a search goes (RFC 4511, 4.5.1.2)."""

    BASE = 0
    ONE = 1
    SUBTREE = 2
    CHILDREN = 3
    """The subtree without its base (draft-sermersheim-ldap-subordinate-scope); OpenLDAP knows it."""


class DirectoryError(ValueError):
    """A change that a directory server would refuse."""


class NoSuchEntryError(DirectoryError):
    """There is no entry of this name. `matched` is the nearest entry above it, or empty."""

    def __init__(self, dn: str, matched: str) -> None:
        self.matched = matched
        super().__init__(f"there is no entry {dn!r}")


class Directory:
    """Entries by DN, in the order in which they came. Every method may be called from any thread.

    entryUUID is made when the entry brings none, the same for the same history; an entry that is deleted and
    added again gets another. Methods raise DnError for a malformed DN.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Dn, Entry] = {}
        self._births: dict[Dn, int] = {}
        self._types: set[str] = set()
        self._classes: set[str] = set()

    @classmethod
    def from_ldif(cls, text: str) -> Self:
        """A directory of these entries, parents before children. Raises LdifError and DirectoryError."""
        directory = cls()
        for dn, attributes in read_ldif(text):
            directory.add(dn, attributes)
        return directory

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """A directory of the entries in an LDIF file. Raises OSError, LdifError and DirectoryError."""
        return cls.from_ldif(path.read_text("utf-8"))

    def to_ldif(self) -> str:
        """The entries with everything but entryDN, for another server to load."""
        return write_ldif(
            (entry.dn, {a.name: a.values for a in entry.attributes if a.name != "entryDN"}) for entry in self
        )

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(tuple(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, dn: str, attributes: Mapping[str, Values]) -> None:
        """Add an entry below one that is there, or at the top of a naming context of its own.

        Raises DirectoryError when it is there already, or when its parent is missing.
        """
        entry = Entry.of(dn, attributes)
        if not entry.key:
            raise DirectoryError("an entry needs a name")
        with self._lock:
            if entry.key in self._entries:
                raise DirectoryError(f"there is an entry {dn!r} already")
            ancestor = self._nearest(entry.key)
            if ancestor and len(ancestor.key) != len(entry.key) - 1:
                raise NoSuchEntryError(dn, ancestor.dn)
            self._put(self._with_generated(entry))

    def modify(self, dn: str, attribute: str, values: Values) -> None:
        """Put values in place of all that an attribute has; no values take the attribute away."""
        self._change(dn, lambda entry: entry.with_values(attribute, as_bytes(values)))

    def add_values(self, dn: str, attribute: str, values: Values) -> None:
        """Add the values that an attribute does not have yet."""
        self._change(dn, lambda entry: entry.with_values(attribute, _joined(entry, attribute, as_bytes(values))))

    def remove_values(self, dn: str, attribute: str, values: Values) -> None:
        """Take values away from an attribute; those that it does not have do not matter."""
        self._change(dn, lambda entry: entry.with_values(attribute, _without(entry, attribute, as_bytes(values))))

    def delete(self, dn: str, *, unlink: bool = False) -> None:
        """Delete an entry that has none below it; `unlink` also takes it out of groups, as Active Directory does.

        Raises DirectoryError.
        """
        with self._lock:
            entry = self._found(dn)
            if any(_is_within(key, entry.key) and key != entry.key for key in self._entries):
                raise DirectoryError(f"there are entries below {dn!r}")
            del self._entries[entry.key]
            if unlink:
                for other in tuple(self._entries.values()):
                    self._entries[other.key] = _unlinked(other, entry.key)

    def get(self, dn: str) -> Entry:
        """Find one entry. Raises NoSuchEntryError."""
        with self._lock:
            return self._found(dn)

    def search(self, base: str, scope: Scope, asked: Filter) -> tuple[Entry, ...]:
        """Find the entries that match, in order. Raises NoSuchEntryError for a base that is not there."""
        with self._lock:
            found = self._found(base)
            entries = (found,) if scope is Scope.BASE else tuple(self._entries.values())
        near = (entry for entry in entries if _in_scope(entry.key, found.key, scope))
        return tuple(entry for entry in near if evaluate(asked, entry, self))

    def knows(self, attribute: str) -> bool:
        """Whether this attribute is a standard one or some entry has or had it."""
        return is_standard(attribute) or base_type(attribute) in self._types

    def knows_class(self, name: str) -> bool:
        """Whether this object class is a standard one or some entry has or had it."""
        return is_standard_class(name) or name.lower() in self._classes

    @property
    def naming_contexts(self) -> tuple[str, ...]:
        """The DNs of the entries that have no parent here."""
        return tuple(entry.dn for entry in self if entry.key[1:] not in self._entries)

    def _change(self, dn: str, change: Callable[[Entry], Entry]) -> None:
        with self._lock:
            self._put(change(self._found(dn)))

    def _put(self, entry: Entry) -> None:
        self._entries[entry.key] = entry
        self._types.update(entry.by_type)
        self._classes.update(value.decode(errors="replace").lower() for value in entry.values("objectClass"))

    def _found(self, dn: str) -> Entry:
        key = parse_dn(dn)
        entry = self._entries.get(key)
        if entry is None:
            ancestor = self._nearest(key)
            raise NoSuchEntryError(dn, ancestor.dn if ancestor else "")
        return entry

    def _nearest(self, key: Dn) -> Entry | None:
        """The nearest entry above this name."""
        return next((self._entries[key[up:]] for up in range(1, len(key)) if key[up:] in self._entries), None)

    def _with_generated(self, entry: Entry) -> Entry:
        birth = self._births.get(entry.key, 0)
        self._births[entry.key] = birth + 1
        given = entry.values("entryUUID")
        made = str(uuid.uuid5(_UUIDS, f"{entry.key}/{birth}")).encode()
        kept = tuple(a for a in entry.attributes if base_type(a.name) not in _GENERATED)
        generated = (Attribute("entryUUID", given or (made,)), Attribute("entryDN", (entry.dn.encode(),)))
        return replace(entry, attributes=(*kept, *generated))


def _is_within(key: Dn, base: Dn) -> bool:
    return len(key) >= len(base) and key[len(key) - len(base) :] == base


def _in_scope(key: Dn, base: Dn, scope: Scope) -> bool:
    depth = len(key) - len(base)
    match scope:
        case Scope.BASE:
            near = depth == 0
        case Scope.ONE:
            near = depth == 1
        case Scope.SUBTREE:
            near = depth >= 0
        case Scope.CHILDREN:
            near = depth > 0
    return near and _is_within(key, base)


def _joined(entry: Entry, attribute: str, values: Iterable[bytes]) -> tuple[bytes, ...]:
    kept = {value_key(value, attribute): value for value in entry.values(attribute)}
    for value in values:
        kept.setdefault(value_key(value, attribute), value)
    return tuple(kept.values())


def _without(entry: Entry, attribute: str, values: Iterable[bytes]) -> tuple[bytes, ...]:
    gone = {value_key(value, attribute) for value in values}
    return tuple(value for value in entry.values(attribute) if value_key(value, attribute) not in gone)


def _unlinked(entry: Entry, gone: Dn) -> Entry:
    """The entry without the values that name another."""
    for attribute in entry.attributes:
        if syntax_of(attribute.name) is Syntax.DN and gone in attribute.comparable:
            kept = tuple(value for value in attribute.values if value_key(value, attribute.name) != gone)
            entry = entry.with_values(attribute.name, kept)
    return entry
