"""sandbox: a Hyperproof of one's own, to rehearse against."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.exits import Exit
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.sandbox.hyperproof import Organization


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sandbox)


def sandbox(
    port: Annotated[int, typer.Option("--port", help="On loopback; 0 takes a free one.", min=0, max=65535)] = 8180,
    seed: Annotated[
        Path | None,
        typer.Option("--seed", help="An organization: YAML or JSON with users and groups.", metavar="FILE"),
    ] = None,
    users: Annotated[int, typer.Option("--users", help="Without --seed: make so many users.", min=1)] = 50,
    groups: Annotated[int, typer.Option("--groups", help="Without --seed: make so many groups.", min=0)] = 5,
    mode: Annotated[
        list[str] | None, typer.Option("--mode", help="A mode, as key=value; may be repeated.")
    ] = None,
    modes: Annotated[bool, typer.Option("--modes", help="List all modes and end.")] = False,
) -> Exit:
    """Serve a Hyperproof to rehearse against: the documented API with its oddities, and faults on request.

    It listens on loopback only, tells its addresses and its API client, and forgets everything when it ends.
    Put the addresses into a configuration as `hyperproof.api_url` and `hyperproof.token_url`.

    A seed: {users: [{email: a@b.example, name: Ann}], groups: [{name: Auditors, members: [a@b.example]}]}

    Example: hyperproof-bridge sandbox --port 8180 --users 200 --groups 10 --mode id_space=id
    """
    from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, HyperproofSandbox
    from bridge.sandbox.hyperproof.modes import mode_choices, parse_modes
    from bridge.sandbox.modes import ModeError

    if modes:
        for name, choices in mode_choices().items():
            typer.echo(f"{name:24} {choices}")
        return Exit.OK
    try:
        chosen = parse_modes(mode or [])
    except ModeError as error:
        raise typer.BadParameter(str(error)) from error
    organization = _organization(seed, users, groups)
    try:
        made = HyperproofSandbox(organization, modes=chosen, port=port)
    except OSError as error:
        raise BridgeError(f"port {port} cannot be used ({error.strerror}); name another with --port") from error
    typer.echo(f"api_url: {made.api_url}\ntoken_url: {made.token_url}")
    typer.echo(f"client_id: {DEFAULT_CLIENT_ID}\nclient_secret: {DEFAULT_CLIENT_SECRET}")
    typer.echo("Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        made.serve_forever()
    return Exit.OK


def _organization(seed: Path | None, users: int, groups: int) -> "Organization":
    from bridge.sandbox.hyperproof.generate import generate
    from bridge.sandbox.hyperproof.seed import SeedError, load

    if seed is None:
        return generate(users=users, groups=groups, members_per_group=min(250, users))
    try:
        return load(seed)
    except SeedError as error:
        raise BridgeError(str(error)) from error
