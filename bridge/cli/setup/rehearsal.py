"""The configuration of a rehearsal: the company of the demo, as `sandbox --company` serves it on this machine."""

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Final

from bridge.cli.output_file import write_over
from bridge.cli.setup.asking import Asking
from bridge.cli.setup.output import write
from bridge.cli.setup.steps import tell_commands

if TYPE_CHECKING:
    from bridge.config.document import Plain
    from bridge.config.writing import Draft, Written

PORT: Final = 8180
"""Where the sandbox is unless an option says otherwise."""

FOLDER: Final = "rehearsal"
"""Beside the configuration: what the sandbox writes so that the configuration works as it stands."""

AUTHORITY: Final = "authority.pem"
PASSWORD: Final = "ldap-password"  # noqa: S105 - a file's name
ENTRA_SECRET: Final = "entra-secret"  # noqa: S105 - a file's name
HYPERPROOF_SECRET: Final = "hyperproof-secret"  # noqa: S105 - a file's name


def write_rehearsal(output: Path, port: int, *, force: bool) -> None:
    """Write it, and say what comes next. Hyperproof is at this port, LDAP and Entra ID at the next two."""
    write(output, _draft(port), force=force)
    asking = Asking({}, questions=False)
    asking.tell(
        f"{output} is written: Example Corp, with LDAP, Entra ID and Hyperproof on this machine. Next:", "bold"
    )
    elsewhere = "" if port == PORT else f" --port {port}"
    serving = f"sandbox --company {quote(str(output.parent / FOLDER))}{elsewhere}"
    asking.tell(f"  hyperproof-bridge {serving} &   # serves all three")
    tell_commands(asking, output)


def write_keys(folder: Path, authority: str) -> None:
    """Write what the configuration refers to: a certificate authority, and three secrets of the sandbox."""
    from bridge.sandbox.company import READER_PASSWORD
    from bridge.sandbox.graph import DEFAULT_CLIENT_SECRET as TENANT_SECRET
    from bridge.sandbox.hyperproof import DEFAULT_CLIENT_SECRET

    folder.mkdir(mode=0o700, exist_ok=True)
    keys = {
        AUTHORITY: authority,
        PASSWORD: READER_PASSWORD,
        ENTRA_SECRET: TENANT_SECRET,
        HYPERPROOF_SECRET: DEFAULT_CLIENT_SECRET,
    }
    for name, text in keys.items():
        write_over(folder / name, text, is_certificate if name == AUTHORITY else text.__eq__, "--company")


def is_certificate(text: str) -> bool:
    """Whether it is what a sandbox writes of its authority, and no key."""
    return text.startswith("-----BEGIN CERTIFICATE-----") and "PRIVATE" not in text


def _draft(port: int) -> "Draft":
    from bridge.config.writing import Draft

    directories = {"corp": _ldap(port + 1), "cloud": _entra(port + 2)}
    return Draft(_hyperproof(port), directories, _groups(), (), {"path": "bridge.db"}, {"file": "audit.jsonl"})


def _file(name: str) -> str:
    return f"${{file:./{FOLDER}/{name}}}"


def _hyperproof(port: int) -> "Mapping[str, Plain]":
    from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID

    root = f"http://127.0.0.1:{port}"
    return {
        "region": "us",
        "api_url": f"{root}/v1",
        "token_url": f"{root}/oauth/token",
        "client_id": DEFAULT_CLIENT_ID,
        "client_secret": _file(HYPERPROOF_SECRET),
    }


def _ldap(port: int) -> "Mapping[str, Plain]":
    from bridge.sandbox.company import BASE, READER

    return {
        "type": "ldap",
        "preset": "openldap",
        "servers": [f"ldap://127.0.0.1:{port}"],
        "bind": {"user": READER, "password": _file(PASSWORD)},
        "base_dn": BASE,
    }


def _entra(port: int) -> "Mapping[str, Plain]":
    from bridge.sandbox.graph.applications import DEFAULT_CLIENT_ID
    from bridge.sandbox.hybrid import tenant

    root = f"https://localhost:{port}"
    return {
        "type": "entra",
        "tenant_id": tenant().id,
        "client_id": DEFAULT_CLIENT_ID,
        "credential": {"client_secret": _file(ENTRA_SECRET)},
        "login_url": root,
        "graph_url": root,
        "ca_file": f"{FOLDER}/{AUTHORITY}",
    }


def _groups() -> "tuple[Written, ...]":
    from bridge.config.writing import Written
    from bridge.sandbox.company import group_dn
    from bridge.sandbox.hybrid import GROUP, OWNERS, REVIEWERS

    return (
        Written(
            {"name": "Compliance Managers", "members": {"corp": group_dn("GRC Managers")}}, "groups in it count"
        ),
        Written(
            {
                "name": "Auditors",
                "members": {
                    "any": [{"corp": "Internal Audit"}, {"corp": "External Auditors"}],
                    "except": [{"corp": "On Leave"}],
                },
            },
        ),
        Written({"name": GROUP, "members": {"any": [{"corp": OWNERS}, {"cloud": REVIEWERS}]}}, "fed by both"),
    )
