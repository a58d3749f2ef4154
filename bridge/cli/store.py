"""store: taking it over from one database into another."""

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.exits import Exit
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, configuration
from bridge.cli.words import counted

_store = typer.Typer(help="Take the store over into another database.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_store, name="store")


@_store.command()
def migrate(
    old: Annotated[
        Path, typer.Option("--from", help="The SQLite database to take over.", metavar="FILE", show_default=False)
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> Exit:
    """Copy a SQLite store into the empty database of the configuration, and prove its audit chains there.

    Stop the service first. The old file is refused from then on, so that there are no two chains. Ends with 10
    when a chain is broken, and nothing is taken over then.

    Example: hyperproof-bridge store migrate --from /var/lib/hyperproof-bridge/bridge.db
    """
    from bridge.cli.screen import console, print_json, shown
    from bridge.store.transfer import transfer

    place = configuration(config).store.place
    chains = transfer(old, place)
    sound = all(chain.verification.sound for chain in chains)
    if as_json:
        told = [
            {
                "organization": chain.organization,
                "sound": chain.verification.sound,
                "records": chain.verification.tip.seq,
                "hash": chain.verification.tip.hash,
                "finding": str(chain.verification.finding) if chain.verification.finding else None,
            }
            for chain in chains
        ]
        print_json({"moved": sound, "chains": told})
        return Exit.OK if sound else Exit.AUDIT
    for chain in chains:
        tip, finding = chain.verification.tip, chain.verification.finding
        of = f"{chain.organization}: {counted(tip.seq, 'record', 'records')}"
        said = f"BROKEN: {finding}" if finding else f"sound, the last with hash {tip.hash}"
        console().print(shown(f"{of}, {said}", "bold red" if finding else "green"))
    console().print(shown(f"everything is in {place} now" if sound else "nothing was taken over"))
    return Exit.OK if sound else Exit.AUDIT
