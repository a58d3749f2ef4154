"""init: from nothing to a configuration that was tried, by a few questions or by options alone."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.cli.exits import Exit

if TYPE_CHECKING:
    from bridge.cli.setup.asking import Asking
    from bridge.cli.setup.groups import GroupOptions


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="active-directory, openldap, rfc2307, freeipa, 389ds, entra or file."),
    ] = None,
    server: Annotated[
        list[str] | None,
        typer.Option("--server", help="LDAP: ldaps://host; may be repeated. Or the DNS domain that lists them."),
    ] = None,
    ca_file: Annotated[
        str | None, typer.Option("--ca-file", help="Certificate authority to trust, as PEM.", metavar="FILE")
    ] = None,
    base_dn: Annotated[
        str | None, typer.Option("--base-dn", help="LDAP: where it begins; by default what the server says.")
    ] = None,
    sign_in: Annotated[
        str | None,
        typer.Option(
            "--sign-in",
            help="LDAP: simple, kerberos, external or anonymous. Entra: secret, certificate, managed-identity or "
            "workload.",
        ),
    ] = None,
    bind_user: Annotated[
        str | None, typer.Option("--bind-user", help="LDAP: who signs in, a DN or user@domain.")
    ] = None,
    keytab: Annotated[
        str | None, typer.Option("--keytab", help="LDAP: the key for --sign-in kerberos.", metavar="FILE")
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option("--password-env", help="Variable with the directory's password, or client secret."),
    ] = None,
    password_file: Annotated[
        str | None, typer.Option("--password-file", help="File with it, instead of a variable.", metavar="FILE")
    ] = None,
    tenant_id: Annotated[str | None, typer.Option("--tenant-id", help="Entra: the tenant's id or domain.")] = None,
    entra_client_id: Annotated[
        str | None, typer.Option("--entra-client-id", help="Entra: the id of the app registration.")
    ] = None,
    certificate: Annotated[
        str | None, typer.Option("--certificate", help="Entra: certificate with its key.", metavar="FILE")
    ] = None,
    login_url: Annotated[
        str | None, typer.Option("--login-url", help="Entra: where tokens are issued, for a rehearsal.")
    ] = None,
    graph_url: Annotated[
        str | None, typer.Option("--graph-url", help="Entra: where Graph is, for a rehearsal.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="File: LDIF, or CSV with the memberships.", metavar="FILE")
    ] = None,
    preset: Annotated[
        str | None, typer.Option("--preset", help="File: what LDIF entries are like, such as openldap.")
    ] = None,
    people_file: Annotated[
        str | None, typer.Option("--people-file", help="File: CSV with the people.", metavar="FILE")
    ] = None,
    group_column: Annotated[str | None, typer.Option("--group-column", help="File: the group of a row.")] = None,
    member_column: Annotated[str | None, typer.Option("--member-column", help="File: the member.")] = None,
    id_column: Annotated[str | None, typer.Option("--id-column", help="File: the id of a person.")] = None,
    address_column: Annotated[str | None, typer.Option("--address-column", help="File: the address.")] = None,
    directory: Annotated[
        str | None,
        typer.Option("--directory", help="What to call the directory; by default corp, cloud or export."),
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Hyperproof's: us, eu or gov.")] = None,
    token_url: Annotated[
        str | None, typer.Option("--token-url", help="Where Hyperproof issues tokens, for eu and gov.")
    ] = None,
    api_url: Annotated[str | None, typer.Option("--api-url", help="Where the API is, for a rehearsal.")] = None,
    client_id: Annotated[
        str | None,
        typer.Option("--client-id", help="The API client's id; by default HYPERPROOF_CLIENT_ID, if that is set."),
    ] = None,
    client_secret_env: Annotated[
        str | None,
        typer.Option("--client-secret-env", help="Variable with its secret; by default HYPERPROOF_CLIENT_SECRET."),
    ] = None,
    client_secret_file: Annotated[
        str | None,
        typer.Option("--client-secret-file", help="File with it, instead of a variable.", metavar="FILE"),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="A group of Hyperproof, and the directory group that feeds it: DN, id or name. May be repeated.",
            metavar="NAME=GROUP",
        ),
    ] = None,
    same_names: Annotated[
        bool, typer.Option("--same-names", help="Take all pairs that bear the same name, where that is clear.")
    ] = False,
    create: Annotated[
        bool, typer.Option("--create", help="Let the first sync create groups of --map that Hyperproof lacks.")
    ] = False,
    listed: Annotated[int, typer.Option("--list", help="Lines that a list of groups may have.", min=1)] = 30,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", envvar="HYPERPROOF_BRIDGE_CONFIG", help="The file to write.", metavar="FILE"
        ),
    ] = Path("bridge.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: take defaults where there are.")] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Write the configuration of a rehearsal; nothing is asked.")
    ] = False,
    port: Annotated[
        int, typer.Option("--port", help="With --sandbox: the first of three ports.", min=1, max=65_533)
    ] = 8180,
) -> int:
    """Ask a few questions, try each answer at once, and write a configuration that plans and changes nothing.

    Passwords are asked for to try them, and are never written: the configuration refers to variables or files.
    Likely pairs of groups are offered by their names; none is taken unless you choose it.

    Every question has an option, but for those about another directory than the first. Without a terminal, or with
    --yes, nothing is asked; what is missing is named.

    Example: hyperproof-bridge init

    Example: hyperproof-bridge init --sandbox
    """
    from bridge.cli.app import INTERRUPTED
    from bridge.cli.output_file import refuse_unwritable
    from bridge.cli.setup.asking import Asking
    from bridge.cli.setup.groups import GroupOptions
    from bridge.cli.setup.rehearsal import write_rehearsal
    from bridge.logs import set_up

    set_up("error", "auto")
    refuse_unwritable(output, force=force)
    if sandbox:
        write_rehearsal(output, port, force=force)
        return Exit.OK
    given = {
        "--server": " ".join(server or ()),
        "--kind": kind,
        "--ca-file": ca_file,
        "--base-dn": base_dn,
        "--sign-in": sign_in,
        "--bind-user": bind_user,
        "--keytab": keytab,
        "--password-env": password_env,
        "--password-file": password_file,
        "--tenant-id": tenant_id,
        "--entra-client-id": entra_client_id,
        "--certificate": certificate,
        "--login-url": login_url,
        "--graph-url": graph_url,
        "--file": file,
        "--preset": preset,
        "--people-file": people_file,
        "--group-column": group_column,
        "--member-column": member_column,
        "--id-column": id_column,
        "--address-column": address_column,
        "--directory": directory,
        "--region": region,
        "--token-url": token_url,
        "--api-url": api_url,
        "--client-id": client_id,
        "--client-secret-env": client_secret_env,
        "--client-secret-file": client_secret_file,
    }
    asking = Asking(given, questions=sys.stdin.isatty() and not yes)
    options = GroupOptions(pairs or (), same_names, create, listed)
    try:
        _set_up(asking, options, output, force=force)
    except typer.Abort:
        typer.echo("\nnothing was written", err=True)
        return INTERRUPTED
    return Exit.OK


def _set_up(asking: "Asking", options: "GroupOptions", output: Path, *, force: bool) -> None:
    """Ask for both sides and their groups, and write what came of it."""
    from bridge.cli.setup.directories import ask_directories
    from bridge.cli.setup.groups import ask_groups
    from bridge.cli.setup.hyperproof import ask_hyperproof
    from bridge.cli.setup.output import places, write
    from bridge.cli.setup.steps import tell_steps
    from bridge.config.writing import Draft

    if asking.questions:
        asking.tell(
            f"Every answer is tried at once. {output} is written at the end; Ctrl-C leaves nothing behind."
        )
    sides = ask_directories(asking)
    target = ask_hyperproof(asking)
    groups, suggested = ask_groups(asking, options, sides, target.read)
    store, audit = places(output)
    directories = {side.name: side.section for side in sides}
    draft = Draft(target.section, directories, groups, suggested, store, audit)
    write(output, draft, force=force)
    tell_steps(asking, output, [*(secret for side in sides for secret in side.secrets), target.secret])
