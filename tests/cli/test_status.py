"""`status`: how it all stands, by what the store has, and the exit code that says so to a watch."""

import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.cli.status import _exit
from bridge.cycle.outcome import RunOutcome
from bridge.notices.matter import Matter, MatterKind
from bridge.sandbox import company
from bridge.sandbox.hyperproof import Act, Fault, json_answer
from tests.cli.scene import Scene, scene, until
from tests.servers.postgres import Postgres

GROUP = "Compliance Managers"


@pytest.fixture
def corp(tmp_path: Path) -> Iterator[Scene]:
    """Example Corp after its first run."""
    with scene(tmp_path) as s:
        assert s.run("sync", "--quiet").code == Exit.OK
        yield s


def hold(s: Scene) -> None:
    """Let a guard hold something."""
    s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
    assert s.run("sync", "--quiet").code == Exit.HELD


def test_when_all_is_well_it_says_so(corp: Scene) -> None:
    """With the figures of each directory as its record has them; and no server was asked."""
    corp.hyperproof.clear_log()
    ended = corp.run("status")
    assert ended.code == Exit.OK
    assert ended.out.startswith("All is well\n")
    assert all(
        word in ended.out for word in ("every 15 min", "none is running", "complete", "out of date after 45 min")
    )
    assert corp.run("status", "--quiet").text == ""
    told = corp.told("status")
    (read,) = told["directories"]
    (record,) = corp.told("audit", "show", "--event", "source.read")
    assert (read["record"], read["run"], read["people"]) == (record["seq"], record["run"], record["people"])
    assert read["entries"] == sum(search["entries"] for search in record["searches"])
    assert read["last_read"] == read["last_complete"]
    assert (told["verdict"], told["apply"], told["groups"], told["matters"]) == ("well", True, 3, [])
    assert told["audit"]["records"] == told["audit"]["checked"] == len(corp.audit.read_text().splitlines())
    assert corp.calls() == []


def test_every_key_is_documented(corp: Scene) -> None:
    """In the table of the page for whoever runs the bridge, those of lists as well."""
    hold(corp)
    told = corp.told("status")
    listed = (one for key in ("directories", "held", "matters") for one in told[key][:1])
    keys = {key for part in (told, told["audit"], told["last_run"], told["jobs"][0], *listed) for key in part}
    page = Path("docs/operations.md").read_text(encoding="utf-8").partition("## Status\n")[2]
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def test_what_is_held_waits_with_its_command(corp: Scene) -> None:
    """The very one that approves it."""
    hold(corp)
    ended = corp.run("status")
    (case,) = corp.told("status")["held"]
    assert ended.code == corp.run("status", "--json").code == Exit.HELD
    assert case["command"] in ended.out
    assert f"held approve {case['digest'][:12]} --reason WHY" in case["command"]
    quiet = corp.run("status", "--quiet")
    assert (quiet.code, quiet.out) == (Exit.HELD, "")
    assert quiet.err.startswith(f"{GROUP}: 5 changes held")


def test_a_mapping_in_quarantine_is_told_with_its_cause(tmp_path: Path) -> None:
    """After the third run in which its changes failed."""
    with scene(tmp_path) as s:
        refusal = json_answer({"message": "no"}, 400)
        s.hyperproof.faults.add(Fault(Act.ANSWER, method="POST", path="/groups$", count=0, answer=refusal))
        for _ in range(3):
            s.run("sync", "--quiet")
        ended = s.run("status")
        assert ended.code == Exit.PARTLY_FAILED
        assert "Team risk is in quarantine" in ended.out
        (trouble,) = s.told("status")["quarantine"]
        assert (trouble["group"], trouble["runs"]) == ("Team risk", 3)


