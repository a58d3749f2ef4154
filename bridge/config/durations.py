"""What a length of time may be: `30s`, `15m`, `24h`, `7d`."""

import re
from datetime import timedelta
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from bridge.config.values import SHOWN, wrong

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Read a duration such as 30s, 15m, 24h or 7d. Raises ValueError."""
    parts = re.fullmatch(r"([0-9]{1,7})([smhd])", text.strip())
    if not parts:
        raise ValueError("write a whole number and s, m, h or d, such as 30s or 15m")
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])})


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        return parse_duration(value if isinstance(value, str) else "")
    except ValueError as error:
        remedy = "Write a whole number and s, m, h or d, such as 30s or 15m."
        raise wrong(f"{SHOWN} is not a duration.", remedy) from error


def duration_text(length: timedelta) -> str:
    """Write a duration as the file does: `15m`, and `24h` rather than `1d`."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds > size and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,7}[smhd]$"}),
]
"""A whole number with s, m, h or d."""


def within(shortest: timedelta, longest: timedelta) -> AfterValidator:
    """Check that a duration is no shorter and no longer than this."""

    def check(length: timedelta) -> timedelta:
        if not shortest <= length <= longest:
            remedy = f"Write {duration_text(shortest)} to {duration_text(longest)}."
            raise wrong(f"{SHOWN} is too {'short' if length < shortest else 'long'}.", remedy)
        return length

    return AfterValidator(check)


FullReadEvery: TypeAlias = Annotated[Duration, within(timedelta(minutes=1), timedelta(days=7))]
"""How long a full read of a directory serves the runs after it."""
