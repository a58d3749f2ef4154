"""schema: the configuration's JSON Schema, for editors."""

import typer

from bridge.cli.exits import Exit


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(schema)


def schema() -> Exit:
    """Print the JSON Schema of the configuration, for completion in an editor.

    Example: hyperproof-bridge schema > hyperproof-bridge.schema.json
    """
    from bridge.cli.screen import print_json
    from bridge.config.schema import json_schema

    print_json(json_schema())
    return Exit.OK