def test_a_doubt_is_told_where_it_is(corp: Scene) -> None:
    """A member that leads nowhere: the directory was read to its end, and one group of it is not to be trusted."""
    lost = [company.person_dn("Grace Lee"), company.person_dn("No Body")]
    corp.ldap.directory.modify(company.group_dn("Internal Audit"), "member", lost)
    assert corp.run("sync", "--quiet").code == Exit.DOUBT
    ended = corp.run("status")
    assert ended.code == Exit.DOUBT
    assert "complete, but 1 group in doubt" in " ".join(ended.out.split())
    (read,) = corp.told("status")["directories"]
    assert [label.lower() for label in read["doubted_groups"]] == [company.group_dn("Internal Audit").lower()]


def test_a_directory_that_could_not_be_read_keeps_its_last_complete_read(corp: Scene) -> None:
    """And the last run is what is first to be seen to."""
    before = corp.told("status")["directories"][0]["last_complete"]
    corp.ldap.stop()
    assert corp.run("sync", "--quiet").code == Exit.UNREADABLE
    ended = corp.run("status")
    assert ended.code == Exit.UNREADABLE
    (read,) = corp.told("status")["directories"]
    assert read["last_complete"] == before < read["last_read"]
    assert read["doubts"]
    assert "(complete" in ended.out


def test_a_last_run_that_is_too_old_is_first_to_be_seen_to(corp: Scene) -> None:
    """Before what is held: groups may be out of date."""
    hold(corp)
    with closing(sqlite3.connect(corp.database)) as database:
        database.execute("UPDATE runs SET started = '2020-01-01T00:00:00.000000Z'")
        database.commit()
    ended = corp.run("status")
    assert ended.code == Exit.UNHEALTHY
    assert ended.out.startswith("Something is wrong: 2 things to see to\n")


def test_a_broken_chain_is_found_at_its_end(corp: Scene) -> None:
    """The records are verified that a run wrote last."""
    with closing(sqlite3.connect(corp.database)) as database:
        database.execute(
            "UPDATE audit SET line = replace(line, 'anna', 'otto') WHERE line LIKE '%member.removed%'"
        )
        database.execute("UPDATE audit SET line = replace(line, 'first sync', 'by hand') WHERE seq > 5")
        database.commit()
    ended = corp.run("status")
    assert ended.code == Exit.AUDIT
    assert "BROKEN: record" in ended.out
    assert not corp.told("status")["audit"]["sound"]


def test_a_write_without_an_outcome_is_told(corp: Scene) -> None:
    """With its age, and what it was to do, until a run settles it."""
    with closing(sqlite3.connect(corp.database)) as database:
        database.execute(
            "INSERT INTO intents "
            "(organization, id, run, at, key, group_id, group_name, action, members, name, lead, cause) VALUES "
            "('default', 'i-1', 'r-1', '2026-01-01T00:00:00.000000Z', 'Auditors', 'g', 'Auditors', "
            "'remove members', '[]', '', NULL, '')"
        )
        database.commit()
    ended = corp.run("status")
    assert ended.code == Exit.PARTLY_FAILED
    assert "Writes without a known outcome" in ended.out
    assert [write["action"] for write in corp.told("status")["open_writes"]] == ["remove members"]


