"""What `hyperproof groups` changes: each change is shown, confirmed, made and read back, and leaves evidence."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from bridge.cli.exits import Exit, exit_of
from bridge.cli.options import (
    DEFAULT_CONFIG,
    AsJson,
    By,
    ConfigPath,
    Reason,
    apart,
    configuration,
    operator_name,
    worded,
)
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.core.change import GroupPlan
    from bridge.cycle.by_hand import Wish

GroupName = Annotated[str, typer.Argument(help="Its id, or its exact name.", metavar="GROUP", show_default=False)]
NewName = Annotated[str, typer.Argument(help="The group's name.", metavar="NAME", show_default=False)]
Who = Annotated[
    list[str],
    typer.Argument(help="E-mail addresses, or ids of accounts.", metavar="WHO", show_default=False),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Force = Annotated[bool, typer.Option("--force", help="Also where a mapping manages the group.")]


def add_changes(groups: typer.Typer) -> None:
    """Add the commands that change a group."""
    for command in (create, rename, lead, add, remove):
        groups.command()(command)


def create(
    name: NewName,
    reason: Reason,
    members: Annotated[
        list[str] | None,
        typer.Option("--member", help="An e-mail address or account id; any number of times.", metavar="WHO"),
    ] = None,
    by: By = "",
    yes: Yes = False,
    force: Force = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Create a group.

    Example: hyperproof-bridge hyperproof groups create Pilots --member anna.smith@corp.example --reason new
    """
    return _change(
        lambda orders: orders.create(name, members or []), _Words(config, by, reason, yes, force, as_json)
    )


def rename(
    group: GroupName,
    name: NewName,
    reason: Reason,
    by: By = "",
    yes: Yes = False,
    force: Force = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Give a group another name.

    Example: hyperproof-bridge hyperproof groups rename Pilots "Pilots 2026" --reason "ticket 4711"
    """
    return _change(lambda orders: orders.rename(group, name), _Words(config, by, reason, yes, force, as_json))


def lead(
    group: GroupName,
    who: Annotated[
        str,
        typer.Argument(
            help="An e-mail address or account id; `none` takes the lead away.", metavar="WHO", show_default=False
        ),
    ],
    reason: Reason,
    by: By = "",
    yes: Yes = False,
    force: Force = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Set a group's lead, or take it away.

    Example: hyperproof-bridge hyperproof groups lead Pilots anna.smith@corp.example --reason "ticket 4711"
    """
    asked = "" if who.strip().lower() == "none" else who
    return _change(lambda orders: orders.lead(group, asked), _Words(config, by, reason, yes, force, as_json))


def add(
    group: GroupName,
    who: Who,
    reason: Reason,
    by: By = "",
    yes: Yes = False,
    force: Force = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Put people into a group.

    Example: hyperproof-bridge hyperproof groups add Pilots ben.okafor@corp.example --reason "ticket 4711"
    """
    return _change(lambda orders: orders.add(group, who), _Words(config, by, reason, yes, force, as_json))


def remove(
    group: GroupName,
    who: Who,
    reason: Reason,
    by: By = "",
    yes: Yes = False,
    force: Force = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Take people out of a group.

    Example: hyperproof-bridge hyperproof groups remove Pilots ben.okafor@corp.example --reason "left" --yes
    """
    return _change(lambda orders: orders.remove(group, who), _Words(config, by, reason, yes, force, as_json))


class _Words(NamedTuple):
    """What stands behind every command that changes something."""

    config: Path
    by: str
    reason: str
    yes: bool
    force: bool
    as_json: bool


def _change(wish: "Wish", words: _Words) -> Exit:
    """Show what would be done, ask, and do it."""
    from bridge.cli.outcome import outcome_json, print_outcome
    from bridge.cli.screen import console, print_json, shown
    from bridge.cycle.by_hand import Word, preview_by_hand, run_by_hand
    from bridge.cycle.outcome import RunOutcome
    from bridge.wiring import wired_for_reading, wired_for_writing

    word = Word(operator_name(words.by), worded(words.reason), words.force)
    loaded = apart(configuration(words.config), as_json=words.as_json)
    with wired_for_reading(loaded) as wired:
        plan = preview_by_hand(wired.bridge, wish, word)
    if not plan.changes:
        if words.as_json:
            print_json({"run": None, "outcome": RunOutcome.UNCHANGED.value, "applied": False})
        else:
            console(stderr=loaded.audit.stdout).print(shown("nothing to do: it is so already"))
        return Exit.OK
    if not words.yes:
        _ask(plan)
    with wired_for_writing(loaded) as wired:
        report = run_by_hand(wired.bridge, wish, word, plan)
    if words.as_json:
        print_json(outcome_json(report))
    else:
        print_outcome(console(stderr=loaded.audit.stdout), report)
    return exit_of(report.outcome, detailed=False)


def _ask(plan: "GroupPlan") -> None:
    """Let a person say yes, or do nothing."""
    from bridge.cli.plan import print_group
    from bridge.cli.screen import console

    print_group(console(stderr=True), plan)
    try:
        agreed = typer.confirm("Do it?", err=True)
    except typer.Abort as error:
        raise BridgeError("Nobody answered, so nothing is done; say --yes to do it without asking") from error
    if not agreed:
        raise BridgeError("Nothing is done")
