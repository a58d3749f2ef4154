"""The command as a process of its own that starts at once: forked from a server that has imported everything.

    ended = run(Order(["plan", "--json"], folder, environ))  # waits
    with Running(Order(["sync"], folder, environ)) as running:  # goes on meanwhile
        running.send(signal.SIGKILL)

What a fork cannot show (imports, the interpreter's start) is tested with `python -m bridge`.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

SECONDS: Final = 40.0
"""A command that takes longer hangs."""

_FORKS: Final = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([
    "__main__", "tests.cli.processes", "encodings.idna", "encodings.unicode_escape", "encodings.utf_8_sig",
    "httpcore", "psycopg", "rich._emoji_codes", "rich.table", "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg", "typer._adapters",
    "typer._click.decorators", "typer.rich_utils",
    "bridge.audit.export", "bridge.audit.query", "bridge.audit.verify", "bridge.cli.app", "bridge.cli.audit",
    "bridge.cli.backfill", "bridge.cli.check", "bridge.cli.demo", "bridge.cli.held", "bridge.cli.outcome",
    "bridge.cli.plan",
    "bridge.cli.run", "bridge.cli.sandbox", "bridge.cli.schema", "bridge.cli.store", "bridge.config.schema",
    "bridge.config.secrets",
    "bridge.cli.quarantine", "bridge.cli.report", "bridge.cli.standing_json", "bridge.cli.status",
    "bridge.report.page", "bridge.cli.service", "bridge.cycle.run", "bridge.daemon.presence",
    "bridge.daemon.service", "bridge.web.asking", "bridge.logs", "bridge.store.migration", "bridge.wiring",
])  # fmt: skip
"""All that commands import when they are called; what is forgotten here costs time and nothing else."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command to run."""

    arguments: Sequence[str]
    folder: Path
    environ: Mapping[str, str]
    """Besides the variables of the tests."""
    before: Callable[[], None] | None = None
    """Called in the command's process, ahead of it. Stands in a module that imports little."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    """The exit code; below zero the signal that ended it."""
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything it said."""
        return self.out + self.err


class Running:
    """A command that is under way. Leaving the block ends it."""

    def __init__(self, order: Order) -> None:
        self._said = tempfile.TemporaryDirectory()
        self._process = _FORKS.Process(target=_become, args=(order, self._said.name))
        self._process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
        self._said.cleanup()

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return self._process.is_alive()

    @property
    def out(self) -> str:
        """What it has said on standard output so far."""
        return self._read("out")

    @property
    def err(self) -> str:
        """What it has said on standard error so far."""
        return self._read("err")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid
        os.kill(self._process.pid, number)

    def ends_within(self, seconds: float) -> bool:
        """Wait so long for its end. Tells whether it came."""
        self._process.join(seconds)
        return not self.alive

    def wait(self) -> Ended:
        """Wait for its end. Raises TimeoutError."""
        self._process.join(SECONDS)
        if self._process.exitcode is None:
            raise TimeoutError(f"the command does not end; it said {self._read('out')}{self._read('err')}")
        return Ended(self._process.exitcode, self._read("out"), self._read("err"))

    def _read(self, name: str) -> str:
        path = Path(self._said.name) / name
        return path.read_text(encoding="utf-8") if path.exists() else ""


def run(order: Order) -> Ended:
    """Run a command to its end."""
    with Running(order) as running:
        return running.wait()


def _become(order: Order, said: str) -> None:
    """What the process does: become the command."""
    from bridge.cli.main import main  # noqa: PLC0415 - it is in the forked process that it is needed

    sys.stdout, sys.stderr = (_redirected(descriptor, Path(said) / name) for descriptor, name in _SAID.items())
    os.chdir(order.folder)
    os.environ.update(order.environ)
    sys.argv[:] = ["hyperproof-bridge", *order.arguments]
    if order.before:
        order.before()
    main()


_SAID: Final = {1: "out", 2: "err"}


def _redirected(descriptor: int, path: Path) -> Any:  # noqa: ANN401 - TextIO, whose attributes are wider
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(opened, descriptor)
    os.close(opened)
    return os.fdopen(descriptor, "w", encoding="utf-8", closefd=False)
