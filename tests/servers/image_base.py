"""A stand-in for the image's base: the files of a few packages of this machine, as they were installed.

It is what a small Debian with Python is made of, without asking anybody for it. Documentation and translations are
left out, as they are of the base that it stands in for.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.servers.programs import require, run

_PACKAGES: Final = (
    "base-files", "bash", "ca-certificates", "coreutils", "dash", "libc-bin", "passwd",
    "python3-minimal", "python3-venv",
)  # fmt: skip
_ONLY_NEEDED: Final = tuple(
    f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
)
_MADE: Final = ("/etc/group", "/etc/ld.so.cache", "/etc/passwd", "/etc/ssl/certs/ca-certificates.crt")
"""What the packages made when they were installed."""
_LEFT_OUT: Final = ("/usr/share/doc/", "/usr/share/locale/", "/usr/share/man/")


def base_files() -> list[str]:
    """The paths, without the slash at their begin; folders come before what is in them."""
    require("apt-cache", "apt")
    listed = run(("apt-cache", "depends", "--recurse", "--installed", *_ONLY_NEEDED, *_PACKAGES)).splitlines()
    packages = sorted({line for line in listed if line[:1].isalnum()})
    paths = run(("dpkg-query", "--listfiles", *packages)).splitlines()
    return sorted({path.removeprefix("/") for path in _present([*paths, *_MADE])})


def _present(paths: list[str]) -> Iterator[str]:
    """Those that are there, by where they truly are: packages still say /bin where that leads to /usr/bin."""
    for path in paths:
        folder, name = os.path.split(path)
        if folder.startswith("/") and name not in {"", "."} and not path.startswith(_LEFT_OUT):
            found = Path(os.path.realpath(folder), name)
            if os.path.lexists(found):
                yield str(found)
