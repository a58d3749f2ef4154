"""A second look at what changed: most changes, such as a new password, change nothing that is read."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from bridge.core.model import DirectoryName, Person, PersonId, Search, Selector, SelectorKind
from bridge.sources.ldap.domain import OpenDomain
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.filters import both, equals_any
from bridge.sources.ldap.groups import Groups
from bridge.sources.ldap.people import People, id_value
from bridge.sources.ldap.schema import Schema
from bridge.sources.ldap.search import NO_ATTRIBUTES
from bridge.sources.ldap.selection import Selecting

MOST_LOOKS: Final = 100
"""Entries in one filter. With more of them a full read is as good."""


class Look:
    """Some entries of a domain as a full read would find them now; at most MOST_LOOKS of them."""

    def __init__(self, domain: OpenDomain, directory: DirectoryName, schema: Schema, ids: Collection[str]) -> None:
        self.searches: list[Search] = []
        self._domain = domain
        self._schema = schema
        self._ids = frozenset(ids)
        self._people = People(directory, schema)
        self._groups = Groups(directory, schema, self._people)
        self._is_whole = True
        """Whether every search ended well."""

    def people(self) -> dict[PersonId, Person]:
        """Those who are surely people and enabled."""
        schema, base = self._schema, self._domain.people_base
        asked = both(schema.people_filter, self._any_of(schema.person_id))
        for entry in self._found("people that changed", base, asked, schema.person_attributes):
            self._people.add(entry)
        if schema.disabled_filter:
            disabled = both(asked, schema.disabled_filter)
            for entry in self._found("disabled people that changed", base, disabled, (schema.person_id,)):
                self._people.disable(entry)
        seen = self._people.by_id.keys() - self._people.disabled if self._is_whole else set[PersonId]()
        return {person_id: self._people.person(person_id) for person_id in seen}

    def entering(self, selectors: Sequence[Selector]) -> frozenset[str]:
        """The groups that a selector means now, and whatever is neither a group nor one of the people found."""
        schema, base = self._schema, self._domain.groups_base
        asked = both(schema.group_filter, self._any_of(schema.group_id))
        for entry in self._found("groups that changed", base, asked, schema.group_attributes):
            self._groups.add(entry)
        found = self._groups.by_dn.exact.values()
        selecting = Selecting(found, base)
        meant = frozenset(group.id for selector in selectors for group in selecting.find(selector))
        for selector in selectors:
            if found and selector.kind is SelectorKind.FILTER:
                text = both(asked, selector.text)
                dns = {entry.dn for entry in self._found("groups that changed", base, text, NO_ATTRIBUTES)}
                meant |= {group.id for group in selecting.with_dns(dns)}
        if not self._is_whole:
            return self._ids
        return meant | (self._ids - {group.id for group in found} - self._people.by_id.keys())

    def _any_of(self, attribute: str) -> str:
        return equals_any(attribute, (id_value(one, attribute) for one in sorted(self._ids)))

    def _found(self, subject: str, base: str, text: str, attributes: Sequence[str]) -> Iterator[Entry]:
        search = self._domain.search(subject, base, text, attributes)
        yield from search.entries()
        self.searches.append(search.record)
        self._is_whole = self._is_whole and not search.doubts
