"""The Dockerfile, as its linter reads it. test_image.py builds and runs it."""

import re
import subprocess
import sys
from pathlib import Path

DOCKERFILE = Path("deploy/docker/Dockerfile")
TEXT = DOCKERFILE.read_text()


def test_its_linter_finds_nothing() -> None:
    """Hadolint, which comes as a Python package."""
    told = subprocess.run(
        (Path(sys.executable).parent / "hadolint", DOCKERFILE), capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (0, "")


def test_its_user_is_a_number() -> None:
    """That is not root, and that Kubernetes can tell from root; the base needs no such user."""
    assert re.findall(r"^USER (.+)$", TEXT, re.MULTILINE) == ["10001:10001"]


def test_it_starts_and_is_probed_without_a_shell() -> None:
    """The command and the health check are lists."""
    started = re.findall(r"^(?:ENTRYPOINT|CMD|  CMD) (.+)$", TEXT, re.MULTILINE)
    assert len(started) == 3
    assert all(line.startswith("[") for line in started)


def test_its_health_check_reads_no_configuration() -> None:
    """A broken file on disk ends no service that is well, as with the probes of the chart."""
    (check,) = re.findall(r"^HEALTHCHECK .+\\\n(.+)$", TEXT, re.MULTILINE)
    assert '"--live", "--at", "127.0.0.1:8470"' in check


def test_what_it_installs_is_locked() -> None:
    """By hash; and the project itself brings nothing further."""
    installs = re.findall(r"pip install (.+?)(?: \\)?$", TEXT, re.MULTILINE)
    assert len(installs) == 2
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_the_base_can_be_named() -> None:
    """And is the same for both stages."""
    assert re.findall(r"^FROM (\S+)", TEXT, re.MULTILINE) == ["${BASE_IMAGE}", "${BASE_IMAGE}"]
