"""Looking up many DNs at once: in batches, never one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.core.model import Search
from bridge.sources.ldap.dn import normal_form
from bridge.sources.ldap.filters import both, equals_any
from bridge.sources.ldap.search import NO_ATTRIBUTES, Entry, PagedSearch, PageReader, Query

BATCH: Final = 100
"""DNs a filter. Servers limit the size of a request, and of a filter."""

_KIND: Final = ("objectClass",)
"""Asked of every entry: to whom it is hidden, no filter tells a person from a printer."""

_KIND_HIDDEN: Final = "it shows no objectClass; let the service account read that"


@dataclass(slots=True)
class Found:
    """What there is at the DNs that were asked for; all but `groups` by normal form."""

    existing: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    groups: list[Entry] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Those about which there was no whole answer, and why."""


class Lookup:
    """Asks a directory by DN."""

    def __init__(
        self, reader: PageReader, base: str, dn_attribute: str, page_size: int, records: list[Search]
    ) -> None:
        self._reader = reader
        self._base = base
        self._attribute = dn_attribute
        self._page_size = page_size
        self._records = records

    def find(
        self, dns: Sequence[bytes], people_filter: str, group_filter: str, group_attributes: tuple[str, ...]
    ) -> Found:
        """Tell people, groups and other things among these DNs. Nothing there and no answer are told apart."""
        found = Found()
        existing = self._entries(dns, "", _KIND, found)
        found.failed |= {normal_form(entry.dn): _KIND_HIDDEN for entry in existing if not entry.attributes}
        found.existing = {normal_form(entry.dn) for entry in existing}
        there = [entry.dn for entry in existing]
        found.people = {
            normal_form(entry.dn) for entry in self._entries(there, people_filter, NO_ATTRIBUTES, found)
        }
        left = [dn for dn in there if normal_form(dn) not in found.people]
        found.groups = self._entries(left, group_filter, group_attributes, found)
        return found

    def _entries(
        self, dns: Sequence[bytes], condition: str, attributes: tuple[str, ...], found: Found
    ) -> list[Entry]:
        """Those of the DNs where there is an entry that meets the condition."""
        if not self._attribute:
            found.failed |= {normal_form(dn): "dn_attribute is not set for this directory" for dn in dns}
            return []
        entries: list[Entry] = []
        pages = 0
        results: dict[str, None] = {}
        for start in range(0, len(dns), BATCH):
            batch = dns[start : start + BATCH]
            one_of = equals_any(self._attribute, batch)
            query = Query("members", self._base, both(condition, one_of) if condition else one_of, attributes)
            search = PagedSearch(self._reader, query, self._page_size)
            entries += search.entries()
            pages += search.pages
            results[search.record.result] = None
            if search.doubts:
                found.failed |= {normal_form(dn): search.record.result for dn in batch}
        if dns:
            what = f"{self._base} {condition}({self._attribute}=...) for {len(dns)} members"
            self._records.append(Search(what, pages, len(entries), "; ".join(results)))
        return entries
