"""hyperproof-bridge: the commands, and how their errors become one sentence and one exit code."""

import os
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from bridge import __version__
from bridge.cli.exits import Exit
from bridge.errors import BridgeError, Busy, ConfigError, Obstructed, RemoteError, StoreError, Throttled
from bridge.redaction import hidden

app = typer.Typer(
    name="hyperproof-bridge",
    help="Keeps Hyperproof groups equal to what the company's directory says, and proves every change.",
    epilog="Start with `demo`; then `init` writes a configuration of your own, and `check`, `plan` and `sync` "
    "follow. COMMAND --help tells of each.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # what is prettier takes half a second to load
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Tell the version and end."),
) -> None:
    if version:
        typer.echo(f"hyperproof-bridge {__version__}")
        raise typer.Exit


def execute(arguments: Sequence[str] | None = None) -> int:
    """Run the command of these arguments, the process's own unless given, and tell its exit code."""
    try:
        code = app(arguments, standalone_mode=False) or Exit.OK
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # whoever read our output went away; Typer makes a SystemExit of it
        _forget_output()
        return 141
    except BridgeError as error:
        return _told(error)
    except TyperException as error:
        said = error.format_message()
        asked_for_nothing = type(error).__name__ == "NoArgsIsHelpError"  # then it is the help that is said
        typer.echo(said if asked_for_nothing else _hinted(said), err=True)
        return Exit.USAGE
    except OSError as error:
        _forget_output()
        typer.echo(f"the output cannot be written ({error.strerror or error}); see to where it goes", err=True)
        return Exit.FAULT
    if code == INTERRUPTED:  # Typer makes it of a KeyboardInterrupt
        typer.echo("\ninterrupted; what was under way is settled by the next run", err=True)
    return code


INTERRUPTED = 130
"""The code of a command that was ended from the keyboard, as shells have it."""


def _forget_output() -> None:
    """Let the interpreter's own end not stumble over what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _hinted(said: str) -> str:
    """What is wrong with the command line, and where to look."""
    return f"{said}{'' if said.endswith(('.', '?')) else '.'} See `hyperproof-bridge --help`."


def _told(error: BridgeError) -> Exit:
    """Say what is wrong, once, in words; and which kind of wrong it is."""
    for line in map(str, error.problems) if isinstance(error, ConfigError) else str(error).splitlines():
        typer.echo(hidden(line), err=True)
    kinds = {
        ConfigError: Exit.CONFIGURATION,
        Busy: Exit.BUSY,
        StoreError: Exit.STORE,
        Throttled: Exit.DEFERRED,
        RemoteError: Exit.UNREADABLE,
        Obstructed: Exit.OBSTRUCTED,
    }
    return next((code for kind, code in kinds.items() if isinstance(error, kind)), Exit.USAGE)
