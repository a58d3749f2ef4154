"""Which group in Hyperproof a mapping serves. Bound to the id; a name is used once, to bind."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.core.expand import folded
from bridge.core.mapping import From, GroupMapping, PatternMapping, Policy
from bridge.core.model import Group, GroupId


@dataclass(frozen=True, slots=True)
class Binding:
    """One mapping and the group it serves: one that is there, one to be created, or none for a reason."""

    mapping: GroupMapping
    group: Group | None = None
    new: bool = False
    """Found by name in this run: to be remembered, and recorded."""
    refusal: str = ""
    """Why this mapping can't be served, and what to do; empty when it can."""


def bind(
    mappings: Sequence[GroupMapping],
    groups: Sequence[Group],
    remembered: Mapping[str, GroupId],
    archived: Mapping[GroupId, str],
) -> tuple[Binding, ...]:
    """Bind each mapping. A group that two mappings claim is served by neither."""
    index = _Index(groups, archived, remembered)
    bindings = tuple(
        index.binding_of(mapping, mapping.group_id or remembered.get(mapping.key)) for mapping in mappings
    )
    claims = Counter(binding.group.id for binding in bindings if binding.group)
    return tuple(
        Binding(
            binding.mapping, refusal=f"the group {binding.group.id} is claimed by another mapping too: keep one"
        )
        if binding.group and claims[binding.group.id] > 1
        else binding
        for binding in bindings
    )


def no_longer_configured(remembered: Mapping[str, GroupId], policy: Policy) -> frozenset[str]:
    """Keys that the configuration does not have any more: what they were bound to must not serve a later namesake.

    The key of a pattern's managed group stays while the pattern does, so that its group is nobody else's.
    """
    keys = {mapping.key for mapping in policy.mappings}
    patterns = tuple(f"{pattern.key}/" for pattern in policy.patterns)
    return frozenset(key for key in remembered if key not in keys and not key.startswith(patterns))


def handed_on(remembered: Mapping[str, GroupId], yielded: Mapping[str, str]) -> dict[str, GroupId]:
    """What is remembered, where a managed group that a pattern made is another mapping's now, by their keys."""
    kept = {key: group_id for key, group_id in remembered.items() if key not in yielded}
    return {**{yielded[key]: remembered[key] for key in sorted(yielded.keys() & remembered.keys())}, **kept}


def namesakes(bindings: Iterable[Binding], groups: Iterable[Group]) -> Iterator[str]:
    """What to say of managed groups whose name another group bears: people may be in that one by mistake."""
    ids: dict[str, list[GroupId]] = {}
    for group in groups:
        ids.setdefault(folded(group.name), []).append(group.id)
    for bound in (binding.group for binding in bindings if binding.group):
        others = ", ".join(sorted(set(ids.get(folded(bound.name), ())) - {bound.id}))
        if others:
            yield (
                f"another group is called {bound.name} as well: {bound.id} is kept, and nobody sees to {others}; "
                "rename or archive the one that is not meant"
            )


def depends_on_archived(
    mappings: Sequence[GroupMapping], groups: Sequence[Group], remembered: Mapping[str, GroupId]
) -> bool:
    """Whether some mapping's group is not among the active ones, so that the archived ones have to be read."""
    return any(b.group is None for b in bind(mappings, groups, remembered, archived={}))


