"""A company on the day on which it sets the bridge up: a real OpenLDAP, a Hyperproof, and no configuration yet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.sandbox.hyperproof import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    DEFAULT_CLIENT_SECRET,
    HyperproofSandbox,
    Organization,
)
from bridge.sandbox.ldap import Directory, LdapSandbox
from tests.cli.scene import SPARED, Scene
from tests.cli.terminal import Terminal
from tests.servers.slapd import BASE, SERVICE_DN, Slapd
from tests.sources.ldap.directory import TREE, group, group_dn, person, person_dn

PASSWORD: Final = "service-secret"
PEOPLE: Final = ("anna", "ben", "carla", "deniz")

SECRETS: Final = {"HYPERPROOF_CLIENT_ID": DEFAULT_CLIENT_ID, "HYPERPROOF_CLIENT_SECRET": DEFAULT_CLIENT_SECRET}


def ldif(*more: str) -> str:
    """Four people; a group of the same name as in Hyperproof, one of a like name, and two that may be meant."""
    return "".join((
        TREE,
        person("svc", userPassword=PASSWORD),
        *map(person, PEOPLE),
        group("auditors", *map(person_dn, PEOPLE[:2])),
        group("sg-hp-risk-owner", *map(person_dn, PEOPLE[1:])),
        group("grp-vendors", person_dn("anna")),
        group("hp_vendor", person_dn("ben")),
        *more,
    ))  # fmt: skip


def organization(*more: str) -> Organization:
    """Everybody has an account; Auditors has one member so far, and the others have none."""
    made = Organization()
    users = {name: made.add_user(email=f"{name}@example.test", name=name) for name in PEOPLE}
    made.add_group("Auditors", [users["anna"]])
    for name in ("Risk Owners", "Vendors", "Board", *more):
        made.add_group(name)
    return made


@dataclass
class Arrival(Scene):
    """The scene ahead of its configuration."""

    server: Slapd | None = None

    def hyperproof_options(self) -> list[str]:
        """Where Hyperproof is."""
        return ["--region", "us", "--api-url", self.hyperproof.api_url, "--token-url", self.hyperproof.token_url]

    def ldap_options(self) -> list[str]:
        """The whole directory, but for the password."""
        assert self.server
        return ["--kind", "openldap", "--server", self.server.url, "--bind-user", SERVICE_DN, "--base-dn", BASE]

    def terminal(self, *arguments: str) -> Terminal:
        """Start `init` at a terminal."""
        return Terminal(["init", *arguments], self.folder, self.environ)

    def left(self) -> Sequence[str]:
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


@contextmanager
def arrival(
    folder: Path, server: Slapd | None, made: Organization | None = None, **environ: str
) -> Iterator[Arrival]:
    """Set the scene, with these variables besides those of Hyperproof."""
    with HyperproofSandbox(made or organization(), clients=(BRIDGE,)) as hyperproof:
        variables = {"HYPERPROOF_BRIDGE_CONFIG": "bridge.yaml", **SPARED, **SECRETS, **environ}
        yield Arrival(folder, LdapSandbox(Directory()), hyperproof, variables, server)


AUDITORS: Final = group_dn("auditors")


def turned_on(s: Scene) -> None:
    """Do what the operator does once the plan is right."""
    s.edit("apply: false", "apply: true")
