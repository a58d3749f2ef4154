"""quarantine: what keeps failing is listed with its cause, and let out by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox.hyperproof import Act, Fault, json_answer
from tests.cli.scene import Scene, scene


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp after three runs in which a group could not be made."""
    with scene(tmp_path) as s:
        refusal = json_answer({"message": "no"}, 400)
        s.hyperproof.faults.add(Fault(Act.ANSWER, method="POST", path="/groups$", count=0, answer=refusal))
        for _ in range(3):
            assert s.run("sync", "--quiet").code == Exit.PARTLY_FAILED
        yield s


def test_it_is_listed(failing: Scene) -> None:
    """For people and for programs, and as left undone in each report."""
    (listed,) = failing.told("quarantine")
    assert (listed["group"], listed["runs"]) == ("Team risk", 3)
    assert listed["next_try"] > listed["since"]
    text = failing.run("quarantine").out
    assert all(word in text for word in ("Team risk", "400", listed["mapping"]))
    ended = failing.run("sync")
    assert ended.code == Exit.PARTLY_FAILED
    assert "in quarantine" in ended.out


def test_it_is_let_out(failing: Scene) -> None:
    """By the group's name; the next run tries it, and nothing is in quarantine any more."""
    failing.hyperproof.faults.clear()
    assert failing.run("sync").code == Exit.PARTLY_FAILED
    words = ("quarantine", "release", "Team risk", "--by", "Ann Smith", "--reason", "permission granted")
    assert "released" in failing.run(*words).out
    (record,) = failing.told("audit", "show", "--event", "mapping.released")
    assert (record["group"], record["by"], record["reason"]) == ("Team risk", "Ann Smith", "permission granted")
    assert (record["failed_runs"], "400" in record["failure"]) == (3, True)
    assert failing.run("audit", "verify").code == Exit.OK
    assert failing.run("sync").code == Exit.OK
    assert failing.run("quarantine").out == "nothing is in quarantine\n"
    assert failing.members("Team risk") == {"anna.smith", "grace.lee"}


def test_no_store_is_made_to_let_something_out(tmp_path: Path) -> None:
    """One that is not there is not the one that was meant."""
    with scene(tmp_path) as s:
        assert s.run("quarantine", "release", "Team risk").code == Exit.STORE
        assert not (tmp_path / "bridge.db").exists()


def test_what_is_not_in_it_cannot_be_let_out(failing: Scene) -> None:
    """It says where to look; options before the command's name are refused, as with `held`."""
    ended = failing.run("quarantine", "release", "Auditors")
    assert ended.code == Exit.USAGE
    assert "No mapping Auditors is in quarantine; see `quarantine`" in ended.err
    assert failing.run("quarantine", "--config", "bridge.yaml", "release", "Team risk").code == Exit.USAGE
