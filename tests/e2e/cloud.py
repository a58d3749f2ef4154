"""A company whose directory is in the cloud: an Entra tenant, and its organization in Hyperproof."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bridge.sandbox.graph import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, EntraSandbox, Tenant
from bridge.sandbox.hyperproof import BRIDGE, HyperproofSandbox, Organization
from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID as HYPERPROOF_CLIENT
from bridge.sandbox.ldap import Directory, LdapSandbox
from tests.cli.scene import SECRETS, SPARED, Scene

STAFF: Final = tuple(f"p{number:02}" for number in range(40))
GUEST: Final = "guest"
LEFT: Final = "left"
"""Is in both groups of Hyperproof and nowhere in the tenant."""


def tenant() -> Tenant:
    """Forty people in groups within groups, one of them disabled; a guest; a device."""
    made = Tenant()
    people = {name: made.add_user(name) for name in STAFF}
    made.change(people["p39"], accountEnabled=False)
    guest = made.add_guest(f"{GUEST}@partner.example", "Guest")
    night = made.add_group("Night", [people[name] for name in STAFF[20:]])
    made.add_group("Staff", [*(people[name] for name in STAFF[:20]), night, made.add_device("printer")])
    made.add_group("Audit", [people["p01"], people["p02"], guest])
    return made


def organization() -> Organization:
    """Everybody has an account; nearly everybody is in the groups already, and one too many."""
    made = Organization()
    users = {name: made.add_user(email=f"{name}@corp.example", name=name) for name in (*STAFF, LEFT)}
    guest = made.add_user(email=f"{GUEST}@partner.example", name=GUEST)
    made.add_group("Everybody", [users[name] for name in (*STAFF[2:39], LEFT)])
    made.add_group("Auditors", [users["p01"], users["p03"], guest, users[LEFT]])
    return made


EVERYBODY: Final = frozenset(STAFF[:39])
AUDITORS: Final = frozenset({"p01", "p02", GUEST})

CREDENTIAL: Final = 'client_secret: "${env:ENTRA_SECRET}"'


def configuration(entra: EntraSandbox, hyperproof: HyperproofSandbox, credential: str, more: str = "") -> str:
    """A configuration for both groups: one by display name, one by object id."""
    audit = entra.tenant.find("Audit").id
    return f"""\
hyperproof:
  region: us
  api_url: {hyperproof.api_url}
  token_url: {hyperproof.token_url}
  client_id: {HYPERPROOF_CLIENT}
  client_secret: ${{env:DEMO_SECRET}}
directories:
  cloud:
    type: entra
    tenant_id: {entra.tenant.id}
    client_id: {DEFAULT_CLIENT_ID}
    credential: {{{credential}}}
    login_url: {entra.url}
    graph_url: {entra.url}
    ca_file: authority.pem
    {more}
groups:
  - {{name: Everybody, members: {{cloud: Staff}}}}
  - {{name: Auditors, members: {{cloud: {audit}}}}}
store: {{path: bridge.db}}
audit: {{file: audit.jsonl}}
apply: true
"""


@dataclass
class Cloud(Scene):
    """A scene whose directory is an Entra tenant."""

    entra: EntraSandbox = field(kw_only=True)

    def configure(self, credential: str = CREDENTIAL, more: str = "") -> None:
        """Sign in so from now on."""
        self.config.write_text(configuration(self.entra, self.hyperproof, credential, more))


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """Set the scene."""
    entra = EntraSandbox(tenant())
    hyperproof = HyperproofSandbox(organization(), clients=(BRIDGE,))
    environ = {
        "HYPERPROOF_BRIDGE_CONFIG": "bridge.yaml", **SECRETS, **SPARED, "ENTRA_SECRET": DEFAULT_CLIENT_SECRET,
    }  # fmt: skip
    with entra, hyperproof:
        (folder / "authority.pem").write_text(entra.certificates.pem)
        made = Cloud(folder, LdapSandbox(Directory()), hyperproof, environ, entra=entra)
        made.configure()
        yield made
