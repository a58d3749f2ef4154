"""What a read rests on, told so that entries can be compared with it that a server says have changed. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from bridge.core.model import Selector, SelectorKind
from bridge.core.snapshot import Footing
from bridge.sources.ldap.filters import attributes_in
from bridge.sources.ldap.read import Reading
from bridge.sources.ldap.schema import Schema

_OF_OTHERS: Final = frozenset({"memberof", "ismemberof", "nsrole", "tokengroups"})
"""Attributes that change with other entries than their own, which alone are then said to have changed."""


def footing_of(reading: Reading, schema: Schema, selectors: Sequence[Selector]) -> Footing | None:
    """The footing of a read that is over; None where it rests on something that shows no id."""
    entries = reading.groups.by_dn.exact
    groups = {group.id for group in (*entries.values(), *reading.listed.by_dn.exact.values())} - {""}
    everything = frozenset((*reading.people.by_id, *groups))
    reached = [entries[dn] for dn in reading.reached]
    if not all(group.id for group in reached):
        return None
    if any(group.is_dynamic for group in reached) or rests_on_others(schema, selectors):
        return Footing(involved=everything, strict=True)
    people = (contents.people for contents in reading.reached.values())
    involved = frozenset(group.id for group in reached).union(*people)
    return Footing(involved, everything - involved)


def rests_on_others(schema: Schema, selectors: Iterable[Selector]) -> bool:
    """Whether some filter asks for what changes with other entries than those that it finds."""
    filters = (schema.people_filter, schema.disabled_filter, schema.group_filter)
    theirs = (selector.text for selector in selectors if selector.kind is SelectorKind.FILTER)
    return any(_OF_OTHERS & attributes_in(text) for text in (*filters, *theirs) if text)
