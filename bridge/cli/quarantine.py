"""quarantine: mappings whose changes keep failing, and the person's word to try them again."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.cli.completion import quarantined
from bridge.cli.exits import Exit
from bridge.cli.options import (
    DEFAULT_CONFIG,
    AsJson,
    By,
    ConfigPath,
    configuration,
    operator_name,
    refuse_misplaced,
)

if TYPE_CHECKING:
    from bridge.core.quarantine import Trouble

_quarantine = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_quarantine, name="quarantine")


@_quarantine.callback()
def listing(context: typer.Context, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> Exit:
    """List the mappings whose changes failed in the last run that tried them, and those left alone because of it.

    Example: hyperproof-bridge quarantine --config bridge.yaml
    """
    if context.invoked_subcommand:
        refuse_misplaced(context, f"quarantine {context.invoked_subcommand}")
        return Exit.OK
    from bridge.cli.screen import console, print_json, shown, table
    from bridge.wiring import opened_evidence

    with opened_evidence(configuration(config)) as store:
        troubles = store.list_troubles()
    if as_json:
        print_json([_json(one) for one in troubles])
    elif troubles:
        rows = [
            (
                one.failure.key,
                one.failure.name,
                one.runs,
                f"{one.since:%Y-%m-%d %H:%M}Z",
                f"{one.next_try:%Y-%m-%d %H:%M}Z" if one.next_try else "the next run",
                one.failure.cause,
            )
            for one in troubles
        ]
        console().print(table(("mapping", "group", "runs failed", "since", "tried again", "cause"), rows))
    else:
        console().print(shown("nothing is in quarantine"))
    return Exit.OK


@_quarantine.command()
def release(
    mapping: Annotated[
        str,
        typer.Argument(
            help="Its key, or its group's name.", metavar="MAPPING", autocompletion=quarantined, show_default=False
        ),
    ],
    by: By = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the evidence.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Let a mapping out of quarantine: the next run tries its changes again. Who did it stands in the evidence.

    Example: hyperproof-bridge quarantine release "Team risk"
    """
    from bridge.cli.screen import console, print_json, shown
    from bridge.wiring import opened_evidence, opened_store

    loaded, name = configuration(config), operator_name(by)
    with opened_evidence(loaded):
        pass  # a store that is not there is not the one that is meant: none is made
    with opened_store(loaded) as store:
        released = store.release(mapping, name, reason.strip())
    if as_json:
        print_json(_json(released))
    else:
        console().print(shown(f"{released.failure.name}: released; the next run tries it again"))
    return Exit.OK


def _json(one: "Trouble") -> dict[str, Any]:
    return {
        "mapping": one.failure.key,
        "group": one.failure.name,
        "cause": one.failure.cause,
        "runs": one.runs,
        "since": one.since.isoformat(),
        "next_try": one.next_try.isoformat() if one.next_try else None,
    }
