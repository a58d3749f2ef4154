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

from tests.servers.image_base import base_files
from tests.servers.programs import lacking, require, run

BASE: Final = "docker.io/library/python:3.11-slim-bookworm"
"""What the Dockerfile names. The stand-in is made of this machine's own packages, with the system's Python."""
IMAGE: Final = "localhost/hyperproof-bridge:0.1.0"

_PACKAGES: Final = "buildah podman runc catatonit containernetworking-plugins iptables"
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
            engine.attempt("podman", "pod", "rm", "--force", "--time=0", "--all")
            engine.attempt("podman", "rm", "--force", "--time=0", "--all")
            _unmount(engine.folder)


def _build(engine: Engine) -> None:
    files, base = resource.getrlimit(resource.RLIMIT_NOFILE)[1], engine.folder / "base.tar"
    (engine.folder / "containers.conf").write_text(_CONF.format(files=files))
    packed = ("tar", "--create", "--directory=/", "--no-recursion", "--files-from=-", f"--file={base}")
    run(packed, text="".join(f"{path}\n" for path in base_files()))
    made = engine("buildah", "from", "scratch").strip()
    engine("buildah", "add", "--quiet", made, str(base), "/")
    engine("buildah", "commit", "--quiet", "--rm", made, BASE)
    certificates = "/etc/ssl/certs:/etc/ssl/certs:ro"
    where = ("--file", "deploy/docker/Dockerfile", "--tag", IMAGE, ".")
    engine("buildah", "build", "--pull=never", "--format=docker", "--volume", certificates, *where)


def _unmount(folder: Path) -> None:
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for path in sorted((path for path in mounted if path.startswith(f"{folder}/")), reverse=True):
        subprocess.run(("umount", "--lazy", path), check=False, capture_output=True)
