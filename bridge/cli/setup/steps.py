"""What to do next, once the configuration is written."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import Final

from bridge.cli.options import DEFAULT_CONFIG
from bridge.cli.setup.asking import Asking
from bridge.cli.setup.secret import SecretPlace

_COMMANDS: Final = (
    ("check", "each connection, permission and group"),
    ("plan", "what would change, and why; nothing is written"),
    ("sync", "once the file says `apply: true`"),
)


def tell_steps(asking: Asking, output: Path, secrets: Sequence[SecretPlace]) -> None:
    """Say where the file is, what its references still need, and which commands come next."""
    asking.tell(f"{output} is written, for your eyes only (mode 0600). Next:", "bold")
    for place in secrets:
        if place.step:
            asking.tell(f"  {place.step}")
    if output.absolute().parent == DEFAULT_CONFIG.parent:
        asking.tell(f"  chown hyperproof-bridge: {quote(str(output))}   # the service reads it")
        asking.tell("  # and say where the service finds its secrets: docs/installing.md")
    tell_commands(asking, output)


def tell_commands(asking: Asking, output: Path) -> None:
    """Say which commands come next."""
    if output.absolute() != DEFAULT_CONFIG:
        asking.tell(f"  export HYPERPROOF_BRIDGE_CONFIG={quote(str(output))}")
    for command, what in _COMMANDS:
        asking.tell(f"  hyperproof-bridge {command:<6} # {what}")
