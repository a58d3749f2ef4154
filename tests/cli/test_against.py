"""`plan --against`: what an edit does, by line, over one reading of both sides; and nothing is written."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from bridge.cli.exits import Exit
from bridge.clock import SystemClock
from bridge.sandbox import company
from bridge.store.store import open_evidence
from tests.cli.reviews import effects
from tests.cli.scene import Scene, scene

GRC: Final = company.group_dn("GRC Managers")

PLAIN: Final = f"""
  - name: Compliance Managers
    members: {{corp: "{GRC}"}}
  - name: Auditors
    members: {{corp: Internal Audit}}
"""


@pytest.fixture
def synced(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp with two managed groups, all done; the configuration stands in main.yaml as well."""
    with scene(tmp_path, groups=PLAIN) as s:
        assert s.run("sync").code == Exit.OK
        (tmp_path / "main.yaml").write_text(s.config.read_text())
        yield s


def review(s: Scene, against: str = "main.yaml") -> Any:  # noqa: ANN401 - whatever a command tells
    """What the edit does, for programs."""
    return s.told("plan", "--against", against)


def test_without_an_edit_nothing_differs(synced: Scene) -> None:
    """Not even where both files are laid out otherwise, with groups in another order."""
    synced.edit(
        PLAIN.strip("\n"), "\n".join(PLAIN.strip("\n").splitlines()[2:] + PLAIN.strip("\n").splitlines()[:2])
    )
    ended = synced.run("plan", "--against", "main.yaml", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["edits"], effects(told)) == (Exit.OK, [], {})


def test_whoever_loses_is_told_with_the_line_that_takes(synced: Scene) -> None:
    """The people of another directory group come in by the same line."""
    synced.edit("{corp: Internal Audit}", "{corp: External Auditors}")
    ended = synced.run("plan", "--against", "main.yaml", "--json")
    told = effects(json.loads(ended.out))
    line = next(n for n, text in enumerate(synced.config.read_text().splitlines(), 1) if "External" in text)
    by = (f"bridge.yaml:{line} groups[1].members.corp",)
    assert ended.code == Exit.LOSING
    assert told[("Auditors", "grace.lee")] == ("loses", True, by)
    assert told[("Auditors", "jonas.berg")] == ("gains", True, by)
    assert {group for group, _ in told} == {"Auditors"}


def test_what_the_directories_do_is_no_effect_of_the_edit(synced: Scene) -> None:
    """Somebody left the directory group meanwhile: it would happen without the edit, too."""
    synced.ldap.directory.modify(
        company.group_dn("Internal Audit"),
        "member",
        [company.person_dn("Grace Lee"), company.person_dn("Hugo Martin")],
    )
    synced.edit("{corp: Internal Audit}", "[{corp: Internal Audit}, {corp: External Auditors}]")
    ended = synced.run("plan", "--against", "main.yaml", "--json")
    told = json.loads(ended.out)
    assert ended.code == Exit.EDITED
    assert {effect for effect, _, _ in effects(told).values()} == {"gains"}
    assert effects(told, "directory") == {("Auditors", "ines.costa"): ("loses", True, ())}
    assert len(effects(told, "whole")) == len(effects(told)) + 1


def test_both_sides_are_read_once(synced: Scene) -> None:
    """Two configurations cost Hyperproof three calls, as one does."""
    synced.edit("{corp: Internal Audit}", "{corp: External Auditors}")
    synced.hyperproof.clear_log()
    review(synced)
    assert len(synced.calls()) == 3


def test_nothing_is_written_anywhere(synced: Scene) -> None:
    """Neither to Hyperproof nor to the store."""
    before = (synced.members("Auditors"), synced.database.read_bytes())
    synced.edit("{corp: Internal Audit}", "{corp: External Auditors}")
    assert synced.run("plan", "--against", "main.yaml").code == Exit.LOSING
    assert (synced.members("Auditors"), synced.database.read_bytes()) == before


def test_what_is_in_doubt_is_lost_perhaps_and_never_for_certain(synced: Scene) -> None:
    """The edit names a group that is not there: nobody is removed, and nobody is told as losing for certain."""
    synced.edit("{corp: Internal Audit}", "{corp: Internal Audits}")
    ended = synced.run("plan", "--against", "main.yaml", "--json")
    told = json.loads(ended.out)
    assert ended.code == Exit.LOSING
    assert {(effect, sure) for effect, sure, _ in effects(told).values()} == {("loses", False)}
    assert "may lose" in synced.run("plan", "--against", "main.yaml").out
    assert any("in doubt" in note for group in told["groups"] for note in group["notes"])


