"""The period of a report: whole days by the clocks of a place."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.report.period import DEFAULT_DAYS, period

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
"""Half past midnight in Berlin: the first of April."""


def test_without_a_word_it_is_the_ninety_days_to_today() -> None:
    """Today is that of the time zone, and counts."""
    made = period(None, None, BERLIN, NOW)
    assert made.last == date(2026, 4, 1)
    assert (made.last - made.first).days + 1 == DEFAULT_DAYS
    assert not made.is_over


def test_it_begins_and_ends_at_midnight_there() -> None:
    """Also where the clocks are changed within it: the end of March has an hour less."""
    made = period(date(2026, 3, 29), date(2026, 3, 29), BERLIN, NOW)
    assert made.start == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert made.end - made.start == timedelta(hours=23)
    assert made.is_over


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 3, 2), date(2026, 3, 1)),
        (date(2026, 5, 1), None),
        (date(2026, 5, 1), date(2026, 6, 1)),
    ],
)
def test_one_that_is_none_is_refused(first: date, last: date | None) -> None:
    """It ends before it begins, or is yet to come."""
    with pytest.raises(ValueError, match="period"):
        period(first, last, BERLIN, NOW)


@given(
    first=st.dates(date(2020, 1, 1), date(2025, 1, 1)),
    days=st.integers(0, 400),
    zone=st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu")),
)
def test_one_period_begins_where_the_one_before_ends(first: date, days: int, zone: str) -> None:
    """So that no moment is in two reports, and none in no report."""
    last, place = first + timedelta(days=days), ZoneInfo(zone)
    before, after = period(first, last, place, NOW), period(last + timedelta(days=1), None, place, NOW)
    assert before.end == after.start
    assert before.start < before.end
