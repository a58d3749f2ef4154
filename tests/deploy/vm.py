"""The service on a machine with systemd, installed as docs/installing.md says, for Example Corp."""

import re
import shutil
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.sandbox import company
from bridge.sandbox.hyperproof import DEFAULT_CLIENT_SECRET
from tests.cli.scene import Scene
from tests.servers.machine import SOURCE, Machine
from tests.servers.programs import free_port

UNIT: Final = "hyperproof-bridge.service"
SYNC: Final = "hyperproof-bridge-sync.service"
USER: Final = "hyperproof-bridge"
SECRETS: Final = {"ldap_password": company.READER_PASSWORD, "hyperproof_client_secret": DEFAULT_CLIENT_SECRET}

_ETC: Final = "/etc/hyperproof-bridge"
_VARIABLES: Final = {"DEMO_PASSWORD": "ldap_password", "DEMO_SECRET": "hyperproof_client_secret"}


def installing() -> str:
    """The commands of the page, word by word."""
    page = Path("docs/installing.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", page[page.index("## On a VM") :], re.DOTALL)
    return str(blocks[0])


def install(machine: Machine) -> None:
    """Follow the page, and put the secrets where it says."""
    machine.run("sh", "-euxc", f"cd {SOURCE}\n{installing()}")
    for name, value in SECRETS.items():
        path = machine.path(f"{_ETC}/secrets/{name}")
        path.write_text(f"{value}\n")
        path.chmod(0o600)


@dataclass
class Installed(Scene):
    """Example Corp's two ends, and the machine with the service between them."""

    machine: Machine | None = None
    port: int = 0
    cursor: str = ""
    """Where the machine's journal was when the scene began."""

    @property
    def vm(self) -> Machine:
        """The machine."""
        assert self.machine
        return self.machine

    @property
    def database(self) -> Path:
        """A copy of the store as it is now: SQLite does not open what it cannot name from the root of all."""
        for kept in self.kept.parent.glob("bridge.db*"):
            shutil.copy(kept, self.folder)
        return self.folder / "bridge.db"

    @property
    def kept(self) -> Path:
        """The store itself."""
        return self.vm.path("/var/lib/hyperproof-bridge/bridge.db")

    @property
    def audit(self) -> Path:
        """The audit file."""
        return self.vm.path("/var/log/hyperproof-bridge/audit.jsonl")

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.vm.path(f"{_ETC}/config.yaml")

    def journal(self, unit: str = UNIT) -> str:
        """What the machine has noted about a unit in this scene: its own words, and systemd's."""
        return self.vm.journal(unit, self.cursor)

    @property
    def pid(self) -> int:
        """The service's main process, as the machine counts; 0 while there is none."""
        return int(self.vm.show(UNIT, "MainPID"))

    @property
    def restarts(self) -> int:
        """How often systemd has started it again by itself."""
        return int(self.vm.show(UNIT, "NRestarts"))

    def by_hand(self, *words: str) -> str:
        """A command by hand, as the page says."""
        return self.vm.run("runuser", "-u", USER, "--", "hyperproof-bridge", *words)

    def start(self, **drop_in: str) -> None:  # type: ignore[override]  # by systemd here
        """Start the service, with settings of the unit that differ; wait until it is ready, by systemd's word."""
        folder = self.vm.path(f"/run/systemd/system/{UNIT}.d")
        folder.mkdir(parents=True, exist_ok=True)
        settings = "".join(f"{name}={value}\n" for name, value in drop_in.items())
        (folder / "test.conf").write_text(f"[Service]\nRestartSec=100ms\n{settings}")
        self.vm.run("systemctl", "daemon-reload")
        self.vm.run("systemctl", "start", UNIT)

    def stop(self) -> None:
        """Stop it."""
        self.vm.run("systemctl", "stop", UNIT)

    def kill(self) -> None:
        """End it as a crash would."""
        self.vm.run("systemctl", "kill", "--kill-whom=main", f"--signal={signal.SIGKILL.value}", UNIT)

    def metric(self, sample: str) -> float:
        """The value of one sample, without the prefix."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                name, _, value = line.rpartition(" ")
                if name == f"hyperproof_bridge_{sample}":
                    return float(value)
        raise LookupError(sample)


@contextmanager
def installed(machine: Machine, folder: Path, *, credentials: str) -> Iterator[Installed]:
    """A configuration whose secrets are under a path, new ends, and nothing left over from before."""
    with company.ldap() as ldap, company.hyperproof() as hyperproof:
        made = Installed(folder, ldap, hyperproof, machine=machine, port=free_port(), cursor=machine.cursor())
        text = company.configuration(ldap.url, hyperproof.api_url, hyperproof.token_url)
        for variable, name in _VARIABLES.items():
            text = text.replace(f"${{env:{variable}}}", f"${{file:{credentials}{name}}}")
        text = text.replace("store: {path: bridge.db}\n", "")
        text = text.replace("{file: audit.jsonl}", "{file: /var/log/hyperproof-bridge/audit.jsonl}")
        made.config.write_text(
            f"{text}schedule: {{every: 1h, retry: {{first: 1s, longest: 2s}}}}\n"
            f"web: {{listen: '127.0.0.1:{made.port}'}}\n"
        )
        try:
            yield made
        finally:
            machine.run("systemctl", "stop", UNIT, SYNC, "hyperproof-bridge-sync.timer")
            machine.attempt("systemctl", "reset-failed", UNIT, SYNC)
            machine.run("rm", "-rf", "/var/lib/hyperproof-bridge", "/var/log/hyperproof-bridge")


def until(truth: Callable[[], bool], why: Callable[[], str], seconds: float = 30) -> None:
    """Wait until something is so, which costs a process on the machine to ask; or fail, and say why."""
    deadline = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)
