"""Two replicas on one PostgreSQL and one Hyperproof: one of them writes at a time, whatever becomes of it."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.audit.verify import verify_database
from bridge.cli.exits import Exit
from bridge.sandbox import company
from bridge.sandbox.hyperproof import BRIDGE, ApiClient, Fault, HyperproofSandbox
from bridge.sandbox.ldap import LdapSandbox
from bridge.store.place import Server
from bridge.store.store import open_evidence
from tests.cli.scene import Scene, until
from tests.cycle.evidence import audit_records, told_deeds, true_deeds
from tests.daemon.serving import Serving, configure, serving
from tests.servers.network import Network
from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

OTHER = ApiClient("b71d6e5a0c4f48f2a9d3replica00002", "sandbox-secret-of-the-other-replica", "Replica")
"""The second replica has an API client of its own, so that the sandbox's log tells the two apart."""

ADDS = Fault(method="POST", path="/groups/.+/users$")
WITHIN = 15.0
"""Seconds in which another replica has taken over."""


@dataclass
class Site:
    """Both ends, and a database for two replicas."""

    folder: Path
    ldap: LdapSandbox
    hyperproof: HyperproofSandbox

    def replica(self, client: ApiClient, url: str) -> Scene:
        """A replica's own folder and configuration."""
        folder = self.folder / client.name
        folder.mkdir()
        made = Scene(folder, self.ldap, self.hyperproof)
        made.environ |= {"DEMO_SECRET": client.secret, "STORE_URL": url}
        text = company.configuration(self.ldap.url, self.hyperproof.api_url, self.hyperproof.token_url)
        made.config.write_text(
            text.replace(BRIDGE.id, client.id).replace("{path: bridge.db}", "{url: '${env:STORE_URL}'}")
        )
        configure(made)
        return made

    def writes(self, client: ApiClient) -> list[datetime]:
        """When a replica's writes arrived at Hyperproof."""
        return [
            r.time for r in self.hyperproof.requests if r.client_id == client.id and r.method in {"POST", "PUT"}
            and "/oauth/" not in r.path
        ]  # fmt: skip

    def assert_all_is_well(self, url: str) -> None:
        """Everything is as the directory says, no deed was done twice, and each has its one record."""
        groups = self.hyperproof.organization
        assert {e.partition("@")[0] for e in groups.member_emails("Team risk")} == {"anna.smith", "grace.lee"}
        assert "liam.walsh@example.test" not in groups.member_emails("Compliance Managers")
        with open_evidence(Server.of(lambda: url), "default", lambda: datetime.now(UTC)) as store:
            assert verify_database(store.ledger).sound
            told = told_deeds(audit_records(store))
            assert store.load_intents() == ()
        history = self.hyperproof.history
        assert told == true_deeds(history) + true_deeds(history, actor=OTHER.id)
        assert set(told.values()) == {1}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Example Corp."""
    ldap = LdapSandbox(company.directory(), credentials={company.READER: company.READER_PASSWORD})
    with ldap, HyperproofSandbox(company.organization(), clients=(BRIDGE, OTHER)) as hyperproof:
        yield Site(tmp_path, ldap, hyperproof)


@contextmanager
def both(site: Site, leader_url: str, standby_url: str) -> Iterator[tuple[Serving, Serving]]:
    """A leader whose first write is done, and not answered yet; and a replica that stands by."""
    site.hyperproof.faults.add(replace(ADDS, answer_delay=12))
    with ExitStack() as stack:
        leader = stack.enter_context(serving(site.replica(BRIDGE, leader_url)))
        until(lambda: bool(site.writes(BRIDGE)) or not site.hyperproof.faults.pending)
        standby = stack.enter_context(serving(site.replica(OTHER, standby_url)))
        until(lambda: true_deeds(site.hyperproof.history).total() > 0)
        assert (leader.told("service.started")[0]["role"], standby.told("service.started")[0]["role"]) == (
            "leader",
            "standby",
        )
        yield leader, standby


def test_a_killed_leader_is_replaced(site: Site, postgres: Postgres) -> None:
    """By kill -9 in the middle of a write: the other settles it and does the rest, and nothing twice."""
    url = postgres.url()
    with both(site, url, url) as (leader, standby):
        assert (
            standby.ask("/livez") == standby.ask("/readyz") == (200, '{"ok":true,"role":"standby","problems":[]}')
        )
        assert standby.metric("leading") == 0
        before = len(site.writes(BRIDGE))
        leader.running.send(signal.SIGKILL)
        assert leader.wait().code == -signal.SIGKILL
        until(lambda: bool(standby.told("run.finished")), WITHIN)
        assert standby.told("role.changed")[-1]["role"] == "leader"
        assert standby.told("run.finished")[-1]["outcome"] == "changes applied"
        assert len(site.writes(BRIDGE)) <= before + 1
        assert max(site.writes(BRIDGE)) < min(site.writes(OTHER))
        site.assert_all_is_well(url)


def test_a_leader_that_is_cut_off_is_replaced(site: Site) -> None:
    """From the database, not from Hyperproof: it writes no more, and what it did is recorded by the other."""
    with Network() as network, Postgres(network) as postgres:
        part = postgres.schema()
        url = postgres.url(part)
        with both(site, postgres.url(part, host=network.far), url) as (leader, standby):
            network.cut()
            until(lambda: bool(standby.told("run.finished")), WITHIN)
            assert standby.told("run.finished")[-1]["outcome"] == "changes applied"
            until(lambda: bool(leader.told("role.changed")))
            assert leader.told("role.changed")[-1]["role"] == "standby"
            until(lambda: bool(leader.told("run.failed") or leader.told("run.skipped")))
            assert not leader.told("run.finished")
            assert len(site.writes(BRIDGE)) == 1
            assert max(site.writes(BRIDGE)) < min(site.writes(OTHER))
            site.assert_all_is_well(url)


def test_a_replica_that_ends_makes_room(site: Site, postgres: Postgres) -> None:
    """Told to stop, it lets go at once; a wish for a run reaches whoever leads, from anywhere."""
    url = postgres.url()
    with serving(site.replica(BRIDGE, url)) as leader, serving(site.replica(OTHER, url)) as standby:
        leader.until_run()
        assert leader.scene.run("health").out == "all is well (leader)\n" or leader.ask("/readyz")[0] == 200
        assert standby.scene.run("trigger").code == Exit.OK
        leader.until_run(2)
        assert leader.told("run.finished")[-1]["reason"] == "request"
        leader.running.send(signal.SIGTERM)
        assert leader.wait().code == Exit.OK
        standby.until_run()
        assert standby.told("run.finished")[-1]["reason"] == "takeover"
        assert not site.writes(OTHER)
        site.assert_all_is_well(url)
