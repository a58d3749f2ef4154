"""Whatever goes wrong before a real directory: nobody is removed, and the audit says what was missing."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.config import load
from bridge.config.directories import LdapDirectory, ldap_settings
from bridge.core.journal import RunKind
from bridge.cycle.outcome import Report, RunOutcome
from bridge.cycle.run import run_cycle
from bridge.sandbox.hyperproof import (
    BRIDGE,
    DEFAULT_CLIENT_ID,
    DEFAULT_CLIENT_SECRET,
    EventKind,
    HyperproofSandbox,
    Organization,
)
from bridge.sandbox.ldap import Drop, Effect, EndEarly, OmitPaging, Refer, Refuse, Silence, Truncate
from bridge.sandbox.ldap.faults import Reset
from bridge.sources.ldap.source import LdapSource
from bridge.wiring import wired_for_writing
from tests.cli.scene import SPARED
from tests.e2e import towns
from tests.e2e.towns import STAFF, Town
from tests.servers.proxy import FaultProxy

LEFT = "left"
"""Is in the group in Hyperproof, and nowhere in the directory: the one to go."""

EFFECTS: dict[str, Effect] = {
    "dropped": Drop(),
    "dropped after two": Drop(2),
    "reset": Reset(1),
    "silent": Silence(1),
    "cut in a message": Truncate(1),
    "time limit": Refuse(3, 2),
    "size limit": Refuse(4, 2),
    "referral": Refuse(10, 0, referral=("ldap://elsewhere.example.test/",)),
    "admin limit": Refuse(11, 2),
    "busy": Refuse(51, 2),
    "going down": Refuse(52),
    "a part elsewhere": Refer(("ldap://elsewhere.example.test/dc=elsewhere",)),
    "ended early": EndEarly(2),
    "no word of pages": OmitPaging(),
}
TOLD_BY_MORE_PAGES = {"ended early", "no word of pages"}
"""What shows in a search of several pages, or by what is missing from others."""


@dataclass
class Setting:
    """A town, a proxy before it, and an organization in Hyperproof with one member too many."""

    town: Town
    proxy: FaultProxy
    hyperproof: HyperproofSandbox
    folder: Path

    def run(self) -> Report:
        """One run with everything real but the schedule."""
        path = self.folder / "bridge.yaml"
        path.write_text(f"""\
hyperproof:
  region: us
  api_url: {self.hyperproof.api_url}
  token_url: {self.hyperproof.token_url}
  client_id: {DEFAULT_CLIENT_ID}
  client_secret: ${{env:SECRET}}
directories:
  corp: {self.town.directory(self.proxy.url)}
groups:
  - {{name: Staff, members: {{corp: staff}}}}
store: {{path: bridge.db}}
audit: {{file: audit.jsonl}}
apply: true
""")
        environ = {**os.environ, "SECRET": DEFAULT_CLIENT_SECRET, "LDAP_PASSWORD": self.town.password}
        configuration = load(path, environ)
        directory = configuration.directories["corp"]
        assert isinstance(directory, LdapDirectory)
        source = LdapSource(ldap_settings("corp", directory), self.town.pages)
        with wired_for_writing(configuration) as wired:
            return run_cycle(replace(wired.bridge, sources=(source,)), RunKind.SYNC)

    @property
    def members(self) -> set[str]:
        """Who is in the group now."""
        return {email.partition("@")[0] for email in self.hyperproof.organization.member_emails("Staff")}

    @property
    def removed(self) -> list[str]:
        """Who was ever taken out."""
        return [event.user_id for event in self.hyperproof.history if event.kind is EventKind.MEMBER_REMOVED]

    def completeness(self) -> str:
        """What the audit says of the last read of the directory and of its groups."""
        records: list[dict[str, Any]] = [
            json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()
        ]
        run = records[-1]["run"]
        kinds = ("source.read", "source.failed", "group.read")
        told = [record for record in records if record["run"] == run and record["event"] in kinds]
        return json.dumps([{key: record.get(key) for key in ("doubts", "reason", "searches")} for record in told])


@contextmanager
def setting(town: Town, folder: Path) -> Iterator[Setting]:
    """Set it."""
    organization = Organization()
    users = [organization.add_user(email=f"{login}@example.test", name=login) for login in (*STAFF, LEFT)]
    organization.add_group("Staff", users[2:])
    with (
        HyperproofSandbox(organization, clients=(BRIDGE,)) as hyperproof,
        FaultProxy(town.url, ca_file=town.ca_file) as proxy,
    ):
        yield Setting(town, proxy, hyperproof, folder)


@pytest.fixture(autouse=True)
def _spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here is trusted through the machine's own authorities, which take longer to load than a run."""
    for name, value in SPARED.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("openldap", marks=pytest.mark.slapd),
        pytest.param("active_directory", marks=pytest.mark.samba),
        pytest.param("directory_server", marks=pytest.mark.ds389),
    ],
)
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    """The same town in each directory."""
    with getattr(towns, request.param)() as made:
        yield made


def test_without_a_fault_exactly_the_one_goes(town: Town, tmp_path: Path) -> None:
    """The setting is one in which somebody has to go and two have to come, so that the tests below can fail."""
    with setting(town, tmp_path) as here:
        here.run()
        assert here.members == set(STAFF)
        assert len(here.removed) == 1


WHERE = [
    *(("people", 2, name) for name in EFFECTS),
    *(("groups", 1, name) for name in EFFECTS if name not in TOLD_BY_MORE_PAGES),
    *(("disabled", 1, name) for name in ("dropped", "silent", "size limit", "busy")),
]
"""Each search, the page that goes wrong, and how."""


@pytest.mark.parametrize(("search", "page", "name"), WHERE)
def test_nobody_is_removed_on_a_read_that_went_wrong(
    town: Town, tmp_path: Path, search: str, page: int, name: str
) -> None:
    """On any page of any search; the record names it, and the run after it does what is right."""
    effect = EFFECTS[name]
    with setting(town, tmp_path) as here:
        here.proxy.faults.add(effect, matching=getattr(town, search), page=page)
        assert_nothing_is_concluded(here)
        here.proxy.faults.clear()
        here.run()
        assert here.members == set(STAFF)
        assert len(here.removed) == 1


@pytest.mark.samba
@pytest.mark.parametrize(
    "effect", [Drop(), Reset(), Silence(), Truncate(), Refuse(51), Refuse(3), EndEarly(0)], ids=str
)
def test_nobody_is_removed_on_a_range_that_was_cut(tmp_path: Path, effect: Effect) -> None:
    """The first seven members came, and the rest did not."""
    with towns.active_directory() as town, setting(town, tmp_path) as here:
        here.proxy.faults.add(effect, base="^cn=staff")
        assert_nothing_is_concluded(here)
        assert "member;range=" in here.completeness()


def assert_nothing_is_concluded(here: Setting) -> None:
    """From what is missing: nobody goes, the run is no success, and the audit names it."""
    report = here.run()
    assert here.removed == []
    assert here.members >= {*STAFF[2:], LEFT}
    assert report.outcome in {RunOutcome.FAILED_READ, RunOutcome.DOUBT}
    told = here.completeness()
    assert '"doubts": [' in told or '"reason": "' in told, told
