"""When runs are due: by interval or cron, through downtime, changed clocks and slow runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.config.schedule import ScheduleSection
from bridge.core.jobs import EVERY
from bridge.core.mapping import MAIN
from bridge.daemon.clock import StoppableClock
from bridge.daemon.jobs import Jobs
from bridge.daemon.timetable import Reason, Timetable, first_run, stale_after, trigger_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""A Sunday."""
BERLIN = "Europe/Berlin"


def schedule(**values: Any) -> ScheduleSection:  # noqa: ANN401 - as the file has them
    """A schedule as it would stand in the file."""
    return ScheduleSection.model_validate(values)


def due(section: ScheduleSection, moment: datetime, number: int) -> list[datetime]:
    """The next so many times, in UTC."""
    trigger, found = trigger_of(section), [moment]
    while len(found) <= number:
        found.append(trigger.get_next_fire_time(found[-1], found[-1]))
    return [each.astimezone(UTC) for each in found[1:]]


# ---- cron ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("weekday", "day"), [("0", 8), ("7", 8), ("sun", 8), ("1", 2), ("mon", 2), ("6", 7)])
def test_weekdays_are_those_of_cron(weekday: str, day: int) -> None:
    """0 is Sunday, which APScheduler takes for Monday."""
    assert due(schedule(cron=f"0 3 * * {weekday}"), NOON, 1) == [datetime(2026, 3, day, 3, tzinfo=UTC)]


def test_a_cron_expression_has_its_time_zone() -> None:
    """Three in the morning in Berlin is two in UTC in winter, and one in summer."""
    section = schedule(cron="0 3 * * *", timezone=BERLIN)
    assert [moment.hour for moment in due(section, datetime(2026, 3, 27, 12, tzinfo=UTC), 3)] == [2, 1, 1]


def test_the_hour_that_comes_twice_is_run_twice() -> None:
    """On the last Sunday of October, as docs/configuration.md says; a run too many changes nothing."""
    section = schedule(cron="30 2 * * *", timezone=BERLIN)
    times = due(section, datetime(2026, 10, 24, 12, tzinfo=UTC), 3)
    assert [moment.strftime("%d %H:%M") for moment in times] == ["25 00:30", "25 01:30", "26 01:30"]


def test_the_hour_that_does_not_come_is_run_an_hour_later() -> None:
    """On the last Sunday of March."""
    section = schedule(cron="30 2 * * *", timezone=BERLIN)
    times = due(section, datetime(2026, 3, 28, 12, tzinfo=UTC), 2)
    assert [moment.strftime("%d %H:%M") for moment in times] == ["29 01:30", "30 00:30"]
    assert times[0].astimezone(ZoneInfo(BERLIN)).strftime("%H:%M") == "03:30"


def test_jitter_delays_and_never_hurries() -> None:
    """By up to so much."""
    section = schedule(cron="0 * * * *", jitter="10m")
    delays = [(due(section, NOON, 1)[0] - NOON - timedelta(hours=1)).total_seconds() for _ in range(50)]
    assert all(0 <= delay <= 600 for delay in delays)
    assert len(set(delays)) > 1


# ---- after downtime ------------------------------------------------------------------------------------

HOURLY = {"cron": "0 * * * *"}
QUARTERLY = {"every": "15m"}


def minutes(values: dict[str, str], ago: float | None, *, catch_up: bool = True) -> float:
    """In how many minutes the first run is due, the last one having begun so many minutes ago, at 12:05."""
    now = NOON + timedelta(minutes=5)
    last = None if ago is None else now - timedelta(minutes=ago)
    return (first_run(schedule(**values, catch_up=catch_up), last, now) - now).total_seconds() / 60


def test_a_run_that_was_missed_is_made_at_once() -> None:
    """And so is the first one ever."""
    assert [minutes(QUARTERLY, ago) for ago in (100, 15, None)] == [0, 0, 0]
    assert [minutes(HOURLY, ago) for ago in (100, 6, None)] == [0, 0, 0]


def test_a_run_that_was_not_missed_keeps_its_time() -> None:
    """A service that is restarted more often than it runs still runs."""
    assert [minutes(QUARTERLY, ago) for ago in (0, 5, 14)] == [15, 10, 1]
    assert minutes(HOURLY, 5) == 55


def test_nothing_is_caught_up_with_where_that_is_not_wanted() -> None:
    """The next time is the schedule's."""
    assert [minutes(QUARTERLY, ago, catch_up=False) for ago in (100, None, 5)] == [15, 15, 10]
    assert [minutes(HOURLY, ago, catch_up=False) for ago in (100, None)] == [55, 55]


def test_a_clock_that_was_ahead_delays_nothing() -> None:
    """A last run in the future does not keep the next one waiting until then."""
    assert minutes(QUARTERLY, -500) == 15
    assert minutes(HOURLY, -500) == 55


