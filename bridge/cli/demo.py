"""demo: the main job on a company of our own making, from a first check to an approved mass removal."""

import io
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bridge.cli.exits import Exit
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from rich.console import Console

    from bridge.sandbox.graph import EntraSandbox
    from bridge.sandbox.hyperproof import HyperproofSandbox
    from bridge.sandbox.ldap import LdapSandbox


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo() -> Exit:
    """See the bridge at work: no root, no servers, no accounts. Everything runs on this machine and is gone after.

    Every command is the real one, against an LDAP directory, an Entra ID tenant and a Hyperproof that live as long
    as the demo.

    Example: hyperproof-bridge demo
    """
    from bridge.cli.screen import console
    from bridge.sandbox import hybrid

    out = console()
    scratch = tempfile.TemporaryDirectory(prefix="hyperproof-bridge-demo-")
    with scratch as folder, hybrid.ldap() as ldap, hybrid.entra() as entra, hybrid.hyperproof() as hyperproof:
        (Path(folder) / "authority.pem").write_text(entra.certificates.pem, encoding="ascii")
        path = Path(folder) / "bridge.yaml"
        path.write_text(hybrid.configuration(ldap, entra, hyperproof), encoding="utf-8")
        with _environment(path):
            _Story(out, ldap, entra, hyperproof).tell()
    out.print("\nThat was all of it; nothing is left on this machine.", style="bold green")
    return Exit.OK