def test_a_group_that_is_managed_no_longer_keeps_its_members(synced: Scene) -> None:
    """It is said, with their number, and nobody loses."""
    members = len(synced.members("Auditors"))
    synced.edit("  - name: Auditors\n    members: {corp: Internal Audit}\n", "")
    ended = synced.run("plan", "--against", "main.yaml")
    assert ended.code == Exit.EDITED
    assert f"is no longer managed: its {members} members stay as they are" in ended.out


def test_a_group_that_is_served_no_more_is_an_edit(synced: Scene) -> None:
    """Its leavers would stay in it."""
    synced.edit("  - name: Auditors\n", "  - name: Auditors\n    id: no-such-group\n")
    ended = synced.run("plan", "--against", "main.yaml")
    assert ended.code == Exit.EDITED
    assert "cannot be served: there is no group no-such-group" in ended.out


def test_a_directory_that_is_read_otherwise_is_read_both_ways(synced: Scene) -> None:
    """Whoever counts as disabled by the edited settings loses, by the line of the directory."""
    synced.edit(
        "base_dn: dc=example,dc=test", "base_dn: dc=example,dc=test\n    schema: {disabled_filter: (sn=Lee)}"
    )
    told = effects(review(synced))
    ((effect, sure, (line,)),) = [found for (_, who), found in told.items() if who == "grace.lee"]
    assert (effect, sure, line.partition(" ")[2]) == ("loses", True, "directories.corp.schema")
    assert all("directories.corp.schema" in lines[0] for _, _, lines in told.values())


@pytest.mark.parametrize(
    ("more", "who"),
    [
        ("keep: [liam.walsh@example.test]", "keep"),
        ("ignore: [liam.walsh@example.test]", "ignore"),
        ("mode: additive", "mode"),
    ],
)
def test_whoever_is_kept_by_an_edit_is_told_with_the_key_that_keeps(more: str, who: str, tmp_path: Path) -> None:
    """The directories would have taken the membership."""
    with scene(tmp_path, groups=PLAIN) as s:
        (tmp_path / "main.yaml").write_text(s.config.read_text())
        s.edit(f'members: {{corp: "{GRC}"}}', f'members: {{corp: "{GRC}"}}\n    {more}')
        told = effects(review(s))
    effect, sure, lines = told[("Compliance Managers", "liam.walsh")]
    assert (effect, sure, [line.partition(" ")[2] for line in lines]) == ("keeps", True, [f"groups[0].{who}"])


def test_a_limit_that_lets_go_is_an_edit_that_takes(synced: Scene) -> None:
    """What was held before is not held by the edited limits: whoever is in it loses by that line."""
    synced.ldap.directory.modify(GRC, "member", [company.person_dn("Anna Smith")])
    synced.config.write_text(
        f"{synced.config.read_text()}limits:\n"
        "  removals_per_group: {percent: 100}\n"
        "  removals_per_run: {percent: 100}\n"
    )
    ended = synced.run("plan", "--against", "main.yaml", "--json")
    told = json.loads(ended.out)
    assert (ended.code, effects(told)) == (Exit.LOSING, {})
    released = effects(told, "released")
    assert released
    assert all(effect == "loses" and "limits" in lines[0] for effect, _, lines in released.values())


def test_switching_apply_on_lets_all_of_it_happen(tmp_path: Path) -> None:
    """What only was planned is done by the next run, and somebody loses by it."""
    with scene(tmp_path, groups=PLAIN) as s:
        (tmp_path / "main.yaml").write_text(s.config.read_text().replace("apply: true", "apply: false"))
        ended = s.run("plan", "--against", "main.yaml")
    assert (ended.code, "`apply` is switched on" in ended.out) == (Exit.LOSING, True)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("apply: true", "apply: false"), "`apply` is switched off"),
        (("apply: true", "apply: true\nlimits: {removals_per_run: {percent: 100}}"), "`limits` are others"),
        (
            ("apply: true", "apply: true\nlimits: {removals_per_group: {percent: 100}}"),
            "another limit of removals",
        ),
        (("apply: true", "apply: true\ndefaults: {mode: additive}"), "has the mode additive from now on"),
        (
            ("  - name: Auditors\n", "  - name: Auditors\n    keep: [member]\n"),
            "1 member is not taken out any more",
        ),
    ],
    ids=["apply", "run", "group", "mode", "keep"],
)
def test_an_edit_of_what_guards_a_group_is_one(synced: Scene, edit: tuple[str, str], said: str) -> None:
    """Though it moves nobody today: somebody who leaves would stay, or many would go at once."""
    old, new = edit
    member = min(synced.members("Auditors"))
    synced.edit(old, new.replace("member]", f"{member}@example.test]"))
    ended = synced.run("plan", "--against", "main.yaml")
    assert (ended.code, said in " ".join(ended.out.split())) == (Exit.EDITED, True)


