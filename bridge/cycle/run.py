"""One run: read both sides, settle what was left open, plan, guard, apply, verify, record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge import __version__
from bridge.core.binding import no_longer_configured
from bridge.core.jobs import EVERY
from bridge.core.journal import Run, RunKind, Ties
from bridge.core.mapping import Policy
from bridge.core.memory import Memory
from bridge.core.model import AccountId, Group
from bridge.core.recollect import Ending, new_names, recollect
from bridge.core.under_way import Open
from bridge.cycle.apply import Application
from bridge.cycle.evidence import observations
from bridge.cycle.open_writes import Ends
from bridge.cycle.outcome import Report
from bridge.cycle.ports import Clock, Source, Store, Target
from bridge.cycle.progress import SILENT, Progress, Step, Steps
from bridge.cycle.records import Recorder
from bridge.cycle.settle import Scene, Settlement, foresee, settle
from bridge.cycle.survey import Sides, Survey, read_recalled, read_sides, survey
from bridge.errors import BridgeError, Denied, StoreError, Throttled


@dataclass(frozen=True, slots=True)
class Bridge:
    """One organization's two ends with what lies between them."""

    sources: Sequence[Source]
    target: Target
    store: Store
    policy: Policy
    clock: Clock
    new_id: Callable[[], str]
    permit: Callable[[], None]
    """Raises what ends the run before another write."""
    apply: bool
    """Whether the configuration allows writing at all."""
    call_time: timedelta
    """How long a write may take until it is done, or never will be."""
    chunk: int = 100
    kept: str = ""
    """What is kept of the configuration as soon as a run applied it, for a review of the next edit."""
    job: str = EVERY
    """Whose managed groups are written."""

    def scene(self, groups: Sequence[Group]) -> Scene:
        """What writes of earlier runs are judged by, with the groups as read now."""
        return Scene(self.target, self.clock, self.policy, self.call_time, groups)


def preview(bridge: Bridge, progress: Progress = SILENT) -> Report:
    """Read and plan, and leave no trace: neither in Hyperproof nor in the store."""
    run = Run(bridge.new_id(), RunKind.SYNC, bridge.clock.now(), bridge.policy.config_hash)
    memory = bridge.store.load()
    progress.stage("reading")
    sides = read_sides(bridge.sources, bridge.target, bridge.policy, bridge.clock, progress.step)
    progress.stage("planning")
    foreseen = foresee(bridge.store, bridge.scene(sides.current.groups))
    report = _report(run, *_surveyed(bridge, sides, memory, foreseen.open, progress.step))
    return _settled(report, foreseen, applied=False)


def run_cycle(bridge: Bridge, kind: RunKind, progress: Progress = SILENT) -> Report:
    """Read, settle, plan, guard, apply, verify, record.

    Raises RemoteError when Hyperproof cannot be read, StoreError when evidence cannot be kept.
    """
    run = _begin(bridge, kind)
    recorder = Recorder(run, bridge.clock)
    with progress.step("run", run=run.id, kind=kind.value, job=bridge.job) as step:
        bridge.store.record_start(run, [recorder.started(__version__, apply=bridge.apply)])
        try:
            report = _run(bridge, recorder, progress)
        except StoreError:
            raise  # the end of the run cannot be recorded either
        except BridgeError as error:
            bridge.store.record_end(run, "failed", None, [recorder.failed(str(error))])
            raise
        _tell(step, report)
        return report


def _tell(step: Step, report: Report) -> None:
    step.tell(outcome=report.outcome.value, **report.counts())
    if not report.complete:
        step.fail(report.outcome.value)


def _begin(bridge: Bridge, kind: RunKind) -> Run:
    """A new run; a backfill that was interrupted is gone on with."""
    run_id, now, config = bridge.new_id(), bridge.clock.now(), bridge.policy.config_hash
    interrupted = bridge.store.load_unfinished(kind, config) if kind is RunKind.BACKFILL else None
    continues = (interrupted.continues or interrupted.id) if interrupted else ""
    return Run(run_id, kind, now, config, continues, bridge.job)


