"""A store or an audit file that cannot be used: exit 9 or 10, a remedy, and no change without its record."""

import json
import os
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.store.schema import REVISION
from tests.cli.befores import be_impatient, give_up_root, limit_file_size
from tests.cli.scene import Scene, deeds, scene
from tests.e2e.truth import assert_evidence_is_whole, assert_failed

pytestmark = pytest.mark.e2e


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp, where a run would add, remove and create."""
    with scene(tmp_path) as s:
        yield s


@pytest.fixture
def synced(company: Scene) -> Scene:
    """Example Corp after its first run, with somebody put in by hand since."""
    assert company.run("sync").code == Exit.OK
    company.hyperproof.ui.add_members("Compliance Managers", ["liam.walsh@example.test"])
    return company


@pytest.mark.parametrize("size", [5_000, 150_000, 320_000, 360_000, 400_000])
def test_a_full_disk_leaves_no_change_without_its_record(size: int, company: Scene) -> None:
    """Wherever the space ends; with more of it, the next run settles what was open and goes on."""
    ended = company.run("sync", before=partial(limit_file_size, size))
    assert_failed(ended, Exit.STORE, "cannot be used")
    assert bool(deeds(company)) == (size >= 320_000)
    assert company.run("sync").code == Exit.OK
    assert company.members("Compliance Managers").isdisjoint({"liam.walsh"})
    assert_evidence_is_whole(company)


def test_an_audit_file_without_room_stops_the_writing(synced: Scene) -> None:
    """The database has room, the file has not: nothing is changed whose line cannot be written."""
    before = deeds(synced)
    room = synced.database.stat().st_size + 10_000_000
    synced.audit.rename(synced.folder / "old.jsonl")
    synced.audit.symlink_to("/dev/full")
    assert_failed(synced.run("sync", before=partial(limit_file_size, room)), Exit.STORE, "audit")
    assert deeds(synced) == before
    synced.audit.unlink()
    (synced.folder / "old.jsonl").rename(synced.audit)
    assert synced.run("sync").code == Exit.OK
    assert_evidence_is_whole(synced)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"this is no database" * 500, "not a database"),
        (b"", ""),
    ],
)
def test_a_database_that_is_none_is_refused(content: bytes, said: str, synced: Scene) -> None:
    """It is neither mended nor overwritten; an empty file is a new database, which the audit file belies."""
    synced.database.write_bytes(content)
    for leftover in ("bridge.db-wal", "bridge.db-shm"):
        (synced.folder / leftover).unlink(missing_ok=True)
    before = deeds(synced)
    assert_failed(synced.run("sync"), Exit.STORE, said)
    assert deeds(synced) == before
    assert synced.database.read_bytes()[: len(content)] == content or not content


def test_a_damaged_database_is_told(synced: Scene) -> None:
    """Pages overwritten in the middle: 9 or 10, never success, and nothing is changed in Hyperproof."""
    with sqlite3.connect(synced.database) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    size = synced.database.stat().st_size
    with synced.database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    before = deeds(synced)
    assert_failed(synced.run("sync"), Exit.STORE, "restore a backup")
    assert synced.run("audit", "verify").code in {Exit.STORE, Exit.AUDIT}
    assert deeds(synced) == before


def test_a_newer_database_is_left_alone(synced: Scene) -> None:
    """One that a later version wrote is not touched by an earlier one."""
    with sqlite3.connect(synced.database) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = deeds(synced)
    for command in ("sync", "plan", "held", "audit verify"):
        assert_failed(synced.run(*command.split()), Exit.STORE, "newer version", REVISION)
    assert deeds(synced) == before


def test_a_database_that_another_program_locks_is_told(synced: Scene) -> None:
    """After a wait; nothing is changed in Hyperproof."""
    before = deeds(synced)
    database = sqlite3.connect(synced.database, isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        assert_failed(synced.run("sync", before=be_impatient), Exit.STORE, "locked")
    finally:
        database.close()
    assert deeds(synced) == before


@pytest.mark.parametrize(("name", "mode"), [("bridge.db", 0o444), ("audit.jsonl", 0o444), (".", 0o555)])
def test_what_may_not_be_written_is_told(name: str, mode: int, synced: Scene) -> None:
    """The database, the audit file, or the folder of both."""
    synced.folder.chmod(0o777)
    for path in synced.folder.iterdir():
        path.chmod(0o666)
    (synced.folder / name).chmod(mode)
    before = deeds(synced)
    assert_failed(synced.run("sync", before=give_up_root), Exit.STORE, "the bridge's user")
    assert deeds(synced) == before
    synced.folder.chmod(0o700)


def test_a_folder_in_the_place_of_a_file_is_told(company: Scene) -> None:
    """Of the database, and of the audit file."""
    company.audit.mkdir()
    assert_failed(company.run("sync"), Exit.STORE, "audit.jsonl")
    company.audit.rmdir()
    company.edit("store: {path: bridge.db}", "store: {path: absent/bridge.db}")
    assert_failed(company.run("sync"), Exit.STORE, "create its folder")
    assert deeds(company) == []


def _edit_line(s: Scene, number: int, old: str, new: str) -> None:
    lines = s.audit.read_text().splitlines(keepends=True)
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new)
    s.audit.write_text("".join(lines))


def test_an_edited_line_is_found(synced: Scene) -> None:
    """By its number, in the middle of the file and at its end; a run refuses to go on behind the latter."""
    event = next(i for i, line in enumerate(synced.audit.read_text().splitlines()) if "member.removed" in line)
    _edit_line(synced, event, "liam.walsh", "anna.smith")
    assert_failed(synced.run("audit", "verify"), Exit.AUDIT, f"record {event + 1} is changed")
    _edit_line(synced, event, "anna.smith", "liam.walsh")
    assert synced.run("audit", "verify").code == Exit.OK
    _edit_line(synced, -1, "applied", "nothing")
    assert_failed(synced.run("audit", "verify"), Exit.AUDIT, "is changed")
    assert_failed(synced.run("sync"), Exit.STORE, "see `audit verify`")


@pytest.mark.parametrize("kept", [0, 1, 10, -1])
def test_lines_cut_off_are_found(kept: int, synced: Scene) -> None:
    """A file that ends before the database is found; a verification does not mend it, the next run does."""
    lines = synced.audit.read_text().splitlines(keepends=True)
    synced.audit.write_text("".join(lines[:kept]))
    for _ in range(2):
        told = synced.told("audit", "verify")
        assert (told["sound"], "missing at the end of the file" in told["finding"]) == (False, True)


def test_a_database_cut_short_is_found(synced: Scene) -> None:
    """Records deleted from the database, its note of the end with them: the file still knows."""
    with sqlite3.connect(synced.database) as database:
        number, line = database.execute(
            "SELECT seq, line FROM audit ORDER BY seq DESC LIMIT 1 OFFSET 3"
        ).fetchone()
        database.execute("DELETE FROM audit WHERE seq > ?", (number,))
        database.execute("UPDATE audit_tips SET seq = ?, hash = ?", (number, json.loads(line)["hash"]))
    database.close()
    assert_failed(synced.run("audit", "verify"), Exit.AUDIT, f"record {number + 1}", "database")
    assert_failed(synced.run("sync"), Exit.STORE, "see `audit verify`")
