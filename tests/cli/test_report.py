"""`report`: one file for an auditor, of what the store and its chain say."""

import html
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company
from tests.cli.scene import Scene, scene

WORD = ("--by", "Ann Admin", "--reason", "ticket 4711")


@pytest.fixture(scope="module")
def corp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Example Corp after an approved mass removal, something by hand, a doubt, and something that is held."""
    with scene(tmp_path_factory.mktemp("report")) as s:
        s.run("sync", "--quiet")
        managers, directory = company.group_dn("GRC Managers"), s.ldap.directory
        directory.modify(managers, "member", [company.person_dn("Anna Smith")])
        s.run("sync", "--quiet")
        (case,) = s.told("held")
        s.run("held", "approve", case["digest"][:12], *WORD)
        s.run("sync", "--quiet")
        s.run("hyperproof", "groups", "add", "Auditors", "anna.smith@example.test", "--force", "--yes", *WORD)
        audit = [company.person_dn("Grace Lee"), company.person_dn("No Body"), company.person_dn("Mona Fischer")]
        directory.modify(company.group_dn("Internal Audit"), "member", audit)
        directory.modify(company.group_dn("hp-risk"), "member", [])
        assert s.run("sync", "--quiet").code == Exit.HELD
        s.hyperproof.clear_log()
        yield s


@pytest.fixture(scope="module")
def told(corp: Scene) -> str:
    """What stands in the report, without its marks."""
    assert corp.run("report", "--output", "whole.html").code == Exit.OK
    return words(corp.folder / "whole.html")


def words(path: Path) -> str:
    """The text of a file."""
    body = path.read_text(encoding="utf-8").partition("</style>")[2]
    apart = re.sub(r"<[^>]+>", " ", re.sub(r"</?(?:bdi|span|code|a)\b[^>]*>", "", body))
    return html.unescape(" ".join(apart.split()))


def records(s: Scene, event: str) -> list[dict[str, Any]]:
    """All records of an event."""
    found: list[dict[str, Any]] = s.told("audit", "show", "--event", event, "--limit", "1000")
    return found


def test_every_change_stands_there_with_its_record(corp: Scene, told: str) -> None:
    """As many as the chain has, each under its number; and no server was asked."""
    for event, title in (("member.added", "Put in"), ("member.removed", "Taken out")):
        found = records(corp, event)
        assert f"{title} {len(found)} " in told
        for record in found:
            assert f"{record['email']} {record['cause']}" in told
            assert f"{record['run']} #{record['seq']} " in told
    assert corp.calls() == []


def test_members_are_those_in_hyperproof(corp: Scene, told: str) -> None:
    """Each group's list, and who was there before the bridge."""
    for group in ("Auditors", "Compliance Managers", "Team risk"):
        members = corp.members(group)
        part = re.search(
            rf"{group} (?:as it should be|held|in doubt) Members by rule .*?Members: (\d+)(.*?)Changes in", told
        )
        assert part is not None
        assert int(part[1]) == len(members)
        assert all(f"{who}@example.test" in part[2] for who in members)
    assert "anna.smith@example.test not put in by the bridge" in told


def test_decisions_name_who_made_them(corp: Scene, told: str) -> None:
    """Held, approved with the reason, applied by that approval; and what is held now."""
    (approved,) = records(corp, "change.approved")
    assert "approved Compliance Managers Ann Admin: ticket 4711 (until" in told
    assert f"{approved['digest'][:12]} #{approved['seq']}" in told
    assert told.count(f"source changed; approved by Ann Admin #{approved['seq']}") == 5
    assert "source empty" in told


def test_what_was_done_by_hand_stands_apart(corp: Scene, told: str) -> None:
    """With the operator's name and reason, and the records of what was done."""
    (by_hand,) = [record for record in records(corp, "member.added") if record.get("by")]
    assert f"Ann Admin ticket 4711 Auditors: + put in anna.smith@example.test #{by_hand['seq']}" in told


def test_doubts_and_unresolved_people_say_why(corp: Scene, told: str) -> None:
    """Who it is, why, where they belong, and by which record."""
    (skip,) = [r for r in records(corp, "member.skipped") if r["kind"] == "no account"][-1:]
    assert f"no account {skip['reason']}" in told
    assert f"Auditors #{skip['seq']}" in told
    assert "no.body" in told


