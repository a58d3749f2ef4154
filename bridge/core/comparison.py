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
from dataclasses import dataclass, replace

from bridge.core.fate import Aspect, Effect, Fates, Moved
from bridge.core.mapping import GroupMapping
from bridge.core.model import AccountId, Doubt, GroupId
from bridge.core.prospect import Prospect


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
        """Whether the edit changes anything about the memberships, the name, the lead, or whether it is served."""
        moved = self.edit or self.released or self.withheld
        return bool(moved or self.begins or self.ends or self.served_no_more or self.shapes)

    @property
    def served_no_more(self) -> bool:
        """Whether by the edit the group cannot be served, so that even leavers stay in it."""
        return bool(self.after.refusal and not self.before.refusal)

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
    fates = Fates(before.prospect, after.prospect, members)
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


def _held(moved: Moved, keeping: Keeping) -> Moved:
    return replace(moved, held=True) if moved.account in keeping.held else moved


def _guarded(accounts: Iterable[AccountId], members: frozenset[AccountId]) -> Iterator[Moved]:
    for account in sorted(accounts):
        effect = Effect.LOSES if account in members else Effect.GAINS
        yield Moved(account, effect, sure=True, aspects=frozenset({Aspect.LIMITS}))


def _shapes(group: GroupComparison) -> Iterator[str]:
    before, after = group.before.prospect, group.after.prospect
    if after is None:
        return
    new = after.difference
    old = before.difference if before else None
    if before:
        yield from _guards(before, after)
    if new.create and not (old and old.create):
        yield f"is created as {new.mapping.name!r}"
    if new.rename and not (old and old.rename and old.mapping.name == new.mapping.name):
        yield f"is renamed to {new.mapping.name!r}"
    if new.lead and (old is None or old.lead != new.lead):
        yield f"is led by {new.lead.lead}" if new.lead.lead else "is led by nobody"
    if old and old.lead and not new.lead:
        yield "has its lead left as it is"


def _guards(before: Prospect, after: Prospect) -> Iterator[str]:
    """What the edit lets happen, or not happen, as soon as the directories want it."""
    old, new = before.difference.mapping.settings, after.difference.mapping.settings
    if old.mode is not new.mode:
        yield f"has the mode {new.mode.value} from now on, and had {old.mode.value}"
    elif members := len(before.removable - after.removable):
        yield f"{_members(members)} not taken out any more, whatever the directories say"
    elif members := len(after.removable - before.removable):
        yield f"{_members(members)} taken out from now on as soon as no directory group names them"
    if old.limit != new.limit:
        yield "has another limit of removals in one run"


def _members(number: int) -> str:
    return "1 member is" if number == 1 else f"{number} members are"
