"""Real servers' programs: found, started in the foreground as processes of our own, and ended."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

_SBIN = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0

Address = tuple[str, int]


def lacking(reason: str) -> NoReturn:
    """What a test needs is not here: it fails where CI=true, and is skipped elsewhere."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def require(program: str, packages: str) -> str:
    """Find a program; without it the test fails where CI=true, and is skipped elsewhere."""
    found = shutil.which(program, path=_SBIN)
    if found is None:
        lacking(f"{program} is not installed: apt-get install {packages}")
    return found


def require_module(name: str) -> None:
    """See that an optional package of Python's is here; otherwise as for programs."""
    if find_spec(name) is None:
        lacking(f"{name} is not installed: make test does it")


def require_root(what: str) -> None:
    """See that the tests run as root; otherwise the test fails where CI=true, and is skipped elsewhere."""
    if os.geteuid() != 0:
        lacking(f"{what} runs as root only")


def run(command: Sequence[str | Path], *, text: str = "", env: Mapping[str, str] | None = None) -> str:
    """Run a tool to its end and give its output; the test fails with what the tool said when it fails."""
    done = subprocess.run(
        command,
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=None if env is None else {**os.environ, **env},
    )
    if done.returncode != 0:
        pytest.fail(f"{command[0]} failed: {done.stdout[-2000:]}")
    return done.stdout


class ServerProcess:
    """A server in the foreground. It lives no longer than the tests if it ends with its standard input.

    Any thread may end it, and several at once.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str | Path], addresses: Sequence[Address]) -> bool:
        """Launch it, and say whether it listens on all these addresses, or has ended instead."""
        with self._lock, self._log.open("wb") as log:
            self._process = process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
            deadline = time.monotonic() + _START_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                if all(map(accepts, addresses)):
                    return process.poll() is None
                time.sleep(0.005)
            self.kill()
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it in order."""
        self._end(number)

    def kill(self) -> None:
        """End it as a crash would."""
        self._end(signal.SIGKILL)

    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""

    def _end(self, how: signal.Signals) -> None:
        with self._lock:
            if self._process is not None:
                self._process.send_signal(how)
                self._process.communicate(timeout=_STOP_SECONDS)
                self._process = None


def accepts(address: Address) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> int:
    """The first of so many ports of 127.0.0.1 in a row that nobody has at the moment.

    They are below those that systems hand out, so that no other test is given one of them meanwhile.
    """
    while True:
        first = 20_000 + secrets.randbelow(10_000)
        if all(_is_free(first + more) for more in range(count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
