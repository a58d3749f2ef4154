"""A group whose changes nobody carries out is never told as one that is as it should be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company
from tests.cli.scene import Scene, scene
from tests.cli.test_report import words

LEAVER = "grace.lee@example.test"


@pytest.fixture
def rehearsal(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp, kept until `apply` was switched off. Then Grace left a directory group, and a run was made."""
    with scene(tmp_path) as s:
        s.run("sync", "--quiet")
        s.edit("apply: true", "apply: false")
        s.ldap.directory.remove_values(
            company.group_dn("Internal Audit"), "member", [company.person_dn("Grace Lee")]
        )
        assert s.run("sync", "--quiet").code == Exit.OK
        yield s


def report(s: Scene) -> str:
    """What stands in the report of today, without its marks."""
    s.run("report", "--output", "report.html", "--force")
    return words(s.folder / "report.html")


def test_a_report_names_who_would_be_taken_out(rehearsal: Scene) -> None:
    """At the group; and that nothing is written stands on the first lines."""
    told = report(rehearsal)
    assert "Auditors as it should be" not in told
    assert "Auditors changes pending Members by rule" in told
    pending = told.partition("Pending, as the last run planned it")[2].partition("Members:")[0]
    assert f"remove members: 1 {LEAVER}" in pending
    assert "apply: false" in told.partition("Contents")[0]
    assert "Compliance Managers as it should be" in told


def test_status_tells_of_it_until_it_is_done(rehearsal: Scene) -> None:
    """With a code of its own, so that a watch sees it."""
    ended = rehearsal.run("status")
    assert ended.code == rehearsal.run("status", "--quiet").code == Exit.PENDING
    assert ended.out.startswith("1 thing waits for you\n1. Nothing is written (`apply: false`), and 1 change is")
    assert "Auditors" in ended.out
    (pending,) = rehearsal.told("status")["pending"]
    assert pending == {
        "group": "Auditors", "mapping": "Auditors", "action": "remove members", "members": 1, "such_as": [LEAVER]
    }  # fmt: skip
    rehearsal.edit("apply: false", "apply: true")
    assert rehearsal.run("sync", "--quiet").code == Exit.OK
    assert rehearsal.run("status").code == Exit.OK
    assert rehearsal.told("status")["pending"] == []
    assert "Auditors as it should be" in report(rehearsal)


def test_a_removal_that_was_rejected_leaves_no_group_as_it_should_be(tmp_path: Path) -> None:
    """A person decided it; an auditor reads that, and whom it is about."""
    with scene(tmp_path) as s:
        s.run("sync", "--quiet")
        s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
        s.run("sync", "--quiet")
        s.run("held", "reject", s.told("held")[0]["digest"], "--by", "Ann Admin", "--reason", "they stay")
        s.run("sync", "--quiet")
        told = report(s)
        assert "Compliance Managers as it should be" not in told
        assert "Compliance Managers changes rejected Members by rule" in told
        assert "rejected by Ann Admin: they stay" in told
        assert s.run("status").code == Exit.OK
