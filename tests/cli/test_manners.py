"""How commands behave in a terminal, narrow or without Unicode or colour, and to whoever mistypes."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from bridge.cli.exits import Exit
from bridge.cli.reference import commands
from bridge.sandbox import company
from tests.cli.processes import Order, run
from tests.cli.scene import Scene, scene
from tests.daemon.serving import configure
from tests.docs.examples import failing, held, served

pytestmark = pytest.mark.e2e

COLOURS: Final = re.compile(r"\x1b\[[0-9;]*(?:3|4|9|10)[0-9][0-9;]*m")


def _in_terminal(s: Scene, *arguments: str, columns: int = 100, **environ: str) -> str:
    """What a command writes to a terminal of so many columns."""
    ours, its = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": str(columns), **environ}
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    with subprocess.Popen(
        [sys.executable, "-m", "bridge", *arguments],
        stdin=its, stdout=its, stderr=its, cwd=s.folder, env={**kept, **s.environ, **settings},
    ) as command:  # fmt: skip
        os.close(its)
        said = b""
        while block := _read(ours):
            said += block
    os.close(ours)
    assert command.returncode in {Exit.OK, Exit.HELD}, said
    return said.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # so Linux says that nobody is at the other end any more
        return b""


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    """With NO_COLOR there is none."""
    with scene(tmp_path) as s:
        assert COLOURS.search(_in_terminal(s, "plan"))
        assert not COLOURS.search(_in_terminal(s, "plan", NO_COLOR="1"))


def test_a_narrow_terminal_is_not_overrun(tmp_path: Path) -> None:
    """Cells are folded, and nothing of them is left out."""
    with scene(tmp_path) as s:
        said = _in_terminal(s, "plan", columns=60, NO_COLOR="1")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in said.splitlines()]
    assert max(map(len, lines)) <= 60
    assert "grace.lee" in "".join(lines)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode_is_written_to(encoding: str, tmp_path: Path) -> None:
    """A name that it cannot show is shown by its escape; tables are drawn with what it has."""
    with scene(tmp_path) as s:
        zoe = s.hyperproof.organization.add_user(email="zoë.żak@example.test")
        s.hyperproof.ui.add_members("Auditors", [zoe.id])
        ended = subprocess.run(
            [sys.executable, "-m", "bridge", "plan"],
            capture_output=True, check=False, cwd=s.folder,
            env={**os.environ, **s.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (Exit.OK, b"")
    said = ended.stdout.decode(encoding)
    assert "\\u017cak@example.test" in said
    assert "\\u2500" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("synch", "No such command 'synch'. Did you mean 'sync'? See `hyperproof-bridge --help`."),
        ("held aprov", "No such command 'aprov'. Did you mean 'approve'? See `hyperproof-bridge held --help`."),
        (
            "sync --qiet",
            "No such option: --qiet (Possible options: --quiet). See `hyperproof-bridge sync --help`.",
        ),
        ("held approve abcdef", "Missing option '--reason'. See `hyperproof-bridge held approve --help`."),
        ("help", "Write `hyperproof-bridge --help`, or `hyperproof-bridge COMMAND --help`."),
    ],
)
def test_whoever_mistypes_is_led_on(arguments: str, said: str, tmp_path: Path) -> None:
    """To what was meant, and to the help of the very command."""
    ended = run(Order(arguments.split(), tmp_path, {}))
    assert (ended.code, ended.out, ended.err) == (Exit.USAGE, "", f"{said}\n")


def test_a_configuration_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    """By the option and the variable that name it."""
    ended = run(Order(["plan"], tmp_path, {"HYPERPROOF_BRIDGE_CONFIG": "absent.yaml"}))
    assert ended.code == Exit.CONFIGURATION
    assert "Name another with --config or HYPERPROOF_BRIDGE_CONFIG" in ended.err


def test_a_service_that_does_not_answer_is_looked_for(tmp_path: Path) -> None:
    """Its command and its log are named."""
    ended = run(Order(["health", "--at", "127.0.0.1:1"], tmp_path, {}))
    assert ended.code == Exit.UNHEALTHY
    assert "see that `run` runs, and its log" in ended.err


@pytest.mark.parametrize(
    "command", ["check", "plan", "sync", "backfill", "explain anna.smith@example.test --live"]
)
def test_verbose_tells_each_call(command: str, tmp_path: Path) -> None:
    """On standard error, so that what is found out can still be parsed."""
    with scene(tmp_path) as s:
        silent = s.run(*command.split(), "--json")
        told = s.run(*command.split(), "--json", "--verbose")
    assert silent.err == ""
    events = {json.loads(line)["event"] for line in told.err.splitlines()}
    assert "call.finished" in events
    assert json.loads(told.out)


def test_what_was_decided_is_told_to_programs(tmp_path: Path) -> None:
    """As `held` and `quarantine` list it."""
    with scene(tmp_path) as s:
        failing(s)
        s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
        s.run("sync")
        digest = s.told("held")[0]["digest"]
        (rejected,) = s.told("held", "reject", digest, "--by", "Ann", "--reason", "wrong")
        (approved,) = s.told("held", "approve", digest, "--by", "Ann", "--reason", "right")
        released = s.told("quarantine", "release", "Team risk")
    assert [case["status"] for case in (rejected, approved)] == ["rejected", "approved"]
    assert released["group"] == "Team risk"


def test_whom_a_run_was_asked_of_is_told_to_programs(tmp_path: Path) -> None:
    """With --json."""
    with scene(tmp_path) as s:
        configure(s)
        with served(s):
            assert s.told("trigger")["asked"]


def test_a_change_that_is_made_already_is_told_to_programs(tmp_path: Path) -> None:
    """As a run that had nothing to do."""
    with scene(tmp_path) as s:
        words = ("Auditors", "grace.lee@example.test", "--force", "--by", "Ann", "--reason", "x", "--yes")
        told = s.told("hyperproof", "groups", "add", *words)
    assert told == {"run": None, "outcome": "nothing to do", "applied": False}


def test_what_a_sync_has_noted_can_be_decided_at_once(tmp_path: Path) -> None:
    """A plan only says that a sync has to come first."""
    with scene(tmp_path) as s:
        held(s)
        assert "Once a sync has noted them" not in s.run("sync").out
        assert "Once a sync has noted them" in s.run("plan").out


NO_JSON: Final = {"audit export", "demo", "init", "report", "run", "sandbox", "schema"}
"""What has forms of its own, is JSON already, or stays."""


def _options(node: Any) -> set[str]:  # noqa: ANN401 - a command as Typer has it
    return {option for parameter in node.params for option in parameter.opts}


def test_every_command_that_tells_something_tells_it_as_json() -> None:
    """But for a known few."""
    assert {words for words, node in commands().items() if "--json" not in _options(node)} == NO_JSON


def test_options_mean_one_thing() -> None:
    """A short form belongs to one option alone, and an option has the same help wherever it stands."""
    meanings: dict[str, set[str]] = {}
    for node in commands().values():
        for parameter in node.params:
            for option in parameter.opts:
                if option.startswith("-"):
                    meanings.setdefault(option, set()).add(max(parameter.opts, key=len))
    assert {option: names for option, names in meanings.items() if len(names) > 1} == {}
    for shared in ("--config", "--json", "--quiet", "--verbose", "--detailed-exitcode", "--reason", "--by"):
        helps = {p.help for node in commands().values() for p in node.params if shared in p.opts}
        assert len(helps) == 1, shared
