"""Cron expressions: five fields as crontab(5) has them, checked, and in words that no reader can take otherwise.

Weekdays come out as names, because libraries number them differently. What cron and its imitations understand
differently is refused with the way to say it: day-of-month together with weekday, six fields, @hourly.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONGEST_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_BEGIN: Final = date(2023, 1, 1)
_DAYS: Final = 9 * 366
"""Enough for a day that comes in leap years alone, twice."""

_PART: Final = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Cron:
    """When something is to happen, as the sorted values of each field. Empty: all values."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[str, ...]

    @property
    def longest_pause(self) -> timedelta:
        """The longest time between two, clocks that change aside."""
        times = [
            timedelta(hours=hour, minutes=minute)
            for hour in self.hours or range(24)
            for minute in self.minutes or range(60)
        ]
        days = [day for day in (_BEGIN + timedelta(number) for number in range(_DAYS)) if self._is_on(day)]
        within = [later - earlier for earlier, later in pairwise(times)]
        between = [later - earlier + times[0] - times[-1] for earlier, later in pairwise(days)]
        return max(within + between)

    def _is_on(self, day: date) -> bool:
        return (
            (not self.months or day.month in self.months)
            and (not self.days or day.day in self.days)
            and (not self.weekdays or _WEEKDAYS[day.isoweekday() % 7] in self.weekdays)
        )

    def __str__(self) -> str:
        fields = (self.minutes, self.hours, self.days, self.months, self.weekdays)
        return " ".join(",".join(map(str, field)) or "*" for field in fields)


def parse_cron(text: str) -> Cron:
    """Read an expression. Raises ValueError with a sentence that says what to write instead."""
    if text.startswith("@"):
        raise ValueError("Words such as @hourly are not known: write `0 * * * *`.")
    fields = text.lower().split()
    if len(fields) != 5:  # noqa: PLR2004 - as crontab has them
        raise ValueError("Write five fields: minute, hour, day of month, month, weekday.")
    cron = Cron(
        minutes=_values("minute", fields[0], 0, 59),
        hours=_values("hour", fields[1], 0, 23),
        days=_values("day of month", fields[2], 1, 31),
        months=_values("month", fields[3], 1, 12, dict(zip(_MONTHS, range(1, 13), strict=True))),
        weekdays=_weekdays(fields[4]),
    )
    if cron.days and cron.weekdays:
        raise ValueError("Days of the month and weekdays cannot go together: write `*` for one of them.")
    if cron.days and all(_LONGEST_MONTHS[month - 1] < cron.days[0] for month in cron.months or range(1, 13)):
        raise ValueError("There is no such day: write a day that one of the months has.")
    return cron


def _weekdays(field: str) -> tuple[str, ...]:
    numbers = _values("weekday", field, 0, 7, dict(zip(_WEEKDAYS, range(7), strict=True)))
    return tuple(_WEEKDAYS[number] for number in sorted({number % 7 for number in numbers}))


def _values(
    name: str, field: str, least: int, most: int, words: Mapping[str, int] | None = None
) -> tuple[int, ...]:
    """The values that a field stands for; none if it stands for all."""
    if field == "*":
        return ()
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if not match:
            raise ValueError(f"The {name} is not well formed: write such as 5, 1-5, 1,3 or */15.")
        found.update(_part(name, match, (least, most), words or {}))
    return tuple(sorted(found))


def _part(name: str, match: re.Match[str], bounds: tuple[int, int], words: Mapping[str, int]) -> Iterator[int]:
    least, most = bounds
    step = int(match["step"] or 1)
    first = least if match["all"] else _number(match["first"], words)
    last = most if match["all"] or (match["step"] and not match["last"]) else first
    if match["last"]:
        last = _number(match["last"], words)
        if last == 0 and words.get("sun") == 0:
            last = 7  # fri-sun
    if first is None or last is None or not (least <= first <= last <= most) or not step:
        raise ValueError(f"The {name} is out of range: write {least} to {most}, the smaller first.")
    if match["all"] and words.get("sun") == 0:
        last = 6  # */2 begins with Sunday, and Sunday is not 7 as well
    return iter(range(first, last + 1, step))


def _number(text: str, words: Mapping[str, int]) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() else words.get(text)