def test_it_is_tied_to_the_chain(corp: Scene, told: str) -> None:
    """By the number and the hash of the last record, which `audit verify` finds as well."""
    proof = corp.told("audit", "verify")
    assert f"The audit chain is sound: {proof['records']} records, all verified" in told
    assert proof["hash"] in told


def test_one_group_and_another_period(corp: Scene) -> None:
    """Only what is asked for; the days are those of a time zone."""
    ended = corp.run(
        "report", "--group", "Auditors", "--from", "2020-01-01", "--to", "2020-12-31", "--timezone", "Asia/Tokyo",
        "--output", "old.html",
    )  # fmt: skip
    assert ended.code == Exit.OK
    text = words(corp.folder / "old.html")
    assert "what changed from 2020-01-01 to 2020-12-31" in text
    assert "Asia/Tokyo" in text
    assert "Put in 0 Taken out 0" in text
    assert "Compliance Managers" not in text
    assert "The period is over" in text


def test_a_file_that_is_there_is_replaced_only_when_told(corp: Scene) -> None:
    """In one go, and for its owner alone to read; standard output takes it as well."""
    path = corp.folder / "there.html"
    path.write_text("mine")
    ended = corp.run("report", "--output", "there.html")
    assert (ended.code, path.read_text()) == (Exit.USAGE, "mine")
    assert "--force" in ended.err
    assert corp.run("report", "--output", "there.html", "--force").code == Exit.OK
    assert path.read_text().startswith("<!doctype html>")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert corp.run("report", "--output", "-").out.startswith("<!doctype html>")
    assert not list(corp.folder.glob(".there*"))


def test_nothing_beside_it_is_written_to(corp: Scene) -> None:
    """Neither what a guessed name leads to, nor where a link of its own name leads."""
    victim = corp.folder / "victim"
    victim.write_text("precious")
    for name in ("safe.html.part", "gone.html"):
        (corp.folder / name).symlink_to(victim if name != "gone.html" else "nowhere")
    assert corp.run("report", "--output", "safe.html").code == Exit.OK
    assert (victim.read_text(), (corp.folder / "safe.html").is_symlink()) == ("precious", False)
    assert corp.run("report", "--output", "gone.html").code == Exit.USAGE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2026-02-01", "--to", "2026-01-01"), "before it begins"),
        (("--from", "2199-01-01"), "yet to come"),
        (("--timezone", "Europe/Nowhere"), "no time zone"),
        (("--timezone", "../../etc/passwd"), "no time zone"),
        (("--group", "Nobody"), "No managed group Nobody"),
        (("--output", "no/such/folder/report.html"), "cannot be written"),
        (("--from", "soon"), "soon"),
    ],
)
def test_what_cannot_be_meant_is_refused(corp: Scene, arguments: tuple[str, ...], said: str) -> None:
    """Before anything is written."""
    ended = corp.run("report", *arguments)
    assert ended.code == Exit.USAGE
    assert said in ended.err
    assert not (corp.folder / "report.html").exists()


def test_a_broken_chain_is_told_in_the_report_and_by_the_code(tmp_path: Path) -> None:
    """It is made all the same, of what stands before the wrong record."""
    with scene(tmp_path) as s:
        s.run("sync", "--quiet")
        with closing(sqlite3.connect(s.database)) as database:
            database.execute("UPDATE audit SET line = replace(line, 'first sync', 'by hand') WHERE seq = 12")
            database.commit()
        ended = s.run("report")
        assert ended.code == Exit.AUDIT
        assert "BROKEN: record 12 is changed" in ended.err
        text = words(tmp_path / "report.html")
        assert "The audit chain is broken record 12 is changed" in text
        assert "records up to #11 alone" in text


def test_without_a_record_nothing_is_proved(tmp_path: Path) -> None:
    """Another organization's label finds none: that is told as `audit verify` tells it."""
    with scene(tmp_path) as s:
        s.run("sync", "--quiet")
        s.edit("apply: true", "apply: true\norganization: other")
        ended = s.run("report", "--output", "-")
        assert ended.code == s.run("audit", "verify").code == Exit.AUDIT
        assert "no record at all" in ended.err
        assert "There is no audit record" in ended.out
