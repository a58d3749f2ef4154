"""A wrong command line is told in a sentence with a hint; help is quick, and shows how."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from bridge.cli.exits import Exit
from tests.cli.processes import Ended, Order, run
from tests.cli.scene import Scene, scene

COMMANDS: Final = (
    "check", "plan", "sync", "backfill", "held", "held show", "held approve", "held reject", "audit show",
    "audit verify", "audit export", "sandbox", "demo", "schema", "run", "trigger", "health", "quarantine",
    "quarantine release",
)  # fmt: skip

HEAVY: Final = (
    "alembic", "apscheduler", "bridge.config", "bridge.daemon", "bridge.sandbox", "bridge.web", "bridge.wiring",
    "httpx", "ldap3", "prometheus_client", "rich", "sqlalchemy", "starlette", "structlog", "uvicorn",
)  # fmt: skip
"""What help does not wait for."""

_HELP: Final = """
import contextlib, io, sys
from bridge.cli.main import main
for command in sys.argv[1:]:
    sys.argv[:] = ["hyperproof-bridge", *command.split(), "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            main()
        except SystemExit as end:
            assert not end.code, command
    assert "Example" in said.getvalue(), command
    print(command, *(name for name in %r if name in sys.modules), sep=",")
"""


def _run(folder: Path, *arguments: str) -> Ended:
    """Run a command with no configuration at hand."""
    return run(Order(arguments, folder, {"HYPERPROOF_BRIDGE_CONFIG": "bridge.yaml"}))


def test_help_shows_an_example_and_loads_nothing_heavy() -> None:
    """Of every command, in an interpreter of its own."""
    told = subprocess.run(
        [sys.executable, "-c", _HELP % (HEAVY,), *COMMANDS], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == list(COMMANDS)


def test_the_help_names_every_command(tmp_path: Path) -> None:
    """And asking for none is asking for help, as an error."""
    asked, unasked = _run(tmp_path, "--help"), _run(tmp_path)
    assert (asked.code, unasked.code) == (Exit.OK, Exit.USAGE)
    for command in COMMANDS:
        assert command.partition(" ")[0] in asked.out
    assert "See `" not in unasked.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["synch"], "'synch'"),
        (["sync", "--fast"], "--fast"),
        (["sync", "extra"], "extra"),
        (["held", "approve"], "DIGEST"),
        (["held", "approve", "0123456789ab"], "--reason"),
        (["held", "show"], "DIGEST"),
        (["held", "--json", "show", "0123456789ab"], "behind `held show`"),
        (["held", "-c", "other.yaml", "reject", "0123456789ab", "--reason", "x"], "behind `held reject`"),
        (["audit", "show", "--since", "yesterday"], "--since"),
        (["audit", "show", "--since", "2026"], "--since"),
        (["audit", "show", "--limit", "0"], "--limit"),
        (["audit", "export", "--format", "xml"], "jsonl, ocsf, cef or csv"),
        (["sandbox", "--port", "99999"], "--port"),
        (["sandbox", "--mode", "id_spac=id"], "Did you mean 'id_space'?"),
        (["sandbox", "--mode", "id_space=both"], "userId | id"),
        (["sandbox", "--mode", "id_space"], "key=value"),
        (["sandbox", "--seed", "absent.yaml"], "absent.yaml"),
        (["sandbox", "--port", "1", "--users", "0"], "--users"),
        (["sandbox", "--entra", "ca.pem", "--mode", "page_capp=2"], "Did you mean 'page_cap'?"),
        (["sandbox", "--entra", "ca.pem", "--mode", "page_cap"], "page_cap=10"),
        (["sandbox", "--entra", "ca.pem", "--seed", "absent.yaml"], "absent.yaml"),
        (["sandbox", "--entra", "absent/ca.pem", "--port", "0", "--users", "1", "--groups", "0"], "absent/ca.pem"),
    ],
)
def test_a_wrong_command_line_is_told(arguments: list[str], said: str, tmp_path: Path) -> None:
    """In one sentence on standard error, with 64, and without a traceback; nothing is printed or made."""
    ended = _run(tmp_path, *arguments)
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_hint_follows_a_whole_sentence(tmp_path: Path) -> None:
    """Whatever the sentence ends in."""
    assert _run(tmp_path, "sync", "--fast").err == "No such option: --fast. See `hyperproof-bridge sync --help`.\n"
    assert _run(tmp_path, "synch").err.endswith("Did you mean 'sync'? See `hyperproof-bridge --help`.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["held", "show", "0123456789ab"],
        ["held", "approve", "0123456789ab", "--reason", "x"],
        ["held"],
        ["audit", "show"],
        ["audit", "verify"],
        ["audit", "export"],
    ],
)
def test_evidence_that_is_not_there_is_no_empty_evidence(arguments: list[str], tmp_path: Path) -> None:
    """Without a database nothing is told to be sound or empty, and none is made."""
    with scene(tmp_path) as s:
        ended = s.run(*arguments)
        assert (ended.code, ended.out) == (Exit.STORE, "")
        assert s.database.name in ended.err
        assert not s.database.exists()


def test_a_preview_leaves_no_trace(tmp_path: Path) -> None:
    """`check` and `plan` make neither database nor audit file, and write nothing to Hyperproof."""
    with scene(tmp_path) as s:
        assert [s.run("check").code, s.run("plan").code] == [Exit.OK, Exit.OK]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["bridge.yaml"]
        assert {method for method, _ in s.calls()} == {"GET"}


def _closed_pipe(s: Scene, *arguments: str) -> subprocess.CompletedProcess[str]:
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run(
            [sys.executable, "-m", "bridge", *arguments],
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=s.folder,
            env={**os.environ, **s.environ},
        )
    finally:
        os.close(write)


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    """`plan | head` ends quietly, with the code that shells know for it."""
    with scene(tmp_path) as s:
        ended = _closed_pipe(s, "plan", "--json")
        assert (ended.returncode, ended.stderr) == (141, "")
