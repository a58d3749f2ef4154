"""held: what waits for a person, and the person's word."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.completion import held_digests
from bridge.cli.exits import Exit
from bridge.cli.options import (
    DEFAULT_CONFIG,
    AsJson,
    By,
    ConfigPath,
    Reason,
    configuration,
    operator_name,
    refuse_misplaced,
    worded,
)

if TYPE_CHECKING:
    from bridge.config import Configuration
    from bridge.store.held import HeldCase

_held = typer.Typer(invoke_without_command=True)

Digest = Annotated[
    str,
    typer.Argument(
        help="The digest of held changes, or how it begins: six characters at least.",
        metavar="DIGEST",
        autocompletion=held_digests,
        show_default=False,
    ),
]
Digests = Annotated[
    list[str],
    typer.Argument(
        help="Digests of held changes, or how they begin: six characters at least.",
        metavar="DIGEST",
        autocompletion=held_digests,
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_held, name="held")


@_held.callback()
def listing(context: typer.Context, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> Exit:
    """List what is held; `held show`, `held approve` and `held reject` take a digest from the list.

    Example: hyperproof-bridge held --config bridge.yaml
    """
    if context.invoked_subcommand:
        refuse_misplaced(context, f"held {context.invoked_subcommand}")
        return Exit.OK
    from bridge.cli.screen import console, print_json, shown, table
    from bridge.wiring import opened_evidence

    with opened_evidence(configuration(config)) as store:
        cases = store.list_held()
    if as_json:
        print_json([_case_json(case) for case in cases])
    elif cases:
        rows = [
            (
                case.digest[:12],
                case.held.name,
                ", ".join(f"{change.action.value}: {len(change.members)}" for change in case.held.changes),
                "; ".join(finding.text for finding in case.held.findings),
                f"{case.first_seen:%Y-%m-%d %H:%M}Z",
                _status(case),
            )
            for case in cases
        ]
        console().print(table(("digest", "group", "what", "why it is held", "since", "state"), rows))
    else:
        console().print(shown("nothing is held"))
    return Exit.OK


@_held.command()
def show(digest: Digest, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> Exit:
    """Show everybody whom held changes are about, and why they are held.

    Example: hyperproof-bridge held show 3fa9c1d20b77
    """
    from bridge.cli.screen import console, print_json, shown, table
    from bridge.wiring import opened_evidence

    with opened_evidence(configuration(config)) as store:
        case = store.find_held(digest)
    if as_json:
        print_json(_case_json(case))
        return Exit.OK
    out = console()
    out.print(shown(f"{case.held.name} ({case.held.group_id}), {_status(case)}", "bold"))
    out.print(shown(f"digest {case.digest}"))
    for finding in case.held.findings:
        out.print(shown(f"{finding.guard.value}: {finding.text}", "yellow"))
    rows = [
        (change.action.value, member.email or member.account, member.cause.value, ", ".join(member.people))
        for change in case.held.changes
        for member in change.members
    ]
    out.print(table(("change", "who", "cause", "people in the directory"), rows))
    return Exit.OK


@_held.command()
def approve(
    digests: Digests,
    reason: Reason,
    by: By = "",
    expires: Annotated[
        str,
        typer.Option(
            "--expires",
            help="How long it is good for, such as 4h or 2d; by default as `approvals.expire` says.",
            metavar="DURATION",
        ),
    ] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Approve exactly these held changes; the next run applies them if they are still the same.

    Example: hyperproof-bridge held approve 3fa9c1d20b77 --by "Ann Smith" --reason "reorganization, ticket 4711"
    """
    from bridge.config.durations import parse_duration
    from bridge.wiring import opened_store

    loaded = configuration(config)
    try:
        until = datetime.now(UTC) + (parse_duration(expires) if expires else loaded.approvals.expire)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"--expires {expires}: {error}.") from error
    name, why, found = operator_name(by), worded(reason), _found(loaded, digests)
    with opened_store(loaded) as store:
        cases = [store.approve(digest, name, why, until) for digest in found]
    _tell(cases, f"approved until {until:%Y-%m-%d %H:%M}Z", as_json=as_json)
    return Exit.OK


@_held.command()
def reject(
    digests: Digests,
    reason: Reason,
    by: By = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Reject exactly these held changes, or take an approval back; they are no longer asked for.

    Each of these people stays rejected until somebody approves it after all, or it is not due any more.

    Example: hyperproof-bridge held reject 3fa9c1d20b77 --reason "the directory export was wrong"
    """
    from bridge.wiring import opened_store

    loaded = configuration(config)
    name, why, found = operator_name(by), worded(reason), _found(loaded, digests)
    with opened_store(loaded) as store:
        cases = [store.reject(digest, name, why) for digest in found]
    _tell(cases, "rejected", as_json=as_json)
    return Exit.OK


def _found(loaded: "Configuration", digests: list[str]) -> list[str]:
    """The whole digests, each once: one that is not known is told before the first is decided on."""
    from bridge.wiring import opened_evidence

    with opened_evidence(loaded) as store:
        return list(dict.fromkeys(store.find_held(digest).digest for digest in digests))


def _tell(cases: "list[HeldCase]", word: str, *, as_json: bool) -> None:
    from bridge.cli.screen import console, print_json, shown

    if as_json:
        print_json([_case_json(case) for case in cases])
        return
    for case in cases:
        console().print(shown(f"{case.digest[:12]} {case.held.name}: {word}, by {case.by}"))


def _status(case: "HeldCase") -> str:
    now = datetime.now(UTC)
    if case.expired(now):
        return "approval expired"
    left = case.expires - now if case.expires else timedelta()
    return f"approved by {case.by}, {_hours(left)} left" if case.expires else case.status.value


def _hours(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02} min"


def _case_json(case: "HeldCase") -> dict[str, Any]:
    from bridge.cli.plan import held_json

    return {
        **held_json(case.held),
        "digest": case.digest,
        "status": case.status.value,
        "first_seen": case.first_seen.isoformat(),
        "last_seen": case.last_seen.isoformat(),
        "run": case.run,
        "by": case.by,
        "reason": case.reason,
        "expires": case.expires.isoformat() if case.expires else None,
    }
