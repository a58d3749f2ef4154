"""plan, sync and backfill: one run, previewed or for real."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.against import Format, chosen_format, review
from bridge.cli.completion import jobs
from bridge.cli.exits import Exit, exit_of
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, Detailed, Quiet, Verbose, apart, configuration
from bridge.core.jobs import EVERY

if TYPE_CHECKING:
    from bridge.config import Configuration
    from bridge.cycle.outcome import Report
    from bridge.cycle.progress import Progress, Steps


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(plan)
    app.command()(sync)
    app.command()(backfill)


def plan(
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    detailed: Detailed = False,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="In which form it is told; text unless said.", show_default=False),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="The configuration before an edit, or the word applied for the one that was applied last: tells "
            "what the edit does, line by line, apart from what the directories do.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
) -> Exit:
    """Show what a run would change, and why. Writes nothing anywhere.

    When it is right, say `apply: true` in the configuration and run `sync`. Ends as that `sync` would, with 4 when
    something would be held, 5 when a managed group cannot be served, 6 when a directory or Hyperproof cannot be
    read and 12 when a directory group is in doubt. With --against it reviews an edit: it ends with 16 if somebody
    loses a membership by it or may lose one, with 15 if it changes something else.

    Example: hyperproof-bridge plan --config bridge.yaml --detailed-exitcode

    Example: hyperproof-bridge plan --config bridge.yaml --against main.yaml --format markdown
    """
    from bridge.cycle.run import preview
    from bridge.wiring import wired_for_reading

    asked = chosen_format(form, as_json=as_json, markdown=markdown)
    if against is not None:
        return review(against, config, asked, quiet=quiet)
    loaded = configuration(config, verbose=verbose)
    with wired_for_reading(loaded) as wired:
        report = preview(wired.bridge)
    _print(report, as_json=asked is Format.JSON, markdown=asked is Format.MARKDOWN, quiet=quiet)
    return exit_of(report.outcome, detailed=detailed)


def sync(
    config: ConfigPath = DEFAULT_CONFIG,
    job: Annotated[
        str | None,
        typer.Option(
            "--job",
            help="Write the managed groups of this job alone; the exit code is about these.",
            metavar="JOB",
            autocompletion=jobs,
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    detailed: Detailed = False,
) -> Exit:
    """Make one run: read, plan, guard, apply, verify, record.

    With `apply: false`, the state of a new configuration, it records what it would do and writes nothing to
    Hyperproof. What looks wrong is not done but waits in `held`; what was done stands in `audit show`.

    Ends with 0 when all is as the directories say, with 4 when something is held, 5 when some changes were not
    done, 6 when a directory or Hyperproof could not be read, 8 when another run is under way, 11 when Hyperproof
    asked to wait and 12 when a directory group is in doubt.

    Example: hyperproof-bridge sync --config bridge.yaml
    """
    from dataclasses import replace

    from bridge.core.journal import RunKind
    from bridge.cycle.progress import Progress
    from bridge.cycle.run import run_cycle
    from bridge.wiring import wired_for_writing

    loaded = apart(configuration(config, verbose=verbose), as_json=as_json)
    if job is not None and job not in loaded.jobs:
        raise typer.BadParameter(f"There is no job {job!r}; the configuration has: {', '.join(loaded.jobs)}.")
    with wired_for_writing(loaded) as wired:
        report = run_cycle(replace(wired.bridge, job=job or EVERY), RunKind.SYNC, Progress(step=wired.traced))
    silent = quiet or loaded.audit.stdout
    _print(report, as_json=as_json, quiet=silent)
    _remind(loaded, silent=silent or as_json)
    return exit_of(report.outcome, detailed=detailed)


def backfill(
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    detailed: Detailed = False,
    report_file: Annotated[
        Path, typer.Option("--report", help="Where the final report goes, as JSON.", metavar="FILE")
    ] = Path("backfill-report.json"),
) -> Exit:
    """Make one run over everything, with progress, and leave a report as a file.

    A backfill that was interrupted is gone on with: what is done is not done again, and the report tells of both.
    Ends as `sync` does.

    Example: hyperproof-bridge backfill --config bridge.yaml --report backfill.json
    """
    from bridge.cli.backfill import write_report
    from bridge.cli.output_file import own_files, refuse_unwritable
    from bridge.core.journal import RunKind
    from bridge.cycle.run import run_cycle
    from bridge.wiring import wired_for_writing

    loaded = apart(configuration(config, verbose=verbose), as_json=as_json)
    never = own_files(loaded)
    refuse_unwritable(report_file, force=True, never=never, option="--report")
    with wired_for_writing(loaded) as wired:
        with _progress(wired.traced, quiet=quiet or as_json) as progress:
            report = run_cycle(wired.bridge, RunKind.BACKFILL, progress)
        write_report(report_file, report, wired.store.ledger, never)
    silent = quiet or loaded.audit.stdout
    _print(report, as_json=as_json, quiet=silent)
    _remind(loaded, silent=silent or as_json)
    if not (silent or as_json):
        typer.echo(f"report: {report_file}")
    return exit_of(report.outcome, detailed=detailed)


def _remind(loaded: "Configuration", *, silent: bool) -> None:
    """Say why a run wrote nothing, where its report looks as if it might have."""
    if not (loaded.apply or silent):
        typer.echo("Nothing was written to Hyperproof: the configuration does not say `apply: true`.")


def _print(report: "Report", *, as_json: bool, quiet: bool, markdown: bool = False) -> None:
    from bridge.cli.outcome import outcome_json, print_outcome, print_wrong
    from bridge.cli.plan import plan_markdown
    from bridge.cli.screen import console, print_json

    if as_json:
        print_json(outcome_json(report))
    elif markdown:
        typer.echo(plan_markdown(report), nl=False)
    elif quiet:
        print_wrong(console(stderr=True), report)
    else:
        print_outcome(console(), report)


@contextmanager
def _progress(step: "Steps", *, quiet: bool) -> Iterator["Progress"]:
    """Bars on standard error, where a person is looking at it."""
    from bridge.cycle.progress import Progress

    if quiet or not sys.stderr.isatty():
        yield Progress(step=step)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        groups = bars.add_task("starting", total=None)
        yield Progress(
            stage=lambda stage: bars.update(groups, description=stage),
            planned=lambda plan: bars.update(groups, total=len(plan.changed)),
            written=lambda _: bars.advance(groups),
            step=step,
        )
