"""A service as a process of its own, in a scene, and what can be seen of it."""

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bridge.cli.exits import Exit
from bridge.sandbox.hyperproof import Fault
from tests.cli.processes import Ended, Running
from tests.cli.scene import Scene, until
from tests.e2e.truth import assert_evidence_is_whole

SCHEDULE = "every: 1h, retry: {first: 1s, longest: 2s}, stop_within: 20s"
"""One run at the start, and others when something asks for them."""


@dataclass
class Serving:
    """One service."""

    scene: Scene
    running: Running

    @property
    def log(self) -> list[dict[str, Any]]:
        """What it has logged so far; a line that is half written is left out."""
        lines = self.running.err.splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}\n")]

    def told(self, event: str) -> list[dict[str, Any]]:
        """The lines of one event."""
        return [line for line in self.log if line["event"] == event]

    def until_told(self, event: str, times: int = 1) -> dict[str, Any]:
        """Wait until it has logged an event so often, and tell the last of them."""
        until(lambda: len(self.told(event)) >= times or not self.running.alive)
        assert len(self.told(event)) >= times, self.running.err
        return self.told(event)[-1]

    def until_run(self, times: int = 1) -> dict[str, Any]:
        """Wait for the end of so many runs."""
        return self.until_told("run.finished", times)

    def ask(self, path: str) -> tuple[int, str]:
        """Ask over HTTP: status and body."""
        address = self.until_told("service.started")["address"]
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, sample: str) -> float:
        """The value of one sample, written as in the answer, without the prefix."""
        for line in self.ask("/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == f"hyperproof_bridge_{sample}":
                return float(value)
        raise LookupError(sample)

    def wait(self) -> Ended:
        """Wait for its end."""
        return self.running.wait()


def configure(scene: Scene, schedule: str = SCHEDULE, more: str = "") -> None:
    """Add the sections of a service to the scene's configuration. Port 0 takes a free one."""
    web = "web: {listen: '127.0.0.1:0'}"
    scene.config.write_text(f"{scene.config.read_text()}schedule: {{{schedule}}}\n{web}\n{more}\n")


@contextmanager
def serving(scene: Scene) -> Iterator[Serving]:
    """A service that has begun to serve, or has ended."""
    with scene.start("run") as running:
        service = Serving(scene, running)
        until(lambda: bool(service.told("service.started")) or not running.alive)
        yield service


REMOVAL = Fault(method="PUT", path="/users/delete$")
"""The last write of the first run but one: after it a group is made."""


def asked(s: Scene, fault: Fault) -> bool:
    """Whether the request has reached Hyperproof."""
    return any(fault.matches(request.method, request.path) for request in s.hyperproof.requests)


def stopped(service: Serving) -> None:
    """Tell it to stop, and see that it ends well."""
    service.running.send(signal.SIGTERM)
    ended = service.wait()
    assert ended.code == Exit.OK, ended.text
    assert "Traceback" not in ended.text
    assert service.told("service.stopped")


def assert_all_is_well(s: Scene) -> None:
    """After one more run everything is as the directory says, and the evidence is whole."""
    assert s.run("sync").code == Exit.OK
    assert s.members("Team risk") == {"anna.smith", "grace.lee"}
    assert "liam.walsh" not in s.members("Compliance Managers")
    assert_evidence_is_whole(s)
