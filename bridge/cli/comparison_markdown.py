"""A review of an edit as a comment on a pull request: the figures first, long lists folded, and never too long."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.cli.comparison import (
    Review,
    entries_of,
    figures,
    headline,
    held_rows,
    moves_of,
    notes_of,
    unresolved_of,
    words_of,
)
from bridge.cli.markdown import code, folded, table
from bridge.config.edits import Edit
from bridge.core.comparison import GroupComparison

LONGEST: Final = 65_536
"""Characters that a comment on GitHub may have. Bytes are counted, which are never fewer."""

OPEN: Final = 10
"""Rows that are shown without being asked for."""

_RESERVE: Final = 2_000
"""Bytes for what is said of what was left out, and around tables."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One table with its title, in Markdown."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: tuple[str, ...] = ()

    def text(self, rows: int) -> str:
        """It with so many of its rows."""
        lines = list(table(self.heads, self.rows[:rows])) if rows else []
        if rows < len(self.rows):
            lines += ["", f"{len(self.rows) - rows} more rows left out."]
        if len(self.rows) > OPEN:
            lines = list(folded(f"{len(self.rows)} rows", lines))
        notes = [f"- {note}" for note in self.notes]
        return "\n".join(["", self.title, "", *notes, *([""] if notes and lines else []), *lines, ""])

    def fitted(self, room: int) -> tuple[str, int]:
        """As much of it as there is room for, and how many of its rows that is; nothing where not one fits."""
        rows = len(self.rows)
        while len(self.text(rows).encode()) > room:
            if rows == 0:
                return "", 0
            rows = rows * 3 // 4
        return self.text(rows), rows


def review_markdown(review: Review) -> str:
    """The review, cut where it would be too long; then it says what was left out."""
    told = ["\n".join(_head(review)) + "\n"]
    room, missing, parts = LONGEST - _RESERVE - len(told[0].encode()), 0, 0
    for part in _parts(review):
        text, rows = part.fitted(room)
        told.append(text)
        room -= len(text.encode())
        missing += len(part.rows) - rows
        parts += not text
    if missing or parts:
        told.append(
            f"\n**Left out, for a comment has no more room: {missing} rows, {parts} tables with their notes.** "
            "The same command without `--format markdown` tells all.\n"
        )
    return "".join(told)


def _head(review: Review) -> Iterator[str]:
    yield f"## Hyperproof Bridge: {code(review.after)} against {code(review.before)}"
    yield ""
    for sentence in headline(review):
        yield f"- {_sentence(sentence)}"


def _sentence(text: str) -> str:
    """One of our sentences: figures are left as they are; where a name may stand in it, it is told as it is."""
    return text if text.startswith("By the ") else code(text)


def _parts(review: Review) -> Iterator[_Part]:
    comparison = review.comparison
    touched = [(group.name, figures(group.edit), group) for group in review.touched]
    yield from _part("### Managed groups", ("group", "members", "by the edit", "by the directories"), [
        (code(name), str(group.size), edit, figures(group.directory)) for name, edit, group in touched
    ])  # fmt: skip
    yield from _part("### Edited lines", ("where", "what"), [
        (f"{code(edit.where)} {code(edit.key)}", code(edit.what)) for edit in review.edits
    ])  # fmt: skip
    for group in comparison.groups:
        yield from _of_group(group, review)
    yield from _part("### Held with the edit, until a person approves", ("group", "changes", "why"), [
        (code(name), number, code(why)) for name, number, why in held_rows(review)
    ])  # fmt: skip
    yield from _part("### By the directories, with or without the edit", ("group", "who", "what"), [
        (code(group.name), code(review.who(moved)), words_of(moved))
        for group in comparison.groups
        for moved in review.by_name(group.directory)
    ])  # fmt: skip


def _part(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[_Part]:
    if made := list(rows):
        yield _Part(title, heads, made)


def _of_group(group: GroupComparison, review: Review) -> Iterator[_Part]:
    rows = [
        (code(review.who(moved)), words, _by(review.lines(moved, group)), code(review.people(moved)))
        for moved, words in moves_of(group, review)
    ]
    entries = _by(entries_of(group, review))
    notes = [code(note) + (f" ({entries})" if entries else "") for note in notes_of(group, review)]
    notes += [f"{code(label)} would belong here: {code(reason)}" for label, reason in unresolved_of(group)[:OPEN]]
    if rows or notes:
        title = f"### {code(group.name)}: {figures(group.edit)}"
        yield _Part(title, ("who", "what", "by", "person"), rows, tuple(notes))


SHOWN_LINES: Final = 5
"""Edits behind one membership that are named."""


def _by(edits: tuple[Edit, ...]) -> str:
    more = len(edits) - SHOWN_LINES
    shown = ", ".join(f"{code(edit.where)} {code(edit.key)}" for edit in edits[:SHOWN_LINES])
    return f"{shown} and {more} more" if more > 0 else shown
