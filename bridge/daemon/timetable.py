"""When the runs of each job are due: APScheduler, with what it does otherwise than one might think put right.

it                                                so
drops a run that is more than a second late       no run is ever dropped for being late
makes up for missed runs one by one               once
begins an interval anew at each start             the time of the last run is given, from the store
has Monday as 0, and joins days by and            weekdays are names; both kinds of days are refused
stores jobs as pickles                            they are kept in memory, and come from the configuration
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.executors.base import BaseExecutor
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bridge.config.cron import Cron, parse_cron
from bridge.config.schedule import Times
from bridge.core.jobs import EVERY

BEAT: Final = timedelta(seconds=5)
"""Between two signs of life of the scheduler."""

_THREADS: Final = 4
"""For a run, an overlapping one that finds it under way, and the beat; one is to spare."""


class Reason(StrEnum):
    """Why a run is made."""

    SCHEDULE = "schedule"
    RETRY = "retry"  # of one that failed, or was put off
    REQUEST = "request"
    TAKEOVER = "takeover"  # from a replica that led before
    TURN = "turn"  # comes now: another job's run was under way


class Runs(Protocol):
    """Whoever makes the runs. Called in threads of the scheduler."""

    def run(self, reason: Reason, job: str) -> None:
        """Make a run of a job, unless one is under way."""

    def overlapped(self, reason: Reason, job: str) -> None:
        """Take note of a run that was due while the one before was under way."""


class Timetable:
    """The schedules of all jobs. `scheduler` and `executor` are APScheduler's background ones unless given."""

    def __init__(
        self,
        runs: Runs,
        beat: Callable[[], None],
        scheduler: BaseScheduler | None = None,
        executor: BaseExecutor | None = None,
    ) -> None:
        self._runs = runs
        self._scheduler = scheduler or BackgroundScheduler()
        self._scheduler.configure(
            timezone=ZoneInfo("UTC"),
            executors={"default": executor or ThreadPoolExecutor(_THREADS)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(self._overlapped, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_job(beat, IntervalTrigger(seconds=BEAT.total_seconds()), id=_BEAT)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing more. A run under way goes on."""
        self._scheduler.pause()
        self._scheduler.get_jobs()  # waits while jobs are handed out: a shutdown in the middle breaks that off
        self._scheduler.shutdown(wait=False)

    def follow(self, jobs: Mapping[str, Times], last: Mapping[str, datetime], now: datetime) -> None:
        """Follow these schedules from now on, and no other.

        `last`: when each job's last complete run began, if there ever was one.
        """
        for reason, job in self._planned():
            if job not in {*jobs, EVERY}:
                self.forget(reason, job)
        for job, times in jobs.items():
            self._add(Reason.SCHEDULE, job, trigger_of(times), next_run_time=first_run(times, last.get(job), now))

    def run_at(self, moment: datetime, reason: Reason, job: str = EVERY) -> None:
        """Make one run besides the schedule's. The one that was planned for the same reason is forgotten."""
        self._add(reason, job, DateTrigger(moment))

    def forget(self, reason: Reason, job: str = EVERY) -> None:
        """Make no such run."""
        if self._scheduler.get_job(_id(reason, job)):
            self._scheduler.remove_job(_id(reason, job))

    def next_run(self, job: str | None = None) -> datetime | None:
        """When the next run is due, for whatever reason: of this job, or of any."""
        runs = [planned for planned in self._planned() if job is None or planned[1] in {job, EVERY}]
        moments = (self._scheduler.get_job(_id(*planned)) for planned in runs)
        return min((each.next_run_time for each in moments if each and each.next_run_time), default=None)

    def _add(self, reason: Reason, job: str, trigger: BaseTrigger, **more: datetime) -> None:
        self._scheduler.add_job(
            self._runs.run, trigger, (reason, job), id=_id(reason, job), replace_existing=True, **more
        )

    def _planned(self) -> list[tuple[Reason, str]]:
        """All runs that are planned, each as why and of which job."""
        return [_parts(each.id) for each in self._scheduler.get_jobs() if each.id != _BEAT]

    def _overlapped(self, event: JobSubmissionEvent) -> None:
        if event.job_id != _BEAT:
            self._runs.overlapped(*_parts(event.job_id))


_BEAT: Final = "beat"


def _id(reason: Reason, job: str) -> str:
    return f"{reason} {job}"


def _parts(planned: str) -> tuple[Reason, str]:
    reason, _, job = planned.partition(" ")
    return Reason(reason), job


def trigger_of(times: Times) -> BaseTrigger:
    """A schedule in APScheduler's terms."""
    jitter = times.jitter.total_seconds() or None
    if times.cron is None:
        return IntervalTrigger(seconds=times.interval.total_seconds(), timezone=ZoneInfo("UTC"), jitter=jitter)
    return CronTrigger(**_fields(parse_cron(times.cron)), timezone=ZoneInfo(times.timezone), jitter=jitter)


def _fields(cron: Cron) -> dict[str, str]:
    fields = {
        "minute": cron.minutes,
        "hour": cron.hours,
        "day": cron.days,
        "month": cron.months,
        "day_of_week": cron.weekdays,
    }
    return {name: ",".join(map(str, values)) or "*" for name, values in fields.items()}


def first_run(times: Times, last: datetime | None, now: datetime) -> datetime:
    """When the first run of a service is due, given when the last complete one began.

    One that was missed, or that never was, is due now, unless it is not to be caught up with.
    """
    if times.cron is None:
        following = now + times.interval
        due = min(last + times.interval, following) if last else now  # a clock that was ahead delays nothing
    else:
        following = _after(times, now)
        due = min(_after(times, last), following) if last else now
    if due > now:
        return due
    return now if times.catch_up else following


def _after(times: Times, moment: datetime) -> datetime:
    return _plain(times).get_next_fire_time(None, moment + timedelta(microseconds=1))  # type: ignore[no-any-return]  # untyped, see pyproject


def _plain(times: Times) -> BaseTrigger:
    return trigger_of(times.model_copy(update={"jitter": timedelta()}))


def stale_after(times: Times) -> timedelta:
    """The age of the last complete run at which something is wrong: stated, or after missing about two runs."""
    if times.stale_after:
        return times.stale_after
    if times.cron is None:
        return 3 * times.interval
    return 2 * parse_cron(times.cron).longest_pause + timedelta(hours=1)
