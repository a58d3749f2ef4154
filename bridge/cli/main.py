"""The entry point: every command, one process, one exit code."""

import io
import os
import sys
from typing import Final, NoReturn

from bridge.cli import (
    audit,
    check,
    demo,
    explain,
    held,
    hyperproof,
    init,
    quarantine,
    report,
    run,
    sandbox,
    schema,
    service,
    status,
    store,
)
from bridge.cli.app import INTERRUPTED, app, execute

MODULES: Final = (
    init,
    check,
    run,
    status,
    explain,
    service,
    held,
    quarantine,
    audit,
    report,
    store,
    hyperproof,
    sandbox,
    demo,
    schema,
)
"""Whose commands there are, in the order in which --help lists them."""


def main() -> NoReturn:
    """Run a command and end with its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that is no Unicode stops no table
    for module in MODULES:
        module.register(app)
    code = execute()
    if code == INTERRUPTED:
        sys.stdout.flush()
        os._exit(code)  # without waiting for a server that a thread still listens to; nothing is half-done
    sys.exit(code)
