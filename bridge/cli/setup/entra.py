"""The questions about an Entra ID tenant."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from bridge.cli.setup.asking import Asking
from bridge.cli.setup.secret import SecretPlace, SecretQuestion
from bridge.cli.setup.side import Side, looked_at
from bridge.cli.setup.trial import trial

if TYPE_CHECKING:
    from bridge.config.document import Plain

SIGN_INS: Final = ("secret", "certificate", "managed-identity", "workload")

_SECRET: Final = SecretQuestion(
    "the tenant's client secret", "ENTRA_CLIENT_SECRET", "--password-env", "--password-file"
)
_ASKED: Final = ("--tenant-id", "--entra-client-id", "--certificate")


def ask_entra(asking: Asking, name: str) -> Side:
    """Ask for a tenant, and try it."""
    return _Questions(asking, name).ask()


class _Questions:
    def __init__(self, asking: Asking, name: str) -> None:
        self._asking = asking
        self._name = name
        self._refused = False
        """Whether a secret was tried in vain."""

    def ask(self) -> Side:
        return self._asking.tried(self._tenant, *_ASKED)

    def _tenant(self) -> Side:
        method = self._asking.optional_option("--sign-in")
        if method not in {"", *SIGN_INS}:
            raise typer.BadParameter(f"--sign-in {method}: for Entra ID it is one of {', '.join(SIGN_INS)}")
        section: dict[str, Plain] = {"type": "entra"}
        if method != "workload":
            section["tenant_id"] = self._asking.text(
                "--tenant-id", "Directory (tenant) ID, or a domain of the tenant"
            )
        if method not in {"workload", "managed-identity"}:
            section["client_id"] = self._asking.text(
                "--entra-client-id", "Application (client) ID of the app registration"
            )
        credential, secrets = self._credential(method)
        section |= {"credential": credential, **self._rehearsal()}
        self._refused = True
        groups = looked_at(self._asking, self._name, trial(name=self._name, directory=section, secrets=secrets))
        return Side(self._name, section, secrets, groups)

    def _credential(self, method: str) -> "tuple[dict[str, Plain], tuple[SecretPlace, ...]]":
        if method == "managed-identity":
            return {"managed_identity": "system"}, ()
        if method == "workload":
            return {"workload_identity": "aks"}, ()
        question = "Certificate with its private key (PEM or PFX file), instead of a client secret"
        certificate = "" if method == "secret" else self._asking.optional("--certificate", question)
        if certificate:
            return {"certificate": str(Path(certificate).expanduser().absolute())}, ()
        secret = _SECRET.place(self._asking, anew=self._refused)
        return {"client_secret": secret.reference}, (secret,)

    def _rehearsal(self) -> "dict[str, Plain]":
        """Where the tenant is, if that is not Microsoft's cloud."""
        options = {"login_url": "--login-url", "graph_url": "--graph-url", "ca_file": "--ca-file"}
        given = {key: self._asking.optional_option(option) for key, option in options.items()}
        if given["ca_file"]:
            given["ca_file"] = str(Path(given["ca_file"]).absolute())
        return {key: value for key, value in given.items() if value}