def _run(bridge: Bridge, recorder: Recorder, progress: Progress) -> Report:
    store, target = bridge.store, bridge.target
    progress.stage("reading")
    sides = read_sides(bridge.sources, target, bridge.policy, bridge.clock, progress.step)
    with progress.step("settle") as step:
        settlement = settle(store, bridge.scene(sides.current.groups), recorder)
        step.tell(settled=settlement.settled)
    memory = store.load()
    progress.stage("planning")
    with progress.step("plan") as step:
        sides, found = _surveyed(bridge, sides, memory, settlement.open, progress.step)
        step.tell(groups=len(found.plan.groups), changed=len(found.plan.changed), held=len(found.verdict.held))
    bound = {b.mapping.key: b.group.id for b in found.bindings if b.group and b.new}
    ties = Ties(bound, new_names(sides.reads, memory))
    store.record(observations(sides, found, memory, recorder), ties)
    report = _settled(_report(recorder.run, sides, found), settlement, applied=bridge.apply)
    if bridge.apply and not found.verdict.refusal:
        progress.stage("writing")
        progress.planned(found.verdict.allowed)
        recorder.approvals = found.verdict.approved
        ends = Ends(target, store, bridge.clock, bridge.permit, bridge.new_id, bridge.chunk, progress.step)
        writing = Application(
            ends,
            recorder,
            proved=memory.writes_proved,
            probed=sides.has_known_members,
            progress=progress.written,
        )
        report = _written(report, found, sides, writing)
    ending = _ending(report, found, sides)
    if bridge.apply and report.complete:  # a configuration that was tried, or met half a world, ends nothing
        ending = replace(ending, unbound=no_longer_configured(memory.bindings, bridge.policy))
    left = recollect(ending, memory)
    if bridge.apply and not found.verdict.refusal and not report.waiting:
        left = replace(left, applied=bridge.kept)
    store.record_end(recorder.run, report.outcome.value, left, [recorder.finished(report)])
    return report


def _settled(report: Report, settlement: Settlement, *, applied: bool) -> Report:
    return replace(
        report,
        settled=settlement.settled,
        open=len(settlement.open),
        landing=settlement.landing,
        notes=(*report.notes, *settlement.notes),
        applied=applied,
    )


def _surveyed(
    bridge: Bridge, sides: Sides, memory: Memory, open_: Sequence[Open], step: Steps
) -> tuple[Sides, Survey]:
    """What is thought of both sides, as they are in the end.

    What was recalled may say that there is nothing to do, and no more. As soon as there is, it is read in full and
    thought of anew, so that every change, and everything held, rests on what was read now.
    """
    ends = bridge.store, bridge.target
    found = survey(sides, memory, ends, bridge.policy, open_, job=bridge.job)
    if not (sides.recalled and found.wants(memory)):
        return sides, found
    sides = read_recalled(sides, bridge.sources, bridge.policy, step)
    return sides, survey(sides, memory, ends, bridge.policy, open_, job=bridge.job)


def _written(report: Report, found: Survey, sides: Sides, writing: Application) -> Report:
    members = {difference.mapping.key: difference.members for difference in found.differences}
    outcomes = writing.apply(found.verdict.allowed, members, sides.read_at)
    lost = writing.lost
    return replace(
        report,
        outcomes=outcomes,
        lost=str(lost) if lost else "",
        deferred=lost.wait if isinstance(lost, Throttled) else 0,
        denied=isinstance(lost, Denied),
    )


def _report(run: Run, sides: Sides, found: Survey) -> Report:
    return Report(
        run=run,
        plan=found.plan,
        verdict=found.verdict,
        reads=tuple(sides.reads.values()),
        id_space=sides.current.id_space,
        notes=(*sides.current.notes, *_notes(sides), *found.notes),
        unread=sides.unread,
        under_way=found.under_way,
        waiting=found.waiting,
    )


def _notes(sides: Sides) -> Iterator[str]:
    return (f"directory {name}: {note}" for name, read in sides.reads.items() for note in read.notes)


def _ending(report: Report, found: Survey, sides: Sides) -> Ending:
    return Ending(
        plans=found.plan.groups,
        differences=found.differences,
        bindings=found.bindings,
        held=found.verdict.held,
        members=_confirmed(report, found),
        people=found.people,
        reads=sides.reads,
        sizes=sides.sizes,
        failures=report.failures,
        undecided=report.undecided,
        under_way=found.under_way,
        shrank=found.verdict.shrank,
        seen={outcome.key: outcome.members for outcome in report.outcomes if outcome.members is not None},
        names={account.id: account.email for account in sides.current.accounts if account.email},
        accounts=sides.current.accounts,
        created={outcome.key: outcome.group_id for outcome in report.outcomes if outcome.group_id},
        refusal=found.verdict.refusal,
    )


def _confirmed(report: Report, found: Survey) -> Mapping[str, frozenset[AccountId]]:
    """The members of every managed group that is now as it should be, as last read."""
    unchanged = {d.mapping.key: d.members for d in found.differences if not d.any and d.group}
    written = {outcome.key: outcome.members for outcome in report.outcomes if outcome.complete}
    known = unchanged | {key: members for key, members in written.items() if members is not None}
    return {key: members for key, members in known.items() if key not in found.under_way}
