"""Runs a page of docs/tutorials: its `sh` blocks, in order, in one real bash that begins in an empty folder.

- A block has to end well, but for commands that say `# ends with N`.
- A `text` block behind it holds lines of what it answered, in their order; `...` stands for anything, and blanks
  may be as many as they like.
- A block that starts something in the background is waited for until all its ports are listened to, and its files
  are told something: whoever types is slower than a server. Ports, names and addresses may be substituted.
- Blocks in any other language are for other machines, and are not run.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from tests.cli.scene import SPARED, until
from tests.servers.programs import accepts

SECONDS: Final = 60.0
"""A block that takes longer hangs."""

_MARK: Final = "the block has ended"

_PROLOGUE: Final = f"""
set -E -o pipefail
trap 'FAILED+=("$?")' ERR
finish() {{ echo "{_MARK}: ${{FAILED[*]}}"; }}
"""


@dataclass(frozen=True, slots=True)
class Block:
    """Commands, and what they have to answer."""

    commands: str
    answers: str = ""

    @property
    def codes(self) -> list[str]:
        """With what its commands end that do not end well."""
        return re.findall(r"# ends with (\d+)$", self.commands, re.MULTILINE)

    @property
    def ports(self) -> list[int]:
        """Those of servers that it starts."""
        return [int(port) for line in self._starts for port in re.findall(r"(?:127\.0\.0\.1:|--port )(\d+)", line)]

    @property
    def files(self) -> list[str]:
        """Those that servers tell something, which they do once they listen."""
        return [name for line in self._starts for name in re.findall(r" > (\S+)", line)]

    @property
    def _starts(self) -> list[str]:
        return re.findall(r"^.*&(?= *#|$)", self.commands, re.MULTILINE)


def blocks(page: str) -> list[Block]:
    """The blocks of a page that are run."""
    found: list[Block] = []
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        if language == "sh":
            found.append(Block(text))
        elif language == "text" and found:
            found[-1] = Block(found[-1].commands, found[-1].answers + text)
    return found


def run_tutorial(page: str, folder: Path, known_here: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Run a page, with what this machine has in place of what the page says."""
    for there, here in known_here.items():
        page = page.replace(there, here)
    with _Shell(folder, environ) as shell:
        for block in blocks(page):
            shell.run(block)


def missing(answers: str, said: str) -> Iterator[str]:
    """The lines that do not stand in what was said, behind the ones before."""
    lines = [" ".join(line.split()) for line in said.splitlines()]
    at = 0
    for answer in filter(None, (" ".join(line.split()) for line in answers.splitlines())):
        pattern = ".*".join(re.escape(part.strip()) for part in answer.split("..."))
        found = next((n for n in range(at, len(lines)) if re.search(pattern, lines[n])), None)
        if found is None:
            yield answer
        else:
            at = found + 1


class _Shell:
    """One bash. It and all that it has started end with the block."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HYPERPROOF_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        self._folder = folder
        self._said = (folder / ".said").open("w+b")
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=self._said,
            cwd=folder,
            env={**kept, **SPARED, "HOME": str(folder), "PATH": path, **environ},
            start_new_session=True,
        )
        self._write(_PROLOGUE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._bash.pid, 9)
        self._bash.communicate()
        self._said.close()

    def run(self, block: Block) -> None:
        """Run a block to its end, and see that it came out as the page says."""
        before = len(self._text())
        self._write(f"FAILED=()\n{block.commands}\nfinish\n")
        until(lambda: _MARK in self._text()[before:] or self._bash.poll() is not None, SECONDS)
        if block.ports:
            until(lambda: all(accepts(("127.0.0.1", port)) for port in block.ports), SECONDS)
            until(lambda: all(map(self._is_told, block.files)), SECONDS)
            until(lambda: not list(missing(block.answers, self._text()[before:])), SECONDS)
        said = self._text()[before:]
        assert re.findall(rf"^{_MARK}: (.*)$", said, re.MULTILINE) == [" ".join(block.codes)], said
        assert list(missing(block.answers, said)) == [], said

    def _is_told(self, name: str) -> bool:
        return any(place.stat().st_size for place in self._folder.rglob(name))

    def _write(self, text: str) -> None:
        assert self._bash.stdin
        self._bash.stdin.write(text.encode())
        self._bash.stdin.flush()

    def _text(self) -> str:
        return Path(self._said.name).read_text(errors="replace")
