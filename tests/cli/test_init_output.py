"""The file that init writes: whole or not at all, and never over another one."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from bridge.cli.options import DEFAULT_CONFIG
from bridge.cli.output_file import refuse_unwritable
from bridge.cli.setup.output import places, write
from bridge.config.document import read_document
from bridge.config.writing import Draft, Written
from bridge.errors import BridgeError

DRAFT = Draft({"region": "us"}, {"corp": {"type": "ldap"}}, (Written({"name": "Auditors"}),))


@dataclass(frozen=True)
class Interrupted(Draft):
    """A draft in whose midst somebody presses Ctrl-C."""

    def text(self) -> NoReturn:
        raise KeyboardInterrupt


def test_it_says_what_it_was_told_to_its_owner_alone(tmp_path: Path) -> None:
    """And nothing else lies beside it."""
    path = tmp_path / "bridge.yaml"
    write(path, DRAFT, force=False)
    assert read_document(path).data == DRAFT.data
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_came_meanwhile_is_left(tmp_path: Path) -> None:
    """Somebody else may have written it while questions were answered."""
    path = tmp_path / "bridge.yaml"
    refuse_unwritable(path, force=False)
    path.write_text("precious")
    with pytest.raises(BridgeError, match="come meanwhile"):
        write(path, DRAFT, force=False)
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("force", [False, True])
def test_an_interruption_leaves_everything_as_it_was(tmp_path: Path, *, force: bool) -> None:
    """No part of a file, and the old one whole."""
    path = tmp_path / "bridge.yaml"
    if force:
        path.write_text("precious")
    with pytest.raises(KeyboardInterrupt):
        write(path, Interrupted(DRAFT.hyperproof, DRAFT.directories, DRAFT.groups), force=force)
    assert [one.read_text() for one in tmp_path.iterdir()] == (["precious"] if force else [])


def test_looking_whether_it_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    """Not even for a moment: the trial has no name."""
    refuse_unwritable(tmp_path / "bridge.yaml", force=False)
    assert list(tmp_path.iterdir()) == []


def test_a_service_keeps_its_memory_where_services_do(tmp_path: Path) -> None:
    """By the folder of its configuration; elsewhere everything lies together."""
    assert places(tmp_path / "bridge.yaml") == ({"path": "bridge.db"}, {"file": "audit.jsonl"})
    store, audit = places(DEFAULT_CONFIG)
    assert store["path"] == "/var/lib/hyperproof-bridge/bridge.db"
    assert audit["file"] == "/var/log/hyperproof-bridge/audit.jsonl"
