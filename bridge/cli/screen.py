"""What people see: tables in colour on a terminal, plain text in a pipe, and nothing that a name could forge."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.redaction import visible

PIPE_WIDTH = 160
"""Columns where there is no terminal to tell."""


def console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error."""
    seen = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=None if seen else PIPE_WIDTH)


def shown(text: object, style: str = "") -> Text:
    """A text from outside as it may be shown: a control character is made visible, and markup is not followed."""
    return Text(visible(str(text)), style=style)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """A table without frames."""
    made = Table(
        box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False
    )
    for head in heads:
        made.add_column(head, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else shown(cell) for cell in row))
    return made


def pairs(rows: Iterable[tuple[str, object]]) -> Table:
    """Facts under one another, each behind its name."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="dim")
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(name, value if isinstance(value, Text) else shown(value))
    return made


def print_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Print a value for programs, in ASCII where the output cannot hold more."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=not is_unicode, sort_keys=False) + "\n")
