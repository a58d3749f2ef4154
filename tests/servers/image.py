"""Building and running our image without a Docker engine: buildah, podman and runc, over a base made here."""

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.servers.programs import lacking, require, run

BASE: Final = "docker.io/library/python:3.11-slim-bookworm"
"""What the Dockerfile names. The stand-in has the system's Python in place of the one under /usr/local."""
IMAGE: Final = "localhost/hyperproof-bridge:0.1.0"

_PACKAGES: Final = "buildah podman runc mmdebstrap catatonit containernetworking-plugins iptables"
_INCLUDED: Final = "python3-minimal,python3-venv,ca-certificates,passwd"
_CONF: Final = """\
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc=10000:10000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where images and containers are kept, apart from those of the machine."""

    folder: Path

    def __call__(self, program: str, *words: str, text: str = "") -> str:
        """Run podman or buildah and give its output; the test fails with what it said when it fails."""
        return run(self._command(program, words), text=text, env=self._environ())

    def attempt(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it, and tell how it ended."""
        environ = {**os.environ, **self._environ()}
        return subprocess.run(
            self._command(program, words), capture_output=True, text=True, check=False, env=environ
        )

    def _command(self, program: str, words: tuple[str, ...]) -> tuple[str, ...]:
        return (program, "--root", str(self.folder / "root"), "--runroot", str(self.folder / "run"), *words)

    def _environ(self) -> dict[str, str]:
        return {"CONTAINERS_CONF": str(self.folder / "containers.conf"), "BUILDAH_ISOLATION": "chroot"}


@contextmanager
def built() -> Iterator[Engine]:
    """Make the base and build the Dockerfile as it is. What was made goes, and so does what it had mounted."""
    if os.geteuid() != 0:
        lacking("images are built as root only")
    for program in _PACKAGES.split()[:4]:
        require(program, _PACKAGES)
    with tempfile.TemporaryDirectory(prefix="image-") as name:
        engine = Engine(Path(name))
        try:
            _build(engine)
            yield engine
        finally:
            subprocess.run(("umount", "--lazy", engine.folder / "root/overlay"), check=False, capture_output=True)


def _build(engine: Engine) -> None:
    files, base = resource.getrlimit(resource.RLIMIT_NOFILE)[1], engine.folder / "base.tar"
    (engine.folder / "containers.conf").write_text(_CONF.format(files=files))
    run(("mmdebstrap", "--quiet", "--variant=minbase", f"--include={_INCLUDED}", "bookworm", base))
    made = engine("buildah", "from", "scratch").strip()
    engine("buildah", "add", "--quiet", made, str(base), "/")
    engine("buildah", "commit", "--quiet", "--rm", made, BASE)
    certificates = "/etc/ssl/certs:/etc/ssl/certs:ro"
    where = ("--file", "deploy/docker/Dockerfile", "--tag", IMAGE, ".")
    engine("buildah", "build", "--pull=never", "--format=docker", "--volume", certificates, *where)
