"""What a managed group should contain, in three values: surely, possibly, surely not.

Reads can be incomplete and people ambiguous, so "is this account in?" has three answers. Only who is
*surely* in is ever added, and only who is *not even possibly* in is ever removed:

    rule          surely in                               possibly in
    a group       the accounts of its people              and every candidate of its unresolved people
    any of        sure in one part                        possible in one part
    all of        sure in every part                      possible in every part
    A except B    sure in A and not even possible in B    possible in A and not sure in B

A doubt anywhere below makes the whole group open: anybody may belong to it, so nobody is removed. A
doubt in B makes everybody possibly excluded, so nobody is added either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from bridge.core.mapping import AllOf, AnyOf, Except, From, Rule
from bridge.core.model import (
    AccountId,
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    PersonId,
    Selection,
    Selector,
)
from bridge.core.people import People, Unresolved

Reads = Mapping[DirectoryName, DirectoryRead]


@dataclass(frozen=True, slots=True)
class Desired:
    """What one managed group should contain."""

    sure: frozenset[AccountId]
    possible: frozenset[AccountId]
    """Always contains `sure`. Meaningless for removals while there are doubts: anybody is possible then."""
    doubts: tuple[Doubt, ...] = ()
    groups: tuple[DirectoryGroup, ...] = ()
    """The directory groups that the rule came down to, each once."""
    unresolved: tuple[Unresolved, ...] = ()
    """People who belong here and have no account that could be added, sorted by label."""
    excluding: tuple[DirectoryGroup, ...] = ()
    """Those of the groups whose people are kept out."""
    named: frozenset[str] = frozenset()
    """Ids of those of the groups that the rule names one by one."""
    uncertain: frozenset[AccountId] = frozenset()
    """Not added only because an exclusion could not be read or is ambiguous."""


def desired(rule: Rule, reads: Reads, people: People) -> Desired:
    """Work out a rule over what was read."""
    value = _evaluate(rule, reads, people)
    return Desired(
        sure=value.sure,
        possible=value.possible,
        doubts=tuple(sorted(set(value.doubts))),
        groups=tuple({group.id: group for group in value.groups}.values()),
        excluding=tuple({group.id: group for group in value.excluding}.values()),
        unresolved=_unresolved_of(value.people, people),
        named=frozenset(group.id for one, group in found_groups(rule, reads) if one.names_one),
        uncertain=frozenset() if value.unexcluded is value.sure else value.unexcluded - value.sure,
    )


def found_groups(rule: Rule, reads: Reads) -> Iterator[tuple[Selector, DirectoryGroup]]:
    """Every directory group that a rule comes down to, with what it was found by."""
    match rule:
        case From(selector, only):
            read = reads.get(selector.directory)
            selection = read.selections.get(selector) if read else None
            yield from ((selector, group) for group in (_chosen(selection, only) if selection else ()))
        case AnyOf(parts) | AllOf(parts):
            for part in parts:
                yield from found_groups(part, reads)
        case Except(base, minus):
            yield from found_groups(base, reads)
            yield from found_groups(minus, reads)


@dataclass(frozen=True, slots=True)
class _Value:
    sure: frozenset[AccountId]
    possible: frozenset[AccountId]
    unexcluded: frozenset[AccountId]
    """Who would surely be in, were all that may exclude them known not to."""
    people: frozenset[PersonId]
    """Who the rule is about, with or without an account; exclusions and intersections by person applied."""
    asks: frozenset[DirectoryName]
    """The directories that this is known from."""
    doubts: tuple[Doubt, ...] = ()
    groups: tuple[DirectoryGroup, ...] = ()
    excluding: tuple[DirectoryGroup, ...] = ()


def _evaluate(rule: Rule, reads: Reads, people: People) -> _Value:
    match rule:
        case From(selector, only):
            return _from(selector, only, reads, people)
        case AnyOf(parts):
            return reduce(_union, (_evaluate(part, reads, people) for part in parts))
        case AllOf(parts):
            return reduce(_intersection, (_evaluate(part, reads, people) for part in parts))
        case Except(base, minus):
            return _difference(_evaluate(base, reads, people), _evaluate(minus, reads, people))


def _from(selector: Selector, only: str, reads: Reads, people: People) -> _Value:
    read = reads[selector.directory]
    selection = read.selections.get(selector)
    if selection is None:
        return _nobody(selector, (*read.doubts, Doubt(DoubtKind.UNREADABLE, f"{selector} was not read")))
    groups = _chosen(selection, only)
    if not groups and not selection.doubts:
        return _nobody(selector, (*read.doubts, Doubt(DoubtKind.MISSING, f"no group answers to {selector}")))
    members = groups[0].members if len(groups) == 1 else frozenset().union(*(group.members for group in groups))
    sure, others = _sorted_out(members, people)
    unknown = others - people.unresolved.keys()
    maybe = [people.unresolved[person].candidates for person in others - unknown]
    return _Value(
        sure=sure,
        possible=sure.union(*maybe) if maybe else sure,
        unexcluded=sure,
        people=members,
        asks=frozenset({selector.directory}),
        doubts=(
            *read.doubts,
            *selection.doubts,
            *(d for group in groups for d in group.doubts),
            *_strangers(unknown),
        ),
        groups=groups,
    )


def _sorted_out(members: frozenset[PersonId], people: People) -> tuple[frozenset[AccountId], frozenset[PersonId]]:
    """The accounts of those who have one, and all others. Goes over every membership of a run once."""
    found = frozenset(map(people.accounts.get, members))
    if None not in found:
        return found, frozenset()  # type: ignore[return-value]  # there is no None
    return frozenset(filter(None, found)), members.difference(people.accounts)


def _strangers(unknown: frozenset[PersonId]) -> tuple[Doubt, ...]:
    """A member that the directory named and never described is nobody's account, and yet somebody."""
    return (Doubt(DoubtKind.UNRESOLVED, f"{min(unknown)} is a member and was not read"),) if unknown else ()


