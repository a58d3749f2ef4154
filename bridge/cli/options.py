"""Options that several commands share."""

import getpass
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

Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Tell each call and search meanwhile, on standard error.")
]

Detailed = Annotated[
    bool,
    typer.Option(
        "--detailed-exitcode", help="End with 2 when changes are pending and 3 when some were applied, not with 0."
    ),
]

By = Annotated[
    str,
    typer.Option(
        "--by", help="Who decides, by default the login name; it stands in the evidence.", metavar="NAME"
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", help="Why; it stands in the evidence.", metavar="TEXT", show_default=False)
]


def configuration(path: Path, *, verbose: bool = False) -> "Configuration":
    """Load a configuration, log as it says or everything, and say what should be seen to. Raises ConfigError."""
    from bridge.logs import set_up

    loaded = configuration_alone(path)
    set_up("debug" if verbose else loaded.log.level, loaded.log.format)
    return loaded


def configuration_alone(path: Path) -> "Configuration":
    """Load it for a command that has nothing to log, and say what should be seen to. Raises ConfigError."""
    from bridge.config import load
    from bridge.config.secrets import secrets_of
    from bridge.redaction import register_secret

    loaded = load(path, os.environ)
    for secret in secrets_of(loaded):
        register_secret(secret)
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    return loaded


def operator_name(by: str) -> str:
    """Who decides: as said, or the login name."""
    try:
        return by.strip() or getpass.getuser()
    except (KeyError, OSError) as error:  # a container's user may have no name
        raise typer.BadParameter("Say who decides: --by NAME.") from error


def worded(reason: str) -> str:
    """The reason, which is not missing."""
    if not reason.strip():
        raise typer.BadParameter("A decision needs a reason: --reason TEXT.")
    return reason.strip()


def apart(loaded: "Configuration", *, as_json: bool) -> "Configuration":
    """Let no reader of standard output get records and a report mixed."""
    if as_json and loaded.audit.stdout:
        raise typer.BadParameter(
            "--json and `audit.stdout: true` would share standard output: leave one of them out."
        )
    return loaded


def refuse_misplaced(context: typer.Context, command: str) -> None:
    """What stands before a command's name would not reach it, and another configuration would be decided on."""
    sources = (context.get_parameter_source(name) for name in context.params)
    if any(source and source.name == "COMMANDLINE" for source in sources):
        raise typer.BadParameter(f"Write the options behind `{command}`, not before it.")
