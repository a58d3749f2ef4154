"""Settling what an earlier run left open: writes that were on their way when it ended.

Nothing is written to Hyperproof here. What the intent meant to do is compared with what Hyperproof shows
now, and the outcome is recorded, so that no change is ever without its record. A write that is not seen yet stays
open for as long as its call may take: it may have left a process that was cut off a moment ago. And what is seen
may be somebody else's deed by now: its records tell which run meant to do it, and nobody counts as put in by us.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.core.change import Action, MemberChange
from bridge.core.journal import Effects, Intent, Record
from bridge.core.model import AccountId, Group, GroupId, Untold
from bridge.core.under_way import may_land
from bridge.cycle.items import effects, is_ours, member_action
from bridge.cycle.ports import Clock, Store, Target
from bridge.cycle.records import Recorder
from bridge.errors import ChangeRejected, IncompleteRead, RemoteError, Throttled


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of the writes that were open."""

    settled: int = 0
    open: tuple[Intent, ...] = ()
    """What came of these is not known yet."""
    landing: int = 0
    """How many of the open ones may still be on their way."""
    notes: tuple[str, ...] = ()
    """Why others could not be looked into."""


def settle(
    ends: tuple[Store, Target, Clock], groups: Sequence[Group], recorder: Recorder, call_time: timedelta
) -> Settlement:
    """Record the outcome of every open intent that can be known, by the groups as read now.

    `call_time` is the longest that a call may take from its intent to its effect.
    """
    store, target, clock = ends
    intents = store.load_intents()
    if not intents:
        return Settlement()
    recorder.approvals = store.load_consents()  # what was sent under one tells so, though another run records it
    looking = _Looking(store, target, groups, recorder)
    left = []
    landing = 0
    for intent in intents:
        may_come = may_land(intent, clock.now(), call_time)
        rest = looking.settle(intent, may_come=may_come)
        if rest:
            left.append(rest)
            landing += may_come
    return Settlement(len(intents) - len(left), tuple(left), landing, tuple(looking.notes))


class _Looking:
    def __init__(self, store: Store, target: Target, groups: Sequence[Group], recorder: Recorder) -> None:
        self._store = store
        self._target = target
        self._groups: Mapping[GroupId, Group] = {group.id: group for group in groups}
        self._recorder = recorder
        self._told: set[tuple[GroupId, Action, AccountId]] = set()
        """A write that was sent twice is recorded once."""
        self.notes: list[str] = []

    def settle(self, intent: Intent, *, may_come: bool) -> Intent | None:
        """Record what came of a write. Returns what of it stays open."""
        try:
            group, reason = self._group_of(intent)
            if group:
                return self._settle_in(group, intent, may_come=may_come)
        except Throttled:
            raise
        except RemoteError as error:  # one group that cannot be looked into keeps no other from its run
            self.notes.append(f"what came of a write to {intent.group_name} is not known yet: {error.what}")
            return intent
        if may_come:
            return intent
        if intent.action is Action.CREATE and intent.group_id:
            self._record(intent, (), intent.group_id, f"its creation was answered; {reason}")
        else:
            self._store.record_outcome(intent, Effects(), [self._recorder.settled(intent, 0, reason)])
        return None

    def _settle_in(self, group: Group, intent: Intent, *, may_come: bool) -> Intent | None:
        if not intent.members:
            if may_come and not _group_shows(intent, group):
                return intent
            self._record(intent, (), group.id if _group_shows(intent, group) else None)
            return None
        seen = self._seen(intent, group)
        rest = tuple(member for member in intent.members if member not in seen)
        done = tuple(member for member in seen if self._is_new(intent, group, member))
        found = done or intent.action is Action.CREATE
        if not (rest and may_come):
            self._record(intent, done, group.id if found else None)
            return None
        if not seen and not found:
            return intent
        left = replace(intent, group_id=group.id, action=member_action(intent), members=rest)
        records, kept = self._found(intent, done, group.id if found else None)
        self._store.record_outcome(intent, kept, records, left)
        return left

    def _record(
        self,
        intent: Intent,
        done: tuple[MemberChange, ...],
        group: GroupId | None,
        reason: str = "found by reading the group",
    ) -> None:
        """Close a write. `group`: where something of it was found."""
        records, kept = self._found(intent, done, group)
        self._store.record_outcome(intent, kept, [*records, self._recorder.settled(intent, len(done), reason)])

    def _found(
        self, intent: Intent, done: tuple[MemberChange, ...], group: GroupId | None
    ) -> tuple[tuple[Record, ...], Effects]:
        """What is told and kept of a write that was found done: it may be another's deed."""
        if group is None:
            return (), Effects()
        kept = replace(effects(intent, done, group), ours=False)
        return self._recorder.done(intent, done, group, intended_by=intent.run), kept

    def _group_of(self, intent: Intent) -> tuple[Group | None, str]:
        """The group that a write was about; or why there is none."""
        if intent.group_id:
            group = self._groups.get(intent.group_id) or self._inactive(intent, intent.group_id)
            return group, "the group is not among the active ones"
        active = [group for group in self._groups.values() if group.name == intent.name]
        if ours := self._one_of_ours(intent, active):
            return ours, ""
        named = self._target.read_groups(archived=True).items()
        archived = [self._inactive(intent, group) for group, name in named if name == intent.name]
        if ours := self._one_of_ours(intent, [group for group in archived if group]):
            return ours, ""
        if active:
            return None, "a group of this name is not known to be this write's: its members are others"
        return None, "no active group has this name"

    def _one_of_ours(self, intent: Intent, groups: Sequence[Group]) -> Group | None:
        """The group that a creation surely made. Raises IncompleteRead when there are several of its name."""
        if len(groups) > 1:
            what = f"{len(groups)} groups are called {intent.name!r}: rename the one that is not the bridge's"
            raise IncompleteRead("hyperproof", what)
        return next((one for one in groups if is_ours(intent, self._members(one))), None)

    def _inactive(self, intent: Intent, group: GroupId) -> Group | None:
        """A group that is not listed may be archived, and still tell its members."""
        try:
            return Group(group, intent.group_name, None, self._target.read_members(group))
        except (ChangeRejected, IncompleteRead):
            return None

    def _members(self, group: Group) -> frozenset[AccountId]:
        return self._target.read_members(group.id) if isinstance(group.members, Untold) else group.members

    def _seen(self, intent: Intent, group: Group) -> tuple[MemberChange, ...]:
        current = self._members(group)
        to_be_in = intent.action is not Action.REMOVE
        return tuple(member for member in intent.members if (member.account in current) is to_be_in)

    def _is_new(self, intent: Intent, group: Group, member: MemberChange) -> bool:
        told = (group.id, member_action(intent), member.account)
        if told in self._told:
            return False
        self._told.add(told)
        return True


def _group_shows(intent: Intent, group: Group) -> bool:
    """Whether the group itself is as the intent meant it to be."""
    match intent.action:
        case Action.CREATE:
            return True
        case Action.RENAME:
            return group.name == intent.name
        case Action.SET_LEAD | Action.CLEAR_LEAD:
            return group.lead == intent.lead
        case _:
            return False
