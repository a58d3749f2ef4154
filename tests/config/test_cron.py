"""Cron expressions mean what crontab(5) says, and what programs disagree about is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.config.cron import parse_cron
from bridge.config.schedule import Times
from bridge.daemon.timetable import trigger_of


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("*/15 * * * *", "0,15,30,45 * * * *"),
        ("5/20 9-17/4 * * *", "5,25,45 9,13,17 * * *"),
        ("0 3 1,15 jan-mar,DEC *", "0 3 1,15 1,2,3,12 *"),
        ("0 3 * * 0", "0 3 * * sun"),
        ("0 3 * * 7", "0 3 * * sun"),
        ("0 3 * * 1-5", "0 3 * * mon,tue,wed,thu,fri"),
        ("0 3 * * mon-fri", "0 3 * * mon,tue,wed,thu,fri"),
        ("0 3 * * fri-sun", "0 3 * * sun,fri,sat"),
        ("0 3 * * 5-7", "0 3 * * sun,fri,sat"),
        ("0 3 * * */2", "0 3 * * sun,tue,thu,sat"),
        ("0 0 29 2 *", "0 0 29 2 *"),
    ],
)
def test_an_expression_is_understood(text: str, means: str) -> None:
    """Weekdays come out as names: 0 and 7 are Sunday here, and Monday elsewhere."""
    assert str(parse_cron(text)) == means


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("0 3 1 * mon", "write `\\*` for one of them"),
        ("@hourly", "write `0 \\* \\* \\* \\*`"),
        ("0 0 3 * * *", "five fields"),
        ("0 3 * *", "five fields"),
        ("60 * * * *", "minute is out of range"),
        ("0 24 * * *", "hour is out of range"),
        ("0 0 0 * *", "day of month is out of range"),
        ("0 0 * 13 *", "month is out of range"),
        ("0 0 * * 8", "weekday is out of range"),
        ("0 0 * * fri-mon", "the smaller first"),
        ("*/0 * * * *", "out of range"),
        ("0 0 L * *", "out of range"),
        ("0 0 * * mon#1", "not well formed"),
        ("0 0 30 2 *", "no such day"),
        ("0 0 31 4,6 *", "no such day"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, remedy: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match=remedy):
        parse_cron(text)


@pytest.mark.parametrize(
    "expression", ["*/15 6-20 * * mon-fri", "5 4 1,15 * *", "0 0 * feb sun", "7 * * * *", "0 3 31 * *"]
)
def test_the_longest_pause_is_the_librarys(expression: str) -> None:
    """Found by asking it for each time of two years."""
    cron = parse_cron(expression)
    trigger = trigger_of(Times.model_validate({"cron": expression}))
    moment = trigger.get_next_fire_time(None, datetime(2025, 1, 1, tzinfo=UTC))
    longest = timedelta()
    while moment.year < 2027:
        following = trigger.get_next_fire_time(moment, moment)
        longest, moment = max(longest, following - moment), following
    assert cron.longest_pause == longest
