"""Writing one managed group: intent on disk, one call, read back, outcome on disk.

    the call          what we know              what we do
    answers           it was taken              read the group back once all its calls are out
    is refused        nothing was done, or      read the group; halve what is still missing until the one
                      part of it                that is refused stands alone; go on with the others
    has no outcome    nothing                   read the group; send again only what is still missing
    was never made,   nothing was done          close the intent: it is untried, and whoever does it now is
    or is denied                                not us

An intent is closed only by what was seen in Hyperproof, or once a later one carries what is left of it.
What cannot be seen now stays open, and the next run settles it (settle.py).
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bridge.audit.events import Event
from bridge.core.change import Action, Change, GroupPlan, MemberChange
from bridge.core.journal import Effects, Intent
from bridge.core.model import AccountId, GroupId
from bridge.cycle.items import (
    MEMBER_ACTIONS,
    Item,
    accounts,
    effects,
    items_of_plan,
    items_of_write,
    member_action,
    parts,
)
from bridge.cycle.outcome import Deed, GroupOutcome, Result
from bridge.cycle.ports import Clock, Store, Target
from bridge.cycle.progress import Steps, untold
from bridge.cycle.records import Recorder
from bridge.errors import ChangeRejected, IncompleteRead, OutcomeUnknown, RemoteError

PATIENCE = (0.0, 2.0, 5.0, 10.0)
"""Seconds before each try to see a write in Hyperproof (API reference, 11.6)."""

UNKNOWN_TRIES = 3
"""Calls without an outcome in one group before Hyperproof is given up for this run."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What writing needs of the world."""

    target: Target
    store: Store
    clock: Clock
    permit: Callable[[], None]
    """Raises Busy when this process is no longer the one writer. Asked before each write."""
    new_id: Callable[[], str]
    chunk: int = 100
    """Ids in one call."""
    step: Steps = untold


