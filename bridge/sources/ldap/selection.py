"""Which groups a configuration's selectors name. Pure."""

import re
from collections.abc import Iterable
from typing import Final

from bridge.core.model import Doubt, DoubtKind, Selector, SelectorKind
from bridge.sources.ldap.dn import folded, normal_form
from bridge.sources.ldap.filters import fault_in
from bridge.sources.ldap.groups import GroupEntry
from bridge.sources.ldap.sid import sid_text

_CALLED: Final = {
    SelectorKind.DN: "with the DN",
    SelectorKind.NAME: "called",
    SelectorKind.ID: "with the id",
    SelectorKind.MAIL_NICKNAME: "with the mail nickname",
}

_BRACED_GUID: Final = re.compile(r"\{([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}")


class Selecting:
    """Finds groups by what a selector says of them."""

    def __init__(self, groups: Iterable[GroupEntry], groups_base: str) -> None:
        self._base = groups_base
        self._groups = sorted(groups, key=lambda group: group.dn)
        self._by_dn: dict[str, list[GroupEntry]] = {}
        self._by_id: dict[str, list[GroupEntry]] = {}
        self._by_name: dict[str, list[GroupEntry]] = {}
        for group in self._groups:
            self._by_dn.setdefault(normal_form(group.dn), []).append(group)
            self._by_id.setdefault(group.id.partition(":")[2], []).append(group)
            if group.sid:
                self._by_id.setdefault(sid_text(group.sid), []).append(group)
            for name in {folded(name) for name in group.names}:
                self._by_name.setdefault(name, []).append(group)

    def find(self, selector: Selector) -> tuple[GroupEntry, ...]:
        """Every group that answers to a selector. A filter is the server's to evaluate: see `with_dns`."""
        text = selector.text
        match selector.kind:
            case SelectorKind.DN:
                return tuple(self._by_dn.get(normal_form(text), ()))
            case SelectorKind.NAME:
                return tuple(self._by_name.get(folded(text), ()))
            case SelectorKind.ID:
                return tuple(self._by_id.get(_unbraced(text.strip().lower()), ()))
            case SelectorKind.PATTERN:
                pattern = re.compile(text)
                return tuple(group for group in self._groups if group.names and pattern.fullmatch(group.name))
            case SelectorKind.FILTER | SelectorKind.MAIL_NICKNAME:
                return ()

    def with_dns(self, dns: Iterable[bytes]) -> tuple[GroupEntry, ...]:
        """The groups at these DNs."""
        asked = set(dns)
        return tuple(group for group in self._groups if group.dn in asked)

    def settled(
        self, selector: Selector, found: tuple[GroupEntry, ...], doubts: tuple[Doubt, ...] = ()
    ) -> tuple[tuple[GroupEntry, ...], tuple[Doubt, ...]]:
        """The groups that a selector means by what it found, with every doubt. An ambiguous name means none."""
        ambiguous = selector.names_one and len(found) > 1
        return () if ambiguous else found, tuple(sorted({*doubts, *self._doubts(selector, found)}))

    def _doubts(self, selector: Selector, found: tuple[GroupEntry, ...]) -> tuple[Doubt, ...]:
        """What is wrong with what a selector found."""
        doubts = [
            Doubt(
                DoubtKind.UNRESOLVED,
                f"the group {group.label} shows no id of its own; let the service account read it",
            )
            for group in found
            if not group.id
        ]
        if selector.names_one and not found:
            what = f"there is no group {_CALLED[selector.kind]} '{selector.text}' under '{self._base}'"
            doubts.append(
                Doubt(DoubtKind.MISSING, f"{what}; correct the mapping, or groups_base and group_filter")
            )
        if selector.names_one and len(found) > 1:
            labels = ", ".join(group.label for group in found)
            what = f"several groups are {_CALLED[selector.kind]} '{selector.text}': {labels}"
            doubts.append(Doubt(DoubtKind.AMBIGUOUS, f"{what}; name the one that is meant by its DN"))
        return tuple(doubts)


def fault_of(selector: Selector) -> str:
    """What is wrong with a selector that a filter or a pattern was written in; empty when nothing is."""
    if selector.kind is SelectorKind.FILTER:
        return fault_in(selector.text)
    if selector.kind is SelectorKind.PATTERN:
        try:
            re.compile(selector.text)
        except re.error as error:
            return f"no regular expression ({error})"
    return ""


def _unbraced(text: str) -> str:
    """An id as entries have it: tools write a GUID in braces, and of any other id braces are a part."""
    braced = _BRACED_GUID.fullmatch(text)
    return braced[1] if braced else text
