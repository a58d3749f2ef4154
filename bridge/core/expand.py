"""From patterns to mappings: one managed group for each directory group whose name matches."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.desired import Reads
from bridge.core.mapping import From, GroupMapping, PatternMapping, Policy
from bridge.core.model import DirectoryGroup


@dataclass(frozen=True, slots=True)
class Expansion:
    """All mappings of a run, and what could not become one."""

    mappings: tuple[GroupMapping, ...]
    refusals: tuple[tuple[GroupMapping, str], ...] = ()
    """Mappings that claim a name that another claims too, with the reason in words."""
    yielded: Mapping[str, str] = field(default_factory=dict)
    """By the key that a pattern would give it, the key of a managed group that is configured by name."""


def expand(policy: Policy, reads: Reads) -> Expansion:
    """Give every matching directory group its mapping; what is named twice is refused, not guessed.

    A managed group that is configured by name wins over a pattern that would make the same name.
    """
    from_patterns = [m for pattern in policy.patterns for m in _matches(pattern, reads)]
    configured = {folded(mapping.name): mapping.key for mapping in policy.mappings}
    claims = Counter(folded(mapping.name) for mapping in from_patterns)
    yielded = {m.key: configured[folded(m.name)] for m in from_patterns if folded(m.name) in configured}
    mappings, refusals = list(policy.mappings), []
    for mapping in from_patterns:
        if mapping.key in yielded:
            continue
        if claims[folded(mapping.name)] > 1:
            refusals.append((mapping, "several directory groups match and would all become this managed group"))
        else:
            mappings.append(mapping)
    return Expansion(tuple(mappings), tuple(refusals), yielded)


def folded(name: str) -> str:
    """A group's name as Hyperproof may well compare it (API reference, 11.10): without case and outer spaces."""
    return name.strip().casefold()


def _matches(pattern: PatternMapping, reads: Reads) -> list[GroupMapping]:
    selection = reads[pattern.selector.directory].selections.get(pattern.selector)
    found = selection.groups if selection else ()
    return [_mapping(pattern, group) for group in sorted(found, key=lambda g: g.id)]


def _mapping(pattern: PatternMapping, group: DirectoryGroup) -> GroupMapping:
    match = re.fullmatch(pattern.selector.text, group.name)
    fields = {"name": group.name, **(match.groupdict(default="") if match else {})}
    return GroupMapping(
        key=f"{pattern.key}/{group.id}",
        name=pattern.template.format_map(fields).strip(),
        rule=From(pattern.selector, only=group.id),
        settings=pattern.settings,
        where=pattern.where,
    )
