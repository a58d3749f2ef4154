"""The open writes of one managed group: each on disk before its call, and closed by what was seen of it.

An intent is closed only by what was seen in Hyperproof, or once a later call is out that carries what is left of
it. What cannot be seen now stays open, and the next run settles it (settle.py).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bridge.audit.events import Event
from bridge.core.change import Action, Approval, Change, GroupPlan, MemberChange
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
        """Writes whose call is out and whose outcome is not recorded yet."""

    def intend(self, change: Change, members: Sequence[MemberChange]) -> Intent:
        """Put a write on disk once we may do it. The call comes next.

        What it repeats stays open until that is out: refused or never made, it says nothing of the earlier one.
        Raises Withdrawn where a person took back the approval of some of these.
        """
        intent = self._intent(change, members)
        approvals = {approval.digest for one in members if (approval := self._approval_of(one))}
        self._ends.permit()
        self._ends.store.record_intent(intent, approvals)
        for earlier in self._repeated_by(intent.members):
            self._record_seen(earlier)
        return intent

    def withdraw(
        self, change: Change, members: Sequence[MemberChange], reason: str
    ) -> list[Sequence[MemberChange]]:
        """Leave those of the members alone who rest on an approval. Returns the others, to be sent still."""
        left = tuple(one for one in members if self._approval_of(one))
        never_sent = replace(self._intent(change, left), id="")
        self._ends.store.record([self._recorder.not_done(Event.CHANGE_UNTRIED, never_sent, left, reason)])
        self._conclude([(change.action, one) for one in left], Result.UNTRIED, reason)
        rest = [one for one in members if one not in left]
        return [rest] if rest else []

    def _approval_of(self, member: MemberChange) -> Approval | None:
        return self._recorder.approvals.get((self._plan.key, member.account))

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

    def went_out(self, intent: Intent) -> None:
        """Its call is out: what it repeats is this one's from now on."""
        self.take_over(intent.members)
        self.sent.append(intent)

    def take_over(self, members: Collection[MemberChange]) -> None:
        """Take these members out of the writes that are out: another open one tells what becomes of them."""
        for earlier in self._repeated_by(members):
            self.sent.remove(earlier)
            self.sent += self._record_part(earlier, (), [m for m in earlier.members if m not in members])

    def _record_seen(self, earlier: Intent) -> None:
        """Record what is seen of a write that is about to be repeated. The rest of it stays open."""
        seen = self.seen(earlier.action, earlier.members)
        if seen or earlier.action not in MEMBER_ACTIONS:
            self.sent.remove(earlier)
            self.sent += self._record_part(earlier, seen, [m for m in earlier.members if m not in seen])

    def _repeated_by(self, members: Iterable[MemberChange]) -> list[Intent]:
        return [one for one in self.sent if not set(one.members).isdisjoint(members)]

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

    def record_done(self, intent: Intent, done: Sequence[MemberChange], left: Intent | None = None) -> None:
        """Close a write with the records of what was seen of it; `left` of it stays open."""
        records = self._recorder.done(intent, done, self.id)
        self._ends.store.record_outcome(intent, effects(intent, done, self.id), records, left)
        items: list[Item] = [(member_action(intent), member) for member in done]
        if intent.action not in MEMBER_ACTIONS:
            items.append((intent.action, None))
        self._conclude(items, Result.APPLIED)

    def _record_part(
        self, intent: Intent, done: Collection[MemberChange], rest: Sequence[MemberChange]
    ) -> list[Intent]:
        """Record what was seen of a write. Returns what of it stays open: the rest of its members, if any."""
        left = replace(intent, group_id=self.id, action=member_action(intent), members=tuple(rest))
        self.record_done(intent, [m for m in intent.members if m in done], left if rest else None)
        return [left] if rest else []

    def refused(self, intent: Intent, error: ChangeRejected, items: Sequence[Item]) -> None:
        """Record that Hyperproof refused a write, and that these items end with it.

        But for those that an earlier one may still do: that such a write is refused now may come of that very one.
        """
        record = self._recorder.not_done(Event.CHANGE_FAILED, intent, intent.members, error.what, error.status)
        self._ends.store.record_outcome(intent, Effects(), [record])
        sent = {item for earlier in self.sent for item in items_of_write(earlier)}
        self._conclude([item for item in items if item not in sent], Result.FAILED, error.what)

    def _conclude(self, items: Sequence[Item], result: Result, reason: str = "") -> None:
        for item in items:
            if item in self.pending:
                del self.pending[item]
                self.deeds.append(Deed(item[0], result, item[1], reason))

    def close(self, intent: Intent, named: frozenset[str]) -> None:
        """Record what is seen of one write, and that the rest is not: it stays open on disk."""
        seen = self.seen(intent.action, intent.members)
        self.sent.remove(intent)
        if not seen and intent.action is not Action.CREATE and intent.id not in named:
            self._not_seen(intent)
            return
        for left in self._record_part(intent, seen, [m for m in intent.members if m not in seen]):
            self._not_seen(left)

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
        is_member = action is not Action.REMOVE
        return frozenset(member for member in members if (member.account in self.members) is is_member)

    @property
    def id(self) -> GroupId:
        """The group's id, once there is one."""
        if self.group_id is None:
            raise LookupError(f"the group {self._plan.name} is not created yet")
        return self.group_id
