"""Notices: each matter is told once on each channel, again when it is another, and when it is over. Pure.

matter             notice
new                due at once; one that has to last, after it did
as it was told     nothing
another than told  due at once
gone, and told     its end is due at once, and then it is forgotten: should it come again, it is new
gone, and untold   forgotten
not told           due again, after twice the pause
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

FIRST: Final = timedelta(minutes=1)
"""The pause after the first failure."""

LONGEST: Final = timedelta(hours=1)
"""No pause is longer; it is tried as long as the matter lasts."""

OVER: Final = ""
"""The essence of a matter that is gone, and whose end is to be told."""

Subject: TypeAlias = tuple[str, str]
"""A matter's kind, and which one of its kind."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one channel is, or was, told of one matter."""

    subject: Subject
    essence: str
    since: datetime
    """When the matter was first seen."""
    due: datetime | None
    """When it is to be told. None: it was."""
    tries: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it is the end of the matter that is to be told."""
        return self.essence == OVER

    def over(self, now: datetime) -> "Notice":
        """The same once the matter is gone."""
        return self if self.is_over else replace(self, essence=OVER, due=now, tries=0)

    def failed(self, now: datetime) -> "Notice":
        """The same after one more failure to tell it."""
        return replace(self, tries=self.tries + 1, due=now + min(FIRST * 2 ** min(self.tries, 10), LONGEST))

    def told(self) -> "Notice":
        """The same once it was told."""
        return replace(self, tries=0, due=None)


@dataclass(frozen=True, slots=True)
class Pending:
    """A matter as far as notices go."""

    subject: Subject
    essence: str
    lasts: timedelta = timedelta()
    """How long it has to be there before it is told."""


def reviewed(pending: Iterable[Pending], known: Mapping[Subject, Notice], now: datetime) -> dict[Subject, Notice]:
    """The notices of all matters that there are now, and of the ends of those that were told."""
    there = {one.subject: _reviewed(one, known.get(one.subject), now) for one in pending}
    gone = (notice for subject, notice in known.items() if subject not in there)
    return there | {notice.subject: notice.over(now) for notice in gone if notice.is_over or notice.due is None}


def _reviewed(one: Pending, before: Notice | None, now: datetime) -> Notice:
    if before is None:
        return Notice(one.subject, one.essence, now, now + one.lasts)
    if before.essence == one.essence:
        return before
    return replace(before, essence=one.essence, due=max(now, before.since + one.lasts), tries=0)
