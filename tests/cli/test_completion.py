"""Completion in real shells: commands, options, and names out of the configuration and the database."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company as corp
from tests.cli.scene import Scene, scene
from tests.docs.examples import failing
from tests.servers import programs

pytestmark = pytest.mark.e2e

MANAGED: Final = ["Compliance\\ Managers", "Auditors", "Team\\ risk"]

_BASH: Final = """
source <(hyperproof-bridge --show-completion)
offered() {
  COMP_WORDS=(hyperproof-bridge "$@") COMP_CWORD=$# COMPREPLY=()
  _hyperproof_bridge_completion hyperproof-bridge
  local IFS='|'
  echo "${COMPREPLY[*]}"
}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Example Corp, where a removal is held and a mapping is in quarantine; and the command on the path."""
    with scene(tmp_path_factory.mktemp("company")) as s:
        failing(s)
        s.ldap.directory.modify(corp.group_dn("GRC Managers"), "member", [corp.person_dn("Anna Smith")])
        assert s.run("sync").code == Exit.HELD
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        s.environ |= {"PATH": path, "HOME": str(s.folder)}
        yield s


def _shell(s: Scene, *command: str) -> str:
    """What a shell says, which has to go well and without a word on standard error."""
    told = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=s.folder, env={**os.environ, **s.environ}
    )
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout


def _bash(s: Scene, *lines: tuple[str, ...]) -> list[list[str]]:
    """What bash offers for the last word of each line."""
    calls = "\n".join(f"offered {shlex.join(words)}" for words in lines)
    return [told.split("|") for told in _shell(s, "bash", "--norc", "-c", _BASH + calls).splitlines()]


def test_commands_and_options_are_completed_in_bash(company: Scene) -> None:
    """The script that the command itself hands out asks it, and it answers for this place on the line."""
    plan, held, options, formats = _bash(
        company, ("pl",), ("held", ""), ("sync", "--de"), ("audit", "export", "--format", "")
    )
    assert (plan, held, options) == (["plan"], ["show", "approve", "reject"], ["--detailed-exitcode"])
    assert formats == ["jsonl", "ocsf", "cef", "csv"]


def test_names_are_completed_in_bash(company: Scene) -> None:
    """As bash wants them written, blanks escaped but within quotes; what was typed in either way is known."""
    every, begun, escaped, quoted = _bash(
        company,
        *(("explain", "anna", "--group", typed) for typed in ("", "Comp", "Compliance\\ M", '"Compliance M')),
    )
    assert every == MANAGED
    assert (begun, escaped, quoted) == (MANAGED[:1], MANAGED[:1], ["Compliance Managers"])


def test_jobs_are_completed_in_bash(company: Scene) -> None:
    """As the configuration has them."""
    (company.folder / "jobs.yaml").write_text("schedule: {jobs: {nightly: {every: 1d}, early: {}}}")
    assert _bash(company, ("sync", "-c", "jobs.yaml", "--job", "n")) == [["nightly"]]


def test_what_waits_is_completed_in_bash(company: Scene) -> None:
    """Digests, and mappings in quarantine; events of the evidence."""
    digests, left, events = _bash(
        company, ("held", "approve", ""), ("quarantine", "release", ""), ("audit", "show", "--event", "member.a")
    )
    assert digests == [company.told("held")[0]["digest"][:12]]
    assert (left, events) == (["Team\\ risk"], ["member.added"])


def test_what_cannot_be_read_offers_nothing(company: Scene) -> None:
    """No configuration, one that is no YAML, no database: the shell hears no complaint and goes on."""
    (company.folder / "broken.yaml").write_text("groups: [")
    (company.folder / "young.yaml").write_text("groups: [{name: Auditors}]\nstore: {path: absent.db}")
    lines = [("explain", "anna", "-c", f"{name}.yaml", "--group", "") for name in ("absent", "broken", "young")]
    assert _bash(company, *lines) == [[""], [""], [""]]
    assert not (company.folder / "absent.db").exists()


def test_fish_is_answered(company: Scene) -> None:
    """With what a value is; fish asks twice, and goes by the exit code of the first question."""
    programs.require("fish", "fish")
    script = 'hyperproof-bridge --show-completion | source; complete --do-complete "hyperproof-bridge held sh"'
    assert _shell(company, "fish", "--no-config", "-c", script).startswith("show\tShow everybody")


def test_zsh_is_answered(company: Scene) -> None:
    """With words for its own function."""
    programs.require("zsh", "zsh")
    script = """
        autoload -U compinit && compinit -u -D
        source <(hyperproof-bridge --show-completion)
        _arguments() { print -r -- "$@" }
        words=(hyperproof-bridge explain anna --group "") CURRENT=5
        _hyperproof_bridge_completion
    """
    assert '(("Compliance Managers" "Auditors" "Team risk"))' in _shell(company, "zsh", "-f", "-c", script)


_HOSTILE: Final = [
    f"{begin}{evil}"
    for begin in ("a", "a\\", 'a"', "a'", "a\\\\", "a)", "a\n")
    for evil in ("$(touch ran)", "`touch ran`", "; touch ran;", "$(touch ran)\"'")
]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_no_name_is_a_command(company: Scene, shell: str) -> None:
    """Whoever names a directory group runs nothing where somebody types; other names are offered."""
    programs.require(shell, shell)
    groups = [{"name": name} for name in [*_HOSTILE, "R&D (EU), Köln"]]
    (company.folder / "hostile.yaml").write_text(json.dumps({"groups": groups, "store": {"path": "bridge.db"}}))
    zsh = """
        autoload -U compinit && compinit -u -D
        source <(hyperproof-bridge --show-completion)
        _arguments() { local action=${1#'*: :'}; eval ws\\=\\( "${action[3,-3]}" \\); print -rl -- $ws }
        words=(hyperproof-bridge explain anna -c hostile.yaml --group "") CURRENT=7
        _hyperproof_bridge_completion
    """
    fish = """hyperproof-bridge --show-completion | source
        complete --do-complete "hyperproof-bridge explain anna -c hostile.yaml --group " """
    told = _shell(company, *(("zsh", "-f", "-c", zsh) if shell == "zsh" else ("fish", "--no-config", "-c", fish)))
    assert sorted(told.splitlines()) == ["Auditors", "Compliance Managers", "R&D (EU), Köln", "Team risk"]
    assert not (company.folder / "ran").exists()


def test_within_quotes_bash_is_offered_no_command(company: Scene) -> None:
    """There a name is taken as it stands, and whoever sends the line off would run it."""
    (company.folder / "quoted.yaml").write_text(
        json.dumps({"groups": [{"name": "a$(touch ran)"}, {"name": "ab"}], "store": {"path": "bridge.db"}})
    )
    line = ("explain", "anna", "-c", "quoted.yaml", "--group")
    quoted, bare = _bash(company, (*line, '"a'), (*line, "a"))
    assert (quoted, bare) == (["ab"], ["a\\$\\(touch\\ ran\\)", "ab"])


def test_completion_is_installed_by_one_word(company: Scene) -> None:
    """For the shell in which it is said; the next one has it."""
    _shell(company, "bash", "--norc", "-c", "hyperproof-bridge --install-completion && echo")
    told = _shell(company, "bash", "--norc", "-c", "source ~/.bashrc && complete -p hyperproof-bridge")
    assert "_hyperproof_bridge_completion" in told
