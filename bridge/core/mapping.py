"""Mappings: which directory groups feed a managed group, and how."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from bridge.core.model import Email, GroupId, Selector, Standing

MAIN: Final = "main"
"""The job of all managed groups that name none."""


class Mode(StrEnum):
    """Whom a mapping may take out."""

    AUTHORITATIVE = "authoritative"  # everybody the directory does not name
    OWNED = "owned"  # only whom the bridge put in
    ADDITIVE = "additive"  # nobody


@dataclass(frozen=True, slots=True)
class From:
    """Everybody in the groups a selector finds."""

    selector: Selector
    only: str = ""
    """Of those groups, the one with this id; empty: all."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Everybody in at least one part."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Everybody in every part."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Except:
    """Everybody in `base` who is not in `minus`."""

    base: "Rule"
    minus: "Rule"


Rule: TypeAlias = From | AnyOf | AllOf | Except


def selectors(rule: Rule) -> tuple[Selector, ...]:
    """Every selector a rule names, in order, each once."""
    match rule:
        case From(selector, _):
            return (selector,)
        case AnyOf(parts) | AllOf(parts):
            return tuple(dict.fromkeys(s for part in parts for s in selectors(part)))
        case Except(base, minus):
            return tuple(dict.fromkeys(selectors(base) + selectors(minus)))


def with_owners(rule: Rule) -> Rule:
    """The same rule, asking who owns the groups whose people are put in."""
    match rule:
        case From(selector, only):
            return From(replace(selector, owners=True), only)
        case AnyOf(parts):
            return AnyOf(tuple(map(with_owners, parts)))
        case AllOf(parts):
            return AllOf(tuple(map(with_owners, parts)))
        case Except(base, minus):
            return Except(with_owners(base), minus)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many removals are plausible. More than `count`, or more than `percent` (above `floor`), is held."""

    count: int
    percent: float
    floor: int
    """So many are never too many by percentage: in a group of four, one leaver is a quarter."""

    def exceeded_by(self, removals: int, size: int) -> bool:
        """Whether taking out so many of a group of this size needs a person's approval."""
        return removals > self.count or (removals > self.floor and removals * 100 > self.percent * size)


class LeadAction(StrEnum):
    """What a mapping says about the group's lead."""

    LEAVE = "leave"
    SET = "set"
    CLEAR = "clear"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class LeadRule:
    """The lead of a managed group: left alone, set to an address or to the directory groups' owner, or cleared."""

    action: LeadAction = LeadAction.LEAVE
    address: Email | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a mapping says apart from its name and its sources; the same for one group or one for each."""

    mode: Mode = Mode.AUTHORITATIVE
    keep: frozenset[Email] = frozenset()
    """Never taken out."""
    ignore: frozenset[Email] = frozenset()
    """Neither put in nor taken out."""
    lead: LeadRule = LeadRule()
    create: bool = False
    rename: bool = False
    limit: Limit = Limit(count=10, percent=20, floor=2)
    job: str = MAIN
    """Whose runs write it."""


@dataclass(frozen=True, slots=True)
class GroupMapping:
    """One managed group."""

    key: str
    """What the binding to the group's id is remembered under; stays when the name changes."""
    name: str
    rule: Rule
    settings: Settings = Settings()
    group_id: GroupId | None = None
    """Stated in the configuration; otherwise bound by name, once."""
    where: str = ""
    """file:line, for messages."""


@dataclass(frozen=True, slots=True)
class PatternMapping:
    """One managed group for each directory group whose name matches a pattern."""

    key: str
    selector: Selector
    """Of kind pattern: a regular expression with named groups, matched against the whole name."""
    template: str
    """The managed group's name, with the pattern's named groups in braces, and `{name}` for the whole name."""
    settings: Settings = Settings()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """The guards' settings that span a run."""

    removals_per_run: Limit = Limit(count=50, percent=5, floor=5)
    unresolved_percent: float = 20
    """Of one managed group's people. More unresolved than this, and its removals are held."""
    unresolved_floor: int = 2
    """So many unresolved people are never too many."""
    shrink_percent: float = 10
    """Of Hyperproof's users or groups since the last run. A greater loss, and all removals are held."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything in the configuration that the core decides by."""

    mappings: tuple[GroupMapping, ...] = ()
    patterns: tuple[PatternMapping, ...] = ()
    limits: Limits = Limits()
    eligible: frozenset[Standing] = frozenset({Standing.ACTIVE})
    """Whom the bridge may put in."""
    remove_deactivated: bool = False
    remove_lead: bool = False
    """Whether the lead of a group may be taken out of its members."""
    config_hash: str = ""

    @property
    def protecting(self) -> tuple[bool, bool]:
        """What it says of members who stay although no directory names them."""
        return self.remove_deactivated, self.remove_lead

    def selectors(self) -> tuple[Selector, ...]:
        """Every selector of every mapping, each once."""
        of_mappings = (s for mapping in self.mappings for s in selectors(mapping.rule))
        return tuple(dict.fromkeys((*of_mappings, *(pattern.selector for pattern in self.patterns))))
