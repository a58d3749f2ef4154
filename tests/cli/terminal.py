"""A command at a terminal of its own, and somebody who reads what stands there and types.

with Terminal(["init"], folder, environ) as terminal:
    terminal.answer("Kind of directory", "openldap")
    ended = terminal.wait()
"""

import functools
import os
import pty
import re
import select
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.cli.processes import SECONDS, Order, Running

INTERRUPT: Final = "\x03"
"""What Ctrl-C sends."""

END: Final = "\x04"
"""What Ctrl-D sends."""


class Terminal:
    """The terminal, with the command on it. Leaving the block ends the command."""

    def __init__(self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.seen = ""
        """Everything that stood there so far."""
        self._read = 0
        before = functools.partial(sit_down, os.ttyname(slave))
        self._running = Running(Order(arguments, folder, {**environ, "TERM": "dumb"}, before))
        self._slave = slave

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)
        os.close(self._slave)
        os.close(self._master)

    def answer(self, question: str, text: str) -> None:
        """Wait for a question, and answer it."""
        self.await_(question)
        self.type(f"{text}\n")

    def await_(self, text: str) -> None:
        """Wait until this stands there, behind what was waited for before. Raises TimeoutError."""
        deadline = time.monotonic() + SECONDS
        while text not in self.seen[self._read :]:
            ended = not self._running.alive
            if not self._receive(0.1) and (ended or time.monotonic() > deadline):
                raise TimeoutError(f"'{text}' does not come; there stands: {self.seen}")
        self._read = self.seen.index(text, self._read) + len(text)

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self._master, text.encode())

    def leave(self, key: str) -> int:
        """Press this key, and once more if nothing comes of it, as people do. Tells the exit code.

        Python loses an interruption that comes between its prompt and its wait for a line.
        """
        self.type(key)
        if not self._running.ends_within(SECONDS / 4):
            self.type(key)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end. Tells the exit code."""
        code = self._running.wait().code
        while self._receive(0):
            pass
        return code

    def _receive(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(seconds, 0))
        if ready:
            received = os.read(self._master, 65_536).decode(errors="replace").replace("\r\n", "\n")
            self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", received)
        return bool(ready)


def sit_down(name: str) -> None:
    """Make this terminal the process's own: what it reads, what it writes, and who may interrupt it."""
    os.setsid()
    descriptor = os.open(name, os.O_RDWR)
    for number in range(3):
        os.dup2(descriptor, number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
