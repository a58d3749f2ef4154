"""Looking up many DNs at once: in batches, never one by one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from bridge.core.model import Search
from bridge.sources.ldap.dn import normal_form
from bridge.sources.ldap.domain import OpenDomain
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.filters import both, equals_any
from bridge.sources.ldap.groups import GroupEntry
from bridge.sources.ldap.schema import Schema
from bridge.sources.ldap.search import NO_ATTRIBUTES, as_it_is

T = TypeVar("T")

BATCH: Final = 100
"""DNs a filter. Servers limit the size of a request, and of a filter."""

_KIND: Final = ("objectClass",)
"""Asked of every entry: to whom it is hidden, no filter tells a person from a printer."""

_KIND_HIDDEN: Final = "it shows no objectClass; let the service account read that"


@dataclass(slots=True)
class Found:
    """What there is at the DNs that were asked for; all but `groups` by normal form."""

    there: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    groups: list[GroupEntry] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Those about which there was no whole answer, and why."""

    def update(self, other: "Found") -> None:
        """Take in what was found elsewhere."""
        self.there |= other.there
        self.people |= other.people
        self.groups += other.groups
        self.failed |= other.failed


class Lookup:
    """Asks a domain by DN."""

    def __init__(
        self, domain: OpenDomain, schema: Schema, make: Callable[[Entry], GroupEntry], records: list[Search]
    ) -> None:
        self._domain = domain
        self._make = make
        """Makes a group of its entry, as this domain's server shows it."""
        self._schema = schema
        self._records = records

    def find(self, dns: Sequence[bytes]) -> Found:
        """Tell people, groups and other things among these DNs. Nothing there and no answer are told apart."""
        schema = self._schema
        found = Found()
        there = self._made(dns, "", _KIND, as_it_is, found)
        found.failed |= {normal_form(entry.dn): _KIND_HIDDEN for entry in there if not entry.attributes}
        found.there = {normal_form(entry.dn) for entry in there}
        dns_there = [entry.dn for entry in there]
        people = self._made(dns_there, schema.people_filter, NO_ATTRIBUTES, as_it_is, found)
        found.people = {normal_form(entry.dn) for entry in people}
        left = [dn for dn in dns_there if normal_form(dn) not in found.people]
        found.groups = self._made(left, schema.group_filter, schema.whole_group_attributes, self._make, found)
        return found

    def _made(
        self,
        dns: Sequence[bytes],
        condition: str,
        attributes: tuple[str, ...],
        make: Callable[[Entry], T],
        found: Found,
    ) -> list[T]:
        """What is made of the entries at those of the DNs where one meets the condition."""
        if not self._schema.dn_attribute:
            found.failed |= {normal_form(dn): "dn_attribute is not set for this directory" for dn in dns}
            return []
        made: list[T] = []
        pages = 0
        results: dict[str, None] = {}
        for start in range(0, len(dns), BATCH):
            batch = dns[start : start + BATCH]
            one_of = equals_any(self._schema.dn_attribute, batch)
            text = both(condition, one_of) if condition else one_of
            search = self._domain.search("members", self._domain.domain.base_dn, text, attributes)
            made += search.made(make)
            pages += search.pages
            results[search.record.result] = None
            if search.doubts:
                found.failed |= {normal_form(dn): search.record.result for dn in batch}
        if dns:
            one = f"({self._schema.dn_attribute}=...)"
            what = f"{self._domain.domain.base_dn} {condition}{one} for {len(dns)} members"
            self._records.append(Search(what, pages, len(made), "; ".join(results)))
        return made
