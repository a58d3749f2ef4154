"""Applying a plan: one managed group after the other, until all is done or Hyperproof is lost."""

from collections import Counter
from collections.abc import Callable, Mapping

from bridge.core.change import Plan
from bridge.core.model import AccountId
from bridge.cycle.open_writes import Ends
from bridge.cycle.outcome import GroupOutcome, Result
from bridge.cycle.progress import Step
from bridge.cycle.records import Recorder
from bridge.cycle.writing import GroupWriter
from bridge.errors import Denied, IncompleteRead, RemoteError

FRESH = 60.0
"""Seconds for which the run's own read of a group is good enough to write by (API reference, 11.17)."""


class Application:
    """The writing part of one run."""

    def __init__(
        self,
        ends: Ends,
        recorder: Recorder,
        *,
        proved: bool,
        probed: bool,
        progress: Callable[[GroupOutcome], None],
    ) -> None:
        self._ends = ends
        self._recorder = recorder
        self._proved = proved
        """Whether ids that we sent were ever seen in a group afterwards."""
        self._against = {Result.UNCONFIRMED} if probed else {Result.UNCONFIRMED, Result.FAILED}
        """What would speak against the ids. `probed`: members were read who are accounts by them, so that
        Hyperproof knows them, and has another reason to refuse one."""
        self._progress = progress
        self.lost: RemoteError | None = None
        """What ended the writing before its time."""

    def apply(
        self, plan: Plan, members: Mapping[str, frozenset[AccountId]], read_at: float
    ) -> tuple[GroupOutcome, ...]:
        """Apply every change of a plan, and tell what became of each.

        `members` are the managed groups' members by mapping key, as read at `read_at` (monotonic seconds).
        A change that is refused does not stop the others; a lost Hyperproof does. Raises StoreError and
        Busy: then nothing more may be written, and what is open is settled by the next run.
        """
        outcomes = []
        for group in plan.changed:
            writer = GroupWriter(self._ends, self._recorder, group, members.get(group.key, frozenset()))
            with self._ends.step("write group", group=group.key) as step:
                if self.lost is None:
                    self._write(writer, read_at)
                if writer.unfinished:
                    writer.give_up(self.lost.what if self.lost else "the group is not known to be created")
                outcomes.append(writer.outcome())
                _tell(step, outcomes[-1])
            self._progress(outcomes[-1])
        return tuple(outcomes)

    def _write(self, writer: GroupWriter, read_at: float) -> None:
        try:
            self._attempt(writer, read_at)
            self._prove(writer)
        except RemoteError as error:
            self.lost = error

    def _attempt(self, writer: GroupWriter, read_at: float) -> None:
        try:
            if self._ends.clock.monotonic() - read_at > FRESH:
                writer.refresh()
            writer.write()
        except IncompleteRead as error:  # this group is gone, or not told of; the others are there
            writer.give_up(error.what)

    def _prove(self, writer: GroupWriter) -> None:
        """See the very first members that we ever sent, before any other group is written.

        One of them seen proves what our ids mean; all of them unseen, or refused, speaks against it. Removals
        prove themselves: they are of ids that were read as members, and as accounts.
        """
        self._proved = self._proved or Result.APPLIED in writer.additions
        if not self._proved and not self._against.isdisjoint(writer.additions):
            remedy = "set hyperproof.user_id_space to the other id (userId or id) and run `check`"
            raise Denied("hyperproof", f"none of the first members sent is in their group afterwards: {remedy}")


def _tell(step: Step, outcome: GroupOutcome) -> None:
    results = Counter(deed.result for deed in outcome.deeds)
    step.tell(**{result.value: results[result] for result in Result})
    if not outcome.complete:
        step.fail("not everything is done")
