"""report: who is in which managed group and why, as one HTML file for an auditor."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from bridge.cli.exits import Exit
from bridge.cli.options import DEFAULT_CONFIG, ConfigPath, configuration
from bridge.cli.output_file import own_files, refuse_unwritable, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bridge.report.period import Period

_DAY = ["%Y-%m-%d"]
_STDOUT = Path("-")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    config: ConfigPath = DEFAULT_CONFIG,
    *,
    first: Annotated[
        datetime | None,
        typer.Option("--from", help="First day of the period; by default the 90 days to its last.", formats=_DAY),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", help="Last day of the period; by default today.", formats=_DAY)
    ] = None,
    timezone: Annotated[
        str,
        typer.Option("--timezone", help="Of days and times; by default `schedule.timezone`.", metavar="ZONE"),
    ] = "",
    group: Annotated[str, typer.Option("--group", help="Only this managed group, by its name, key or id.")] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where it is written; - is standard output.", metavar="FILE")
    ] = Path("report.html"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> Exit:
    """Write one HTML file for an auditor: groups, members, sources, changes of a period, each with its record.

    It stands alone and prints on A4. Asks no server. Ends with 10 when the audit chain is broken, which it says.

    Example: hyperproof-bridge report --from 2026-01-01 --to 2026-03-31 --output access-2026-q1.html
    """
    from bridge.report.page import page
    from bridge.report.statement import load_statement
    from bridge.wiring import opened_evidence

    loaded = configuration(config)
    period = _period(first, last, timezone or loaded.schedule.timezone)
    if output != _STDOUT:
        refuse_unwritable(output, force=force, never=own_files(loaded))
    with opened_evidence(loaded) as store:
        stated = load_statement(store, loaded, period, group)
    _write(output, page(stated), force=force, never=own_files(loaded))
    if stated.is_proved:
        return Exit.OK
    finding = stated.proof.finding or "there is no record at all; see that `organization` is right"
    typer.echo(f"BROKEN: {finding}; the report uses what stands before it", err=True)
    return Exit.AUDIT


def _period(first: datetime | None, last: datetime | None, timezone: str) -> "Period":
    from bridge.report.period import period

    try:
        zone = ZoneInfo(timezone)
    except (ValueError, OSError, KeyError) as error:
        raise typer.BadParameter(
            f"There is no time zone {timezone!r}: write one such as Europe/Berlin."
        ) from error
    try:
        return period(_day(first), _day(last), zone, datetime.now(UTC))
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error)) from error


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _write(output: Path, pieces: "Iterable[str]", *, force: bool, never: "Collection[Path]") -> None:
    if output == _STDOUT:
        sys.stdout.writelines(pieces)
        return
    with written(output, force=force, never=never) as (file, _):
        file.writelines(pieces)
    typer.echo(f"report: {output}", err=True)
