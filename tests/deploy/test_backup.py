"""Backup and restore by the very commands of docs/operations.md."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from tests.cli.scene import Scene, scene
from tests.e2e.truth import assert_failed

pytestmark = pytest.mark.e2e

PAGE = Path("docs/operations.md").read_text().partition("## Backup and restore")[2]
BACKUP, RESTORE = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp after a run, a backup, and a further run that has changed something."""
    with scene(tmp_path) as s:
        assert s.run("sync").code == Exit.OK
        follow(s, BACKUP)
        s.hyperproof.ui.add_members("Compliance Managers", ["liam.walsh@example.test"])
        assert s.run("sync").code == Exit.OK
        yield s


def follow(s: Scene, commands: str) -> None:
    """Do what the page says, where things are in this scene; our own command as in every test."""
    text = commands.replace("/var/lib/hyperproof-bridge", str(s.folder))
    text = text.replace("/var/log/hyperproof-bridge", str(s.folder))
    ours = [line for line in text.splitlines() if line.startswith("hyperproof-bridge ")]
    others = "\n".join(line for line in text.splitlines() if line not in ours)
    subprocess.run(("sh", "-euc", others), check=True)
    for line in ours:
        ended = s.run(*line.split()[1:])
        assert ended.code == Exit.OK, ended.text


def test_what_was_restored_is_whole_and_goes_on(company: Scene) -> None:
    """The chain is sound, runs are made, and the file that was kept proves what was done in between."""
    follow(company, RESTORE)
    assert company.run("audit", "verify").code == Exit.OK
    assert company.run("sync").code == Exit.OK
    assert company.run("audit", "verify").code == Exit.OK
    kept = company.run("audit", "verify", "--file-only", "--file", "audit-until-restore.jsonl")
    assert kept.code == Exit.OK, kept.text
    assert "liam.walsh" not in company.members("Compliance Managers")


def test_a_file_ahead_of_the_database_is_refused(company: Scene) -> None:
    """An older database with the newer file beside it: no run, and the record that is missing is named."""
    follow(company, "\n".join(line for line in RESTORE.splitlines() if "audit" not in line))
    assert_failed(company.run("sync"), Exit.STORE, "comes from a backup")
    assert_failed(company.run("audit", "verify"), Exit.AUDIT, "missing at the end of the database")