def test_a_service_says_when_the_next_run_is(corp: Scene) -> None:
    """It is asked where it listens; which process it is, its lock tells."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = corp.config.read_text()
    corp.config.write_text(f"{text}schedule: {{every: 2h}}\nweb: {{listen: '127.0.0.1:{port}'}}\n")
    with corp.start("run") as running:
        until(lambda: "service.started" in running.err)
        told = corp.told("status")
        assert told["service"]["pid"] > 0
        assert told["next_run"] > told["now"]
        assert "next run           in 1 h" in corp.run("status").out
        running.send(signal.SIGTERM)
        running.wait()
    assert corp.told("status")["service"] is None


def test_each_job_has_its_times(corp: Scene) -> None:
    """A run of one of them makes the other no younger."""
    corp.edit("  - name: Auditors\n", "  - name: Auditors\n    job: nightly\n")
    text = corp.config.read_text()
    corp.config.write_text(f"{text}schedule: {{every: 15m, jobs: {{nightly: {{cron: '30 2 * * *'}}}}}}\n")
    assert corp.run("sync", "--job", "main", "--quiet").code == Exit.OK
    ended, told = corp.run("status"), corp.told("status")
    assert ended.code == Exit.OK
    assert "job nightly" in ended.out
    assert "by cron 30 2 * * * (UTC)" in ended.out
    jobs = {job["name"]: job for job in told["jobs"]}
    assert jobs["nightly"]["last_complete"] < jobs["main"]["last_complete"]
    assert told["last_run"]["job"] == "main"


@pytest.mark.postgres
def test_on_a_server_it_tells_who_leads(tmp_path: Path, postgres: Postgres) -> None:
    """Which of the replicas it is, or that there is none."""
    with scene(tmp_path) as s:
        s.edit("store: {path: bridge.db}", "store: {url: '${env:URL}'}")
        s.environ["URL"] = postgres.url()
        s.run("sync", "--quiet")
        ended = s.run("status")
        assert ended.code == Exit.OK
        assert re.search(r"leader +none is running", ended.out)
        configuration = f"{s.config.read_text()}web: {{listen: none}}\n"
        s.config.write_text(configuration)
        with s.start("run") as running:
            until(lambda: "service.started" in running.err)
            told = s.told("status")
            assert (told["replicas"], told["service"]["host"]) == (True, socket.gethostname())
            assert told["next_run"] is None


def test_before_the_first_run_there_is_nothing_to_show(tmp_path: Path) -> None:
    """That is no store, and none is made."""
    with scene(tmp_path) as s:
        ended = s.run("status")
        assert ended.code == Exit.STORE
        assert "There is no database" in ended.err
        assert not s.database.exists()


def test_colours_are_for_a_terminal_alone(corp: Scene) -> None:
    """None in a pipe, and none where NO_COLOR says so."""
    assert "\x1b" not in corp.run("status").out
    assert "\x1b[1;32mAll is well" in on_a_terminal(corp)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", on_a_terminal(corp, NO_COLOR="1"))


def on_a_terminal(s: Scene, **environ: str) -> str:
    """What `status` writes to one."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bridge", "status"]
    environ = {**os.environ, **s.environ, "TERM": "xterm", "PYTHONPATH": str(Path.cwd()), **environ}
    with os.fdopen(theirs, "w") as theirs_open, os.fdopen(ours, "rb", buffering=0) as ours_open:
        subprocess.run(command, cwd=s.folder, env=environ, stdout=theirs_open, check=True)
        return ours_open.read(65536).decode()


@pytest.mark.parametrize(
    ("kind", "essence", "code"),
    [
        (MatterKind.SILENT, "silent", Exit.UNHEALTHY),
        (MatterKind.CHAIN, "record 3", Exit.AUDIT),
        (MatterKind.STALE, "never", Exit.UNHEALTHY),
        (MatterKind.FAILED, "failed", Exit.UNREADABLE),
        (MatterKind.FAILED, RunOutcome.FAILED_READ.value, Exit.UNREADABLE),
        (MatterKind.FAILED, RunOutcome.REFUSED.value, Exit.CONFIGURATION),
        (MatterKind.FAILED, RunOutcome.PARTLY_FAILED.value, Exit.PARTLY_FAILED),
        (MatterKind.HELD, "digest", Exit.HELD),
        (MatterKind.QUARANTINE, "400", Exit.PARTLY_FAILED),
        (MatterKind.UNSERVED, "gone", Exit.PARTLY_FAILED),
        (MatterKind.DOUBT, "missing", Exit.DOUBT),
        (MatterKind.OPEN, "open", Exit.PARTLY_FAILED),
        (MatterKind.PENDING, "pending", Exit.PENDING),
    ],
)
def test_each_kind_of_matter_has_its_code(kind: MatterKind, essence: str, code: Exit) -> None:
    """That of the first, which is the gravest; and every kind there is has one."""
    first = Matter(kind, "", "text", "remedy", essence=essence)
    assert _exit((first, Matter(MatterKind.OPEN, "", "text", "remedy"))) is code


def test_nothing_to_be_seen_to_is_well() -> None:
    """And nothing else is."""
    assert _exit(()) is Exit.OK
