"""What commands print: tables for people, JSON for programs, and nothing that a name could forge."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company
from tests.cli.scene import Scene, scene

RUN_KEYS: Final = {
    "run", "outcome", "applied", "plan", "counts", "refusal", "lost", "notes", "id_space", "directories", "groups",
    "held", "not_done",
}  # fmt: skip
GROUP_KEYS: Final = {"key", "name", "group_id", "size", "changes", "doubts", "skips"}
MEMBER_KEYS: Final = {"account", "email", "cause", "people"}

HOSTILE: Final = "[red]e|vil[/red] `x` <b>\x1b[31m\x07\r\n| forged |\u202e\u2028"
"""Markup, a cell's end, code, a tag, terminal sequences, new lines, and a turn of the writing direction."""

ESCAPES: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("command", ["plan", "sync", "backfill"])
def test_a_run_tells_programs_everything(command: str, tmp_path: Path) -> None:
    """One JSON object whose keys are only ever added, with every change and its cause."""
    with scene(tmp_path) as s:
        told = s.told(command)
    assert set(told) >= RUN_KEYS
    assert told["outcome"] == ("changes pending" if command == "plan" else "changes applied")
    assert all(set(group) >= GROUP_KEYS for group in told["groups"])
    members = [m for g in told["groups"] for c in g["changes"] for m in c.get("members", ())]
    assert all(set(member) >= MEMBER_KEYS for member in members)
    assert {member["cause"] for member in members} == {"first sync"}
    assert sum("liam.walsh" in str(member["email"]) for member in members) == 1


def test_a_job_without_a_name_is_none(tmp_path: Path) -> None:
    """A variable that is not set, in a crontab, does not write all managed groups."""
    with scene(tmp_path) as s:
        ended = s.run("sync", "--job", "")
        assert (ended.code, "There is no job ''" in ended.err) == (Exit.USAGE, True)


def test_what_waits_for_its_job_is_told(tmp_path: Path) -> None:
    """Nothing to do for this job is not nothing to do."""
    with scene(tmp_path) as s:
        text = s.config.read_text().replace("  - name:", "  - job: nightly\n    name:")
        s.config.write_text(f"{text}schedule: {{every: 15m, jobs: {{nightly: {{cron: '30 2 * * *'}}}}}}\n")
        ended = s.run("sync", "--job", "main")
        assert (ended.code, "waiting for a run of their job" in ended.out) == (Exit.OK, True)


@pytest.mark.parametrize("command", ["sync", "backfill"])
def test_records_and_a_report_are_not_mixed(command: str, tmp_path: Path) -> None:
    """Both on standard output, no program could part them: it is refused before anything is done."""
    with scene(tmp_path) as s:
        s.edit("audit: {file: audit.jsonl}", "audit: {stdout: true}")
        ended = s.run(command, "--json")
        assert (ended.code, "audit.stdout" in ended.err) == (Exit.USAGE, True)
        assert s.calls() == []


@pytest.mark.parametrize("form", ["ocsf", "cef"])
def test_records_go_out_in_the_form_that_a_siem_reads(form: str, tmp_path: Path) -> None:
    """On standard output; the file keeps the lines by which the chain is verified."""
    with scene(tmp_path) as s:
        s.edit("audit: {file: audit.jsonl}", f"audit: {{file: audit.jsonl, stdout: true, stdout_format: {form}}}")
        out = s.run("sync").out
        s.edit("stdout: true, ", "")
        assert out == s.run("audit", "export", "--format", form).out
        assert len(out.splitlines()) == len(s.audit.read_text().splitlines()) > 10
        assert s.run("audit", "verify").code == Exit.OK


def test_a_check_tells_programs_every_finding(tmp_path: Path) -> None:
    """With its part, its level and its text; failures too."""
    with scene(tmp_path) as s:
        s.ldap.stop()
        told = s.told("check")
    assert all(set(found) == {"part", "level", "text"} for found in told)
    assert {found["level"] for found in told if found["part"] == "directory corp"} == {"failed"}
    assert {found["level"] for found in told if found["part"] in {"store", "hyperproof"}} == {"ok"}
    assert {found["part"] for found in told} > {"configuration", "store"}


@pytest.mark.parametrize("level", ["debug", "info"])
def test_what_is_printed_for_programs_is_nothing_else(level: str, tmp_path: Path) -> None:
    """Logs go to standard error, whatever their level: standard output can be parsed."""
    with scene(tmp_path) as s:
        s.edit("apply: true", f"apply: true\nlog: {{level: {level}}}")
        for command in ("check", "plan", "sync", "held"):
            ended = s.run(command, "--json")
            json.loads(ended.out)
            assert ("call.finished" in ended.err) == (level == "debug" and command != "held")


def test_there_is_no_colour_in_a_pipe(tmp_path: Path) -> None:
    """No escape sequence is printed where nobody looks."""
    with scene(tmp_path) as s:
        s.run("sync")
        s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
        for command in ("check", "plan", "sync", "held", "audit show", "audit verify", "--help", "sync --help"):
            assert "\x1b" not in s.run(*command.split()).text


