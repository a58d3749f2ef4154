"""Settling what an earlier run left open: writes that were on their way when it ended.

Nothing is written to Hyperproof here. What the intent meant to do is compared with what Hyperproof shows
now, and the outcome is recorded, so that no change is ever without its record. A write that is not seen yet stays
open for as long as its call may take: it may have left a process that was cut off a moment ago. And what is seen
may be somebody else's deed by now: its records tell which run meant to do it, and nobody counts as put in by us.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from bridge.core.change import Action, Consent, MemberChange
from bridge.core.journal import Effects, Intent, Record, Run, RunKind
from bridge.core.mapping import Policy
from bridge.core.model import AccountId, Group, GroupId, Untold
from bridge.core.under_way import Open, may_land
from bridge.cycle.items import effects, is_ours, member_action
from bridge.cycle.ports import Clock, Readable, Store
from bridge.cycle.records import Recorder
from bridge.errors import ChangeRejected, IncompleteRead, RemoteError, Throttled


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of the writes that were open."""

    settled: int = 0
    open: tuple[Open, ...] = ()
    notes: tuple[str, ...] = ()
    """Why some could not be looked into."""

    @property
    def landing(self) -> int:
        """How many of the open ones may still be on their way."""
        return sum(one.may_land for one in self.open)


@dataclass(frozen=True, slots=True)
class Scene:
    """What open writes are judged by."""

    target: Readable
    clock: Clock
    policy: Policy
    call_time: timedelta
    """The longest that a call may take from its intent to its effect."""
    groups: Sequence[Group]
    """The active ones, as read now."""


class _Keep(Protocol):
    def __call__(
        self, intent: Intent, effects: Effects, records: Sequence[Record], left: Intent | None = None, /
    ) -> None:
        """Keep the outcome of a write."""


def settle(store: Store, scene: Scene, recorder: Recorder) -> Settlement:
    """Record the outcome of every open intent that can be known."""
    if not (intents := store.load_intents()):
        return Settlement()
    looking = _Looking(store.record_outcome, scene, recorder, store.load_consents())
    left = looking.left(intents)
    return Settlement(len(intents) - len(left), left, tuple(looking.notes))


def foresee(store: Store, scene: Scene) -> Settlement:
    """Tell what settling would leave open. Nothing is kept."""
    nobody = Recorder(Run("", RunKind.SYNC, scene.clock.now(), ""), scene.clock)
    looking = _Looking(lambda *_: None, scene, nobody, ())
    return Settlement(open=looking.left(store.load_intents()), notes=tuple(looking.notes))


class _Looking:
    def __init__(self, keep: _Keep, scene: Scene, recorder: Recorder, consents: Sequence[Consent]) -> None:
        self._keep = keep
        self._scene = scene
        self._target = scene.target
        self._groups: Mapping[GroupId, Group] = {group.id: group for group in scene.groups}
        self._recorder = recorder
        self._consents = consents
        self._stated = {mapping.group_id for mapping in scene.policy.mappings if mapping.group_id}
        self._told: set[tuple[GroupId, Action, AccountId]] = set()
        """A write that was sent twice is recorded once."""
        self.notes: list[str] = []

    def left(self, intents: Sequence[Intent]) -> tuple[Open, ...]:
        """Record what came of these writes. Returns what of them stays open."""
        left = []
        for intent in intents:
            may_come = may_land(intent, self._scene.clock.now(), self._scene.call_time)
            if rest := self._settle(intent, may_come=may_come):
                left.append(Open(rest, may_come))
        return tuple(left)

    def _settle(self, intent: Intent, *, may_come: bool) -> Intent | None:
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
            self._keep(intent, Effects(), [self._recorder.settled(intent, 0, reason)])
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
        self._keep(intent, kept, records, left)
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
        self._keep(intent, kept, [*records, self._recorder.settled(intent, len(done), reason)])

    def _found(
        self, intent: Intent, done: tuple[MemberChange, ...], group: GroupId | None
    ) -> tuple[tuple[Record, ...], Effects]:
        """What is told and kept of a write that was found done: it may be another's deed."""
        if group is None:
            return (), Effects()
        kept = replace(effects(intent, done, group), ours=False)
        return self._recorder.found(intent, done, group, self._consents), kept

    def _group_of(self, intent: Intent) -> tuple[Group | None, str]:
        """The group that a write was about; or why there is none."""
        if intent.group_id:
            group = self._groups.get(intent.group_id) or self._inactive(intent, intent.group_id)
            return group, "the group is not among the active ones"
        named = [group for group in self._groups.values() if group.name == intent.name]
        active = [group for group in named if self._made_then(intent, group) is not False]
        if ours := self._ours(intent, active):
            return ours, ""
        names = self._target.read_groups(archived=True).items()
        archived = [self._inactive(intent, group) for group, name in names if name == intent.name]
        if ours := self._ours(intent, [group for group in archived if group]):
            return ours, ""
        if active:
            return None, "a group of this name is there, and by its members nobody can tell who made it"
        if named:
            return None, "the group of this name was made at another time"
        return None, "no active group has this name"

    def _made_then(self, intent: Intent, group: Group) -> bool | None:
        """Whether a group was made while this write may have been on its way; None where it is not told."""
        return may_land(intent, group.created, self._scene.call_time) if group.created else None

    def _ours(self, intent: Intent, groups: Sequence[Group]) -> Group | None:
        """The group that a creation made. Raises IncompleteRead when it may be several, and nobody said which."""
        ours = [one for one in groups if self._is_ours(intent, one)]
        if len(groups) > 1 and len(ours) != 1:
            if self._stated.isdisjoint(one.id for one in groups):
                what = f"{len(groups)} groups are called {intent.name!r}: state the right one as `id`"
                raise IncompleteRead("hyperproof", f"{what}, or rename the one that is not the bridge's")
            ours = [one for one in ours if one.id in self._stated]
        return ours[0] if len(ours) == 1 else None

    def _is_ours(self, intent: Intent, group: Group) -> bool:
        return is_ours(intent, self._members(group), made_then=self._made_then(intent, group) is True)

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
