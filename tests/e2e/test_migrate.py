"""A company moves its store into PostgreSQL, by the command, and goes on there."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from tests.cli.scene import Scene, deeds, scene
from tests.e2e.truth import assert_failed
from tests.servers.postgres import Postgres

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]


@pytest.fixture
def company(tmp_path: Path, postgres: Postgres) -> Iterator[Scene]:
    """Example Corp after a run with SQLite, with a configuration that names a server by now."""
    with scene(tmp_path) as s:
        assert s.run("sync").code == Exit.OK
        s.environ["STORE_URL"] = postgres.url()
        s.edit("{path: bridge.db}", "{url: '${env:STORE_URL}'}")
        yield s


def test_the_evidence_goes_on_in_the_new_database(company: Scene) -> None:
    """Proved before and after; the next run knows all, adds its records, and the audit file fits both."""
    assert_failed(company.run("audit", "verify"), Exit.STORE, "There is no database postgresql://bridge@")
    before = company.audit.read_text()
    ended = company.run("store", "migrate", "--from", "bridge.db")
    assert ended.code == Exit.OK, ended.text
    assert f"default: {before.count(chr(10))} records, sound" in ended.out
    done = deeds(company)
    assert company.run("sync", "--detailed-exitcode").code == Exit.OK
    assert deeds(company) == done
    told = company.told("audit", "verify")
    assert told["sound"]
    assert told["records"] > before.count("\n")
    assert company.audit.read_text().startswith(before)
    assert_failed(company.run("store", "migrate", "--from", "bridge.db"), Exit.STORE, "taken over into postgresql")
    company.edit("{url: '${env:STORE_URL}'}", "{path: bridge.db}")
    for command in (["sync"], ["status"], ["audit", "verify"]):
        assert_failed(company.run(*command), Exit.STORE, "taken over into postgresql", "under `store`")


def test_a_broken_chain_is_not_taken_over(company: Scene) -> None:
    """It ends with 10, names the record, and leaves the new database empty."""
    with sqlite3.connect(company.database) as database:
        database.execute("UPDATE audit SET line = replace(line, 'member.added', 'member.moved')")
    database.close()
    told = company.run("store", "migrate", "--from", "bridge.db")
    assert_failed(told, Exit.AUDIT, "BROKEN", "nothing was taken over")
    assert company.told("store", "migrate", "--from", "bridge.db")["moved"] is False