def test_a_review_is_of_something(synced: Scene) -> None:
    """A variable that is not set, in a pipeline, is no plan that goes well."""
    ended = synced.run("plan", "--against", "")
    assert (ended.code, "--against" in ended.err) == (Exit.USAGE, True)


def test_what_cannot_be_read_is_no_review(synced: Scene) -> None:
    """A directory that does not answer says nothing about an edit."""
    synced.ldap.stop()
    ended = synced.run("plan", "--against", "main.yaml")
    assert (ended.code, "not whole" in ended.out) == (Exit.UNREADABLE, True)


def test_another_organization_is_not_compared(synced: Scene) -> None:
    """It is refused with the line."""
    synced.edit("store:", "organization: other\nstore:")
    ended = synced.run("plan", "--against", "main.yaml")
    assert (ended.code, "another organization" in ended.err) == (Exit.CONFIGURATION, True)


class TestAgainstWhatWasApplied:
    def test_an_edit_is_compared_with_what_the_last_run_applied(self, synced: Scene) -> None:
        """The file of before is not needed; lines that are gone are told as they were."""
        synced.edit("{corp: Internal Audit}", "{corp: External Auditors}\n    mode: owned")
        (synced.folder / "main.yaml").unlink()
        told = review(synced, "applied")
        assert {edit["key"] for edit in told["edits"]} == {"groups[1].members.corp", "groups[1].mode"}
        assert effects(told)[("Auditors", "jonas.berg")][0] == "gains"
        synced.edit("  - name: Compliance Managers", "  - name: Compliance People")
        gone = [edit for edit in review(synced, "applied")["edits"] if edit["file"] == "applied"]
        assert [edit["key"] for edit in gone] == ["groups[0]"]

    def test_what_was_only_planned_was_not_applied(self, tmp_path: Path) -> None:
        """And then a file has to be named."""
        with scene(tmp_path, groups=PLAIN) as s:
            s.edit("apply: true", "apply: false")
            s.run("sync")
            ended = s.run("plan", "--against", "applied")
        assert (ended.code, "--against FILE" in ended.err) == (Exit.USAGE, True)

    def test_no_secret_is_kept(self, synced: Scene) -> None:
        """The references are, as they are written."""
        with open_evidence(synced.database, "default", SystemClock().now) as store:
            text = store.load_applied() or ""
        assert "${env:DEMO_PASSWORD}" in text
        assert company.READER_PASSWORD not in text
        assert "client_secret" not in text


class TestMarkdown:
    def test_nothing_in_a_name_is_followed(self, synced: Scene) -> None:
        """Nobody is called by it, no tag and no table comes to be, and every row has its cells."""
        hostile = "@octocat | `x` <b>#1 [a](http://x)</b>"
        synced.hyperproof.organization.add_group(hostile, members=[])
        synced.edit(
            "  - name: Auditors",
            f"  - name: '{hostile}'\n    members: {{corp: Internal Audit}}\n  - name: Auditors",
        )
        said = synced.run("plan", "--against", "main.yaml", "--format", "markdown").out
        assert "octocat" in said
        assert not re.search(r"@octocat|<b>|`|\]\(|http://", said)
        tables = re.findall(r"(?:^\|.*\n)+", said, re.MULTILINE)
        assert tables
        for table in tables:
            assert len({row.count("|") for row in table.splitlines()}) == 1

    def test_it_fits_a_comment_and_says_what_it_left_out(self, tmp_path: Path) -> None:
        """However many people an edit is about."""
        with scene(tmp_path, groups=PLAIN) as s:
            names = [f"Person{n:04} Long{'g' * 40}" for n in range(900)]
            for name in names:
                s.ldap.directory.add(company.person_dn(name), company._person(name))
                s.hyperproof.organization.add_user(email=company.address(name), name=name)
            company.add_group(s.ldap.directory, "Everybody", [company.person_dn(name) for name in names])
            (tmp_path / "main.yaml").write_text(s.config.read_text())
            s.edit("{corp: Internal Audit}", "[{corp: Internal Audit}, {corp: Everybody}]")
            said = s.run("plan", "--against", "main.yaml", "--format", "markdown").out
        assert 40_000 < len(said.encode()) <= 65_536
        assert "900 gain" in said
        assert "Left out" in said
        assert said.count("<details>") == said.count("</details>") > 0


def test_one_form_is_asked_for(synced: Scene) -> None:
    """Two are a mistake; the short words mean the same as the long one."""
    assert synced.run("plan", "--json", "--format", "markdown").code == Exit.USAGE
    assert synced.run("plan", "--markdown").out.startswith("#")
    assert synced.run("plan", "--format", "json").out.startswith("{")
