"""How long to wait before the next try (API reference, section 6)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Final, TypeAlias

from bridge.transport.answer import Answer

Dice: TypeAlias = Callable[[], float]
"""Random figures from 0 to 1."""

DICE: Final[Dice] = SystemRandom().random


@dataclass(frozen=True, slots=True)
class Pace:
    """Waits that grow: at most `base` seconds after the first try, twice as much after each, at most `cap`."""

    base: float
    cap: float

    def wait(self, tries: int, dice: Dice) -> float:
        """Seconds after so many tries, with full jitter: anything from nothing to the most."""
        return dice() * min(self.cap, self.base * 2.0 ** (tries - 1))


BRIEF: Final = Pace(base=2, cap=60)
"""For a rush (429), a server that fails, a network that drops."""

LONG: Final = Pace(base=15, cap=300)
"""For a quota (403) that was used up."""

_IN_WORDS: Final = re.compile(r"try again in (\d{1,9}(?:\.\d{1,9})?) ?(s|m|h)", re.IGNORECASE)
_SECONDS: Final = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_UNIT: Final = {"s": 1, "m": 60, "h": 3600}


def asked_wait(answer: Answer, now: datetime) -> float | None:
    """Seconds that the server asks for, in Retry-After or in its words. None when it names no time."""
    header = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(header):
        return float(header)
    moment = _moment(header)
    if moment is not None:
        # The server's own idea of now: our clock may be wrong by more than the wait.
        now = _moment(answer.headers.get("date", "")) or now
        return max(0.0, (moment - now).total_seconds())
    told = _IN_WORDS.search(answer.words)
    return float(told[1]) * _UNIT[told[2].lower()] if told else None


def _moment(text: str) -> datetime | None:
    """Read an HTTP date (RFC 9110, section 5.6.7)."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
