"""The entry point: every command, one process, one exit code."""

import gc
import io
import os
import sys
from typing import Final, NoReturn

_OBJECTS: Final = 100_000
"""New ones, after which Python looks for reference cycles: by default 700, which is a tenth of a short command."""


def main() -> NoReturn:
    """Run a command and end with its exit code."""
    _take_missing_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that is no Unicode stops no table
    gc.set_threshold(_OBJECTS)
    from bridge.cli.app import INTERRUPTED, app, execute
    from bridge.cli.commands import register

    register(app, sys.argv[1:])
    code = execute()
    if code == INTERRUPTED:
        sys.stdout.flush()
        os._exit(code)  # without waiting for a server that a thread still listens to; nothing is half-done
    gc.freeze()  # whatever is left goes with the process
    sys.exit(code)


def _take_missing_streams() -> None:
    """Have streams that a shell has closed lead nowhere, and not into the first file that is opened."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - it lives as long as the process, at the lowest number
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - as above
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - as above
