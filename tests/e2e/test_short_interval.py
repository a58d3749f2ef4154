"""The command at short intervals against a real OpenLDAP: one small search, and a full read for every deed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bridge.cli.exits import Exit
from bridge.store.database import Database
from bridge.store.schema import snapshots
from tests.e2e.office import LEFT, STAFF, Link, Office, ldif, office
from tests.e2e.truth import assert_evidence_is_whole, records_of
from tests.servers.slapd import SERVICE_DN, Slapd
from tests.sources.ldap.directory import group_dn, person_dn
from tests.sources.ldap.news.hand import Hand, hand_in

pytestmark = [pytest.mark.e2e, pytest.mark.slapd]

POSIX = frozenset(sorted(STAFF)[:30])


@pytest.fixture
def slapd() -> Iterator[Slapd]:
    """A server that somebody changes."""
    with Slapd(ldif(), limits=f'limits dn.exact="{SERVICE_DN}" size=unlimited', tls=False) as server:
        yield server


@pytest.fixture
def hand(slapd: Slapd) -> Iterator[Hand]:
    """Whoever changes it."""
    with hand_in(slapd.url, slapd.admin_dn, slapd.admin_password) as made:
        yield made


@pytest.fixture
def company(tmp_path: Path, slapd: Slapd) -> Iterator[Office]:
    """The company after its first run."""
    with office(tmp_path) as made:
        made.reach(Link(slapd.url, "full_read_every: 1h, "))
        ended = made.run("sync", "--detailed-exitcode")
        assert ended.code == Exit.CHANGED, ended.text
        yield made


def reads(o: Office) -> dict[str, dict[str, object]]:
    """How the directories were read in the last run that is on record."""
    told = records_of(o, "source.read")
    return {str(record["directory"]): record for record in told if record["run"] == told[-1]["run"]}


def assert_in_sync(o: Office, *, everybody: frozenset[str] = STAFF, posix: frozenset[str] = POSIX) -> None:
    """Both groups are as the directory has them, and everything is on record."""
    assert (o.members("Everybody"), o.members("Posix")) == (everybody, posix)
    assert_evidence_is_whole(o)


def test_an_unchanged_directory_costs_one_search(company: Office) -> None:
    """Of each directory; the record says when it was read in full; Hyperproof is read as ever."""
    company.hyperproof.clear_log()
    for _ in range(2):
        ended = company.run("sync", "--detailed-exitcode")
        assert ended.code == Exit.OK
        assert "read in full at" in ended.text
        for record in reads(company).values():
            assert record["recalled"]
            assert [(one["pages"], one["entries"]) for one in record["searches"]] == [(1, 0)]  # type: ignore[attr-defined]  # JSON
    assert len(company.calls()) == 6
    assert_in_sync(company)


def test_a_change_in_the_directory_is_done_on_a_full_read(company: Office, hand: Hand) -> None:
    """Whichever way it comes: by the group, by the person, by nothing but the person's absence."""
    assert company.run("sync").code == Exit.OK
    hand.take_out(group_dn("day"), person_dn("p59"))
    assert company.run("sync", "--detailed-exitcode").code == Exit.CHANGED
    assert "recalled" not in reads(company)["corp"]
    hand.delete(person_dn("p58"))  # which the overlay refint tells nobody of
    assert company.run("sync", "--detailed-exitcode").code in {Exit.CHANGED, Exit.DOUBT}
    assert company.run("sync").code == Exit.OK
    assert_in_sync(company, everybody=STAFF - {"p58", "p59"})


def test_what_was_done_by_hand_in_hyperproof_is_undone_on_a_full_read(company: Office) -> None:
    """In both directions; the directory says nothing of it, and is read all the same."""
    assert company.run("sync").code == Exit.OK
    company.hyperproof.ui.add_members("Everybody", [f"{LEFT}@corp.example"])
    company.hyperproof.ui.remove_members("Posix", ["p00@corp.example"])
    shown = company.told("plan")
    assert {change["action"] for group in shown["groups"] for change in group["changes"]} == {
        "add members",
        "remove members",
    }
    assert all(read["recalled"] is None for read in shown["directories"])
    assert company.run("sync", "--detailed-exitcode").code == Exit.CHANGED
    assert not any("recalled" in record for record in reads(company).values())
    assert_in_sync(company)
    assert company.run("sync", "--detailed-exitcode").code == Exit.OK
    assert all("recalled" in record for record in reads(company).values())


def test_a_preview_leaves_no_trace(company: Office, hand: Hand) -> None:
    """It recalls, and reads in full where it has to; what is kept stays as it is."""
    before = kept(company)
    assert all(read["recalled"] for read in company.told("plan")["directories"])
    hand.put_in(group_dn("night"), person_dn("p00"))
    assert company.told("plan")["directories"][0]["recalled"] is None
    assert kept(company) == before


def test_reading_in_full_again_leaves_nothing_behind(company: Office, slapd: Slapd) -> None:
    """What was kept names people."""
    assert len(kept(company)) == 2
    company.reach(Link(slapd.url))
    assert company.run("sync", "--detailed-exitcode").code == Exit.OK
    assert not any("recalled" in record for record in reads(company).values())
    assert kept(company) == []


def kept(o: Office) -> list[tuple[object, ...]]:
    """All snapshots."""
    database = Database(o.database)
    with database.reading() as connection:
        rows = [tuple(row) for row in connection.execute(select(snapshots).order_by(snapshots.c.directory))]
    database.close()
    return rows


def test_a_server_that_tells_no_changes_is_read_in_full_and_named(tmp_path: Path) -> None:
    """By `check`, and by each run; nothing else is different."""
    limits = f'limits dn.exact="{SERVICE_DN}" size.soft=20 size.hard=20 size.prtotal=unlimited'
    with Slapd(ldif(), limits=limits, tls=False) as server, office(tmp_path) as o:
        o.reach(Link(server.url, "full_read_every: 1h, "))
        checked = o.run("check")
        assert checked.code == Exit.OK
        assert "is read in full in every run: 4 sizeLimitExceeded" in checked.text.replace("\n", " ")
        for _ in range(2):
            ended = o.run("sync")
            assert ended.code == Exit.OK
            assert "note: directory corp:" in ended.text
        assert not any("recalled" in record for record in reads(o).values())
        assert "is read in full in every run" in str(records_of(o, "run.finished")[-1]["notes"])
        assert_in_sync(o)


def test_an_unreachable_server_fails_as_ever(company: Office, slapd: Slapd) -> None:
    """Nothing is recalled for a directory that nobody can ask."""
    assert company.run("sync").code == Exit.OK
    slapd.stop()
    ended = company.run("sync")
    assert ended.code == Exit.UNREADABLE
    assert records_of(company, "source.failed")
    slapd.start()
    assert company.run("sync").code == Exit.OK
    assert_in_sync(company)
