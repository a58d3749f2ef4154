"""What became of a plan, and of a run. Values: refused, held and failed are outcomes, not exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bridge.core.change import Action, MemberChange, Plan, SkipKind, Verdict
from bridge.core.journal import Run
from bridge.core.model import AccountId, DirectoryName, DirectoryRead, GroupId, IdSpaceProof
from bridge.core.quarantine import Failure


class Result(StrEnum):
    """What became of one change."""

    APPLIED = "applied"  # done, and seen in Hyperproof afterwards
    FAILED = "failed"  # refused by Hyperproof
    UNCONFIRMED = "unconfirmed"  # sent, and not seen afterwards; the next run settles it
    UNTRIED = "untried"  # not sent: Hyperproof was lost before, or an approval was taken back


@dataclass(frozen=True, slots=True)
class Deed:
    """One change to one group with its result: one member in or out, or the group itself."""

    action: Action
    result: Result
    member: MemberChange | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """What became of one managed group's changes."""

    key: str
    name: str
    group_id: GroupId | None
    deeds: tuple[Deed, ...] = ()
    members: frozenset[AccountId] | None = None
    """As last read; None when they could not be read after the writes."""

    @property
    def complete(self) -> bool:
        """Whether every change is done and seen."""
        return self.members is not None and all(deed.result is Result.APPLIED for deed in self.deeds)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Why it failed, by the first change that did; empty if none did."""
        failed = [deed for deed in self.deeds if deed.result in {Result.FAILED, Result.UNCONFIRMED}]
        refused = any(deed.result is Result.FAILED for deed in failed)
        removals = any(deed.action is Action.REMOVE for deed in failed)
        return tuple(Failure(self.key, self.name, deed.reason, refused, removals) for deed in failed[:1])


class RunOutcome(StrEnum):
    """How a run ended, the worst thing first that it has to say."""

    FAILED_READ = "could not read"
    DEFERRED = "deferred"  # Hyperproof asked to wait longer than a run may
    REFUSED = "refused"  # nothing may be written; a person has to act
    PARTLY_FAILED = "partly failed"
    HELD = "held"
    DOUBT = "in doubt"  # a read was not complete: nobody was removed from what it touches
    PENDING = "changes pending"  # planned, not applied
    CHANGED = "changes applied"
    UNCHANGED = "nothing to do"

    @property
    def complete(self) -> bool:
        """Whether such a run read both sides, and tried all that was due and not held."""
        return self not in {RunOutcome.FAILED_READ, RunOutcome.DEFERRED, RunOutcome.REFUSED}


@dataclass(frozen=True, slots=True)
class Report:
    """One run from its first read to its last record."""

    run: Run
    plan: Plan
    verdict: Verdict
    reads: tuple[DirectoryRead, ...]
    id_space: IdSpaceProof | None
    notes: tuple[str, ...] = ()
    outcomes: tuple[GroupOutcome, ...] = ()
    settled: int = 0
    """Writes of an earlier run whose outcome was unknown and is recorded now."""
    open: int = 0
    """Writes of an earlier run of which nobody knows yet what came of them."""
    landing: int = 0
    """How many of them may still be on their way."""
    under_way: frozenset[str] = frozenset()
    """Keys of mappings of which something is left alone for them."""
    lost: str = ""
    """Why writing ended before its time."""
    deferred: float = 0
    """Seconds that Hyperproof asked us to wait, when that is what ended the run."""
    denied: bool = False
    """Whether it was permission or trust that ended the writing: trying again soon will not help."""
    unread: Mapping[DirectoryName, str] = field(default_factory=dict)
    """Directories that could not be read at all, and why."""
    waiting: frozenset[str] = frozenset()
    """Keys of the managed groups whose changes wait for a run of their own job."""
    applied: bool = False
    """Whether this run was to write at all."""

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """Everything that became of anything."""
        return tuple(deed for outcome in self.outcomes for deed in outcome.deeds)

    @property
    def outcome(self) -> RunOutcome:
        """How the run ended."""
        results = {deed.result for deed in self.deeds}
        cases = (
            (any(read.doubts for read in self.reads), RunOutcome.FAILED_READ),
            (self.deferred > 0, RunOutcome.DEFERRED),
            (bool(self.verdict.refusal), RunOutcome.REFUSED),
            (bool(self.lost or self.open or results - {Result.APPLIED}), RunOutcome.PARTLY_FAILED),
            (any(not held.rejected for held in self.verdict.held), RunOutcome.HELD),
            (bool(self.unserved), RunOutcome.PARTLY_FAILED),
            (any(group.doubts for group in self.plan.groups), RunOutcome.DOUBT),
            (not self.applied and bool(self.verdict.allowed.changed), RunOutcome.PENDING),
            (Result.APPLIED in results, RunOutcome.CHANGED),
        )
        return next((outcome for applies, outcome in cases if applies), RunOutcome.UNCHANGED)

    @property
    def unserved(self) -> tuple[str, ...]:
        """Names of managed groups that could not be kept, wholly or in part."""
        return tuple(g.name for g in self.plan.groups if any(skip.kind is SkipKind.GROUP for skip in g.skips))

    @property
    def complete(self) -> bool:
        """Whether the run read both sides, and tried all that was due and not held."""
        return self.outcome.complete and not self.lost

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Mappings whose writes were refused, or not seen afterwards."""
        return tuple(failure for outcome in self.outcomes for failure in outcome.failures)

    @property
    def undecided(self) -> frozenset[str]:
        """Keys of mappings with something to do of which nothing failed, and not everything was done."""
        done = {outcome.key for outcome in self.outcomes if outcome.complete}
        failed = {failure.key for failure in self.failures}
        changed = frozenset(group.key for group in self.plan.changed)
        return ((changed - done) | self.under_way) - failed

    def counts(self) -> dict[str, int]:
        """The figures of the run, for the record."""
        deeds = self.deeds
        applied = [deed.action for deed in deeds if deed.result is Result.APPLIED]
        return {
            "added": applied.count(Action.ADD),
            "removed": applied.count(Action.REMOVE),
            "created": applied.count(Action.CREATE),
            "renamed": applied.count(Action.RENAME),
            "leads": applied.count(Action.SET_LEAD) + applied.count(Action.CLEAR_LEAD),
            "failed": sum(deed.result is Result.FAILED for deed in deeds),
            "unconfirmed": sum(deed.result is Result.UNCONFIRMED for deed in deeds),
            "untried": sum(deed.result is Result.UNTRIED for deed in deeds),
            "held": sum(len(change.members) for held in self.verdict.held for change in held.changes),
            "skipped": sum(len(group.skips) for group in self.plan.groups),
            "doubts": sum(len(group.doubts) for group in self.plan.groups),
            "groups": len(self.plan.groups),
            "settled": self.settled,
            "open": self.open,
            "waiting": len(self.waiting),
        }
