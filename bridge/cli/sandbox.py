"""sandbox: a Hyperproof of one's own, or an Entra ID tenant, to rehearse against."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bridge.cli.exits import Exit
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.sandbox.graph import Tenant
    from bridge.sandbox.hyperproof import Organization

_SECRET: Final = "ENTRA_SECRET"  # noqa: S105 - the variable's name


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sandbox)


def sandbox(
    port: Annotated[
        int, typer.Option("--port", help="On loopback; 0 takes a free one.", min=0, max=65535, metavar="PORT")
    ] = 8180,
    seed: Annotated[
        Path | None,
        typer.Option("--seed", help="Whom to start with: YAML or JSON with users and groups.", metavar="FILE"),
    ] = None,
    users: Annotated[
        int, typer.Option("--users", help="Without --seed: make so many users.", min=1, metavar="N")
    ] = 50,
    groups: Annotated[
        int, typer.Option("--groups", help="Without --seed: make so many groups.", min=0, metavar="N")
    ] = 5,
    mode: Annotated[
        list[str] | None,
        typer.Option("--mode", help="A mode, any number of times; --modes lists them.", metavar="KEY=VALUE"),
    ] = None,
    modes: Annotated[bool, typer.Option("--modes", help="List all modes and end.")] = False,
    entra: Annotated[
        Path | None,
        typer.Option(
            "--entra",
            help="Serve an Entra ID tenant instead, and write the certificate to trust to FILE.",
            metavar="FILE",
        ),
    ] = None,
    company: Annotated[
        Path | None,
        typer.Option(
            "--company",
            help="Serve the company of `init --sandbox`, and write what its configuration needs to FOLDER.",
            metavar="FOLDER",
        ),
    ] = None,
) -> Exit:
    """Serve a Hyperproof to rehearse against: the documented API with its oddities, and faults on request.

    It listens on loopback only, tells its addresses and its API client, and forgets everything when it ends.
    Put the addresses into a configuration as `hyperproof.api_url` and `hyperproof.token_url`.

    A seed: {users: [{email: a@b.example, name: Ann}], groups: [{name: Auditors, members: [a@b.example]}]}

    With --entra it serves an Entra ID tenant over TLS: sign-in and Microsoft Graph, under a certificate authority
    that is made anew each time. It tells the section to put under `directories`.

    A seed then: {users: [{name: Ann, mail: a@b.example}], groups: [{name: Auditors, members: [Ann]}]}

    With --company it serves Hyperproof at --port, LDAP at the next, and an Entra ID tenant at the one after.

    Example: hyperproof-bridge sandbox --port 8180 --users 200 --groups 10 --mode id_space=id
    """
    asked = _Asked(port, seed, users, groups, tuple(mode or ()))
    if modes:
        _tell_modes(of_entra=entra is not None)
    elif company is not None:
        if seed or entra or mode:
            raise typer.BadParameter("--company brings its own: leave out --seed, --entra and --mode.")
        _serve_company(company, port)
    elif entra is None:
        _serve_hyperproof(asked)
    else:
        _serve_entra(asked, entra)
    return Exit.OK


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options ask of either sandbox."""

    port: int
    seed: Path | None
    users: int
    groups: int
    modes: tuple[str, ...]


def _tell_modes(*, of_entra: bool) -> None:
    from bridge.sandbox.graph.modes import Modes as EntraModes
    from bridge.sandbox.hyperproof.modes import mode_choices
    from bridge.sandbox.modes import choices

    for name, values in (choices(EntraModes) if of_entra else mode_choices()).items():
        typer.echo(f"{name:24} {values}")


def _serve_hyperproof(asked: _Asked) -> None:
    from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, HyperproofSandbox
    from bridge.sandbox.hyperproof.modes import parse_modes

    with _modes_explained():
        chosen = parse_modes(asked.modes)
    organization = _organization(asked)
    with _port_explained(asked.port):
        made = HyperproofSandbox(organization, modes=chosen, port=asked.port)
    typer.echo(f"api_url: {made.api_url}\ntoken_url: {made.token_url}")
    typer.echo(f"client_id: {DEFAULT_CLIENT_ID}\nclient_secret: {DEFAULT_CLIENT_SECRET}")
    typer.echo("Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        made.serve_forever()


def _serve_entra(asked: _Asked, ca_file: Path) -> None:
    from bridge.cli.output_file import write_over
    from bridge.cli.setup.rehearsal import is_certificate
    from bridge.sandbox.graph import DEFAULT_CLIENT_SECRET, EntraSandbox
    from bridge.sandbox.graph.directory_section import directory_section
    from bridge.sandbox.graph.modes import DEFAULT_MODES
    from bridge.sandbox.modes import parsed

    with _modes_explained():
        chosen = parsed(DEFAULT_MODES, asked.modes, example="page_cap=10")
    tenant = _tenant(asked)
    with _port_explained(asked.port):
        made = EntraSandbox(tenant, modes=chosen, port=asked.port)
    write_over(ca_file, made.certificates.pem, is_certificate, "--entra")
    section = directory_section(made, ca_file=str(ca_file.absolute()), variable=_SECRET)
    typer.echo(f"directories:\n{section}# export {_SECRET}={DEFAULT_CLIENT_SECRET}\n# Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        made.serve_forever()


def _serve_company(folder: Path, port: int) -> None:
    """All three at once. A folder that was made for it is left: a configuration refers to what is in it."""
    from bridge.cli.setup.rehearsal import write_keys
    from bridge.sandbox import hybrid

    ports = (port, port + 1, port + 2) if port else (0, 0, 0)
    with _port_explained(port), hybrid.ldap(ports[1]) as ldap, hybrid.entra(ports[2]) as entra:
        hyperproof = hybrid.hyperproof(ports[0])
        try:
            write_keys(folder, entra.certificates.pem)
        except OSError as error:
            raise BridgeError(
                f"{folder} cannot be written ({error.strerror}); name another with --company"
            ) from error
        typer.echo(f"api_url: {hyperproof.api_url}\ntoken_url: {hyperproof.token_url}")
        typer.echo(f"ldap: {ldap.url}\nentra: {entra.url}\nkeys: {folder}")
        typer.echo("Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            hyperproof.serve_forever()


@contextmanager
def _modes_explained() -> Iterator[None]:
    from bridge.sandbox.modes import ModeError

    try:
        yield
    except ModeError as error:
        raise typer.BadParameter(str(error)) from error


@contextmanager
def _port_explained(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BridgeError(f"port {port} cannot be used ({error.strerror}); name another with --port") from error


def _organization(asked: _Asked) -> "Organization":
    from bridge.sandbox.hyperproof.generate import generate
    from bridge.sandbox.hyperproof.seed import SeedError, load

    if asked.seed is None:
        size = min(250, asked.users)
        return generate(users=asked.users, groups=asked.groups, members_per_group=size)
    try:
        return load(asked.seed)
    except SeedError as error:
        raise BridgeError(str(error)) from error


def _tenant(asked: _Asked) -> "Tenant":
    from bridge.sandbox.graph.generate import generate
    from bridge.sandbox.graph.seed import SeedError, load

    if asked.seed is None:
        return generate(users=asked.users, groups=asked.groups)
    try:
        return load(asked.seed)
    except SeedError as error:
        raise BridgeError(str(error)) from error
