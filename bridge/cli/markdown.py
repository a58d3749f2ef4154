"""Markdown for a comment where others read: nothing in a name is followed, formatted, or calls anybody."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from bridge.cli.screen import shown

_ACTIVE: Final = re.compile(r"[^\w\s.,-]|_", re.ASCII)
"""Whatever may mean something: to Markdown, to HTML, or to GitHub, for which @ calls a person and # an issue."""


def code(text: object) -> str:
    """A text from outside, word for word.

    In `code` nobody is called by an @, and a character that is written by its number begins nothing.
    """
    visible = shown(text).plain
    numbered = _ACTIVE.sub(lambda found: f"&#{ord(found[0])};" if found[0].isascii() else found[0], visible)
    return f"<code>{numbered.replace('www.', 'www&#46;')}</code>"


def told(text: object) -> str:
    """The same, and as it is where nothing in it means anything."""
    return code(text) if _ACTIVE.search(shown(text).plain) else str(text)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, line by line. The cells are Markdown already."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines that are shown when somebody asks for them."""
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"
