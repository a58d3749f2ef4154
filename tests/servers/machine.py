"""A machine with a real systemd: a throw-away copy of this one's root, booted by systemd-nspawn.

It shares the network of this one. The copy and all that runs in it go when the process that started it does,
however that ends.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.servers.programs import lacking, require, require_root

SOURCE: Final = "/usr/src/hyperproof-bridge"
"""Where a machine has this project, to read."""

_SECONDS: Final = 30.0
_PROPAGATED: Final = ("PIP_", "SSL_", "HTTP_", "HTTPS_", "NO_PROXY", "http", "no_proxy", "REQUESTS_")
"""Begins of the variables by which the machine of the tests reaches the package index."""

_BOOT: Final = """
mount -t tmpfs -o size=1g tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
exec setpriv --pdeathsig KILL systemd-nspawn --quiet --register=no --keep-unit --directory="$1/root" \\
  --machine="bridge$$" --bind-ro="$2:$3" --console=pipe --link-journal=no --boot \\
  systemd.unified_cgroup_hierarchy=1 systemd.unit=basic.target
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """One that has booted."""

    init: int
    """The process id of its systemd, seen from outside."""

    def path(self, inside: str) -> Path:
        """A file of the machine, seen from outside."""
        return Path(f"/proc/{self.init}/root{inside}")

    def run(self, *command: str, text: str = "") -> str:
        """Run a command there as root, and give its output; the test fails with what it said when it fails."""
        done = self.attempt(*command, text=text)
        if done.returncode:
            pytest.fail(f"{' '.join(command)} failed: {done.stdout[-3000:]}")
        return done.stdout

    def attempt(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command there as root, and tell how it ended."""
        kept = {name: value for name, value in os.environ.items() if name.startswith(_PROPAGATED)}
        enter = ("nsenter", f"--target={self.init}", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--wdns=/")
        return subprocess.run(
            (*enter, *command),
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=2 * _SECONDS,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", **kept},
        )

    def show(self, unit: str, what: str) -> str:
        """One property of a unit."""
        return self.run("systemctl", "show", unit, f"--property={what}", "--value").strip()

    def cursor(self) -> str:
        """The place that the journal has come to."""
        return self.run("journalctl", "--quiet", "--lines=0", "--show-cursor").partition(": ")[2].strip()

    def journal(self, unit: str, cursor: str) -> str:
        """What was noted about a unit since a place in the journal."""
        return self.run(
            "journalctl", "--no-pager", "--quiet", "--output=cat", f"--after-cursor={cursor}", f"--unit={unit}"
        )


@contextmanager
def machine() -> Iterator[Machine]:
    """Boot one, as root; where it cannot be booted the test fails with CI=true, and is skipped elsewhere."""
    require_root("a machine of its own")
    require("systemd-nspawn", "systemd-container")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as said:
        boot = ("unshare", "--mount", "--propagation=private", "sh", "-ec", _BOOT, "boot")
        process = subprocess.Popen(
            (*boot, folder, str(Path.cwd()), SOURCE), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            booted = _booted(process)
            if booted is None:
                said.seek(0)
                lacking(f"no systemd boots here: {said.read()[-2000:].decode(errors='replace')}")
            yield booted
        finally:
            process.kill()
            process.wait()


def _booted(process: subprocess.Popen[bytes]) -> Machine | None:
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        found = subprocess.run(
            ("pgrep", "-P", str(process.pid), "-x", "systemd"), capture_output=True, text=True, check=False
        )
        if found.stdout.strip():
            made = Machine(int(found.stdout))
            if made.attempt("systemctl", "is-active", "basic.target").returncode == 0:
                return made
        time.sleep(0.05)
    return None
