"""The sandbox of Entra ID as a command: what it tells is a directory that the bridge can check and plan by."""

import signal
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bridge.cli.exits import Exit
from bridge.sandbox.graph import DEFAULT_CLIENT_SECRET
from tests.cli.processes import SECONDS, Order, Running, run
from tests.cli.scene import Scene, scene

pytestmark = pytest.mark.e2e

SEED = """
users:
  - {name: Anna Smith, mail: anna.smith@example.test}
  - {name: Ben Okafor, mail: ben.okafor@example.test, accountEnabled: false}
groups:
  - {name: Night, members: [Anna Smith, Ben Okafor]}
  - {name: Staff, members: [Night]}
"""


def test_check_and_plan_work_against_it(tmp_path: Path) -> None:
    """With the section just as it was told, the secret that it told, and the certificate that it wrote."""
    with scene(tmp_path) as s, _serving(s, SEED) as served:
        _take_up(s, served)
        checked = s.run("check")
        assert checked.code == Exit.OK, checked.text
        assert "Staff: 1 group, 1 person" in checked.out
        planned = s.told("plan")
        served.send(signal.SIGINT)
        ended = served.wait()
    (auditors,) = planned["groups"]
    changes = {
        (change["action"], member["email"]) for change in auditors["changes"] for member in change["members"]
    }
    assert changes == {
        ("add members", "anna.smith@example.test"),
        ("remove members", "grace.lee@example.test"),
    }
    assert (ended.code, ended.err) == (Exit.OK, "")


def test_without_a_seed_a_tenant_is_made_up(tmp_path: Path) -> None:
    """Of so many users and groups, the first with the awkward people."""
    with scene(tmp_path) as s, _serving(s, "", "--users", "40", "--groups", "2") as served:
        _take_up(s, served, "Controls 0000")
        checked = s.run("check")
        assert "Controls 0000: 1 group" in checked.out, checked.text


def test_its_own_modes_are_listed(tmp_path: Path) -> None:
    """Not those of Hyperproof; nothing is written."""
    listed = run(Order(["sandbox", "--entra", "ca.pem", "--modes"], tmp_path, {}))
    assert "hidden_members" in listed.out
    assert "id_space" not in listed.out
    assert list(tmp_path.iterdir()) == []


def _serving(s: Scene, seed: str, *more: str) -> Running:
    if seed:
        (s.folder / "tenant.yaml").write_text(seed)
        more = (*more, "--seed", "tenant.yaml")
    return s.start("sandbox", "--entra", "authority.pem", "--port", "0", *more)


def _take_up(s: Scene, served: Running, group: str = "Staff") -> None:
    """Put into the configuration what was told, and the secret into the environment."""
    deadline = time.monotonic() + SECONDS
    while "Ctrl-C" not in served.out:
        if time.monotonic() > deadline or not served.alive:
            raise TimeoutError(served.out + served.err)
        time.sleep(0.01)
    told = YAML(typ="safe").load(served.out)
    assert set(told["directories"]) == {"cloud"}
    export = next(line for line in served.out.splitlines() if line.startswith("# export "))
    name, _, secret = export.removeprefix("# export ").partition("=")
    assert secret == DEFAULT_CLIENT_SECRET
    s.environ[name] = secret
    before, _, rest = s.config.read_text().partition("\ndirectories:\n")
    after = rest[rest.index("\nstore:") :]
    groups = f"groups:\n  - {{name: Auditors, members: {{cloud: {group}}}}}\n"
    s.config.write_text(f"{before}\n{served.out}{groups}{after}")
