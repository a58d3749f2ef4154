"""The image, built from the Dockerfile as it is, and run: alone, and as the chart's pod."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from bridge.cli.exits import Exit
from bridge.sandbox import company
from bridge.sandbox.hyperproof import DEFAULT_CLIENT_SECRET, HyperproofSandbox
from tests.deploy.test_chart import objects, values_of
from tests.deploy.vm import until
from tests.servers.image import BASE, IMAGE, Engine, built
from tests.servers.programs import accepts

pytestmark = [pytest.mark.image, pytest.mark.timeout(600)]

MOST_MEGABYTES: Final = 150
STATE: Final = "/var/lib/hyperproof-bridge"
HARDENED: Final = (
    "--read-only",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--memory=256m",
    "--tmpfs=/tmp",
)
SECRETS: Final = {"ldap_password": company.READER_PASSWORD, "client_secret": DEFAULT_CLIENT_SECRET}
FOLDER: Final = "/run/secrets/hyperproof-bridge"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The image, built once."""
    with built() as made:
        yield made


@pytest.fixture
def hyperproof() -> Iterator[HyperproofSandbox]:
    """Example Corp's."""
    with company.hyperproof() as made:
        yield made


@pytest.fixture
def config(hyperproof: HyperproofSandbox) -> Iterator[str]:
    """A configuration for Example Corp, with its secrets where the chart has them."""
    with company.ldap() as ldap:
        text = company.configuration(ldap.url, hyperproof.api_url, hyperproof.token_url)
        text = text.replace("${env:DEMO_PASSWORD}", f"${{file:{FOLDER}/ldap_password}}")
        text = text.replace("${env:DEMO_SECRET}", f"${{file:{FOLDER}/client_secret}}")
        text = text.replace("{path: bridge.db}", f"{{path: {STATE}/bridge.db}}")
        yield text.replace("{file: audit.jsonl}", f"{{file: {STATE}/audit.jsonl}}")


def test_what_is_ours_is_small(engine: Engine) -> None:
    """What the image adds to its base, in millions of bytes."""
    size, base = (
        int(engine("podman", "image", "inspect", "--format", "{{.Size}}", name)) for name in (IMAGE, BASE)
    )
    assert size - base < MOST_MEGABYTES * 1_000_000


def test_it_may_do_nothing_that_it_need_not(engine: Engine) -> None:
    """No root, no capability, nothing to write but what is mounted, and no installer."""
    alone = ("run", "--rm", *HARDENED, "--network=none", "--entrypoint=python3", IMAGE)
    inside = "import os; print(os.getuid(), [l for l in open('/proc/self/status') if l.startswith('CapEff')])"
    asked = engine.attempt("podman", *alone, "-c", inside).stdout
    assert asked.split()[0] == "10001"
    assert "0000000000000000" in asked
    write = "open('/opt/hyperproof-bridge/x', 'w')"
    assert "Read-only file system" in engine.attempt("podman", *alone, "-c", write).stderr
    assert "No module named pip" in engine.attempt("podman", *alone, "-m", "pip").stderr


def test_it_serves_and_stops(engine: Engine, hyperproof: HyperproofSandbox, config: str, tmp_path: Path) -> None:
    """One run at the start; healthy, also beside a broken file; SIGTERM ends it with success."""
    (tmp_path / "config.yaml").write_text(config)
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(value)
        os.chown(tmp_path / name, 10001, 10001)
        (tmp_path / name).chmod(0o400)
    mounts = [f"--volume={tmp_path / name}:{FOLDER}/{name}:ro" for name in SECRETS]
    mounts += [f"--volume={tmp_path}/config.yaml:/etc/hyperproof-bridge/config.yaml:ro", f"--volume=state:{STATE}"]
    engine("podman", "run", "--detach", "--name=hb", *HARDENED, "--network=host", *mounts, IMAGE)
    try:
        until(lambda: engine.attempt("podman", "exec", "hb", "hyperproof-bridge", "health").returncode == Exit.OK,
              lambda: engine.attempt("podman", "logs", "hb").stderr)  # fmt: skip
        assert "grace.lee@example.test" in hyperproof.organization.member_emails("Team risk")
        (tmp_path / "config.yaml").write_text(config.replace("apply: true", "apply: perhaps"))
        assert (
            engine.attempt("podman", "exec", "hb", "hyperproof-bridge", "health").returncode == Exit.CONFIGURATION
        )
        assert engine.attempt("podman", "healthcheck", "run", "hb").returncode == 0
        (tmp_path / "config.yaml").write_text(config)
        engine("podman", "exec", "hb", "hyperproof-bridge", "audit", "verify")
        engine("podman", "kill", f"--signal={signal.SIGTERM.name}", "hb")
        assert engine("podman", "wait", "hb").strip() == "0"
    finally:
        engine.attempt("podman", "rm", "--force", "hb")


def test_the_pod_of_the_chart_serves(
    engine: Engine, hyperproof: HyperproofSandbox, config: str, tmp_path: Path
) -> None:
    """As it is rendered, but that it shares this machine's network and takes the image that is here."""
    made = objects(
        values_of("minimal"), "--set=image.repository=localhost/hyperproof-bridge,image.pullPolicy=Never"
    )
    made["ConfigMap"]["data"]["config.yaml"] = config
    made["Deployment"]["spec"]["template"]["spec"]["hostNetwork"] = True
    shown: list[Any] = [made["ConfigMap"], made["PersistentVolumeClaim"], made["Deployment"]]
    with (tmp_path / "pod.yaml").open("w") as file:
        YAML(typ="safe").dump_all(shown, file)
    # Podman 4 hands a Secret's data over without decoding it, so this one is made in its own way.
    engine("podman", "secret", "create", "bridge-secrets", "-", text=json.dumps({"data": SECRETS}))
    engine("podman", "kube", "play", str(tmp_path / "pod.yaml"))
    (name,) = engine("podman", "ps", "--format={{.Names}}", "--filter=name=bridge$").split()
    until(lambda: "grace.lee@example.test" in _members(hyperproof), lambda: engine("podman", "logs", name))
    assert accepts(("127.0.0.1", 8470))


def _members(hyperproof: HyperproofSandbox) -> frozenset[str]:
    try:
        return frozenset(hyperproof.organization.member_emails("Team risk"))
    except LookupError:
        return frozenset()
