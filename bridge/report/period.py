"""The period of a report: whole days in a time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DEFAULT_DAYS: Final = 90
"""Of a report that is asked for without a first day."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the begin of its first day to the end of its last one, or to now."""

    first: date
    last: date
    zone: ZoneInfo
    now: datetime

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def end(self) -> datetime:
        """The moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone).astimezone(UTC)

    @property
    def is_over(self) -> bool:
        """Whether it ended before now."""
        return self.end <= self.now

    def local(self, moment: datetime) -> datetime:
        """A moment by the clocks of its time zone."""
        return moment.astimezone(self.zone)


def period(first: date | None, last: date | None, zone: ZoneInfo, now: datetime) -> Period:
    """The days from the first to the last one; the 90 days to today, unless said otherwise. Raises ValueError."""
    today = now.astimezone(zone).date()
    until = last or today
    since = first or until - timedelta(days=DEFAULT_DAYS - 1)
    if since > today:
        raise ValueError(f"The period begins on {since}, which is yet to come.")
    if since > until:
        raise ValueError(f"The period ends on {until}, before it begins on {since}.")
    return Period(since, until, zone, now)
