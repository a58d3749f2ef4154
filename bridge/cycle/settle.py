"""Settling what an earlier run left open: writes that were on their way when it ended.

Nothing is written to Hyperproof here. What the intent meant to do is compared with what Hyperproof shows
now, and the outcome is recorded, so that no change is ever without its record.
"""

from collections.abc import Mapping, Sequence

from bridge.core.change import Action, MemberChange
from bridge.core.journal import Effects, Intent
from bridge.core.model import AccountId, Group, GroupId, Untold
from bridge.cycle.items import effects
from bridge.cycle.ports import Store, Target
from bridge.cycle.records import Recorder
from bridge.errors import ChangeRejected, IncompleteRead


def settle(store: Store, target: Target, groups: Sequence[Group], recorder: Recorder) -> int:
    """Record the outcome of every open intent, by the groups as read now. Returns how many were settled."""
    intents = store.load_intents()
    if not intents:
        return 0
    settlement = _Settlement(store, target, groups, recorder)
    return sum(settlement.settle(intent) for intent in intents)


class _Settlement:
    def __init__(self, store: Store, target: Target, groups: Sequence[Group], recorder: Recorder) -> None:
        self._store = store
        self._target = target
        self._groups: Mapping[GroupId, Group] = {group.id: group for group in groups}
        self._recorder = recorder
        self._told: set[tuple[GroupId, Action, AccountId]] = set()
        """A write that was sent twice is recorded once."""

    def settle(self, intent: Intent) -> bool:
        """Record what came of a write. It stays open while its group's members are not told."""
        group = self._group_of(intent)
        if group is None:
            reason = "the group is not among the active ones" if intent.group_id else "no such group was created"
            self._store.record_outcome(intent, Effects(), [self._recorder.settled(intent, 0, reason)])
            return True
        try:
            done = self._done(intent, group)
        except IncompleteRead:
            return False
        of_group = _group_shows(intent, group)
        records = self._recorder.done(intent, done, group.id) if done or of_group else ()
        summary = self._recorder.settled(intent, len(done), "found by reading the group")
        kept = effects(intent, done, group.id) if done or of_group else Effects()
        self._store.record_outcome(intent, kept, [*records, summary])
        return True

    def _group_of(self, intent: Intent) -> Group | None:
        if intent.group_id:
            return self._groups.get(intent.group_id) or self._inactive(intent, intent.group_id)
        found = [group for group in self._groups.values() if group.name == intent.name]
        return found[0] if len(found) == 1 else None

    def _inactive(self, intent: Intent, group: GroupId) -> Group | None:
        """A group that is not listed may be archived, and still tell its members."""
        try:
            return Group(group, intent.group_name, None, self._target.read_members(group))
        except (ChangeRejected, IncompleteRead):
            return None

    def _done(self, intent: Intent, group: Group) -> tuple[MemberChange, ...]:
        if not intent.members:
            return ()
        current = self._target.read_members(group.id) if isinstance(group.members, Untold) else group.members
        wanted = intent.action is not Action.REMOVE
        action = Action.REMOVE if intent.action is Action.REMOVE else Action.ADD
        done = []
        for member in intent.members:
            told = (group.id, action, member.account)
            if (member.account in current) is wanted and told not in self._told:
                self._told.add(told)
                done.append(member)
        return tuple(done)


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