@dataclass(frozen=True, slots=True)
class _Story:
    """The demo, scene by scene. A command that does not end as told ends the demo."""

    out: "Console"
    ldap: "LdapSandbox"
    entra: "EntraSandbox"
    hyperproof: "HyperproofSandbox"

    def tell(self) -> None:
        self._scene("Example Corp has an LDAP directory, an Entra ID tenant, and Hyperproof. Does everything fit?")
        self._run(["check"], Exit.OK)
        self._scene(
            "What would the bridge do? Nested groups count, somebody who left goes, who is on leave stays out."
        )
        self._run(["plan", "--detailed-exitcode"], Exit.PENDING)
        self._scene("Do it. Every change is read back from Hyperproof before it is called done.")
        self._run(["sync", "--detailed-exitcode"], Exit.CHANGED)
        self._idle()
        self._both_directories()
        self._drift()
        self._half_read()
        self._mass_removal()
        self._evidence()

    def _idle(self) -> None:
        self._scene("Again. When nothing changed a run costs three calls, whatever the size of the organization.")
        self.hyperproof.clear_log()
        self._run(["sync", "--detailed-exitcode"], Exit.OK)
        calls = [request for request in self.hyperproof.requests if "/oauth/" not in request.path]
        self.out.print(f"Hyperproof saw {len(calls)} calls.", style="cyan")
        _expect(len(calls) == 3, f"an idle run made {len(calls)} calls")  # noqa: PLR2004 - users, groups, members

    def _both_directories(self) -> None:
        from bridge.sandbox import company, hybrid

        _expect(
            self._members()[hybrid.GROUP] == hybrid.EXPECTED, f"{hybrid.GROUP} is not what both directories say"
        )
        in_both = company.address(hybrid.IN_BOTH)
        self._scene(f"Both directories feed {hybrid.GROUP}. {hybrid.IN_BOTH} is in both, and has one account.")
        self._run(["explain", in_both, "--group", hybrid.GROUP], Exit.OK)
        self._scene("He is taken out in LDAP. Entra still has him, so he stays.")
        self.ldap.directory.remove_values(
            company.group_dn(hybrid.OWNERS), "member", [company.person_dn(hybrid.IN_BOTH)]
        )
        self._run(["sync", "--detailed-exitcode"], Exit.OK)
        self._scene(
            f"{hybrid.CONTRACTOR} is in Entra alone. The contract ends, the guest is disabled, and he goes."
        )
        self.entra.tenant.change(hybrid.CONTRACTOR, accountEnabled=False)
        self._run(["sync", "--detailed-exitcode"], Exit.CHANGED)
        left = hybrid.EXPECTED - {hybrid.CONTRACTOR_ADDRESS}
        _expect(self._members()[hybrid.GROUP] == left, f"{hybrid.GROUP} did not lose the contractor alone")

    def _drift(self) -> None:
        from bridge.sandbox import company

        self._scene(
            "Somebody puts Liam Walsh, who has left, back into a group by hand. The directory has the last word."
        )
        self.hyperproof.ui.add_members("Compliance Managers", [company.address("Liam Walsh")])
        self._run(["sync", "--detailed-exitcode"], Exit.CHANGED)

    def _half_read(self) -> None:
        from bridge.sandbox.ldap import ServerLimits

        before = self._members()
        self._scene("LDAP answers half: the server cuts every search after five entries. Nobody is removed.")
        self.ldap.limits = ServerLimits(size_limit=5)
        self._run(["sync"], Exit.UNREADABLE)
        self.ldap.limits = ServerLimits()
        _expect(self._members() == before, "a half-read directory changed a group")

    def _mass_removal(self) -> None:
        from bridge.sandbox import company

        self._scene(
            "A script empties most of GRC Managers in the directory. That looks wrong, so it waits for a person."
        )
        self.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
        self._run(["sync"], Exit.HELD)
        self._run(["held"], Exit.OK)
        digest = self._held_digest()
        self._scene("The reorganization was meant. Ann approves exactly these removals, for this very plan.")
        self._run(["held", "show", digest], Exit.OK)
        self._run(
            ["held", "approve", digest, "--by", "Ann Admin", "--reason", "reorganization, ticket 4711"], Exit.OK
        )
        self._run(["sync", "--detailed-exitcode"], Exit.CHANGED)

    def _evidence(self) -> None:
        self._scene("What happened to Ben Okafor? And was anything in the evidence tampered with?")
        self._run(["audit", "show", "--person", "ben.okafor@example.test", "--event", "member"], Exit.OK)
        self._run(["audit", "verify"], Exit.OK)

    # ---- how it is told ----

    def _scene(self, text: str) -> None:
        self.out.print(f"\n{text}", style="bold cyan")

    def _run(self, arguments: Sequence[str], expected: Exit) -> None:
        from bridge.cli.app import execute

        self.out.print(f"$ hyperproof-bridge {' '.join(map(_quoted, arguments))}", style="dim")
        code = execute(arguments)
        _expect(code == expected, f"`{arguments[0]}` ended with {code}, not {expected.value}")

    def _held_digest(self) -> str:
        from bridge.cli.app import execute

        with redirect_stdout(io.StringIO()) as told:
            execute(["held", "--json"])
        return str(json.loads(told.getvalue())[0]["digest"])[:12]

    def _members(self) -> dict[str, frozenset[str]]:
        organization = self.hyperproof.organization
        return {group.name: frozenset(organization.member_emails(group.id)) for group in organization.groups}


@contextmanager
def _environment(config: Path) -> Iterator[None]:
    """What the commands find in the environment while the demo lasts."""
    from bridge.sandbox.company import READER_PASSWORD
    from bridge.sandbox.graph import DEFAULT_CLIENT_SECRET as ENTRA_SECRET
    from bridge.sandbox.hyperproof import DEFAULT_CLIENT_SECRET

    before = dict(os.environ)
    os.environ["HYPERPROOF_BRIDGE_CONFIG"] = str(config)
    os.environ["DEMO_PASSWORD"] = READER_PASSWORD
    os.environ["DEMO_ENTRA_SECRET"] = ENTRA_SECRET
    os.environ["DEMO_SECRET"] = DEFAULT_CLIENT_SECRET
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _quoted(argument: str) -> str:
    return f'"{argument}"' if " " in argument else argument


def _expect(truth: bool, otherwise: str) -> None:
    if not truth:
        raise BridgeError(f"The demo went wrong: {otherwise}.")
