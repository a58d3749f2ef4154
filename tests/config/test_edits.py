"""What differs between two files is told with its line, and what means the same is no difference."""

from pathlib import Path
from textwrap import dedent

import pytest

from bridge.config import Configuration, load
from bridge.config.applied import kept, restored
from bridge.config.edits import Edit, edits
from bridge.config.policy import policy
from tests.config.files import ENVIRON, HYPERPROOF, sound, written

BEFORE = """
    - name: Auditors
      members: {any: [{corp: auditors}, {corp: externals}]}
      keep: [anna@x.example]
    - name: Managers
      members: {corp: managers}
"""


def configured(folder: Path, text: str) -> Configuration:
    """The configuration of a text."""
    folder.mkdir(exist_ok=True)
    return load(written(folder, text), ENVIRON)


def edited(folder: Path, before: str, after: str) -> list[Edit]:
    """What differs between two files."""
    return list(edits(configured(folder / "before", before), configured(folder / "after", after)))


def told(found: list[Edit]) -> list[tuple[str, str, str]]:
    """Which file, key, and what was done."""
    return [(Path(edit.file).parent.name, edit.key, edit.what) for edit in found]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("managers}", "leads}", [("after", "groups[1].members.corp", "managers → leads")]),
        ("[anna@x.example]", "[bert@x.example]", [
            ("after", "groups[0].keep[0]", "added: bert@x.example"),
            ("before", "groups[0].keep[0]", "taken out: anna@x.example"),
        ]),
        ("{corp: auditors}, {corp: externals}", "{corp: externals}, {corp: auditors}", []),
        ("externals", "interns", [("after", "groups[0].members.any[1].corp", "externals → interns")]),
        (", {corp: externals}", "", [("before", "groups[0].members.any[1]", "taken out")]),
        ("    - name: Managers\n      members: {corp: managers}\n", "", [("before", "groups[1]", "taken out")]),
        ("name: Managers\n", "name: Managers\n      mode: owned\n", [("after", "groups[1].mode", "added: owned")]),
        ("name: Managers", "name: Leads", [("after", "groups[1]", "added"), ("before", "groups[1]", "taken out")]),
        ("name: Managers", "key: Managers\n      name: Leads", [
            ("after", "groups[1].key", "added: Managers"),
            ("after", "groups[1].name", "Managers → Leads"),
        ]),
    ],
)  # fmt: skip
def test_a_difference_has_its_place(
    old: str, new: str, expected: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    """In the edited file; what was taken out, in the one before."""
    assert old in BEFORE
    assert told(edited(tmp_path, sound(groups=BEFORE), sound(groups=BEFORE.replace(old, new)))) == expected


def test_a_difference_has_its_line(tmp_path: Path) -> None:
    """As an editor counts them."""
    after = sound(groups=BEFORE.replace("managers}", "leads}"))
    (edit,) = edited(tmp_path, sound(groups=BEFORE), after)
    assert "leads" in after.splitlines()[edit.line - 1]
    assert edit.entries == {"Managers"}


def test_the_order_of_groups_is_no_difference(tmp_path: Path) -> None:
    """Nor is it where one of them is edited as well."""
    auditors, _, managers = dedent(BEFORE).strip("\n").rpartition("- name: Managers")
    swapped = f"- name: Managers{managers}\n{auditors}"
    assert edited(tmp_path, sound(groups=BEFORE), sound(groups=swapped)) == []
    (edit,) = edited(tmp_path, sound(groups=BEFORE), sound(groups=swapped.replace("externals", "interns")))
    assert edit.key == "groups[1].members.any[1].corp"
    assert edit.entries == {"Auditors"}


def test_true_is_no_number(tmp_path: Path) -> None:
    """A flag that is switched is a difference, also to what counts as equal elsewhere."""
    (edit,) = edited(tmp_path, sound(more="apply: false"), sound(more="apply: true"))
    assert (edit.key, edit.what) == ("apply", "false → true")


def test_what_reaches_systems_is_told_without_its_value(tmp_path: Path) -> None:
    """Somebody may have put into an address what nobody but its owner should see."""
    after = sound().replace("ldaps://ldap.corp.example", "ldaps://secret-name.corp.example")
    found = edited(tmp_path, sound(), after)
    assert {edit.place[0] for edit in found} == {"directories"}
    assert not any("secret-name" in edit.what for edit in found)


class TestKept:
    def test_it_is_the_same_configuration_again(self, tmp_path: Path) -> None:
        """With the lines that it had, and nothing to tell apart from it."""
        text = sound(groups=BEFORE, more="limits:\n  removals_per_run: {count: 7}\napply: true")
        one = configured(tmp_path / "one", text)
        again = restored(kept(one), one, ENVIRON)
        assert list(edits(again, one)) == []
        assert policy(again).config_hash == policy(one).config_hash
        assert again.apply
        assert again.document.line(("groups", 1)) == one.document.line(("groups", 1))

    def test_no_secret_is_in_it(self, tmp_path: Path) -> None:
        """Neither what references lead to, nor comments, nor the sections that reach other systems."""
        more = "# hunter2\nweb: {listen: '127.0.0.1:9999'}\n"
        text = kept(configured(tmp_path / "one", sound(more=more)))
        assert "${env:PASSWORD}" in text
        assert not any(word in text for word in (*ENVIRON.values(), "hunter2", "9999", "client_id"))

    def test_it_needs_no_more_than_what_is_there_now(self, tmp_path: Path) -> None:
        """How Hyperproof is reached is taken from the configuration that it is compared with."""
        before = configured(tmp_path / "one", sound())
        moved = HYPERPROOF.replace("CLIENT_ID", "OTHER_ID")
        now = load(written(tmp_path, sound(hyperproof=moved)), {**ENVIRON, "OTHER_ID": "f" * 32})
        again = restored(kept(before), now, {**ENVIRON, "OTHER_ID": "f" * 32})
        assert again.hyperproof.client_id == "f" * 32

    def test_a_group_finds_its_job_again(self, tmp_path: Path) -> None:
        """The jobs that groups name are kept with them."""
        groups = BEFORE.replace("name: Managers\n", "name: Managers\n      job: nightly\n")
        one = configured(tmp_path / "one", sound(groups=groups, more="schedule:\n  jobs: {nightly: {every: 24h}}"))
        assert list(edits(restored(kept(one), one, ENVIRON), one)) == []
