"""Who makes the runs, where several replicas share one database."""

from collections.abc import Iterator
from contextlib import closing
from queue import SimpleQueue

import pytest

from bridge.daemon.leadership import Alone, Leadership
from bridge.store.place import Server
from bridge.store.server_lock import ServerLock, What
from tests.cli.scene import until
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def place(postgres: Postgres) -> Server:
    """A database."""
    url = postgres.url()
    return Server.of(lambda: url)


def lock(place: Server, organization: str = "acme") -> ServerLock:
    """The lock of a service."""
    return ServerLock(place, organization, What.SERVICE)


@pytest.fixture
def leader(place: Server) -> Iterator[Leadership]:
    """The first replica."""
    with Leadership(lock(place), lambda: None) as first:
        yield first


def test_without_replicas_there_is_no_role() -> None:
    """A service with a database on its host is the only one."""
    assert Alone().role == ""


def test_the_first_leads_and_the_others_stand_by(place: Server, leader: Leadership) -> None:
    """From the moment that they are there; another organization is another matter."""
    with Leadership(lock(place), lambda: None) as second, Leadership(lock(place, "other"), lambda: None) as other:
        assert (leader.role, second.role, other.role) == ("leader", "standby", "leader")


def test_another_leads_when_the_leader_ends(place: Server) -> None:
    """By itself."""
    with Leadership(lock(place), lambda: None) as second:
        assert second.role == "leader"
        with Leadership(lock(place), lambda: None) as third:
            second.__exit__()
            until(lambda: third.role == "leader")


def test_a_leader_that_lost_its_session_stands_by_and_may_lead_again(
    place: Server, leader: Leadership, postgres: Postgres
) -> None:
    """As after a restart of the server: one of them leads again, and only one."""
    with Leadership(lock(place), lambda: None) as second:
        postgres.stop()
        until(lambda: leader.role == "standby")
        postgres.start()
        until(lambda: "leader" in {leader.role, second.role})
        assert {leader.role, second.role} == {"leader", "standby"}


def test_a_wish_reaches_the_leader_of_its_organization(place: Server) -> None:
    """From any process; who stands by, and other organizations, hear nothing."""
    heard: SimpleQueue[str] = SimpleQueue()
    with (
        Leadership(lock(place), lambda: heard.put("leader")),
        Leadership(lock(place), lambda: heard.put("standby")),
        Leadership(lock(place, "other"), lambda: heard.put("other")),
        closing(lock(place)) as asking,
    ):
        asking.wish()
        assert heard.get(timeout=20) == "leader"
        assert heard.empty()


class Faulty(ServerLock):
    """A lock with a fault of ours in it."""

    takes = 0
    faults = 1

    def take(self) -> bool:
        """Take it."""
        self.takes += 1
        return super().take()

    def still_held(self) -> bool:
        """Stumble the first time."""
        if self.faults:
            self.faults -= 1
            raise RuntimeError("a fault of ours")
        return super().still_held()


def test_a_fault_of_ours_leaves_nobody_leading_for_ever(place: Server) -> None:
    """The lock is let go, and taken anew by whoever comes first."""
    faulty = Faulty(place, "acme", What.SERVICE)
    with Leadership(faulty, lambda: None) as replica:
        until(lambda: faulty.takes == 2 and replica.role == "leader")
        with Leadership(lock(place), lambda: None) as second:
            assert second.role == "standby"