def test_when_the_last_run_is_too_old() -> None:
    """As stated, after three intervals, or after twice the longest pause of a cron expression."""
    hours = [
        stale_after(schedule(**values)).total_seconds() / 3600
        for values in (
            {"stale_after": "2h"},
            QUARTERLY,
            HOURLY,
            {"cron": "0 6 * * mon-fri"},
            {"cron": "*/15 6-20 * * mon-fri"},
            {"cron": "0 12 29 2 *"},
        )
    ]
    assert hours == [2, 0.75, 3, 145, 2 * (2 * 24 + 9.25) + 1, 2 * 1461 * 24 + 1]


# ---- the real scheduler --------------------------------------------------------------------------------


class Slow:
    """A run that lasts until it is let go."""

    def __init__(self) -> None:
        self.made: list[tuple[Reason, str]] = []
        self.begun, self.go_on, self.seen_overlap = Event(), Event(), Event()

    def run(self, reason: Reason, job: str) -> None:
        """Make a run."""
        self.made.append((reason, job))
        self.begun.set()
        assert self.go_on.wait(20)

    def overlapped(self, reason: Reason, job: str) -> None:
        """Another was due meanwhile."""
        self.seen_overlap.set()


@contextmanager
def going(runs: Slow) -> Iterator[tuple[Timetable, Event]]:
    """A timetable at work, and its beat."""
    beat = Event()
    timetable = Timetable(runs, beat.set)
    timetable.start()
    try:
        yield timetable, beat
    finally:
        runs.go_on.set()
        timetable.stop()


def test_a_run_that_is_late_is_made_all_the_same() -> None:
    """An hour late: APScheduler would drop it after one second."""
    runs = Slow()
    with going(runs) as (timetable, _):
        timetable.run_at(datetime.now(UTC) - timedelta(hours=1), Reason.RETRY)
        assert runs.begun.wait(20)
    assert runs.made == [(Reason.RETRY, EVERY)]


def test_an_overlapping_run_is_told_and_not_made() -> None:
    """One at a time, also for the same reason."""
    runs = Slow()
    with going(runs) as (timetable, _):
        timetable.run_at(datetime.now(UTC), Reason.RETRY)
        assert runs.begun.wait(20)
        timetable.run_at(datetime.now(UTC), Reason.RETRY)
        assert runs.seen_overlap.wait(20)
        assert runs.made == [(Reason.RETRY, EVERY)]


def test_the_next_run_is_the_first_of_all() -> None:
    """The schedule's, or one besides it, which can be forgotten."""
    timetable, now = Timetable(Slow(), Event().set), datetime.now(UTC)
    timetable.start()
    timetable.follow({MAIN: schedule(**QUARTERLY)}, {MAIN: now}, now)
    assert timetable.next_run() == now + timedelta(minutes=15)
    timetable.run_at(now + timedelta(minutes=1), Reason.RETRY)
    assert timetable.next_run() == now + timedelta(minutes=1)
    timetable.forget(Reason.RETRY)
    timetable.forget(Reason.RETRY)
    assert timetable.next_run() == now + timedelta(minutes=15)
    timetable.stop()


def test_each_job_has_its_own_times() -> None:
    """One that is no more is forgotten with all that was planned of it; a run of all jobs counts for each."""
    timetable, now = Timetable(Slow(), Event().set), datetime.now(UTC)
    timetable.start()
    hourly = schedule(every="1h")
    timetable.follow({MAIN: schedule(**QUARTERLY), "slow": hourly}, {MAIN: now, "slow": now}, now)
    timetable.run_at(now + timedelta(minutes=30), Reason.RETRY, "slow")
    assert timetable.next_run("slow") == now + timedelta(minutes=30)
    assert timetable.next_run() == timetable.next_run(MAIN) == now + timedelta(minutes=15)
    timetable.follow({MAIN: hourly}, {MAIN: now}, now)
    assert timetable.next_run("slow") is None
    timetable.run_at(now + timedelta(minutes=5), Reason.REQUEST)
    assert timetable.next_run(MAIN) == now + timedelta(minutes=5)
    timetable.stop()


@pytest.mark.parametrize(("other", "made"), [(MAIN, MAIN), ("night", "day")])
def test_a_takeover_makes_one_run_at_once(other: str, made: str) -> None:
    """Of the groups without a job; where all have one, of the job that is due before the others."""
    runs, now = Slow(), datetime.now(UTC)
    with going(runs) as (timetable, _):
        jobs = Jobs(timetable, StoppableClock(), lambda: 0.5)
        jobs.completed("day", now)
        jobs.completed(other, now)
        jobs.follow({other: schedule(every="12h"), "day": schedule(every="1h")})
        jobs.take_over()
        assert runs.begun.wait(20)
    assert runs.made == [(Reason.TAKEOVER, made)]
