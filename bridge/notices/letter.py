"""What is told: one letter for all that is due on a channel. It names groups and counts people, no more."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.audit.timestamp import stamp
from bridge.core.notice import Notice
from bridge.notices.matter import Matter, ending
from bridge.redaction import hidden

MOST: Final = 20
"""Matters that a letter tells of; the status page tells of all."""


@dataclass(frozen=True, slots=True)
class Line:
    """One matter in a letter: clean of secrets, each text on one line."""

    kind: str
    grave: bool
    text: str
    remedy: str
    command: str
    is_over: bool = False
    """Whether it tells of an end, with nothing to do."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out in one piece."""

    id: str
    """The same for the same content, however often it is sent."""
    organization: str
    sent: datetime
    lines: tuple[Line, ...]
    more: int
    """Matters beyond those told."""
    ends: int = 0
    """How many of all are over."""

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        number = len(self.lines) + self.more - self.ends
        if len(self.lines) == 1:
            what = f"{'over: ' if self.ends else ''}{self.lines[0].text}"
        elif number:
            what = f"{_things(number)} you{f', {_things(self.ends, over=True)}' if self.ends else ''}"
        else:
            what = _things(self.ends, over=True)
        return f"Hyperproof Bridge ({self.organization}): {what}"

    @property
    def rest(self) -> str:
        """What is said of those beyond; empty if there are none."""
        return f"and {self.more} more, see the status page" if self.more else ""


def _things(number: int, *, over: bool = False) -> str:
    one = number == 1
    verb = ("is over" if one else "are over") if over else ("needs" if one else "need")
    return f"{number} thing{'' if one else 's'} {verb}"


def letter(organization: str, now: datetime, matters: Sequence[Matter], ends: Sequence[Notice] = ()) -> Letter:
    """Write one. The gravest come first, in the order in which matters are found; what is over comes last."""
    lines = (
        *(
            Line(m.kind.value, m.kind.is_grave, hidden(m.notice), hidden(m.remedy), hidden(m.command))
            for m in matters
        ),
        *(Line(end.subject[0], False, hidden(ending(*end.subject)), "", "", is_over=True) for end in ends),
    )
    content = [(m.kind.value, m.subject, m.essence) for m in matters]
    content += [(*end.subject, stamp(end.since)) for end in ends]
    name = hashlib.sha256(repr(sorted(content)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Letter(name, hidden(organization), now, lines[:MOST], max(len(lines) - MOST, 0), len(ends))


def plain(written: Letter) -> str:
    """A letter as plain text."""
    parts = [
        "\n".join(filter(None, (line.text, line.remedy, f"    {line.command}" if line.command else "")))
        for line in written.lines
    ]
    end = (*((written.rest,) if written.rest else ()), f"-- \nHyperproof Bridge, {stamp(written.sent)[:19]}Z")
    return "\n\n".join((*parts, *end)) + "\n"
