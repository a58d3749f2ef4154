"""When runs are due: APScheduler, with what it does otherwise than one might think put right.

it                                                so
drops a run that is more than a second late       no run is ever dropped for being late
makes up for missed runs one by one               once
begins an interval anew at each start             the time of the last run is given, from the store
has Monday as 0, and joins days by and            weekdays are names; both kinds of days are refused
stores jobs as pickles                            they are kept in memory, and come from the configuration
"""

from collections.abc import Callable
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
from bridge.config.schedule import ScheduleSection

BEAT: Final = timedelta(seconds=5)
"""Between two signs of life of the scheduler."""

_AHEAD: Final = 60
"""Due times that are looked at to find the longest time between two."""

_THREADS: Final = 4
"""For a run, an overlapping one that finds it under way, and the beat; one is to spare."""


class Reason(StrEnum):
    """Why a run is made."""

    SCHEDULE = "schedule"
    RETRY = "retry"  # of one that failed, or was put off
    REQUEST = "request"
    TAKEOVER = "takeover"  # from a replica that led before


class Runs(Protocol):
    """Whoever makes the runs. Called in threads of the scheduler."""

    def run(self, reason: Reason) -> None:
        """Make a run, unless one is under way."""

    def overlapped(self, reason: Reason) -> None:
        """Take note of a run that was due while the one before was under way."""


class Timetable:
    """One schedule. `scheduler` and `executor` are APScheduler's background ones unless given."""

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
        self._scheduler.add_job(beat, IntervalTrigger(seconds=BEAT.total_seconds()), id="beat")

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing more. A run under way goes on."""
        self._scheduler.pause()
        self._scheduler.get_jobs()  # waits while jobs are handed out: a shutdown in the middle breaks that off
        self._scheduler.shutdown(wait=False)

    def follow(self, section: ScheduleSection, last: datetime | None, now: datetime) -> None:
        """Follow a schedule from now on. `last`: when the last complete run began, if there ever was one."""
        trigger = trigger_of(section)
        self._scheduler.add_job(
            self._runs.run,
            trigger,
            (Reason.SCHEDULE,),
            id=Reason.SCHEDULE,
            replace_existing=True,
            next_run_time=first_run(section, last, now),
        )

    def run_at(self, moment: datetime, reason: Reason) -> None:
        """Make one run besides the schedule's. The one that was planned for the same reason is forgotten."""
        self._scheduler.add_job(self._runs.run, DateTrigger(moment), (reason,), id=reason, replace_existing=True)

    def forget(self, reason: Reason) -> None:
        """Make no such run."""
        if self._scheduler.get_job(reason):
            self._scheduler.remove_job(reason)

    def next_run(self) -> datetime | None:
        """When the next run is due, for whatever reason."""
        jobs = [self._scheduler.get_job(reason) for reason in Reason]
        return min((job.next_run_time for job in jobs if job and job.next_run_time), default=None)

    def _overlapped(self, event: JobSubmissionEvent) -> None:
        if event.job_id in set(Reason):
            self._runs.overlapped(Reason(event.job_id))


def trigger_of(section: ScheduleSection) -> BaseTrigger:
    """A schedule in APScheduler's terms."""
    jitter = section.jitter.total_seconds() or None
    if section.cron is None:
        return IntervalTrigger(seconds=section.interval.total_seconds(), timezone=ZoneInfo("UTC"), jitter=jitter)
    return CronTrigger(**_fields(parse_cron(section.cron)), timezone=ZoneInfo(section.timezone), jitter=jitter)


def _fields(cron: Cron) -> dict[str, str]:
    fields = {
        "minute": cron.minutes,
        "hour": cron.hours,
        "day": cron.days,
        "month": cron.months,
        "day_of_week": cron.weekdays,
    }
    return {name: ",".join(map(str, values)) or "*" for name, values in fields.items()}


def first_run(section: ScheduleSection, last: datetime | None, now: datetime) -> datetime:
    """When the first run of a service is due, given when the last complete one began.

    One that was missed, or that never was, is due now, unless it is not to be caught up with.
    """
    if section.cron is None:
        following = now + section.interval
        due = min(last + section.interval, following) if last else now  # a clock that was ahead delays nothing
    else:
        following = _after(section, now)
        due = min(_after(section, last), following) if last else now
    if due > now:
        return due
    return now if section.catch_up else following


def _after(section: ScheduleSection, moment: datetime) -> datetime:
    return _plain(section).get_next_fire_time(None, moment + timedelta(microseconds=1))  # type: ignore[no-any-return]  # untyped, see pyproject


def _plain(section: ScheduleSection) -> BaseTrigger:
    return trigger_of(section.model_copy(update={"jitter": timedelta()}))


def stale_after(section: ScheduleSection, now: datetime) -> timedelta:
    """The age of the last complete run at which something is wrong: stated, or after missing about two runs."""
    if section.stale_after:
        return section.stale_after
    if section.cron is None:
        return 3 * section.interval
    trigger, longest, moment = _plain(section), timedelta(), _after(section, now)
    for _ in range(_AHEAD):
        following = trigger.get_next_fire_time(moment, moment)
        longest, moment = max(longest, following - moment), following
    return 2 * longest + timedelta(hours=1)
