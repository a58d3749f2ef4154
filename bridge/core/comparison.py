"""What an edit of the configuration does to managed groups, apart from what directories do by themselves. Pure.

Three memberships of each account are put side by side: that of now, that which the configuration of before would
come to, and that which the edited configuration comes to. All three are of one reading of both sides:

    now to before     the effect of the directories: it would come about without the edit
    before to after   the effect of the edit
    now to after      the whole plan

What was not read, and who is not surely who, is open in the same way on both sides. An effect is *sure* if it
comes about whatever the truth is, and *possible* if it comes about for some. In words, with the edit:

    now       before    after    the account
    member    in        out      loses its membership
    member    out       in       keeps what the directories would have taken
    outside   out       in       gains a membership
    outside   in        out      misses what the directories would have given

Where several are possible, losing comes before keeping, and gaining before missing: nobody is in two of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, TypeAlias

from bridge.core.mapping import GroupMapping
from bridge.core.model import AccountId, DirectoryName, Doubt, GroupId, Selector
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
class Keeping:
    """One managed group under one configuration: kept, not to be served for a reason, or neither: not managed."""

    mapping: GroupMapping | None = None
    prospect: Prospect | None = None
    refusal: str = ""
    held: frozenset[AccountId] = frozenset()
    """Whose change a guard holds."""

    @property
    def group_id(self) -> GroupId | None:
        """The group in Hyperproof, if there is one that can be served."""
        group = self.prospect.difference.group if self.prospect else None
        return group.id if group else None

    @property
    def planned(self) -> frozenset[AccountId]:
        """To whom something is to happen, held or not."""
        return self.prospect.difference.adds | self.prospect.difference.removals if self.prospect else frozenset()


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """One managed group under both configurations."""

    key: str
    name: str
    group_id: GroupId | None
    before: Keeping
    after: Keeping
    size: int
    """Members now."""
    edit: tuple[Moved, ...] = ()
    directory: tuple[Moved, ...] = ()
    """What would happen without the edit; the accounts that the edit changes the fate of are among these, too."""
    whole: tuple[Moved, ...] = ()
    """What happens with the edit, in all."""
    released: tuple[Moved, ...] = ()
    """What a guard would have held, and does not hold any more."""
    withheld: tuple[Moved, ...] = ()
    """What would have been done, and is held now."""
    doubts: tuple[Doubt, ...] = ()
    """Of either side."""

    @property
    def begins(self) -> bool:
        """Whether the group is managed by the edit alone."""
        return self.before.mapping is None

    @property
    def ends(self) -> bool:
        """Whether the group is not managed any more."""
        return self.after.mapping is None

    @property
    def losing(self) -> tuple[Moved, ...]:
        """Who surely or possibly has less by the edit: whoever loses, and whose removal is held no longer."""
        released = (moved for moved in self.released if moved.effect is Effect.LOSES)
        return (*(moved for moved in self.edit if moved.effect is Effect.LOSES), *released)

    @property
    def touched(self) -> bool:
        """Whether the edit changes anything about the memberships, the name or the lead."""
        return bool(self.edit or self.released or self.withheld or self.begins or self.ends or self.shapes)

    @property
    def shapes(self) -> tuple[str, ...]:
        """What the edit does to the group itself, in words."""
        return tuple(_shapes(self))


def compare(before: Sequence[Keeping], after: Sequence[Keeping]) -> tuple[GroupComparison, ...]:
    """Put every managed group of either configuration side by side, sorted by name and key."""
    groups = (_group(*pair) for pair in _pairs(before, after))
    return tuple(sorted(groups, key=lambda group: (group.name, group.key)))


def _pairs(before: Sequence[Keeping], after: Sequence[Keeping]) -> Iterator[tuple[Keeping, Keeping]]:
    """The same group on both sides: by its id; by the mapping's key where one side has no group with an id."""
    by_id = {one.group_id: one for one in before if one.group_id}
    by_key = {one.mapping.key: one for one in before if one.mapping}
    left = {id(one): one for one in before}
    for new in after:
        old = by_id.get(new.group_id) if new.group_id else None
        if old is None and new.mapping:
            old = by_key.get(new.mapping.key)
            if old and ((old.group_id and new.group_id) or id(old) not in left):
                old = None
        if old:
            left.pop(id(old), None)
        yield old or Keeping(), new
    for old in left.values():
        yield old, Keeping()


