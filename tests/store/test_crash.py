"""Processes that are killed, and processes that write at the same time."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridge.audit.verify import verify_both
from bridge.core.journal import Effects
from tests.store.stores import a_record, events, opened

pytestmark = pytest.mark.e2e

WRITER = [sys.executable, "-m", "tests.store.writer"]


def start(folder: Path, name: str, *count: str) -> subprocess.Popen[str]:
    """A process that writes."""
    return subprocess.Popen([*WRITER, str(folder), name, *count], stdout=subprocess.PIPE, text=True)


def killed_after(folder: Path, name: str, outcomes: int) -> list[str]:
    """What a writer was told is on disk, before it was killed in the middle of its next write."""
    process = start(folder, name)
    assert process.stdout
    told = [process.stdout.readline().strip() for _ in range(outcomes)]
    process.kill()
    told += process.stdout.read().split("\n")[:-1]  # the last piece may be half a line
    process.wait(timeout=30)
    process.stdout.close()
    return told


def recorded(lines: Sequence[str]) -> list[str]:
    """The intents that the evidence tells of, three records each, in order."""
    intents = [json.loads(line)["intent"] for line in lines]
    assert intents[::3] == intents[1::3] == intents[2::3]
    return intents[::3]


@pytest.mark.files
def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Over and over: outcomes are whole, none is lost; an open intent is found; chain and file are sound."""
    dice = random.Random(7)  # noqa: S311 - the same five deaths in every run of the test
    told: list[str] = []
    for life in range(5):
        told += killed_after(tmp_path, f"life{life}", dice.randrange(1, 12))
        with opened(tmp_path, file=True) as store:
            done = recorded(events(store))
            open_intents = store.load_intents()
            assert set(told) <= set(done)
            assert len(done) <= len(told) + life + 1
            assert not {intent.id for intent in open_intents} & set(done)
            for intent in open_intents:
                store.record_outcome(intent, Effects(), [a_record(intent=intent.id) for _ in range(3)])
            assert verify_both(store.ledger, [tmp_path / "audit.jsonl"]).finding is None
            told = recorded(events(store))


def test_two_processes_write_one_chain(tmp_path: Path) -> None:
    """Numbers are taken under the lock, and the file follows the database, whoever writes."""
    with opened(tmp_path, file=True):
        pass  # made by one of them, not by both
    writers = [start(tmp_path, name, "40") for name in ("one", "other")]
    for writer in writers:
        assert writer.communicate(timeout=100)[0].count("\n") == 40
        assert writer.returncode == 0
    with opened(tmp_path, file=True) as store:
        assert sorted(recorded_in_any_order(events(store))) == sorted(
            f"{name}-{n}" for name in ("one", "other") for n in range(40)
        )
        assert verify_both(store.ledger, [tmp_path / "audit.jsonl"]).tip.seq == 240


def recorded_in_any_order(lines: Sequence[str]) -> set[str]:
    """The intents that the evidence tells of."""
    return {json.loads(line)["intent"] for line in lines}


def test_two_processes_may_make_the_database_at_once(tmp_path: Path) -> None:
    """One migrates, the other waits and finds it done."""
    writers = [start(tmp_path, name, "1") for name in ("one", "other")]
    for writer in writers:
        assert writer.communicate(timeout=100)[0].count("\n") == 1
        assert writer.returncode == 0