def _chosen(selection: Selection, only: str) -> tuple[DirectoryGroup, ...]:
    if not only:
        return selection.groups
    found = selection.by_id.get(only)
    return (found,) if found else ()


def _nobody(selector: Selector, doubts: tuple[Doubt, ...]) -> _Value:
    asks = frozenset({selector.directory})
    return _Value(frozenset(), frozenset(), frozenset(), frozenset(), asks, doubts)


def _union(a: _Value, b: _Value) -> _Value:
    return _Value(
        sure=a.sure | b.sure,
        possible=a.possible | b.possible,
        unexcluded=a.unexcluded | b.unexcluded,
        people=a.people | b.people,
        asks=a.asks | b.asks,
        doubts=a.doubts + b.doubts,
        groups=a.groups + b.groups,
        excluding=a.excluding + b.excluding,
    )


def _intersection(a: _Value, b: _Value) -> _Value:
    return _Value(
        sure=a.sure & b.sure,
        possible=a.possible & b.possible,
        unexcluded=a.unexcluded & b.unexcluded,
        people=_in_both(a, b),
        asks=a.asks | b.asks,
        doubts=a.doubts + b.doubts,
        groups=a.groups + b.groups,
        excluding=a.excluding + b.excluding,
    )


def _in_both(a: _Value, b: _Value) -> frozenset[PersonId]:
    """People in both parts; and people of a directory that only one part asks, who cannot be compared."""
    comparable = a.asks & b.asks
    both = a.people & b.people
    return both | {person for person in a.people ^ b.people if _directory(person) not in comparable}


def _directory(person: PersonId) -> str:
    return person.partition(":")[0]


def _difference(a: _Value, b: _Value) -> _Value:
    return _Value(
        sure=frozenset() if b.doubts else a.sure - b.possible,
        possible=a.possible - b.sure,
        unexcluded=a.unexcluded - b.sure,
        people=a.people - b.people,
        asks=a.asks,
        doubts=a.doubts + b.doubts,
        groups=a.groups + b.groups,
        excluding=a.excluding + b.groups,
    )


def _unresolved_of(members: frozenset[PersonId], people: People) -> tuple[Unresolved, ...]:
    if not people.unresolved:
        return ()
    found = (people.unresolved[person] for person in members & people.unresolved.keys())
    return tuple(sorted(found, key=lambda u: (u.person.label, u.person.id)))