class GroupWriter:
    """One managed group while it is written. Every item of its plan comes out as exactly one deed."""

    def __init__(self, ends: Ends, recorder: Recorder, plan: GroupPlan, members: frozenset[AccountId]) -> None:
        self._ends = ends
        self._recorder = recorder
        self._plan = plan
        self._group_id = plan.group_id
        self._members = members
        """As last read."""
        self._pending: dict[Item, None] = dict.fromkeys(items_of_plan(plan))
        self._deeds: list[Deed] = []
        self._sent: list[Intent] = []
        """Writes whose outcome is not recorded yet; each item is in one of them at most."""
        self._founders: frozenset[MemberChange] = frozenset()
        """Members who were put in when the group was created."""
        self._unknowns = 0

    # ---- the way through ----

    def refresh(self) -> None:
        """Read the members again before the first write, and drop what somebody else has done meanwhile."""
        if self._group_id:
            self._read()

    def write(self) -> None:
        """Send every change and record what is seen of it.

        Raises RemoteError when Hyperproof is lost; `give_up` then says what became of the rest.
        """
        for change in self._plan.changes:
            if change.action is Action.CREATE:
                self._create(change)
            elif self._group_id is None:
                return
            elif change.action in MEMBER_ACTIONS:
                self._change_members(change)
            else:
                self._change_group(change)
        self._confirm()

    def give_up(self, reason: str) -> None:
        """Turn everything that has no deed yet into one: sent and unseen, or never sent."""
        sent = {item for intent in self._sent for item in items_of_write(intent)}
        unseen = [item for item in self._pending if item in sent]
        untried = [item for item in self._pending if item not in sent]
        records = [
            self._recorder.not_done(Event.CHANGE_UNCONFIRMED, intent, intent.members, reason)
            for intent in self._sent
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

    def outcome(self) -> GroupOutcome:
        """What became of the group."""
        members = None if self._sent else self._members
        return GroupOutcome(self._plan.key, self._plan.name, self._group_id, tuple(self._deeds), members)

    @property
    def unfinished(self) -> bool:
        """Whether something has no deed yet."""
        return bool(self._pending)

    @property
    def additions(self) -> frozenset[Result]:
        """What became of those to be put in."""
        return frozenset(deed.result for deed in self._deeds if deed.action is Action.ADD)

    # ---- the group itself ----

    def _create(self, change: Change) -> None:
        """Create the group with its first members; then without, so that one bad id does not stop the group."""
        adds = next((c.members for c in self._plan.changes if c.action is Action.ADD), ())
        first = adds[: self._ends.chunk]
        for members in (first, ()) if first else ((),):
            intent = self._intend(change, members)
            try:
                with self._called(intent):
                    self._group_id = self._ends.target.create_group(change.name, accounts(members))
            except ChangeRejected as error:
                self._sent.append(intent)
                if self._find_half_created(intent):
                    return
                self._sent.remove(intent)
                self._refused(intent, error, () if members else [(Action.CREATE, None)])
                continue
            except OutcomeUnknown:
                self._sent.append(intent)
                self._await_created(intent)
            else:
                self._sent.append(intent)
                self._founders = frozenset(members)
            return

    def _await_created(self, intent: Intent) -> None:
        for _ in self._tries():
            if self._find_created(intent):
                return

    def _find_created(self, intent: Intent) -> bool:
        """Look for the group and who is in it after a call that did not tell."""
        groups = self._ends.target.read_groups(archived=False)
        found = [group for group, name in groups.items() if name == intent.name]
        if len(found) != 1:
            return False
        self._group_id = found[0]
        self._read()
        self._founders = self._seen(Action.ADD, intent.members)
        return True

    def _find_half_created(self, intent: Intent) -> bool:
        """Whether a refused call made the group all the same: with some of its members in it, and nobody else."""
        if intent.members and self._find_created(intent):
            if self._members and self._members <= set(accounts(intent.members)):
                return True
            self._group_id, self._members, self._founders = None, frozenset(), frozenset()
        return False

    def _change_group(self, change: Change) -> None:
        intent = self._intend(change, ())
        try:
            with self._called(intent):
                if change.action is Action.RENAME:
                    self._ends.target.rename_group(self._id, change.name)
                else:
                    self._ends.target.set_lead(self._id, change.lead)
        except ChangeRejected as error:
            self._sent.append(intent)  # open until the group is read, as with members
            if intent.id not in self._read_names():
                self._sent.remove(intent)
                self._refused(intent, error, [(change.action, None)])
            return
        except OutcomeUnknown as error:
            self._count_unknown(intent, error)
        self._sent.append(intent)

    # ---- members ----

    def _change_members(self, change: Change) -> None:
        open_ = [member for member in change.members if member not in self._founders]
        already = self._seen(change.action, open_)
        for member in already:  # done by somebody else since the run's read: nothing of ours to record
            self._pending.pop((change.action, member), None)
        queue = deque(parts([member for member in open_ if member not in already], self._ends.chunk))
        while queue:
            queue.extendleft(reversed(self._send(change, queue.popleft())))

    def _send(self, change: Change, members: Sequence[MemberChange]) -> list[Sequence[MemberChange]]:
        """Make one call. Returns what is to be sent again, in smaller parts when the whole was refused."""
        intent = self._intend(change, members)
        write = self._ends.target.add_members if change.action is Action.ADD else self._ends.target.remove_members
        try:
            with self._called(intent):
                write(self._id, accounts(members))
        except ChangeRejected as error:
            return self._after_refusal(intent, error)
        except OutcomeUnknown as error:
            self._count_unknown(intent, error)
            self._sent.append(intent)
            return self._after_unknown(intent)
        self._sent.append(intent)
        return []

    def _after_unknown(self, intent: Intent) -> list[Sequence[MemberChange]]:
        rest: Sequence[MemberChange] = intent.members
        for _ in self._tries():  # sent again too early, it may be refused as a repetition
            rest = self._unseen(intent)
            if not rest:
                return []
        return [rest]

    def _after_refusal(self, intent: Intent, error: ChangeRejected) -> list[Sequence[MemberChange]]:
        self._sent.append(intent)  # open until the group is read: a refused call may have done a part
        rest = self._unseen(intent)
        self._sent.remove(intent)
        if len(intent.members) == 1 and rest:
            self._refused(intent, error, [(intent.action, rest[0])])
            return []
        self._record_done(intent, tuple(m for m in intent.members if m not in rest))
        half = (len(rest) + 1) // 2
        return [part for part in (rest[:half], rest[half:]) if part]

    def _unseen(self, intent: Intent) -> Sequence[MemberChange]:
        self._read()
        seen = self._seen(intent.action, intent.members)
        return tuple(member for member in intent.members if member not in seen)

    def _count_unknown(self, intent: Intent, error: OutcomeUnknown) -> None:
        """Give up on a group whose calls keep ending without an outcome."""
        self._unknowns += 1
        if self._unknowns >= UNKNOWN_TRIES:
            self._sent.append(intent)
            raise error

    # ---- reading back ----

    def _confirm(self) -> None:
        """Read the group back until all that was sent is seen or patience ends; record what is seen."""
        if not self._sent:
            return
        with self._ends.step("read back", group=self._plan.key) as step:
            named = self._read_until_seen()
            step.tell(writes=len(self._sent))
        for intent in tuple(self._sent):
            self._close(intent, named)

    def _read_until_seen(self) -> frozenset[str]:
        named: frozenset[str] = frozenset()
        for last in self._tries():
            try:
                named = self._read_group()
            except IncompleteRead:  # a group that was just created may not be shown at once
                if last or all(intent.action is not Action.CREATE for intent in self._sent):
                    raise
                continue
            if all(self._is_seen(intent, named) for intent in self._sent):
                break
        return named

    def _tries(self) -> Iterator[bool]:
        """Begin each try to see a write, once its wait is over. Tells whether it is the last."""
        for number, wait in enumerate(PATIENCE, start=1):
            if wait:
                self._ends.clock.sleep(wait)
            yield number == len(PATIENCE)

    def _read_group(self) -> frozenset[str]:
        """Read what the open writes are about: members, name, lead. Returns the intents seen in name and lead."""
        if any(intent.action in {*MEMBER_ACTIONS, Action.CREATE} for intent in self._sent):
            self._read()
        return self._read_names()

    def _read_names(self) -> frozenset[str]:
        named = [i for i in self._sent if i.action not in {*MEMBER_ACTIONS, Action.CREATE}]
        if not named:
            return frozenset()
        group = self._ends.target.read_group(self._id)
        return frozenset(
            intent.id
            for intent in named
            if group
            and (group.name == intent.name if intent.action is Action.RENAME else group.lead == intent.lead)
        )

    def _is_seen(self, intent: Intent, named: frozenset[str]) -> bool:
        if intent.members or intent.action is Action.CREATE:
            return len(self._seen(intent.action, intent.members)) == len(intent.members)
        return intent.id in named

    def _close(self, intent: Intent, named: frozenset[str]) -> None:
        """Record what is seen of one write; what is not gets an intent of its own, on disk before that goes."""
        action = member_action(intent)
        seen = self._seen(action, intent.members)
        unseen = tuple(member for member in intent.members if member not in seen)
        of_group = intent.action is Action.CREATE or intent.id in named
        self._sent.remove(intent)
        if not seen and not of_group:
            self._not_seen(intent)
            return
        rest = replace(intent, id=self._ends.new_id(), group_id=self._group_id, action=action, members=unseen)
        if unseen:
            self._ends.store.record_intent(rest)
        self._record_done(intent, tuple(member for member in intent.members if member in seen))
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

    def _read(self) -> None:
        self._members = self._ends.target.read_members(self._id)

    def _seen(self, action: Action, members: Sequence[MemberChange]) -> frozenset[MemberChange]:
        """Those of the members whom the last read shows as the action wants them."""
        wanted = action is not Action.REMOVE
        return frozenset(member for member in members if (member.account in self._members) is wanted)

    # ---- evidence ----

    def _intend(self, change: Change, members: Sequence[MemberChange]) -> Intent:
        """Put a write on disk once we may do it. The call comes next."""
        intent = self._intent(change, members)
        self._ends.permit()
        self._ends.store.record_intent(intent)
        self._take_over(intent)
        return intent

    @contextmanager
    def _called(self, intent: Intent) -> Iterator[None]:
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
        for earlier in [one for one in self._sent if not set(one.members).isdisjoint(intent.members)]:
            self._sent.remove(earlier)
            seen = self._seen(earlier.action, earlier.members)
            self._record_done(earlier, [member for member in earlier.members if member in seen])

    def _intent(self, change: Change, members: Sequence[MemberChange]) -> Intent:
        return Intent(
            id=self._ends.new_id(),
            run=self._recorder.run.id,
            at=self._ends.clock.now(),
            key=self._plan.key,
            group_id=self._group_id,
            group_name=self._plan.name,
            action=change.action,
            members=tuple(members),
            name=change.name,
            lead=change.lead,
            cause=change.cause.value,
        )

    def _record_done(self, intent: Intent, done: Sequence[MemberChange]) -> None:
        records = self._recorder.done(intent, done, self._id)
        self._ends.store.record_outcome(intent, effects(intent, done, self._id), records)
        items: list[Item] = [(member_action(intent), member) for member in done]
        if intent.action not in MEMBER_ACTIONS:
            items.append((intent.action, None))
        self._conclude(items, Result.APPLIED)

    def _refused(self, intent: Intent, error: ChangeRejected, items: Sequence[Item]) -> None:
        """Record that Hyperproof refused a write, and that these items end with it."""
        record = self._recorder.not_done(Event.CHANGE_FAILED, intent, intent.members, error.what, error.status)
        self._ends.store.record_outcome(intent, Effects(), [record])
        self._conclude(items, Result.FAILED, error.what)

    def _conclude(self, items: Sequence[Item], result: Result, reason: str = "") -> None:
        for item in items:
            if item in self._pending:
                del self._pending[item]
                self._deeds.append(Deed(item[0], result, item[1], reason))

    @property
    def _id(self) -> GroupId:
        if self._group_id is None:
            raise LookupError(f"the group {self._plan.name} is not created yet")
        return self._group_id
