"""The jobs of a service: when the runs of each are due, and how the last of each went."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bridge.config.schedule import RetrySection, Times
from bridge.core.jobs import EVERY
from bridge.core.mapping import MAIN
from bridge.cycle.outcome import RunOutcome
from bridge.daemon.clock import StoppableClock
from bridge.daemon.once import Ended, retry_wait
from bridge.daemon.timetable import Reason, Timetable, stale_after
from bridge.notices.matter import JobStanding
from bridge.standing.overview import duration
from bridge.store.store import DatabaseStore

_LOG = structlog.get_logger("bridge")

_COMPLETE = tuple(outcome.value for outcome in RunOutcome if outcome.complete)


@dataclass
class Jobs:
    """All of them. For all threads."""

    timetable: Timetable
    clock: StoppableClock
    dice: Callable[[], float]
    _times: Mapping[str, Times] = field(default_factory=dict)
    _last: dict[str, datetime] = field(default_factory=dict)
    """When the last complete run of each began."""
    _limits: dict[str, timedelta] = field(default_factory=dict)
    """At which age of that something is wrong."""
    _tries: dict[str, int] = field(default_factory=dict)
    """How many runs of each have failed in a row."""

    def follow(self, times: Mapping[str, Times]) -> None:
        """Follow these schedules from now on."""
        self._times = times
        self._limits = {job: stale_after(each) for job, each in times.items()}
        self.timetable.follow(times, self._last, self.clock.now())

    def recall(self, store: DatabaseStore, times: Mapping[str, Times]) -> None:
        """Learn from the store when the last complete run of each of these was. Raises StoreError."""
        found = {job: store.load_last(_COMPLETE, job) for job in times}
        self._last = {job: run.started for job, run in found.items() if run}

    def written_by(self, job: str) -> str:
        """Whose managed groups a run of this job writes: where there is no other job, all."""
        return job if len(self._times) > 1 else EVERY

    def completed(self, job: str, began: datetime) -> None:
        """Take note of a complete run. One of every job completes each."""
        self._last |= dict.fromkeys(self._times if job == EVERY else (job,), began)

    def take_over(self) -> None:
        """Make up at once for what was due meanwhile, and make one run in any case: it settles what is open."""
        now = self.clock.now()
        self.timetable.follow(self._times, self._last, now)
        if self._times:
            self.timetable.run_at(now, Reason.TAKEOVER, MAIN if MAIN in self._times else self._soonest())

    def _soonest(self) -> str:
        """The job that is due before the others."""
        due = {job: at for job in self._times if (at := self.timetable.next_run(job))}
        return min(due or self._times, key=lambda job: (due.get(job, self.clock.now()), job))

    def plan_retry(self, ended: Ended, job: str, retry: RetrySection) -> None:
        """Plan another try of a run that failed, if it is worth one and the schedule is not sooner."""
        tries = self._tries[job] = self._tries.get(job, 0) + 1 if ended.is_worth_a_retry else 0
        wait = retry_wait(ended, tries, retry, self.dice)
        self.timetable.forget(Reason.RETRY, job)
        if wait is None:
            return
        at, following = self.clock.now() + timedelta(seconds=wait), self.timetable.next_run(job or None)
        if following is None or at < following or ended.server_wait:
            self.timetable.run_at(at, Reason.RETRY, job)
            _LOG.info("run.planned", at=at.isoformat(timespec="seconds"), tries=tries, job=job)

    def late(self) -> Iterator[str]:
        """Tell which of them have no complete run that is young enough, in words."""
        now, standing = self.clock.now(), self.standing()
        for one in standing:
            whose = f" of the job {one.name}" if len(standing) > 1 else ""
            if one.last_complete is None:
                yield f"there was no complete run{whose} yet"
            elif now - one.last_complete > one.stale_after:
                began = f"{one.last_complete:%Y-%m-%d %H:%M}Z"
                yield f"the last complete run{whose} began {began}, more than {duration(one.stale_after)} ago"

    def standing(self) -> tuple[JobStanding, ...]:
        """How each of them stands. A complete run in the future, by a clock that was ahead, is none."""
        now = self.clock.now()
        return tuple(
            JobStanding(
                name=name,
                schedule=times.in_words,
                next_run=self.timetable.next_run(name),
                last_complete=last if (last := self._last.get(name)) and last <= now else None,
                stale_after=self._limits[name],
            )
            for name, times in self._times.items()
        )
