"""The open writes of one managed group: each on disk before its call, and closed by what was seen of it.

An intent is closed only by what was seen in Hyperproof, or once a later one carries what is left of it. What
cannot be seen now stays open, and the next run settles it (settle.py).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bridge.audit.events import Event
from bridge.core.change import Action, Change, GroupPlan, MemberChange
from bridge.core.journal import Effects, Intent
from bridge.core.model import AccountId, GroupId
from bridge.cycle.items import MEMBER_ACTIONS, Item, effects, items_of_plan, items_of_write, member_action
from bridge.cycle.outcome import Deed, Result
from bridge.cycle.ports import Clock, Store, Target
from bridge.cycle.progress import Steps, untold
from bridge.cycle.records import Recorder
from bridge.errors import ChangeRejected, OutcomeUnknown, RemoteError


@dataclass(frozen=True, slots=True)
class Ends:
    """What writing needs of the world."""

    target: Target
    store: Store
    clock: Clock
    permit: Callable[[], None]
    """Raises what ends the run before another write. The lock itself is asked by the store and by the target."""
    new_id: Callable[[], str]
    chunk: int = 100
    """Ids in one call."""
    step: Steps = untold


class OpenWrites:
    """What is sent to one group, what the group shows, and what became of each item of its plan."""

    def __init__(self, ends: Ends, recorder: Recorder, plan: GroupPlan, members: frozenset[AccountId]) -> None:
        self._ends = ends
        self._recorder = recorder
        self._plan = plan
        self.group_id = plan.group_id
        self.members = members
        """As last read."""
        self.pending: dict[Item, None] = dict.fromkeys(items_of_plan(plan))
        self.deeds: list[Deed] = []
        self.sent: list[Intent] = []
        """Writes whose outcome is not recorded yet; each item is in one of them at most."""

    def intend(self, change: Change, members: Sequence[MemberChange]) -> Intent:
        """Put a write on disk once we may do it. The call comes next."""
        intent = self._intent(change, members)
        self._ends.permit()
        self._ends.store.record_intent(intent)
        self._take_over(intent)
        return intent

    @contextmanager
    def called(self, intent: Intent) -> Iterator[None]:
        """One call. The intent of one that surely did nothing goes: settled later, others' deeds would be ours."""
        try:
            yield
        except (ChangeRejected, OutcomeUnknown):
            raise
        except RemoteError:
            self._ends.store.record_outcome(intent, Effects(), [])
            raise

    def _take_over(self, intent: Intent) -> None:
        """Close what this write repeats: what that did is seen already, and the rest is this one's now."""
        for earlier in [one for one in self.sent if not set(one.members).isdisjoint(intent.members)]:
            self.sent.remove(earlier)
            seen = self.seen(earlier.action, earlier.members)
            self.record_done(earlier, [member for member in earlier.members if member in seen])

    def _intent(self, change: Change, members: Sequence[MemberChange]) -> Intent:
        return Intent(
            id=self._ends.new_id(),
            run=self._recorder.run.id,
            at=self._ends.clock.now(),
            key=self._plan.key,
            group_id=self.group_id,
            group_name=self._plan.name,
            action=change.action,
            members=tuple(members),
            name=change.name,
            lead=change.lead,
            cause=change.cause.value,
        )

    def created(self, intent: Intent, group_id: GroupId) -> Intent:
        """Keep the id of a group that was just made, before anything else may go wrong."""
        self.group_id = group_id
        self._ends.store.record_created(intent, group_id)
        return replace(intent, group_id=group_id)

    def record_done(self, intent: Intent, done: Sequence[MemberChange]) -> None:
        """Close a write with the records of what was seen of it."""
        records = self._recorder.done(intent, done, self.id)
        self._ends.store.record_outcome(intent, effects(intent, done, self.id), records)
        items: list[Item] = [(member_action(intent), member) for member in done]
        if intent.action not in MEMBER_ACTIONS:
            items.append((intent.action, None))
        self._conclude(items, Result.APPLIED)

    def refused(self, intent: Intent, error: ChangeRejected, items: Sequence[Item]) -> None:
        """Record that Hyperproof refused a write, and that these items end with it."""
        record = self._recorder.not_done(Event.CHANGE_FAILED, intent, intent.members, error.what, error.status)
        self._ends.store.record_outcome(intent, Effects(), [record])
        self._conclude(items, Result.FAILED, error.what)

    def _conclude(self, items: Sequence[Item], result: Result, reason: str = "") -> None:
        for item in items:
            if item in self.pending:
                del self.pending[item]
                self.deeds.append(Deed(item[0], result, item[1], reason))

    def close(self, intent: Intent, named: frozenset[str]) -> None:
        """Record what is seen of one write; what is not gets an intent of its own, on disk before that goes."""
        action = member_action(intent)
        seen = self.seen(action, intent.members)
        unseen = tuple(member for member in intent.members if member not in seen)
        of_group = intent.action is Action.CREATE or intent.id in named
        self.sent.remove(intent)
        if not seen and not of_group:
            self._not_seen(intent)
            return
        rest = replace(intent, id=self._ends.new_id(), group_id=self.group_id, action=action, members=unseen)
        if unseen:
            self._ends.store.record_intent(rest)
        self.record_done(intent, tuple(member for member in intent.members if member in seen))
        if unseen:
            self._not_seen(rest)

    def _not_seen(self, intent: Intent) -> None:
        """Record that a write was sent and not seen. Its intent stays open on disk."""
        reason = "not seen when the group was read back; the next run looks again"
        self._ends.store.record(
            [self._recorder.not_done(Event.CHANGE_UNCONFIRMED, intent, intent.members, reason)]
        )
        items: list[Item] = [(member_action(intent), member) for member in intent.members]
        self._conclude(items or [(intent.action, None)], Result.UNCONFIRMED, reason)

    def give_up(self, reason: str) -> None:
        """Turn everything that has no deed yet into one: sent and unseen, or never sent."""
        sent = {item for intent in self.sent for item in items_of_write(intent)}
        unseen = [item for item in self.pending if item in sent]
        untried = [item for item in self.pending if item not in sent]
        records = [
            self._recorder.not_done(Event.CHANGE_UNCONFIRMED, intent, intent.members, reason)
            for intent in self.sent
        ]
        for change in self._plan.changes:
            left = tuple(member for action, member in untried if action is change.action and member)
            if left or (change.action, None) in untried:
                never_sent = replace(self._intent(change, left), id="")
                records.append(self._recorder.not_done(Event.CHANGE_UNTRIED, never_sent, left, reason))
        if records:
            self._ends.store.record(records)
        self._conclude(unseen, Result.UNCONFIRMED, reason)
        self._conclude(untried, Result.UNTRIED, reason)

    def read(self) -> None:
        """Read the members now."""
        self.members = self._ends.target.read_members(self.id)

    def seen(self, action: Action, members: Sequence[MemberChange]) -> frozenset[MemberChange]:
        """Those of the members whom the last read shows as the action wants them."""
        wanted = action is not Action.REMOVE
        return frozenset(member for member in members if (member.account in self.members) is wanted)

    @property
    def id(self) -> GroupId:
        """The group's id, once there is one."""
        if self.group_id is None:
            raise LookupError(f"the group {self._plan.name} is not created yet")
        return self.group_id
