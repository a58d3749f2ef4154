"""Options that several commands share."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bridge.config import Configuration

DEFAULT_CONFIG = Path("/etc/hyperproof-bridge/config.yaml")

ConfigPath = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="HYPERPROOF_BRIDGE_CONFIG", help="The configuration file.", metavar="FILE"
    ),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables for people.")]

Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but what is wrong or held, on standard error.")
]

Detailed = Annotated[
    bool,
    typer.Option(
        "--detailed-exitcode", help="End with 2 when changes are pending and 3 when some were applied, not with 0."
    ),
]


def configuration(path: Path) -> "Configuration":
    """Load a configuration, log as it says, and say what should be seen to. Raises ConfigError."""
    from bridge.config import load
    from bridge.config.secrets import secrets_of
    from bridge.logs import register_secret, set_up

    loaded = load(path, os.environ)
    for secret in secrets_of(loaded):
        register_secret(secret)
    set_up(loaded.log.level, loaded.log.format)
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    return loaded


def refuse_misplaced(context: typer.Context, command: str) -> None:
    """What stands before a command's name would not reach it, and another configuration would be decided on."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source and source.name == "COMMANDLINE" for source in sources):
        raise typer.BadParameter(f"Write the options behind `{command}`, not before it.")
