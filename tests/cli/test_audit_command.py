"""`audit`: records are found, proved and handed out."""

import csv
import io
import json
import stat
from collections.abc import Iterator

import pytest

from bridge.cli.exits import Exit
from tests.cli.scene import Scene, scene


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An organization after two runs. It is only looked at."""
    with scene(tmp_path_factory.mktemp("kept")) as s:
        s.run("sync")
        s.hyperproof.ui.add_members("Compliance Managers", ["liam.walsh@example.test"])
        s.run("sync")
        yield s


def _events(s: Scene, *filters: str) -> list[str]:
    return [record["event"] for record in s.told("audit", "show", *filters)]


def test_records_are_found_by_what_they_are_about(kept: Scene) -> None:
    """By event or noun, group, person, run and time; filters narrow each other down."""
    assert set(_events(kept, "--event", "member")) == {"member.added", "member.removed", "member.skipped"}
    assert _events(kept, "--event", "member.removed") == ["member.removed"] * 2
    assert _events(kept, "--person", "Liam.Walsh@example.test", "--event", "member.") == ["member.removed"] * 2
    assert _events(kept, "--group", "Team risk", "--event", "group.created") == ["group.created"]
    first, second = (record["run"] for record in kept.told("audit", "show", "--event", "run.started"))
    assert _events(kept, "--run", second, "--event", "member") == ["member.removed"]
    (started,) = (r["at"] for r in kept.told("audit", "show", "--run", second, "--event", "run.started"))
    assert len(_events(kept, "--since", started, "--event", "run.started")) == 1
    assert len(_events(kept, "--until", started, "--event", "run.started")) == 1
    assert _events(kept, "--run", first, "--until", "2020-01-01") == []
    assert len(_events(kept, "--limit", "3")) == 3
    assert _events(kept, "--event", "mem") == []


def test_a_moment_with_an_offset_is_that_moment(kept: Scene) -> None:
    """It is not taken for UTC."""
    assert _events(kept, "--since", "2126-01-01T00:30:00+01:00") == []
    assert _events(kept, "--until", "2126-01-01T00:30:00+01:00") != []


def test_the_lines_are_handed_out_as_they_were_sealed(kept: Scene) -> None:
    """To standard output and to a file, which verifies alone."""
    exported = kept.run("audit", "export")
    assert exported.out == kept.audit.read_text()
    assert kept.run("audit", "export", "--output", "out.jsonl").out == ""
    told = kept.told("audit", "verify", "--file", "out.jsonl", "--file-only")
    assert (told["sound"], told["records"]) == (True, len(exported.out.splitlines()))


@pytest.mark.parametrize("command", [("audit", "export"), ("report",)], ids=" ".join)
def test_memory_and_evidence_are_never_written_over(kept: Scene, command: tuple[str, ...]) -> None:
    """Not even when told to, nor by another name; and any other file only when told to."""
    (kept.folder / "link.jsonl").symlink_to(kept.audit)
    before = {path: path.read_bytes() for path in (kept.audit, kept.folder / "bridge.db")}
    for name in ("audit.jsonl", "link.jsonl", "bridge.db"):
        for force in ((), ("--force",)):
            ended = kept.run(*command, "--output", name, *force)
            assert (ended.code, "the bridge's own" in ended.err) == (Exit.USAGE, True)
    assert {path: path.read_bytes() for path in before} == before
    (kept.folder / "link.jsonl").unlink()
    mine = kept.folder / "mine"
    mine.write_text("precious")
    ended = kept.run(*command, "--output", "mine")
    assert (ended.code, "--force" in ended.err, mine.read_text()) == (Exit.USAGE, True, "precious")
    assert kept.run(*command, "--output", "mine", "--force").code == Exit.OK
    assert stat.S_IMODE(mine.stat().st_mode) == 0o600


def test_a_table_is_handed_out(kept: Scene) -> None:
    """With one row for each record that the filters let through."""
    rows = list(
        csv.DictReader(
            io.StringIO(kept.run("audit", "export", "--format", "csv", "--event", "member.removed").out)
        )
    )
    assert [row["email"] for row in rows] == ["liam.walsh@example.test"] * 2


def test_events_are_handed_out_for_a_siem(kept: Scene) -> None:
    """One line for each record, by the same filters; the chain can be proved from what OCSF keeps of it."""
    words = ("audit", "export", "--event", "member.removed", "--format")
    events = [json.loads(line) for line in kept.run(*words, "ocsf").out.splitlines()]
    assert [event["user"]["email_addr"] for event in events] == ["liam.walsh@example.test"] * 2
    assert {event["type_uid"] for event in events} == {300604}
    lines = kept.run(*words, "cef").out.splitlines()
    assert ["duser=liam.walsh@example.test" in line for line in lines] == [True] * 2
    everything = kept.run("audit", "export", "--format", "ocsf").out.splitlines()
    assert "".join(json.loads(line)["raw_data"] + "\n" for line in everything) == kept.audit.read_text()


def test_there_is_no_other_format(kept: Scene) -> None:
    """And it is said which there are."""
    ended = kept.run("audit", "export", "--format", "xml")
    assert ended.code == Exit.USAGE
    assert "jsonl, ocsf, cef or csv" in " ".join(ended.err.split())


def test_a_sound_chain_is_proved(kept: Scene) -> None:
    """In database and file, with the number and the hash of the last record."""
    last = json.loads(kept.audit.read_text().splitlines()[-1])
    assert kept.told("audit", "verify") == {
        "sound": True,
        "records": last["seq"],
        "hash": last["hash"],
        "checked": "database and audit.jsonl",
        "finding": None,
    }
    assert kept.run("audit", "verify", "--file-only").code == Exit.OK


def test_a_broken_chain_is_told_by_its_first_wrong_record(kept: Scene) -> None:
    """With 10, in the table and for programs, of a file alone as well."""
    lines = kept.audit.read_text().splitlines(keepends=True)
    (kept.folder / "broken.jsonl").write_text("".join([*lines[:4], *lines[5:]]))
    for more in ((), ("--file-only",)):
        ended = kept.run("audit", "verify", "--file", "broken.jsonl", *more)
        assert (ended.code, ended.out.startswith("BROKEN: record 5 is missing")) == (Exit.AUDIT, True)
    told = kept.told("audit", "verify", "--file", "broken.jsonl")
    assert (told["sound"], told["finding"].startswith("record 5 is missing")) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["verify", "--file", "absent.jsonl"], Exit.STORE, "absent.jsonl"),
        (["export", "--output", "absent/out.jsonl"], Exit.USAGE, "--output"),
        (["export", "--output", "."], Exit.USAGE, "--output"),
        (["show", "--since", "0001-01-01T00:00:00+1400"], Exit.USAGE, "no such time"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(arguments: list[str], code: Exit, said: str, kept: Scene) -> None:
    """With its name and what to name instead."""
    ended = kept.run("audit", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_an_empty_file_proves_nothing(kept: Scene) -> None:
    """Every record may be gone from it: that is not sound."""
    kept.audit.write_bytes(b"")
    ended = kept.run("audit", "verify", "--file-only")
    assert ended.code == Exit.AUDIT
    assert "there is no record at all" in ended.out


def test_an_organization_without_any_record_proves_nothing(kept: Scene) -> None:
    """The database of another label is not this one's evidence."""
    other = kept.folder / "other.yaml"
    text = kept.config.read_text().replace("audit: {file: audit.jsonl}", "")
    other.write_text(f"organization: other\n{text}")
    ended = kept.run("audit", "verify", "--config", str(other))
    assert ended.code == Exit.AUDIT
    assert "there is no record at all" in ended.out