def test_quiet_prints_nothing_but_what_is_wrong(tmp_path: Path) -> None:
    """Of a run that went well not a word; of one that did not, standard error says what is the matter."""
    with scene(tmp_path) as s:
        assert s.run("sync", "--quiet").text == ""
        ghost = company.person_dn("No Body")
        s.ldap.directory.add_values(company.group_dn("Internal Audit"), "member", [ghost])
        doubtful = s.run("sync", "--quiet")
        s.ldap.stop()
        unread = s.run("sync", "--quiet")
    assert (doubtful.out, unread.out) == ("", "")
    assert "uid=no.body" in doubtful.err
    assert "directory corp: unreadable" in unread.err


def _hostile(s: Scene) -> None:
    """Put a name that forges into every place where names come from."""
    group = s.hyperproof.organization.find_group("Auditors")
    users = {user.email: user for user in s.hyperproof.organization.users}
    s.hyperproof.organization.rename_group(group.id, HOSTILE, actor="ui")
    evil = s.hyperproof.organization.add_user(email=HOSTILE, name=HOSTILE)
    s.hyperproof.organization.add_members(
        group.id, [evil.user_id, users["liam.walsh@example.test"].user_id], actor="ui"
    )
    dn = f"uid=evil,ou=People,{company.BASE}"
    person = {"objectClass": ["inetOrgPerson"], "cn": [HOSTILE], "sn": ["x"], "uid": ["evil"], "mail": [HOSTILE]}
    s.ldap.directory.add(dn, person)
    s.ldap.directory.add_values(company.group_dn("Internal Audit"), "member", [dn])
    s.edit("  - name: Auditors\n", f"  - name: Auditors\n    id: {group.id}\n")


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A world of hostile names, after a run that recorded them and changed nothing."""
    with scene(tmp_path_factory.mktemp("forged")) as s:
        _hostile(s)
        s.edit("apply: true", "apply: false")
        s.run("sync")
        yield s


@pytest.mark.parametrize("command", ["check", "plan", "plan --markdown", "sync"])
def test_no_name_can_forge_what_is_printed(command: str, forged: Scene) -> None:
    """No control character and no turn of direction gets out, and no name begins a line of its own."""
    said = forged.run(*command.split()).text
    assert ("e|vil" in said.replace("&#124;", "|")) == (command != "check")
    assert ESCAPES.findall(said) == []
    assert not any(line.lstrip().startswith("| forged") for line in said.splitlines())


def test_no_name_can_forge_the_evidence_as_shown(tmp_path: Path) -> None:
    """The hostile address of an account that was taken out is shown, and does no harm."""
    with scene(tmp_path) as s:
        _hostile(s)
        s.run("sync")
        said = s.run("audit", "show", "--event", "member.removed").out
    assert "e|vil" in said
    assert ESCAPES.findall(said) == []


def test_no_name_can_break_a_markdown_table(forged: Scene) -> None:
    """Every row has as many cells as its head; no tag and no code is left alive."""
    said = forged.run("plan", "--markdown").out
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {5, 6}
    assert "e&#124;vil" in said
    assert "<b>" not in said
    assert "&#96;x&#96;" in said


def test_markup_is_not_followed_in_a_table(forged: Scene) -> None:
    """A name in brackets is a name."""
    assert "[red]" in forged.run("plan").out


def test_no_name_can_forge_an_error(tmp_path: Path) -> None:
    """What is said of somebody stays on its line, and colours nothing."""
    with scene(tmp_path) as s:
        said = s.run("explain", f"nobody{HOSTILE}").err
        assert not ESCAPES.search(said.removesuffix("\n"))


def test_json_is_json_where_the_output_holds_ascii_alone(tmp_path: Path) -> None:
    """As in a container without a locale."""
    with scene(tmp_path) as s:
        s.hyperproof.organization.add_user(email="zoë@example.test")
        s.environ |= {"PYTHONIOENCODING": "ascii"}
        assert "zoë@example.test" in {user["email"] for user in s.told("hyperproof", "users", "list")}


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_stops_nothing(closed: str, tmp_path: Path) -> None:
    """And no file that is opened takes its place."""
    with scene(tmp_path) as s:
        command = f"{Path(sys.executable).parent}/hyperproof-bridge sync --quiet {closed}"
        ended = subprocess.run(["/bin/sh", "-c", command], env=s.environ, cwd=s.folder, check=False, timeout=60)
        assert ended.returncode == s.run("sync").code
        assert s.run("audit", "verify").code == Exit.OK


def test_a_name_that_is_no_unicode_stops_nothing(tmp_path: Path) -> None:
    """Half a surrogate pair, as JSON can carry one, is printed as its escape."""
    with scene(tmp_path) as s:
        half = s.hyperproof.organization.add_user(email="half\ud800@example.test")
        s.hyperproof.ui.add_members("Auditors", [half.id])
        told: list[Any] = [s.run("plan", *form.split()) for form in ("", "--json", "--markdown")]
        assert [ended.code for ended in told] == [0, 0, 0]
        assert all("\\ud800" in ended.out.replace("&#92;", "\\") for ended in told)
