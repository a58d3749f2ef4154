"""What commands say about what to do next."""

from pathlib import Path

from bridge.sandbox import company
from tests.cli.scene import scene


def test_a_check_without_failures_leads_on(tmp_path: Path) -> None:
    """To the plan; with failures to mending them."""
    with scene(tmp_path) as s:
        assert "see `plan`" in s.run("check").out
        s.ldap.stop()
        assert "check again" in s.run("check").out


def test_a_sync_that_may_not_write_says_why(tmp_path: Path) -> None:
    """Its report would look as if something was done."""
    with scene(tmp_path) as s:
        assert "apply: true" not in s.run("sync").out
        s.edit("apply: true", "apply: false")
        assert "the configuration does not say `apply: true`" in s.run("sync").out
        assert "apply: true" not in s.run("sync", "--quiet").text


def test_a_plan_names_whom_it_holds(tmp_path: Path) -> None:
    """Before anything is noted, for people and for a review; rejected removals are not counted as held."""
    with scene(tmp_path) as s:
        s.run("sync")
        s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
        planned = s.run("plan").out
        assert "emil.novak@example.test" in planned
        assert "`held approve`" in planned
        assert "emil.novak&#64;example.test" in s.run("plan", "--markdown").out
        s.run("sync")
        digest = s.told("held")[0]["digest"]
        s.run("held", "reject", digest, "--reason", "the script was wrong")
        assert "nothing to do: 5 rejected" in s.run("sync").out


def test_a_search_that_finds_nothing_says_so(tmp_path: Path) -> None:
    """An empty table might be a fault of the table."""
    with scene(tmp_path) as s:
        s.run("sync")
        assert s.run("audit", "show", "--person", "nobody@example.test").out == "no record is like that\n"
