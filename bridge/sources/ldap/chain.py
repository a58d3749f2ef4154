"""The groups in a group at any depth, told by Active Directory in one answer (LDAP_MATCHING_RULE_IN_CHAIN).

It hurries a read and is never its ground: what it names is read as any other group, and whatever it leaves out,
such as the groups of another domain, the walk over the members finds all the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bridge.core.model import Search
from bridge.sources.ldap.domain import OpenDomain
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.filters import both, equals_any
from bridge.sources.ldap.groups import GroupEntry
from bridge.sources.ldap.schema import Schema

_IN_CHAIN: Final = "memberOf:1.2.840.113556.1.4.1941:"
_STARTS: Final = 20
"""Groups in one question: the server walks from each of them."""
_NAMES: Final = 100
"""DNs in one filter."""


class Chains:
    """Reads groups with all that is in them, in one domain."""

    def __init__(self, domain: OpenDomain, schema: Schema, records: list[Search]) -> None:
        self._domain = domain
        self._schema = schema
        self._records = records

    def searches(
        self, dns: Sequence[bytes], make: Callable[[Entry], GroupEntry]
    ) -> Iterator[Iterator[GroupEntry]]:
        """The groups at these DNs, and those in them, search by search; the walk finds what does not come."""
        yield from self._read("groups by DN", dns, self._schema.dn_attribute, _NAMES, make)
        if dns and self._domain.knows_chains(self._records):
            yield from self._read("groups in groups", dns, _IN_CHAIN, _STARTS, make)

    def _read(
        self, subject: str, dns: Sequence[bytes], attribute: str, size: int, make: Callable[[Entry], GroupEntry]
    ) -> Iterator[Iterator[GroupEntry]]:
        for start in range(0, len(dns), size):
            text = both(self._schema.group_filter, equals_any(attribute, dns[start : start + size]))
            base = self._domain.domain.base_dn
            search = self._domain.search(subject, base, text, self._schema.whole_group_attributes)
            yield search.made(make)
            self._records.append(search.record)
