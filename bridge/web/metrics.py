"""The figures of a service, for Prometheus. docs/operations.md tells of each.

Moments are told as Unix time, so that an age is `time() - moment`, also while nothing happens. What is in the
store is read when somebody asks, for other commands write there, too.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge import __version__
from bridge.core.change import Action, Cause, GroupPlan, SkipKind
from bridge.core.journal import Intent
from bridge.core.model import DirectoryRead
from bridge.core.quarantine import Trouble
from bridge.cycle.outcome import Report
from bridge.errors import StoreError
from bridge.notices.matter import JobStanding
from bridge.notices.round import Told
from bridge.store.held import HeldCase, HeldStatus
from bridge.transport.client import Exchange, Waiting

PREFIX: Final = "hyperproof_bridge"
_STAGE_SECONDS: Final = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
_UNRESOLVED: Final = (SkipKind.NO_ACCOUNT, SkipKind.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is asked of the store."""

    held: tuple[HeldCase, ...]
    intents: tuple[Intent, ...]
    troubles: tuple[Trouble, ...]


class Metrics:
    """Counts what happens in a process. For all threads."""

    def __init__(self, kept: Callable[[], Kept], jobs: Callable[[], Sequence[JobStanding]]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a moment for each counter that nobody asks for
        self.registry = CollectorRegistry()
        self._runs = self._counter("runs", "Runs by how they ended.", "outcome")
        self._skipped = self._counter("runs_skipped", "Runs that were due and not made.", "reason")
        self._running = self._gauge("run_in_progress", "1 while a run goes on.")
        self._leading = self._gauge("leading", "1 if this process makes the runs, 0 while it stands by.")
        self._leading.set(1)
        self._mapping = self._gauge(
            "mapping_last_complete_timestamp_seconds",
            "When the last run began after which a managed group was as it should be.",
            "mapping",
        )
        self._stages = Histogram(
            f"{PREFIX}_run_stage_duration_seconds",
            "How long the stages of runs took.",
            ["stage"],
            buckets=_STAGE_SECONDS,
            registry=self.registry,
        )
        self._changes = self._counter("changes", "Changes by kind, cause and result.", "kind", "cause", "result")
        self._doubts = self._gauge("doubts", "Doubts about a directory in the last run.", "directory")
        self._unresolved = self._gauge("unresolved_people", "People without one clear account.", "kind")
        self._groups = self._gauge("managed_groups", "Managed groups in the last run.")
        self._unserved = self._gauge("unserved_groups", "Managed groups that could not be kept in the last run.")
        self._calls = self._counter("calls", "Calls to Hyperproof.", "method", "endpoint", "status")
        self._waits = self._counter("throttle_wait_seconds", "Time spent waiting for Hyperproof.")
        self._loads = self._counter("configuration_loads", "Configurations that were loaded.", "result")
        self._good = self._gauge("configuration_good", "0 while a changed configuration is refused.")
        self._notices = self._counter(
            "notices", "Matters that people were told of, or could not be.", "channel", "result"
        )
        self._notices_waiting = self._gauge("notices_waiting", "Matters that are yet to be told.", "channel")
        self._chain = self._gauge("audit_chain_sound", "1 if the audit chain was verified, 0 if it is broken.")
        self._chain.set(float("nan"))
        info = self._gauge("info", "The version that runs.", "version")
        info.labels(__version__).set(1)
        self.registry.register(_Stored(kept))
        self.registry.register(_Planned(jobs))
        ProcessCollector(registry=self.registry)

    # ---- what happens

    def called(self, exchange: Exchange) -> None:
        """Count a call."""
        status = str(exchange.status) if exchange.status is not None else "none"
        self._calls.labels(exchange.method, exchange.template, status).inc()

    def waited(self, waiting: Waiting) -> None:
        """Count a wait."""
        self._waits.inc(waiting.seconds)

    def staged(self, stage: str, seconds: float) -> None:
        """Count a stage that is over."""
        self._stages.labels(stage).observe(seconds)

    def running(self, *, going_on: bool) -> None:
        """Tell whether a run goes on."""
        self._running.set(going_on)

    def leading(self, *, leads: bool) -> None:
        """Tell whether this process makes the runs."""
        self._leading.set(leads)

    def skipped(self, reason: str) -> None:
        """Count a run that was due and is not made."""
        self._skipped.labels(reason).inc()

    def broken_off(self, outcome: str) -> None:
        """Count a run that ended before its end: it `failed`, or was `stopped` with the service."""
        self._runs.labels(outcome).inc()

    def loaded(self, *, good: bool) -> None:
        """Count a configuration that was taken, or refused."""
        self._loads.labels("taken" if good else "refused").inc()
        self._good.set(good)

    def chained(self, *, sound: bool) -> None:
        """Tell whether the audit chain verifies."""
        self._chain.set(sound)

    def told(self, told: Told) -> None:
        """Count what people were told of."""
        self._notices.labels(told.channel, "delivered").inc(told.delivered)
        self._notices.labels(told.channel, "failed").inc(bool(told.reason))
        self._notices_waiting.labels(told.channel).set(told.waiting)

    def ended(self, report: Report) -> None:
        """Count all that a run tells."""
        self._runs.labels(report.outcome.value).inc()
        for (kind, cause, result), number in _changes(report).items():
            self._changes.labels(kind, cause, result).inc(number)
        for read in report.reads:
            self._doubts.labels(read.directory).set(_doubts(read))
        people = {(skip.kind, skip.subject) for group in report.plan.groups for skip in group.skips}
        for kind in _UNRESOLVED:
            self._unresolved.labels(kind.value).set(sum(skipped is kind for skipped, _ in people))
        self._groups.set(len(report.plan.groups))
        self._unserved.set(len(report.unserved))
        self._mappings(report)

    def _mappings(self, report: Report) -> None:
        open_ = {outcome.key for outcome in report.outcomes if not outcome.complete}
        known = {group.key for group in report.plan.groups}
        for group in report.plan.groups:
            if report.complete and group.key not in open_ and _is_kept(group):
                self._mapping.labels(group.key).set(report.run.started.timestamp())
        for metric in self._mapping.collect():
            for gone in {sample.labels["mapping"] for sample in metric.samples} - known:
                self._mapping.remove(gone)

    # ---- how it is told

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", what, labels, registry=self.registry)


def _changes(report: Report) -> Tally[tuple[str, str, str]]:
    """How often each kind of change had each cause and result. What is about a group itself has its change's."""
    causes = {
        (group.key, change.action): change.cause
        for group in report.plan.groups
        for change in group.changes
        if not change.members
    }
    return Tally(
        (
            deed.action.value,
            (deed.member.cause if deed.member else _cause(causes, outcome.key, deed.action)).value,
            deed.result.value,
        )
        for outcome in report.outcomes
        for deed in outcome.deeds
    )


def _cause(causes: dict[tuple[str, Action], Cause], key: str, action: Action) -> Cause:
    return causes.get((key, action), Cause.CONFIGURATION)


def _doubts(read: DirectoryRead) -> int:
    groups = {group.id: group for selection in read.selections.values() for group in selection.groups}
    of_selections = sum(len(selection.doubts) for selection in read.selections.values())
    return len(read.doubts) + of_selections + sum(len(group.doubts) for group in groups.values())


def _is_kept(group: GroupPlan) -> bool:
    return not group.doubts and all(skip.kind is not SkipKind.GROUP for skip in group.skips)


class _Stored(Collector):
    """What the store knows, read when it is asked for. A moment that there is not is left out."""

    def __init__(self, kept: Callable[[], Kept]) -> None:
        self._kept = kept

    def describe(self) -> Iterable[Metric]:
        """Nothing: to register it is not to read the store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read the store."""
        try:
            kept = self._kept()
        except StoreError:
            yield _family("store_readable", "1 if the store can be read.", [0])
            return
        yield _family("store_readable", "1 if the store can be read.", [1])
        pending = [case for case in kept.held if case.status is HeldStatus.PENDING]
        yield _family("held_plans", "Held changes that wait for a person, by group.", [len(pending)])
        yield _oldest("held_oldest", "Since when the oldest of them waits.", (c.first_seen for c in pending))
        removals = [intent.at for intent in kept.intents if intent.action is Action.REMOVE]
        yield _family("unconfirmed_removals", "Removals whose outcome is not known.", [len(removals)])
        yield _oldest("unconfirmed_removal_oldest", "When the oldest of them was sent.", removals)
        resting = [trouble for trouble in kept.troubles if trouble.next_try]
        yield _family("quarantined_mappings", "Mappings that are left alone.", [len(resting)])
        yield _oldest(
            "quarantined_oldest", "Since when the changes of the oldest of them fail.", (t.since for t in resting)
        )


class _Planned(Collector):
    """When the runs of each job are due and were. A moment that there is not is 0."""

    def __init__(self, jobs: Callable[[], Sequence[JobStanding]]) -> None:
        self._jobs = jobs

    def describe(self) -> Iterable[Metric]:
        """Nothing: to register it is not to ask."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Ask how the jobs stand."""
        jobs = self._jobs()
        last = {job.name: _seconds(job.last_complete) for job in jobs}
        yield _of_jobs("last_complete_run_timestamp_seconds", "When the last complete run of a job began.", last)
        limits = {job.name: job.stale_after.total_seconds() for job in jobs}
        yield _of_jobs("stale_after_seconds", "The age of that at which something is wrong.", limits)
        following = {job.name: _seconds(job.next_run) for job in jobs}
        yield _of_jobs("next_run_timestamp_seconds", "When the next run of a job is due.", following)


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0


def _of_jobs(name: str, what: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", what, labels=["bridge_job"])
    for job, value in values.items():
        family.add_metric([job], value)
    return family


def _family(name: str, what: str, values: Iterable[float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", what)
    for value in values:
        family.add_metric([], value)
    return family


def _oldest(name: str, what: str, moments: Iterable[datetime]) -> GaugeMetricFamily:
    first = min(moments, default=None)
    return _family(f"{name}_timestamp_seconds", what, [first.timestamp()] if first else [])
