"""All commands, by the module of this package that each is in: only what a command line asks for is loaded."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Final

import typer

_COMMANDS: Final = {
    "init": ("init",),
    "check": ("check",),
    "run": ("plan", "sync", "backfill"),
    "status": ("status",),
    "explain": ("explain",),
    "service": ("run", "trigger", "health"),
    "held": ("held",),
    "quarantine": ("quarantine",),
    "audit": ("audit",),
    "report": ("report",),
    "store": ("store",),
    "hyperproof": ("hyperproof",),
    "sandbox": ("sandbox",),
    "demo": (),  # it is loaded with all others, for its scenes are their calls
    "schema": ("schema",),
}
"""In the order in which --help lists them, each with the commands that need no other."""


def register(app: typer.Typer, arguments: Sequence[str] = ()) -> None:
    """Add the command that these arguments begin with, or all of them if they begin otherwise."""
    for module in _asked(arguments) or _COMMANDS:
        import_module(f"bridge.cli.{module}").register(app)


def _asked(arguments: Sequence[str]) -> Iterable[str]:
    return [module for module, commands in _COMMANDS.items() if arguments and arguments[0] in commands]
