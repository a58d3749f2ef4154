"""The herald: finds in a real store what needs a person, tells it over real HTTP, and survives whatever fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import text

from bridge.config.notices import NoticesSection
from bridge.core.journal import Recollection
from bridge.daemon.herald import VERIFY_AFTER, Herald
from bridge.notices.matter import Facts
from bridge.notices.round import Told
from bridge.standing.overview import load_facts
from bridge.store.database import Database
from bridge.store.store import DatabaseStore
from tests.cli.scene import until
from tests.notices.receivers import Inbox, listening
from tests.notices.test_channels import webhook
from tests.store.stores import ACME, NOON, Watch, held_removals, opened
from tests.web.site import JOB, let_run

WORK = replace(JOB, now=NOON)


@dataclass
class Service:
    """Fits `bridge.daemon.herald.Known`."""

    store: DatabaseStore
    section: NoticesSection
    chain: str = ""
    rounds: list[Told] = field(default_factory=list)

    def facts(self) -> Facts:
        return load_facts(self.store, replace(WORK, chain=self.chain), ())

    def telling(self) -> tuple[DatabaseStore, NoticesSection, str]:
        return self.store, self.section, ACME

    def proved(self, finding: str) -> None:
        self.chain = finding

    def told(self, told: Told) -> None:
        self.rounds.append(told)


@contextmanager
def service(folder: Path, inbox: Inbox) -> Iterator[Service]:
    """A service in which something is held."""
    with opened(folder) as store:
        if not store.list_runs(1):
            let_run(store, 1, Recollection(held=(held_removals(14),)), "held")
        yield Service(store, NoticesSection.model_construct(webhook=webhook(inbox.url).section))


def kinds(inbox: Inbox) -> list[list[str]]:
    """What was told, by letter."""
    return [[one["kind"] for one in json.loads(content)["notices"]] for _, content in inbox.posts]


def test_what_is_held_is_told_once_over_restarts(tmp_path: Path) -> None:
    """With the command that shows it."""
    with listening() as inbox:
        for _ in range(3):
            with service(tmp_path, inbox) as one:
                Herald(one, Watch().now).round()
    assert kinds(inbox) == [["held"]]
    assert b"hyperproof-bridge held show" in inbox.posts[0][1]


def test_a_broken_chain_is_told_once_over_restarts_and_verified_once_a_day(tmp_path: Path) -> None:
    """It is verified before anything is told, so that a restart does not take it for mended."""
    watch = Watch()
    with listening() as inbox:
        with service(tmp_path, inbox) as one:
            herald = Herald(one, watch.now)
            herald.round()
            forge(tmp_path)
            herald.round()
            assert one.chain == ""
            watch.move(seconds=VERIFY_AFTER.total_seconds())
            herald.round()
            assert "record 1 is changed" in one.chain
        with service(tmp_path, inbox) as one:
            Herald(one, watch.now).round()
    assert kinds(inbox) == [["held"], ["chain"]]


def forge(folder: Path) -> None:
    """Write a record anew."""
    database = Database.open(folder / "bridge.db")
    with database.writing() as connection:
        connection.execute(text("UPDATE audit SET line = replace(line, 'sync', 'sink') WHERE seq = 1"))
    database.close()


def test_a_channel_that_fails_is_told_of_and_tried_again(tmp_path: Path) -> None:
    """The round is a value; nothing is raised."""
    watch = Watch()
    with listening() as inbox, service(tmp_path, inbox) as one:
        inbox.status = 500
        herald = Herald(one, watch.now)
        herald.round()
        assert [(told.delivered, told.reason) for told in one.rounds] == [(0, "the webhook answered 500")]
        inbox.status = 204
        watch.move(minutes=1)
        herald.round()
    assert one.rounds[-1].delivered == 1


def test_its_thread_goes_on_after_a_fault_and_ends_when_told_to(tmp_path: Path) -> None:
    """A store out of order, or a fault of ours, delays what is told and ends nothing."""
    with listening() as inbox, service(tmp_path, inbox) as one:
        faulty = Faulty(one.store, one.section)
        with Herald(faulty, Watch().now, pause=0.01):
            until(lambda: bool(faulty.rounds))
    assert kinds(inbox)[0] == ["held"]
    assert faulty.faults == []


class Faulty(Service):
    """One whose first answers fail."""

    def __init__(self, store: DatabaseStore, section: NoticesSection) -> None:
        super().__init__(store, section)
        self.faults: list[Exception] = [ZeroDivisionError("ours"), LookupError("ours, too")]

    def facts(self) -> Facts:
        if self.faults:
            raise self.faults.pop()
        return super().facts()


def test_nobody_is_told_where_nobody_is_named(tmp_path: Path) -> None:
    """The chain is verified all the same, for the status page."""
    with listening() as inbox, service(tmp_path, inbox) as one:
        one.section = NoticesSection()
        Herald(one, Watch().now).round()
    assert inbox.posts == []
