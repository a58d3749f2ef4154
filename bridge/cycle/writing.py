"""Writing one managed group: intent on disk, one call, read back, outcome on disk.

    the call          what we know              what we do
    answers           it was taken              read the group back once all its calls are out
    is refused        nothing was done, or      read the group; halve what is still missing until the one
                      part of it                that is refused stands alone; go on with the others
    has no outcome    nothing                   read the group; send again only what is still missing
    was never made,   nothing was done          close the intent: it is untried, and whoever does it now is
    or is denied                                not us

What is on its way, and what of it may be told as done, is kept in open_writes.py.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from bridge.core.change import Action, Change, GroupPlan, MemberChange
from bridge.core.journal import Intent
from bridge.core.model import AccountId
from bridge.cycle.items import MEMBER_ACTIONS, accounts, is_ours, parts
from bridge.cycle.open_writes import Ends, OpenWrites
from bridge.cycle.outcome import GroupOutcome, Result
from bridge.cycle.records import Recorder
from bridge.errors import ChangeRejected, IncompleteRead, OutcomeUnknown, Withdrawn

PATIENCE = (0.0, 2.0, 5.0, 10.0)
"""Seconds before each try to see a write in Hyperproof (API reference, 11.6)."""

UNKNOWN_TRIES = 3
"""Calls without an outcome in one group before Hyperproof is given up for this run."""


class GroupWriter:
    """One managed group while it is written. Every item of its plan comes out as exactly one deed."""

    def __init__(self, ends: Ends, recorder: Recorder, plan: GroupPlan, members: frozenset[AccountId]) -> None:
        self._ends = ends
        self._plan = plan
        self._writes = OpenWrites(ends, recorder, plan, members)
        self._founders: frozenset[MemberChange] = frozenset()
        """Members who were put in when the group was created."""
        self._unknowns = 0

    # ---- the way through ----

    def refresh(self) -> None:
        """Read the members again before the first write, and drop what somebody else has done meanwhile."""
        if self._writes.group_id:
            self._writes.read()

    def write(self) -> None:
        """Send every change and record what is seen of it; nothing else where the group is not created.

        Raises RemoteError when Hyperproof is lost; `give_up` then says what became of the rest.
        """
        for change in self._plan.changes:
            if change.action is Action.CREATE:
                self._create(change)
                if self._writes.group_id is None:
                    return
            elif change.action in MEMBER_ACTIONS:
                self._change_members(change)
            else:
                self._change_group(change)
        self._confirm()

    def give_up(self, reason: str) -> None:
        """Turn everything that has no deed yet into one: sent and unseen, or never sent."""
        self._writes.give_up(reason)

    def outcome(self) -> GroupOutcome:
        """What became of the group."""
        writes = self._writes
        members = None if writes.sent else writes.members
        return GroupOutcome(self._plan.key, self._plan.name, writes.group_id, tuple(writes.deeds), members)

    @property
    def unfinished(self) -> bool:
        """Whether something has no deed yet."""
        return bool(self._writes.pending)

    @property
    def additions(self) -> frozenset[Result]:
        """What became of those to be put in."""
        return frozenset(deed.result for deed in self._writes.deeds if deed.action is Action.ADD)

    # ---- the group itself ----

    def _create(self, change: Change) -> None:
        """Create the group with its first members; then without, so that one bad id does not stop the group."""
        adds = next((c.members for c in self._plan.changes if c.action is Action.ADD), ())
        first = adds[: self._ends.chunk]
        for members in (first, ()) if first else ((),):
            intent = self._writes.intend(change, members)
            try:
                with self._writes.called(intent):
                    group_id = self._ends.target.create_group(change.name, accounts(members))
            except ChangeRejected as error:
                self._writes.sent.append(intent)
                if members and self._find_created(intent):  # an empty one is whoever's took the name
                    return
                self._writes.sent.remove(intent)
                self._writes.refused(intent, error, () if members else [(Action.CREATE, None)])
                continue
            except OutcomeUnknown:
                self._writes.sent.append(intent)
                self._await_created(intent)
            else:
                self._writes.sent.append(intent)  # before its id is kept, which may fail
                self._writes.sent[-1] = self._writes.created(intent, group_id)
                self._founders = frozenset(members)
            return

    def _await_created(self, intent: Intent) -> None:
        for _ in self._tries():
            if self._find_created(intent):
                return

    def _find_created(self, intent: Intent) -> bool:
        """Look for the group after a call that did not tell, or was refused. Another's is not ours."""
        groups = self._ends.target.read_groups(archived=False)
        found = [group for group, name in groups.items() if name == intent.name]
        if len(found) != 1:
            return False
        self._writes.group_id = found[0]
        self._writes.read()
        if not is_ours(intent, self._writes.members):
            self._writes.group_id, self._writes.members = None, frozenset()
            return False
        self._founders = self._writes.seen(Action.ADD, intent.members)
        return True

    def _change_group(self, change: Change) -> None:
        intent = self._writes.intend(change, ())
        try:
            with self._writes.called(intent):
                if change.action is Action.RENAME:
                    self._ends.target.rename_group(self._writes.id, change.name)
                else:
                    self._ends.target.set_lead(self._writes.id, change.lead)
        except ChangeRejected as error:
            self._writes.sent.append(intent)  # open until the group is read, as with members
            if intent.id not in self._read_names():
                self._writes.sent.remove(intent)
                self._writes.refused(intent, error, [(change.action, None)])
            return
        except OutcomeUnknown as error:
            self._count_unknown(intent, error)
        self._writes.sent.append(intent)

    # ---- members ----

    def _change_members(self, change: Change) -> None:
        open_ = [member for member in change.members if member not in self._founders]
        already = self._writes.seen(change.action, open_)
        for member in already:  # done by somebody else since the run's read: nothing of ours to record
            self._writes.pending.pop((change.action, member), None)
        queue = deque(parts([member for member in open_ if member not in already], self._ends.chunk))
        while queue:
            queue.extendleft(reversed(self._send(change, queue.popleft())))

    def _send(self, change: Change, members: Sequence[MemberChange]) -> list[Sequence[MemberChange]]:
        """Make one call. Returns what is to be sent again, in smaller parts when the whole was refused."""
        try:
            intent = self._writes.intend(change, members)
        except Withdrawn as error:
            return self._writes.withdraw(change, members, str(error))
        write = self._ends.target.add_members if change.action is Action.ADD else self._ends.target.remove_members
        try:
            with self._writes.called(intent):
                write(self._writes.id, accounts(members))
        except ChangeRejected as error:
            return self._after_refusal(intent, error)
        except OutcomeUnknown as error:
            self._count_unknown(intent, error)
            self._writes.went_out(intent)
            return self._after_unknown(intent)
        self._writes.went_out(intent)
        return []

    def _after_unknown(self, intent: Intent) -> list[Sequence[MemberChange]]:
        rest: Sequence[MemberChange] = intent.members
        for _ in self._tries():  # sent again too early, it may be refused as a repetition
            rest = self._unseen(intent)
            if not rest:
                return []
        return [rest]

    def _after_refusal(self, intent: Intent, error: ChangeRejected) -> list[Sequence[MemberChange]]:
        self._writes.sent.append(intent)  # open until the group is read: a refused call may have done a part
        rest = self._unseen(intent)
        self._writes.sent.remove(intent)
        if len(intent.members) == 1 and rest:
            self._writes.refused(intent, error, [(intent.action, rest[0])])
            return []
        done = tuple(member for member in intent.members if member not in rest)
        self._writes.take_over(done)
        self._writes.record_done(intent, done)
        half = (len(rest) + 1) // 2
        return [part for part in (rest[:half], rest[half:]) if part]

    def _unseen(self, intent: Intent) -> Sequence[MemberChange]:
        self._writes.read()
        seen = self._writes.seen(intent.action, intent.members)
        return tuple(member for member in intent.members if member not in seen)

    def _count_unknown(self, intent: Intent, error: OutcomeUnknown) -> None:
        """Give up on a group whose calls keep ending without an outcome."""
        self._unknowns += 1
        if self._unknowns >= UNKNOWN_TRIES:
            self._writes.went_out(intent)
            raise error

    # ---- reading back ----

    def _confirm(self) -> None:
        """Read the group back until all that was sent is seen or patience ends; record what is seen."""
        if not self._writes.sent:
            return
        with self._ends.step("read back", group=self._plan.key) as step:
            named = self._read_until_seen()
            step.tell(writes=len(self._writes.sent))
        for intent in tuple(self._writes.sent):
            self._writes.close(intent, named)

    def _read_until_seen(self) -> frozenset[str]:
        named: frozenset[str] = frozenset()
        for last in self._tries():
            try:
                named = self._read_group()
            except IncompleteRead:  # a group that was just created may not be shown at once
                if last or all(intent.action is not Action.CREATE for intent in self._writes.sent):
                    raise
                continue
            if all(self._is_seen(intent, named) for intent in self._writes.sent):
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
        if any(intent.action in {*MEMBER_ACTIONS, Action.CREATE} for intent in self._writes.sent):
            self._writes.read()
        return self._read_names()

    def _read_names(self) -> frozenset[str]:
        named = [i for i in self._writes.sent if i.action not in {*MEMBER_ACTIONS, Action.CREATE}]
        if not named:
            return frozenset()
        group = self._ends.target.read_group(self._writes.id)
        return frozenset(
            intent.id
            for intent in named
            if group
            and (group.name == intent.name if intent.action is Action.RENAME else group.lead == intent.lead)
        )

    def _is_seen(self, intent: Intent, named: frozenset[str]) -> bool:
        if intent.members or intent.action is Action.CREATE:
            return len(self._writes.seen(intent.action, intent.members)) == len(intent.members)
        return intent.id in named
