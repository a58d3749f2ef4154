"""What can be chosen: groups of Hyperproof by name, directory groups by what a configuration says of them."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.cli.setup.side import Side
    from bridge.config.document import Plain
    from bridge.config.writing import Written
    from bridge.sources.probe import ListedGroup


@dataclass(frozen=True, slots=True)
class Choosable:
    """A directory group, and how a configuration names it."""

    directory: str
    name: str
    label: str
    id: str
    selector: "Plain"
    among_several: bool = False
    """Whether there are groups of other directories beside it."""

    @property
    def shown(self) -> str:
        """For people: the name, and what tells it from others."""
        told = self.label if self.name in self.label else f"{self.name} ({self.label})"
        return f"{self.directory}: {told}" if self.among_several else told


def choosable(sides: "Sequence[Side]") -> tuple[Choosable, ...]:
    """The groups that a configuration can name, in order."""
    several = len(sides) > 1
    return tuple(
        Choosable(side.name, group.name, group.label, group.id, selector, several)
        for side in sides
        for group in side.groups
        if (selector := _selector(group, has_dns=side.section["type"] != "entra"))
    )


def _selector(group: "ListedGroup", *, has_dns: bool) -> "Plain":
    """By its DN, which people can read, else by its id; a name alone may come to mean another group."""
    from bridge.config.ldap_values import DN_SHAPE
    from bridge.config.values import ID_SHAPE
    from bridge.config.writing import can_stand

    is_dn = has_dns and re.fullmatch(DN_SHAPE, group.label) and "\ufffd" not in group.label
    if is_dn and can_stand(group.label):
        return group.label
    if re.fullmatch(ID_SHAPE, group.id):
        return group.id
    return {"id": group.id} if can_stand(group.id) else None


def nameable(names: Iterable[str]) -> tuple[str, ...]:
    """The names of groups in Hyperproof that a configuration can say, and that mean one group each; in order."""
    from bridge.config.writing import can_stand

    return tuple(sorted(name for name, count in Counter(names).items() if count == 1 and can_stand(name)))


@dataclass(slots=True)
class Chosen:
    """Which directory groups feed which managed groups, so far."""

    groups: dict[str, list[Choosable]] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    """Names that no group in Hyperproof has yet."""

    def take(self, name: str, group: Choosable) -> None:
        """Let a directory group feed a managed group, besides those that do already."""
        feeding = self.groups.setdefault(name, [])
        if group not in feeding:
            feeding.append(group)

    def written(self) -> "tuple[Written, ...]":
        """As entries of the configuration."""
        return tuple(entry(name, feeding, create=name in self.created) for name, feeding in self.groups.items())


def entry(name: str, feeding: Sequence[Choosable], *, create: bool = False) -> "Written":
    """One managed group as an entry; what no reader could tell from it stands in a remark."""
    from bridge.config.writing import Written

    parts: list[Plain] = [{group.directory: group.selector} for group in feeding]
    hidden = ", ".join(group.name for group in feeding if group.selector != group.label)
    members: Plain = parts[0] if len(parts) == 1 else {"any": parts}
    return Written({"name": name, "members": members, **({"create": True} if create else {})}, hidden)


def found(groups: Sequence[Choosable], text: str) -> Choosable:
    """The one group that a text means: its DN, its id, or its name. Raises BridgeError."""
    folded = text.strip().casefold()
    for way in ("label", "id", "name"):
        answers = [group for group in groups if str(getattr(group, way)).casefold() == folded]
        if len(answers) == 1:
            return answers[0]
        if answers:
            several = "; ".join(group.shown for group in answers)
            raise BridgeError(f"several directory groups are called '{text}': {several}; name one by its DN or id")
    raise BridgeError(f"no directory group answers to '{text}'; write its DN, its id or its whole name")
