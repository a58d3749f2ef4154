"""What one configuration will make of one managed group, whatever the truth is about what could not be read. Pure.

A rule is asked for one account at a time. Each directory group that it names answers yes, no, or what hangs on
*unknowns*: whether the part that was not read names the account, whether it is that of a person who could not be
resolved. Two configurations hang on the same unknowns, so that what is not known is no difference between them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from bridge.core.binding import Binding
from bridge.core.desired import Reads, desired
from bridge.core.difference import Difference, Surroundings, differ
from bridge.core.mapping import AllOf, AnyOf, Except, From, Rule
from bridge.core.model import AccountId, DirectoryName, Selector
from bridge.core.people import People, Unresolved

Unknown: TypeAlias = tuple[str, ...]
"""Names what is not known: a part of a directory as one reading left it, or whose account somebody's is."""

Truth: TypeAlias = Callable[[Unknown], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a directory group has an account: surely, or if one of these is so."""

    sure: bool
    unknowns: frozenset[Unknown] = frozenset()

    def holds(self, truth: Truth) -> bool:
        """Whether it has, if this is the truth."""
        return self.sure or any(map(truth, self.unknowns))


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one reading tells of the directory groups that one part of a rule names."""

    sure: frozenset[AccountId]
    candidates: Mapping[AccountId, frozenset[Unknown]]
    """Accounts that may be those of people in it."""
    doubt: Unknown | None
    """The part that was not read; None: all was."""

    @property
    def named(self) -> frozenset[AccountId]:
        """Everybody of whom it tells anything."""
        return self.sure | self.candidates.keys()

    def answer(self, account: AccountId) -> Answer:
        """Whether it has this account."""
        if account in self.sure:
            return Answer(sure=True)
        unknowns = self.candidates.get(account, frozenset())
        return Answer(sure=False, unknowns=unknowns | {self.doubt} if self.doubt else unknowns)


@dataclass(frozen=True, slots=True)
class View:
    """The directories as one configuration has them read, and who is who by them."""

    reads: Reads
    people: People
    around: Surroundings
    apart: frozenset[DirectoryName] = frozenset()
    """Directories read for this configuration alone: what is unknown there is no unknown of another reading."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """One managed group under one configuration."""

    difference: Difference
    leaves: Mapping[From, Leaf]
    removable: frozenset[AccountId]
    """Who goes as soon as nothing puts them in."""
    ignored: frozenset[AccountId]
    kept: frozenset[AccountId]
    """On the keep list."""
    around: Surroundings = field(compare=False, repr=False)

    @property
    def named(self) -> frozenset[AccountId]:
        """Everybody of whom there is anything to say."""
        return self.difference.members.union(*(leaf.named for leaf in self.leaves.values()))

    def answers(self, account: AccountId) -> tuple[Answer, ...]:
        """What the parts of the rule say of an account, in their order."""
        return tuple(leaf.answer(account) for leaf in self.leaves.values())

    def wants(self, answers: tuple[Answer, ...], truth: Truth) -> bool:
        """Whether the rule puts in whom its parts say this of."""
        known = dict(zip(self.leaves, answers, strict=True))
        return _holds(self.difference.mapping.rule, lambda leaf: known[leaf].holds(truth))

    def eligible(self, account: AccountId) -> bool:
        """Whether an account may be put into groups at all."""
        known = self.around.accounts.by_id.get(account)
        return known is not None and known.standing in self.around.policy.eligible

    def has(self, account: AccountId, *, is_desired: bool) -> bool:
        """Whether an account is in the group once this configuration was applied."""
        member = account in self.difference.members
        if account in self.ignored:
            return member
        if is_desired:
            return member or self.eligible(account)
        return member and account not in self.removable


def prospect(difference: Difference, view: View) -> Prospect:
    """What a configuration will make of a group."""
    around, settings = view.around, difference.mapping.settings
    nobody = replace(difference.desired, sure=frozenset(), possible=frozenset(), doubts=())
    undesired = differ(Binding(difference.mapping, difference.group), nobody, around)
    return Prospect(
        difference=difference,
        leaves={part: _leaf(part, view) for part in parts(difference.mapping.rule)},
        removable=undesired.removals,
        ignored=around.accounts.ids_of(settings.ignore),
        kept=around.accounts.ids_of(settings.keep),
        around=around,
    )


def parts(rule: Rule) -> tuple[From, ...]:
    """The parts of a rule that name directory groups, each once."""
    match rule:
        case From():
            return (rule,)
        case AnyOf(inner) | AllOf(inner):
            return tuple(dict.fromkeys(part for one in inner for part in parts(one)))
        case Except(base, minus):
            return tuple(dict.fromkeys(parts(base) + parts(minus)))


def _leaf(part: From, view: View) -> Leaf:
    found = desired(part, view.reads, view.people)
    return Leaf(found.sure, _candidates(found.unresolved), _name(part, view) if found.doubts else None)


def _candidates(unresolved: tuple[Unresolved, ...]) -> Mapping[AccountId, frozenset[Unknown]]:
    made: dict[AccountId, frozenset[Unknown]] = {}
    for one in unresolved:
        for account in one.candidates:
            made[account] = made.get(account, frozenset()) | {("whose", one.person.id)}
    return made


def _name(part: From, view: View) -> Unknown:
    selector = asked(part.selector)
    reading = "apart" if selector.directory in view.apart else "together"
    return ("unread", reading, selector.directory, selector.kind.value, selector.text, part.only)


def asked(selector: Selector) -> Selector:
    """The directory groups of a selector, whatever else is asked of them."""
    return replace(selector, owners=False)


def _holds(rule: Rule, has: Callable[[From], bool]) -> bool:
    match rule:
        case From():
            return has(rule)
        case AnyOf(inner):
            return any(_holds(one, has) for one in inner)
        case AllOf(inner):
            return all(_holds(one, has) for one in inner)
        case Except(base, minus):
            return _holds(base, has) and not _holds(minus, has)
