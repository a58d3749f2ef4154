"""What becomes of one account under two configurations, whatever the truth is, and by which part of it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, TypeAlias

from bridge.core.model import AccountId, DirectoryName, Selector
from bridge.core.prospect import Answer, Prospect, Unknown, asked

MANY: Final = 10
"""Unknowns behind one account: 1,024 truths are tried. With more, each side is taken for possible by itself."""


class Effect(StrEnum):
    """What becomes of a membership."""

    GAINS = "gains"
    LOSES = "loses"
    KEEPS = "keeps"
    MISSES = "misses"


class Aspect(StrEnum):
    """What of a configuration decides about a membership."""

    GROUP = "group"  # whether the group is managed at all
    MEMBERS = "members"
    DIRECTORY = "directory"
    ACCOUNTS = "accounts"
    MODE = "mode"
    KEEP = "keep"
    IGNORE = "ignore"
    LEAD = "lead"
    LIMITS = "limits"


@dataclass(frozen=True, slots=True)
class Moved:
    """One account to whose membership something happens."""

    account: AccountId
    effect: Effect
    sure: bool
    aspects: frozenset[Aspect] = frozenset()
    """What of the edit is behind it; of an effect of the directories nothing."""
    selectors: frozenset[Selector] = frozenset()
    """Directory groups that only one of the configurations asks for, and that have or may have the account."""
    directories: frozenset[DirectoryName] = frozenset()
    """Directories that tell otherwise of the account since they are read otherwise."""
    held: bool = False
    """Whether a guard holds it until a person approves."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What the edit, the directories, and both together do to one account; None: nothing."""

    edit: Moved | None = None
    directory: Moved | None = None
    whole: Moved | None = None


_Case: TypeAlias = tuple[bool, tuple[Answer, ...], bool, bool, bool, tuple[Answer, ...], bool, bool, bool]
"""All that an account's fate hangs on: one of half a million has the case of many others."""


@dataclass(frozen=True, slots=True)
class _Ends:
    """How memberships may end: before and after the edit, each pair for some truth."""

    pairs: frozenset[tuple[bool, bool]]
    desired_otherwise: bool
    """Whether the rules themselves differ about the account, for some truth."""


class Fates:
    """What becomes of the accounts of one group."""

    def __init__(self, before: Prospect | None, after: Prospect | None, members: frozenset[AccountId]) -> None:
        self._before, self._after, self._members = before, after, members
        self._known: dict[_Case, _Ends] = {}
        self.accounts = members.union(*(one.named for one in (before, after) if one))

    def of(self, account: AccountId) -> Fate:
        """What becomes of one of them."""
        ends = self._ends(account)
        now = account in self._members
        edit = _turn({(b, a) for b, a in ends.pairs if b != a}, len(ends.pairs), member=now)
        directory = _turn(
            {(now, b) for b, _ in ends.pairs if b != now}, len({b for b, _ in ends.pairs}), member=now
        )
        whole = _turn({(now, a) for _, a in ends.pairs if a != now}, len({a for _, a in ends.pairs}), member=now)
        return Fate(
            edit=self._explained(account, *edit, ends) if edit else None,
            directory=Moved(account, *directory) if directory else None,
            whole=Moved(account, *whole) if whole else None,
        )

    def _ends(self, account: AccountId) -> _Ends:
        of_before = _answers(self._before, account)
        of_after = _answers(self._after, account)
        case = (
            account in self._members,
            of_before,
            *_traits(self._before, account),
            of_after,
            *_traits(self._after, account),
        )
        if case not in self._known:
            self._known[case] = self._worked_out(account, of_before, of_after)
        return self._known[case]

    def _worked_out(
        self, account: AccountId, of_before: tuple[Answer, ...], of_after: tuple[Answer, ...]
    ) -> _Ends:
        unknowns = sorted({unknown for answer in (*of_before, *of_after) for unknown in answer.unknowns})
        if len(unknowns) > MANY:
            both = product((False, True), repeat=2)
            return _Ends(frozenset(self._pair(account, *desired) for desired in both), desired_otherwise=True)
        desired = {
            (_wants(self._before, of_before, truth), _wants(self._after, of_after, truth))
            for truth in _truths(unknowns)
        }
        return _Ends(frozenset(self._pair(account, *pair) for pair in desired), any(b != a for b, a in desired))

    def _pair(self, account: AccountId, before: bool, after: bool) -> tuple[bool, bool]:  # noqa: FBT001 - a pair
        now = account in self._members
        return (
            self._before.has(account, is_desired=before) if self._before else now,
            self._after.has(account, is_desired=after) if self._after else now,
        )

    def _explained(self, account: AccountId, effect: Effect, sure: bool, ends: _Ends) -> Moved:  # noqa: FBT001
        before, after = self._before, self._after
        if before is None or after is None:
            return Moved(account, effect, sure, frozenset({Aspect.GROUP}))
        aspects = set(_of_settings(account, before, after))
        selectors: frozenset[Selector] = frozenset()
        directories: frozenset[DirectoryName] = frozenset()
        if ends.desired_otherwise:
            if before.difference.mapping.rule != after.difference.mapping.rule:
                aspects.add(Aspect.MEMBERS)
                selectors = frozenset(_one_sided(account, before, after))
            directories = frozenset(_told_otherwise(account, before, after))
            aspects |= {Aspect.DIRECTORY, Aspect.ACCOUNTS} if directories else set()
        return Moved(account, effect, sure, frozenset(aspects or {Aspect.GROUP}), selectors, directories)


