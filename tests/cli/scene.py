"""Example Corp, as the demo has it: a directory, a Hyperproof, a configuration, and the command to run."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bridge.sandbox import company
from bridge.sandbox.hyperproof import BRIDGE, DEFAULT_CLIENT_SECRET, HyperproofSandbox, Organization
from bridge.sandbox.ldap import Directory, LdapSandbox
from tests.cli.processes import Ended, Order, Running, run

SPARED: Final = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
"""The machine's own certificate authorities, which take longer to load than a run and are not needed."""

SECRETS: Final = {"DEMO_PASSWORD": company.READER_PASSWORD, "DEMO_SECRET": DEFAULT_CLIENT_SECRET}


@dataclass
class Scene:
    """Both ends of a bridge, and the folder with its configuration."""

    folder: Path
    ldap: LdapSandbox
    hyperproof: HyperproofSandbox
    environ: dict[str, str] = field(
        default_factory=lambda: {"HYPERPROOF_BRIDGE_CONFIG": "bridge.yaml", **SECRETS, **SPARED}
    )

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "bridge.yaml"

    @property
    def database(self) -> Path:
        """The store."""
        return self.folder / "bridge.db"

    @property
    def audit(self) -> Path:
        """The audit file."""
        return self.folder / "audit.jsonl"

    def run(self, *arguments: str, before: Callable[[], None] | None = None) -> Ended:
        """Run a command to its end."""
        return run(Order(arguments, self.folder, self.environ, before))

    def start(self, *arguments: str, before: Callable[[], None] | None = None) -> Running:
        """Start a command, and go on."""
        return Running(Order(arguments, self.folder, self.environ, before))

    def told(self, *arguments: str) -> Any:  # noqa: ANN401 - whatever a command tells
        """What a command tells with --json."""
        return json.loads(self.run(*arguments, "--json").out)

    def edit(self, old: str, new: str) -> None:
        """Change the configuration."""
        text = self.config.read_text()
        assert old in text, text
        self.config.write_text(text.replace(old, new))

    def members(self, group: str) -> frozenset[str]:
        """Who is in a group, by the begin of the address."""
        return frozenset(email.partition("@")[0] for email in self.hyperproof.organization.member_emails(group))

    def calls(self) -> list[tuple[str, str]]:
        """What was asked of the API since the log was last cleared, without the tokens."""
        return [
            (r.method, r.path.removeprefix("/v1")) for r in self.hyperproof.requests if "/oauth/" not in r.path
        ]


@contextmanager
def scene(
    folder: Path, directory: Directory | None = None, organization: Organization | None = None, groups: str = ""
) -> Iterator[Scene]:
    """Set the scene: Example Corp unless told otherwise. `groups` replaces the groups of the configuration."""
    ldap = LdapSandbox(directory or company.directory(), credentials={company.READER: company.READER_PASSWORD})
    hyperproof = HyperproofSandbox(organization or company.organization(), clients=(BRIDGE,))
    with ldap, hyperproof:
        text = company.configuration(ldap.url, hyperproof.api_url, hyperproof.token_url)
        made = Scene(folder, ldap, hyperproof)
        made.config.write_text(with_groups(text, groups) if groups else text)
        yield made


def with_groups(text: str, groups: str) -> str:
    """A configuration with other groups."""
    before, _, rest = text.partition("\ngroups:\n")
    after = rest[rest.index("\nstore:") :]
    return f"{before}\ngroups:\n{groups.strip(chr(10))}\n{after}"


def until(truth: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so. Raises TimeoutError when it does not come to be."""
    deadline = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > deadline:
            raise TimeoutError("it does not come to be")
        time.sleep(0.005)


def deeds(scene: Scene) -> list[tuple[str, str, str]]:
    """What the bridge truly did in Hyperproof: event, group, and the begin of the address."""
    return [
        (event.kind.value, event.group_name, event.email.partition("@")[0])
        for event in scene.hyperproof.history
        if event.actor == BRIDGE.id
    ]
