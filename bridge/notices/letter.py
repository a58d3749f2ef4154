"""What is told: one letter for all that is due on a channel. It names groups and counts people, no more."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bridge.audit.timestamp import stamp
from bridge.notices.matter import Matter
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

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        if len(self.lines) == 1:
            return f"Hyperproof Bridge ({self.organization}): {self.lines[0].text}"
        return f"Hyperproof Bridge ({self.organization}): {len(self.lines) + self.more} things need you"

    @property
    def rest(self) -> str:
        """What is said of those beyond; empty if there are none."""
        return f"and {self.more} more, see the status page" if self.more else ""


def letter(organization: str, now: datetime, matters: Sequence[Matter]) -> Letter:
    """Write one. The gravest come first, in the order in which matters are found."""
    lines = tuple(
        Line(m.kind.value, m.kind.is_grave, hidden(m.notice), hidden(m.remedy), hidden(m.command))
        for m in matters[:MOST]
    )
    content = repr(sorted((m.kind.value, m.subject, m.essence) for m in matters))
    name = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Letter(name, hidden(organization), now, lines, max(len(matters) - MOST, 0))


def plain(written: Letter) -> str:
    """A letter as plain text."""
    parts = [
        "\n".join((line.text, line.remedy, *((f"    {line.command}",) if line.command else ())))
        for line in written.lines
    ]
    end = (*((written.rest,) if written.rest else ()), f"-- \nHyperproof Bridge, {stamp(written.sent)[:19]}Z")
    return "\n\n".join((*parts, *end)) + "\n"