def released(
    patterns: Sequence[PatternMapping],
    mappings: Sequence[GroupMapping],
    groups: Sequence[Group],
    remembered: Mapping[str, GroupId],
) -> tuple[Binding, ...]:
    """Groups that a pattern made and whose directory group is gone: nothing is done to them, and it is said.

    Their members keep what they have: that a directory group is gone, or not shown, is no order to empty another.
    """
    current = {mapping.key for mapping in mappings}
    bound = {group_id for key, group_id in remembered.items() if key in current}
    bound |= {mapping.group_id for mapping in mappings if mapping.group_id}
    active = {group.id: group for group in groups}
    left = [
        (key, active[group_id], pattern)
        for key, group_id in sorted(remembered.items())
        for pattern in patterns
        if key.startswith(f"{pattern.key}/")
        and key not in current
        and group_id in active
        and group_id not in bound
    ]
    return tuple(
        Binding(
            GroupMapping(
                key,
                group.name,
                From(pattern.selector, only=key.removeprefix(f"{pattern.key}/")),
                pattern.settings,
                where=pattern.where,
            ),
            refusal="its directory group is gone: archive it in Hyperproof, or name it in the configuration "
            f"with `id: {group.id}`",
        )
        for key, group, pattern in left
    )


class _Index:
    """The groups, by id and by name."""

    def __init__(
        self, groups: Sequence[Group], archived: Mapping[GroupId, str], remembered: Mapping[str, GroupId]
    ) -> None:
        self._keys = {group_id: key for key, group_id in remembered.items()}
        self._by_id = {group.id: group for group in groups}
        self._by_name: dict[str, list[Group]] = {}
        for group in groups:
            self._by_name.setdefault(folded(group.name), []).append(group)
        self._archived = archived
        self._archived_names = {folded(name) for name in archived.values()}

    def binding_of(self, mapping: GroupMapping, group_id: GroupId | None) -> Binding:
        return self._by_id_of(mapping, group_id) if group_id else self._by_name_of(mapping)

    def _by_id_of(self, mapping: GroupMapping, group_id: GroupId) -> Binding:
        if group := self._by_id.get(group_id):
            doubt = "" if mapping.group_id else self._doubtful(mapping, group)
            return Binding(mapping, refusal=doubt) if doubt else Binding(mapping, group)
        if group_id in self._archived:
            return Binding(
                mapping, refusal=f"the group {group_id} is archived: unarchive it, or take the mapping out"
            )
        gone = f"there is no group {group_id}: state the id of the right group as `id` of this mapping"
        return Binding(mapping, refusal=gone)

    def _doubtful(self, mapping: GroupMapping, bound: Group) -> str:
        """Why a remembered group may not be the one that is meant: one that is nobody's has its name now."""
        similar = self._by_name.get(folded(mapping.name), [])
        others = [one.id for one in similar if one.id != bound.id and one.id not in self._keys]
        if folded(bound.name) == folded(mapping.name) or not others:
            return ""
        return (
            f"it serves the group {bound.id}, which is called {bound.name!r} now, and {', '.join(sorted(others))} "
            "has its name: state the right one as `id`"
        )

    def _by_name_alone(self, mapping: GroupMapping, group: Group) -> Binding:
        """The one group of the name, unless it is another mapping's: a name that is used again claims nothing."""
        owner = self._keys.get(group.id, mapping.key)
        if owner == mapping.key:
            return Binding(mapping, group, new=True)
        other = f"the group {group.id} is another mapping's, {owner}"
        return Binding(mapping, refusal=f"{other}: state it as `id` of this one if it shall serve this one")

    def _by_name_of(self, mapping: GroupMapping) -> Binding:
        similar = self._by_name.get(folded(mapping.name), [])
        exact = [group for group in similar if group.name == mapping.name]
        if len(similar) > 1:
            ids = ", ".join(sorted(group.id for group in similar))
            return Binding(mapping, refusal=f"{len(similar)} groups have this name: state one of {ids} as `id`")
        if exact:
            return self._by_name_alone(mapping, exact[0])
        if similar:
            differs = f"the group is called {similar[0].name!r}: write the name exactly so, or state `id`"
            return Binding(mapping, refusal=differs)
        if folded(mapping.name) in self._archived_names:
            return Binding(mapping, refusal="an archived group has this name: unarchive it, or take another name")
        if not mapping.settings.create:
            return Binding(mapping, refusal="there is no group of this name: create it, or set `create: true`")
        return Binding(mapping)