def _turn(turns: set[tuple[bool, bool]], of: int, *, member: bool) -> tuple[Effect, bool] | None:
    """What a membership turns to, and whether it does for every truth."""
    if not turns:
        return None
    loss, gain = (True, False), (False, True)
    if member:
        effect = Effect.LOSES if loss in turns else Effect.KEEPS
    else:
        effect = Effect.GAINS if gain in turns else Effect.MISSES
    return effect, len(turns) == of == 1


def _answers(prospect: Prospect | None, account: AccountId) -> tuple[Answer, ...]:
    return prospect.answers(account) if prospect else ()


def _wants(prospect: Prospect | None, answers: tuple[Answer, ...], truth: "_Truth") -> bool:
    return prospect.wants(answers, truth.__contains__) if prospect else False


_Truth: TypeAlias = frozenset[Unknown]
"""The unknowns that are so."""


def _truths(unknowns: Sequence[Unknown]) -> Iterator[_Truth]:
    for chosen in product((False, True), repeat=len(unknowns)):
        yield frozenset(unknown for unknown, so in zip(unknowns, chosen, strict=True) if so)


def _traits(prospect: Prospect | None, account: AccountId) -> tuple[bool, bool, bool]:
    if prospect is None:
        return False, False, False
    return account in prospect.removable, account in prospect.ignored, prospect.eligible(account)


# ---- what of the edit is behind it ---------------------------------------------------------------------


def _of_settings(account: AccountId, before: Prospect, after: Prospect) -> Iterator[Aspect]:
    if (account in before.ignored) != (account in after.ignored):
        yield Aspect.IGNORE
    if (account in before.removable) == (account in after.removable):
        return
    old, new = before.difference.mapping.settings, after.difference.mapping.settings
    if (account in before.kept) != (account in after.kept):
        yield Aspect.KEEP
    if old.mode is not new.mode:
        yield Aspect.MODE
    if old.lead != new.lead:
        yield Aspect.LEAD
    if before.around.policy.protecting != after.around.policy.protecting:
        yield Aspect.ACCOUNTS


def _one_sided(account: AccountId, before: Prospect, after: Prospect) -> Iterator[Selector]:
    of_before, of_after = _selectors(before), _selectors(after)
    for prospect in (before, after):
        for part, leaf in prospect.leaves.items():
            answer = leaf.answer(account)
            if asked(part.selector) in of_before ^ of_after and (answer.sure or answer.unknowns):
                yield asked(part.selector)


def _selectors(prospect: Prospect) -> frozenset[Selector]:
    return frozenset(asked(part.selector) for part in prospect.leaves)


def _told_otherwise(account: AccountId, before: Prospect, after: Prospect) -> Iterator[DirectoryName]:
    old = {(asked(part.selector), part.only): leaf for part, leaf in before.leaves.items()}
    new = {(asked(part.selector), part.only): leaf for part, leaf in after.leaves.items()}
    for one in old.keys() & new.keys():
        if old[one].answer(account) != new[one].answer(account):
            yield one[0].directory
