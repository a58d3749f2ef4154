"""audit: find records, prove the chain, hand the evidence out."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.completion import events, forms, managed_groups, runs
from bridge.cli.exits import Exit
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, configuration
from bridge.cli.output_file import own_files, refuse_unwritable, written
from bridge.cli.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from bridge.audit.ledger import Ledger
    from bridge.audit.query import Filter, Found
    from bridge.audit.verify import Verification

_audit = typer.Typer(help="Show, verify and export the evidence.", no_args_is_help=True)

Event = Annotated[
    str,
    typer.Option(
        "--event",
        help="Only this event, such as member.added, or all of a noun: member.",
        metavar="EVENT",
        autocompletion=events,
    ),
]
Group = Annotated[
    str,
    typer.Option(
        "--group", help="Only about this group, by name or id.", metavar="GROUP", autocompletion=managed_groups
    ),
]
Person = Annotated[
    str,
    typer.Option(
        "--person", help="Only about this person: an address, an account or person id.", metavar="PERSON"
    ),
]
RunId = Annotated[
    str, typer.Option("--run", help="Only of this run, by its id.", metavar="RUN", autocompletion=runs)
]
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since", help="Only from this moment on: 2026-03-01T09:30, in UTC.", formats=_FORMATS, metavar="TIME"
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option("--until", help="Only before this moment.", formats=_FORMATS, metavar="TIME"),
]


_TABLE = "csv"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_audit, name="audit")


@_audit.command()
def show(
    config: ConfigPath = DEFAULT_CONFIG,
    event: Event = "",
    group: Group = "",
    person: Person = "",
    run: RunId = "",
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many.", metavar="N")] = 50,
    as_json: AsJson = False,
) -> Exit:
    """Show records, the newest last. --json shows all that is in them: searches, doubts, approvals.

    A moment is UTC, as 2026-03-01 or 2026-03-01T09:30:00, or carries its offset.

    Example: hyperproof-bridge audit show --person anna.smith@corp.example --event member
    """
    from bridge.audit.query import Filter, find_records
    from bridge.cli.screen import console, print_json, shown, table
    from bridge.wiring import opened_evidence

    asked = Filter(event.rstrip("."), group, person, run, _utc(since), _utc(until), limit)
    with opened_evidence(configuration(config)) as store:
        found = list(find_records(store.ledger, asked))
    if as_json:
        print_json([dict(one.record) for one in found])
    elif found:
        console().print(table(("number", "time", "event", "group", "who", "what"), map(_row, found)))
    else:
        console().print(shown("no record is like that"))
    return Exit.OK


@_audit.command()
def verify(
    config: ConfigPath = DEFAULT_CONFIG,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="Audit files, oldest first.", metavar="FILE")
    ] = None,
    file_only: Annotated[bool, typer.Option("--file-only", help="Do not look at the database.")] = False,
    as_json: AsJson = False,
) -> Exit:
    """Prove that no record was changed, taken out, put in or moved: in the database, the file, and between them.

    Without --file it is the file of the configuration. With --file-only no database is needed. Ends with 10 and
    names the first wrong record when something is.

    Example: hyperproof-bridge audit verify --config bridge.yaml
    """
    from bridge.audit.verify import verify_both, verify_database, verify_files
    from bridge.wiring import opened_evidence

    loaded = configuration(config)
    files = file or ([loaded.audit.file] if loaded.audit.file else [])
    if file_only and not files:
        raise typer.BadParameter("There is no audit file in the configuration: name one with --file.")
    if file_only:
        result = verify_files(files, loaded.organization)
    else:
        with opened_evidence(loaded) as store:
            result = verify_both(store.ledger, files) if files else verify_database(store.ledger)
    result = _never_empty(result, loaded.organization)
    where = " and ".join((*(() if file_only else ("database",)), *map(str, files)))
    _print_verification(result, where, as_json=as_json)
    return Exit.OK if result.sound else Exit.AUDIT


def _never_empty(result: "Verification", organization: str) -> "Verification":
    """No record at all proves nothing: what was there may be gone, or be under another label."""
    from bridge.audit.verify import Fault, Finding

    if result.finding or result.tip.seq:
        return result
    nothing = Finding(
        1, Fault.MISSING, organization, "there is no record at all; see that `organization` is right"
    )
    return replace(result, finding=nothing)


def _print_verification(result: "Verification", where: str, *, as_json: bool) -> None:
    from bridge.cli.screen import console, print_json, shown

    if as_json:
        print_json({"sound": result.sound, "records": result.tip.seq, "hash": result.tip.hash,
                    "checked": where, "finding": str(result.finding) if result.finding else None})  # fmt: skip
    elif result.finding:
        console().print(shown(f"BROKEN: {result.finding}", "bold red"))
    else:
        console().print(
            shown(f"sound: {result.tip.seq} records in {where}, the last with hash {result.tip.hash}", "green")
        )


@_audit.command()
def export(
    config: ConfigPath = DEFAULT_CONFIG,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="jsonl, with hashes; csv; ocsf or cef, for a SIEM.",
            metavar="FORM",
            autocompletion=forms,
        ),
    ] = "jsonl",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; else standard output.", metavar="FILE")
    ] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    event: Event = "",
    group: Group = "",
    person: Person = "",
    run: RunId = "",
    since: Since = None,
    until: Until = None,
) -> Exit:
    """Hand records out, oldest first.

    Only `jsonl` carries the hashes by which `audit verify --file` proves the chain; what is filtered proves
    nothing.

    Example: hyperproof-bridge audit export --format csv --since 2026-01-01 --output evidence.csv
    """
    from bridge.audit.forms import Form
    from bridge.audit.query import Filter
    from bridge.wiring import opened_evidence

    if form not in {*Form, _TABLE}:
        raise typer.BadParameter(f"There is no format {form!r}: write {', '.join(Form)} or {_TABLE}.")
    asked = Filter(event.rstrip("."), group, person, run, _utc(since), _utc(until))
    loaded = configuration(config)
    never = own_files(loaded)
    if output:
        refuse_unwritable(output, force=force, never=never)
    with opened_evidence(loaded) as store:
        if output is None:
            _export(store.ledger, asked, form, sys.stdout)
        else:
            with written(output, force=force, never=never) as (file, _):
                count = _export(store.ledger, asked, form, file)
            typer.echo(f"{count} records in {output}", err=True)
    return Exit.OK


def _export(ledger: "Ledger", asked: "Filter", form: str, to: "TextIO") -> int:
    from bridge.audit.export import export_csv, export_lines
    from bridge.audit.forms import Form
    from bridge.audit.query import find_records

    write = export_csv if form == _TABLE else partial(export_lines, form=Form(form))
    return write(find_records(ledger, asked), to)


def _utc(moment: datetime | None) -> datetime | None:
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC) if moment else None
    except OverflowError as error:
        raise typer.BadParameter(f"There is no such time in UTC: {moment}.") from error


def _row(found: "Found") -> tuple[object, ...]:
    record = found.record
    who = record.get("email") or record.get("subject") or record.get("account") or ""
    place = record.get("group") or record.get("directory") or ""
    return (record["seq"], record["at"], record["event"], place, who, _what(record))


def _what(record: "Mapping[str, Any]") -> str:
    """The fact that tells most about a record in a few words; --json has them all."""
    why = next((str(record[key]) for key in ("reason", "outcome", "cause") if record.get(key)), "")
    if record["event"] == "group.renamed":
        return f"to {record['name']}: {why}"
    if isinstance(people := record.get("people"), int):
        return counted(people, "person", "people")
    if findings := record.get("findings"):
        return "; ".join(str(one["text"]) for one in findings)
    return why or str(record.get("kind", ""))
