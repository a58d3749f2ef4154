"""The questions about Hyperproof."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.cli.setup.asking import Asking
from bridge.cli.setup.secret import SecretPlace, SecretQuestion
from bridge.cli.setup.trial import trial

if TYPE_CHECKING:
    from bridge.config.document import Plain
    from bridge.core.model import TargetRead

REGIONS: Final = ("us", "eu", "gov")
CLIENT_ID: Final = "HYPERPROOF_CLIENT_ID"

_SECRET: Final = SecretQuestion(
    "the secret of the API client", "HYPERPROOF_CLIENT_SECRET", "--client-secret-env", "--client-secret-file"
)


@dataclass(frozen=True, slots=True)
class Target:
    """Hyperproof, tried."""

    section: "dict[str, Plain]"
    secret: SecretPlace
    read: "TargetRead"


def ask_hyperproof(asking: Asking) -> Target:
    """Ask for the region and the API client, and try them."""
    return _Questions(asking).ask()


class _Questions:
    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._refused = False
        """Whether a secret was tried in vain."""

    def ask(self) -> Target:
        return self._asking.tried(self._target, "--region", "--token-url", "--client-id")

    def _target(self) -> Target:
        asking = self._asking
        region = asking.choice("--region", "Hyperproof's region", REGIONS, "us")
        section: dict[str, Plain] = {"region": region}
        if api_url := asking.optional_option("--api-url"):
            section["api_url"] = api_url
        if api_url or region != "us" or asking.has("--token-url"):
            question = "Address that issues tokens, which Hyperproof's support tells"
            section["token_url"] = asking.text("--token-url", question)
        section["client_id"] = self._client_id()
        secret = _SECRET.place(asking, anew=self._refused)
        section["client_secret"] = secret.reference
        self._refused = True
        return Target(section, secret, self._read(section, secret))

    def _client_id(self) -> str:
        """The id: typed, or by reference where the environment has it already."""
        if os.environ.get(CLIENT_ID) and not (self._refused or self._asking.has("--client-id")):
            self._asking.tell(f"The id of the API client is taken from ${{env:{CLIENT_ID}}}.")
            return f"${{env:{CLIENT_ID}}}"
        return self._asking.text("--client-id", "Id of the API client (Hyperproof: Settings, API clients)")

    def _read(self, section: "dict[str, Plain]", secret: SecretPlace) -> "TargetRead":
        from bridge.errors import Denied
        from bridge.wiring import wired_target

        with wired_target(trial(hyperproof=section, secrets=[secret])) as target:
            probe = target.probe()
        if probe.read is None:
            raise Denied("Hyperproof", "; ".join(probe.refusals))
        self._asking.tell(f"  signed in to Hyperproof as {probe.who}", "green")
        self._asking.tell(f"  {probe.users} users, {probe.groups} active groups", "green")
        if not probe.read.id_space.proved:
            self._asking.tell(f"  ids: {probe.read.id_space.evidence}", "yellow")
        return probe.read
