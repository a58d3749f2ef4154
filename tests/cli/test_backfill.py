"""`backfill` leaves a report; that it can is found out before the run."""

import json
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from tests.cli.scene import deeds, scene


def test_the_report_tells_of_every_deed(tmp_path: Path) -> None:
    """As the evidence does, with the run's own figures; nothing half-written stays beside it."""
    with scene(tmp_path) as s:
        ended = s.run("backfill", "--report", "report.json")
        assert ended.out.endswith("report: report.json\n")
        report = json.loads((tmp_path / "report.json").read_text())
        assert sum(report["done"].values()) == len(deeds(s)) == len(report["records"])
    assert (report["outcome"], len(report["runs"])) == ("changes applied", 1)
    assert report["counts"]["added"] == report["done"]["member.added"]
    assert [path.name for path in tmp_path.glob(".*.json.*")] == []


@pytest.mark.parametrize("path", [".", "absent/report.json", "bridge.yaml/report.json"])
def test_a_report_that_cannot_be_written_stops_the_run_before_it_begins(path: str, tmp_path: Path) -> None:
    """Nothing is read, nothing is changed, no database is made."""
    with scene(tmp_path) as s:
        ended = s.run("backfill", "--report", path)
        assert (ended.code, ended.out) == (Exit.USAGE, "")
        assert "--report" in ended.err
        assert s.calls() == []
        assert not s.database.exists()


def test_an_idle_run_costs_three_calls(tmp_path: Path) -> None:
    """With five managed groups as with one: users, groups, members, and nothing else."""
    names = ("GRC Managers", "GRC Europe", "Internal Audit", "External Auditors", "hp-risk")
    groups = "".join(f"  - {{name: {name}, create: true, members: {{corp: {name}}}}}\n" for name in names)
    with scene(tmp_path, groups=groups) as s:
        assert s.run("backfill", "--detailed-exitcode").code == Exit.CHANGED
        for command in ("sync", "backfill"):
            s.hyperproof.clear_log()
            assert s.run(command, "--detailed-exitcode").code == Exit.OK
            assert sorted(s.calls()) == [("GET", "/groups"), ("GET", "/groups/users"), ("GET", "/users")]
