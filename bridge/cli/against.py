"""plan --against: what an edit of the configuration does, apart from what the directories do."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bridge.cli.exits import Exit, exit_of_edit
from bridge.cli.options import configuration

if TYPE_CHECKING:
    from bridge.cli.comparison import Review


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


def review(before: Path, after: Path, form: Format, *, quiet: bool) -> Exit:
    """Compare two configurations over one reading of both sides, and print what the edit does."""
    from bridge.cli.comparison import Review
    from bridge.config.edits import edits
    from bridge.cycle.compare import compare_with
    from bridge.wiring import wired_for_comparing

    old, new = configuration(before), configuration(after)
    with wired_for_comparing(old, new) as (other, bridge):
        comparison = compare_with(other, bridge)
    if not quiet:
        _print(Review(comparison, edits(old, new), str(before), str(after)), form)
    return exit_of_edit(comparison)


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
