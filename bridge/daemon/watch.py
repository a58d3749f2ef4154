"""The files that a configuration was made of, and whether they are others by now."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

Look: TypeAlias = tuple[tuple[Path, tuple[int, int, int] | None], ...]
"""Of each file what changes when somebody writes or replaces it; None while it is not there."""


def look(files: Iterable[Path]) -> Look:
    """Look at files, through links."""
    return tuple((path, _look(path)) for path in sorted(set(files)))


def _look(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class Watch:
    """Tells once that files have changed, when they are the same in two looks: half a file is no configuration."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._files = tuple(files)
        self._known = self._last = look(self._files)

    def changed(self) -> bool:
        """Look again."""
        now, before = look(self._files), self._last
        self._last = now
        if now == self._known or now != before:
            return False
        self._known = now
        return True
