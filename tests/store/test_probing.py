"""A look at the store before a run needs it."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from bridge.store.database import Database
from bridge.store.probing import LITTLE, MUCH, Seen, probe
from tests.store.stores import ACME, a_record, opened, place_in

LINE = "UPDATE audit SET line = replace(line, 'member.added', 'member.moved')"
NOTED = "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)"


def seen(folder: Path, audit_file: Path | None = None) -> list[Seen]:
    """What is seen of a folder's store."""
    with opened(folder) as store:
        return list(probe(place_in(folder), ACME, store.ledger, audit_file))


def told(found: list[Seen]) -> str:
    """All of it."""
    return "\n".join(one.text for one in found)


def recorded(folder: Path) -> None:
    """Have a record in it."""
    with opened(folder) as store:
        store.record([a_record("member.added")])


def tampered(folder: Path, statement: str) -> None:
    """Change what is kept behind the store's back."""
    database = Database(place_in(folder))
    with database.writing() as connection:
        connection.execute(text(statement))
    database.close()


@pytest.mark.parametrize("made", [False, True])
def test_a_sound_store_has_nothing_wrong(tmp_path: Path, *, made: bool) -> None:
    """With and without records."""
    if made:
        recorded(tmp_path)
    found = seen(tmp_path, tmp_path / "audit.jsonl")
    assert not [one for one in found if one.wrong or one.doubtful]
    assert ("with record 1" if made else "no audit record yet") in told(found)
    assert "no run is under way" in told(found)


@pytest.mark.parametrize("statement", [LINE, NOTED])
def test_a_chain_that_ends_otherwise_is_found(tmp_path: Path, statement: str) -> None:
    """Its last record was changed, or is gone."""
    recorded(tmp_path)
    tampered(tmp_path, statement)
    (wrong,) = [one for one in seen(tmp_path) if one.wrong]
    assert "does not end with the record noted as its last, 1" in wrong.text
    assert "audit verify" in wrong.text


def test_a_run_under_way_is_told(tmp_path: Path) -> None:
    """With who makes it; that is no fault."""
    with opened(tmp_path) as store, store.lock():
        found = seen(tmp_path)
    assert f"a run is under way: process {os.getpid()}" in told(found)
    assert not [one for one in found if one.wrong]


@pytest.mark.files
def test_what_is_not_there_yet_is_made_by_the_first_run(tmp_path: Path) -> None:
    """If its folder is there; looking makes none."""
    with opened(tmp_path) as other:
        found = list(probe(tmp_path / "new.db", ACME, other.ledger, None))
        assert "the first run makes it" in found[0].text
        assert not [one for one in found if one.wrong]
        assert not (tmp_path / "new.db").exists()
        (wrong,) = [one for one in probe(tmp_path / "no" / "new.db", ACME, other.ledger, None) if one.wrong]
    assert f"{tmp_path / 'no'} is not there" in wrong.text


def test_a_folder_that_cannot_be_written_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the audit file as well, where that is elsewhere."""
    (tmp_path / "log").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "log")
    (wrong,) = [one for one in seen(tmp_path, tmp_path / "log" / "audit.jsonl") if one.wrong]
    assert wrong.text == f"{tmp_path / 'log'} cannot be written; let the bridge's user write there"


@pytest.mark.files
@pytest.mark.parametrize(
    ("free", "doubtful", "wrong"),
    [(MUCH, False, False), (MUCH - 1, True, False), (LITTLE, True, False), (LITTLE - 1, False, True)],
)
def test_a_disk_that_fills_up_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, *, doubtful: bool, wrong: bool
) -> None:
    """In time, and as a failure when a run could end for want of room."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    (room,) = [one for one in seen(tmp_path) if "MB free" in one.text]
    assert (room.doubtful, room.wrong) == (doubtful, wrong)