def _group(before: Keeping, after: Keeping) -> GroupComparison:
    mapping = after.mapping or before.mapping
    if mapping is None:
        raise TypeError("a group that neither configuration manages is not compared")
    shown = [one.prospect.difference for one in (after, before) if one.prospect]
    group = next((difference.group for difference in shown if difference.group), None)
    members = shown[0].members if shown else frozenset()
    fates = _Fates(before.prospect, after.prospect, members)
    moved = [fates.of(account) for account in sorted(fates.accounts)]
    doubts = (doubt for difference in shown for doubt in difference.desired.doubts)
    return GroupComparison(
        key=mapping.key,
        name=group.name if group else mapping.name,
        group_id=group.id if group else None,
        before=before,
        after=after,
        size=len(members),
        edit=tuple(_held(fate.edit, after) for fate in moved if fate.edit),
        directory=tuple(_held(fate.directory, before) for fate in moved if fate.directory),
        whole=tuple(_held(fate.whole, after) for fate in moved if fate.whole),
        released=tuple(_guarded(before.held & after.planned - after.held, members)),
        withheld=tuple(_guarded(after.held & before.planned - before.held, members)),
        doubts=tuple(sorted(set(doubts))),
    )


def _held(moved: Moved, standing: Keeping) -> Moved:
    if moved.account not in standing.held:
        return moved
    return Moved(
        moved.account, moved.effect, moved.sure, moved.aspects, moved.selectors, moved.directories, held=True
    )


def _guarded(accounts: Iterable[AccountId], members: frozenset[AccountId]) -> Iterator[Moved]:
    for account in sorted(accounts):
        effect = Effect.LOSES if account in members else Effect.GAINS
        yield Moved(account, effect, sure=True, aspects=frozenset({Aspect.LIMITS}))


# ---- the fate of one account ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fate:
    edit: Moved | None = None
    directory: Moved | None = None
    whole: Moved | None = None


_Case: TypeAlias = tuple[bool, tuple[Answer, ...], bool, bool, bool, tuple[Answer, ...], bool, bool, bool]
"""All that an account's fate hangs on: one of half a million has the case of many others."""


@dataclass(frozen=True, slots=True)
class _Ends:
    """How memberships may end: before and after the edit, each pair for some truth."""

    pairs: frozenset[tuple[bool, bool]]
    wanted_otherwise: bool
    """Whether the rules themselves differ about the account, for some truth."""


class _Fates:
    """What becomes of the accounts of one group."""

    def __init__(self, before: Prospect | None, after: Prospect | None, members: frozenset[AccountId]) -> None:
        self._before, self._after, self._members = before, after, members
        self._known: dict[_Case, _Ends] = {}
        self.accounts = members.union(*(one.named for one in (before, after) if one))

    def of(self, account: AccountId) -> _Fate:
        ends = self._ends(account)
        now = account in self._members
        edit = _turn({(b, a) for b, a in ends.pairs if b != a}, len(ends.pairs), member=now)
        directory = _turn(
            {(now, b) for b, _ in ends.pairs if b != now}, len({b for b, _ in ends.pairs}), member=now
        )
        whole = _turn({(now, a) for _, a in ends.pairs if a != now}, len({a for _, a in ends.pairs}), member=now)
        return _Fate(
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
            return _Ends(frozenset(self._pair(account, *wanted) for wanted in both), wanted_otherwise=True)
        wanted = {
            (_wants(self._before, of_before, truth), _wants(self._after, of_after, truth))
            for truth in _truths(unknowns)
        }
        return _Ends(frozenset(self._pair(account, *pair) for pair in wanted), any(b != a for b, a in wanted))

    def _pair(self, account: AccountId, before: bool, after: bool) -> tuple[bool, bool]:  # noqa: FBT001 - a pair
        now = account in self._members
        return (
            self._before.has(account, wanted=before) if self._before else now,
            self._after.has(account, wanted=after) if self._after else now,
        )

    def _explained(self, account: AccountId, effect: Effect, sure: bool, ends: _Ends) -> Moved:  # noqa: FBT001
        before, after = self._before, self._after
        if before is None or after is None:
            return Moved(account, effect, sure, frozenset({Aspect.GROUP}))
        aspects = set(_of_settings(account, before, after))
        selectors: frozenset[Selector] = frozenset()
        directories: frozenset[DirectoryName] = frozenset()
        if ends.wanted_otherwise:
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


# ---- the group itself ----------------------------------------------------------------------------------


def _shapes(group: GroupComparison) -> Iterator[str]:
    before, after = group.before.prospect, group.after.prospect
    if after is None:
        return
    new = after.difference
    old = before.difference if before else None
    if new.create and not (old and old.create):
        yield f"is created as {new.mapping.name!r}"
    if new.rename and not (old and old.rename and old.mapping.name == new.mapping.name):
        yield f"is renamed to {new.mapping.name!r}"
    if new.lead and (old is None or old.lead != new.lead):
        yield f"is led by {new.lead.lead}" if new.lead.lead else "is led by nobody"
    if old and old.lead and not new.lead:
        yield "has its lead left as it is"
