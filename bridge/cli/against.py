"""plan --against: what an edit of the configuration does, apart from what the directories do."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from bridge.cli.exits import Exit, exit_of_edit
from bridge.cli.options import configuration
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.cli.comparison import Review
    from bridge.config import Configuration


APPLIED: Final = "applied"
"""What is written for the configuration that was applied last; a file of this name is `./applied`."""


class Format(StrEnum):
    """In which form a plan is told."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def chosen_format(form: Format | None, *, as_json: bool, markdown: bool) -> Format:
    """The one form that is asked for. Raises BadParameter for two."""
    asked = {
        form for form in (form, Format.JSON if as_json else None, Format.MARKDOWN if markdown else None) if form
    }
    if len(asked) > 1:
        raise typer.BadParameter("Ask for one form: text, Markdown or JSON.")
    return asked.pop() if asked else Format.TEXT


def review(before: str, after: Path, form: Format, *, quiet: bool) -> Exit:
    """Compare two configurations over one reading of both sides, and print what the edit does."""
    from bridge.cli.comparison import Review
    from bridge.config.applied import KEPT
    from bridge.config.edits import edits
    from bridge.cycle.compare import compare_with
    from bridge.wiring import wired_for_comparing

    if not before:
        raise typer.BadParameter(
            "Say with --against what the configuration is compared with: a file, or `applied`."
        )
    new = configuration(after)
    old = _applied(new) if before == APPLIED else configuration(Path(before))
    with wired_for_comparing(old, new) as (other, bridge):
        comparison = compare_with(other, bridge)
    if not quiet:
        found = edits(old, new, before)
        if before == APPLIED:
            found = tuple(edit for edit in found if edit.place[0] in KEPT)
        _print(Review(comparison, found, before, str(after)), form)
    return exit_of_edit(comparison)


def _applied(now: "Configuration") -> "Configuration":
    """The configuration that was applied last. Raises BridgeError if none was."""
    from bridge.config.applied import restored
    from bridge.wiring import opened_evidence

    with opened_evidence(now) as store:
        text = store.load_applied()
    if text is None:
        raise BridgeError("No run has applied a configuration since they are kept; name a file: --against FILE")
    return restored(text, now, os.environ)


def _print(told: "Review", form: Format) -> None:
    from bridge.cli.comparison import print_review, review_json
    from bridge.cli.comparison_markdown import review_markdown
    from bridge.cli.screen import console, print_json

    match form:
        case Format.JSON:
            print_json(review_json(told))
        case Format.MARKDOWN:
            typer.echo(review_markdown(told), nl=False)
        case Format.TEXT:
            print_review(console(), told)
