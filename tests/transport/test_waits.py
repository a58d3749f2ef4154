from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.transport.answer import Answer
from bridge.transport.waits import BRIEF, LONG, Pace, asked_wait
from tests.transport.virtual import START


def asked(body: str = "", **headers: str) -> float | None:
    """What the server asks for with this body and these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asked_wait(Answer(429, named, body.encode()), START)


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        ("", "7", 7),
        ("", " 7 ", 7),
        ("", "1.5", 1.5),
        ("Try again in 9 seconds.", "7", 7),
        ("Rate limit is exceeded. Try again in 5 seconds.", "", 5),
        ("try again in 1 second", "", 1),
        ("Try again in 2 minutes", "", 120),
        ("Try again in 5 seconds.", "soon", 5),
        ("Bandwidth quota exceeded. Try again later.", "", None),
        ("", "-5", None),
        ("", "٣", None),
        ("", "", None),
    ],
)
def test_wait_that_the_server_asks_for(body: str, header: str, seconds: float | None) -> None:
    """Retry-After comes first, then the words; where neither names a time, none is made up."""
    assert asked(body, retry_after=header) == seconds


def test_date_is_a_wait_until_then() -> None:
    """Retry-After may be a date."""
    assert asked(retry_after=format_datetime(START + timedelta(seconds=30), usegmt=True)) == 30


def test_past_date_is_no_wait() -> None:
    """A date that has gone by asks for nothing more."""
    assert asked(retry_after=format_datetime(START - timedelta(hours=1), usegmt=True)) == 0


def test_date_is_read_by_the_servers_clock() -> None:
    """Our own clock may be an hour slow; what counts is how far the date lies from the answer's own."""
    theirs = START + timedelta(hours=1)
    then = format_datetime(theirs + timedelta(seconds=30), usegmt=True)
    assert asked(retry_after=then, date=format_datetime(theirs, usegmt=True)) == 30


def test_date_without_a_zone_is_utc() -> None:
    """`-0000` is a zone that is not told."""
    assert asked(retry_after="Mon, 02 Nov 2026 08:00:10 -0000") == 10


@given(tries=st.integers(1, 6), dice=st.floats(0, 1), pace=st.sampled_from([BRIEF, LONG]))
def test_waits_of_our_own_grow_up_to_a_cap(tries: int, dice: float, pace: Pace) -> None:
    """Full jitter: anything from nothing to the base doubled at each try, and never more than the cap."""
    wait = pace.wait(tries, lambda: dice)
    assert 0 <= wait <= min(pace.cap, pace.base * 2 ** (tries - 1))
    assert pace.wait(tries, lambda: 1.0) >= wait


@pytest.mark.parametrize(("pace", "waits"), [(BRIEF, [2, 4, 8, 16, 32, 60]), (LONG, [15, 30, 60, 120, 240, 300])])
def test_longest_waits(pace: Pace, waits: list[float]) -> None:
    """A rush is met with waits from 2 s to a minute, a spent quota with 15 s to five minutes."""
    assert [pace.wait(tries, lambda: 1.0) for tries in range(1, 7)] == waits
