"""One file of an export as it was read: whole, unchanged meanwhile and new enough, or an error.

A file has no one who says how its reading ended. What is half written, cut, left from last month or swapped
meanwhile looks like a smaller company: so nothing of it is used.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bridge.core.model import DirectoryName, Search
from bridge.errors import Denied, IncompleteRead, Unavailable
from bridge.sources.file.settings import ExportFile

_BOM: Final = b"\xef\xbb\xbf"
_AHEAD: Final = timedelta(minutes=5)
"""So far may the clock be behind that stamped the file."""
_MARK_LINES: Final = 5
"""So many lines may an end mark have."""
_READ_AGAIN: Final = "the next run reads it again"


@dataclass(frozen=True, slots=True)
class Export:
    """What stands in a file, without the mark at its end."""

    path: Path
    content: bytes
    """UTF-8, every line ended."""
    rows: int | None
    """How many there are by its own word; None: it does not say."""
    digest: str
    """SHA-256 of the whole file, in hex."""
    written: datetime

    def search(self, rows: int) -> Search:
        """The record of this read, once its rows are counted."""
        what = f"written {self.written:%Y-%m-%dT%H:%M:%SZ}, sha256 {self.digest}"
        return Search(str(self.path), 1, rows, f"whole, {what}")


class Reader:
    """Reads the files of one export, which have to be of one moment."""

    def __init__(
        self, directory: DirectoryName, max_age: timedelta, now: datetime, fetch: Callable[[Path], bytes]
    ) -> None:
        self._directory = directory
        self._max_age = max_age
        self._now = now
        self._fetch = fetch

    def read(self, files: Sequence[ExportFile]) -> tuple[Export, ...]:
        """Read all of them, and see that none was written meanwhile.

        Raises Unavailable when there is no such file, Denied when it may not be read, IncompleteRead when it
        cannot be the whole and present truth.
        """
        before = [self._look(file.path) for file in files]
        exports = tuple(map(self._export, files, before))
        for file, seen in zip(files, before, strict=True):
            if _version(self._look(file.path)) != _version(seen):
                raise self._refused(file.path, "it changed while it was read", _READ_AGAIN)
        return exports

    def _look(self, path: Path) -> os.stat_result:
        try:
            seen = path.stat()
        except FileNotFoundError as error:
            raise Unavailable(self._directory, f"{path} is not there; see that the export is written") from error
        except OSError as error:
            raise Denied(self._directory, f"{path} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(seen.st_mode):
            raise Denied(self._directory, f"{path} is no file; name the file itself")
        return seen

    def _export(self, file: ExportFile, seen: os.stat_result) -> Export:
        written = datetime.fromtimestamp(seen.st_mtime, UTC)
        self._check_age(file.path, written)
        try:
            whole = self._fetch(file.path)
        except OSError as error:
            raise Denied(self._directory, f"{file.path} cannot be read: {error.strerror}") from error
        if len(whole) != seen.st_size:
            raise self._refused(file.path, "it changed while it was read", _READ_AGAIN)
        self._check_text(file.path, whole)
        content, rows = self._unmarked(file, whole.removeprefix(_BOM))
        if not content.strip():
            raise self._refused(file.path, "it is empty", "see that the export is written to its end")
        return Export(file.path, content, rows, hashlib.sha256(whole).hexdigest(), written)

    def _check_age(self, path: Path, written: datetime) -> None:
        age = self._now - written
        if age > self._max_age:
            what = f"it was written {_length(age)} ago, and may be {_length(self._max_age)} old"
            raise self._refused(path, what, "see that the export is still made, or raise max_age")
        if age < -_AHEAD:
            what = f"it was written {_length(-age)} from now, so that nobody can tell how old it is"
            raise self._refused(path, what, "set the clocks right")

    def _check_text(self, path: Path, whole: bytes) -> None:
        try:
            whole.decode("utf-8")
        except UnicodeDecodeError as error:
            line = whole.count(b"\n", 0, error.start) + 1
            raise self._refused(path, f"line {line} is not UTF-8", "write the export in UTF-8") from error
        if (place := whole.find(b"\0")) >= 0:  # what a crash leaves of a file that was not on disk yet
            line = whole.count(b"\n", 0, place) + 1
            raise self._refused(path, f"line {line} has a byte that no text has", "export it anew")

    def _unmarked(self, file: ExportFile, content: bytes) -> tuple[bytes, int | None]:
        """The content up to the end mark, and the number of rows that it tells."""
        if not file.end_mark:
            if content and not content.endswith(b"\n"):
                remedy = "let the export end each line, or end with a mark that end_mark describes"
                raise self._refused(file.path, "its last line has no end, and may be cut", remedy)
            return content, None
        lines = content.rstrip(b"\r\n").rsplit(b"\n", _MARK_LINES)
        for start in range(len(lines) - 1, max(len(lines) - _MARK_LINES, 0) - 1, -1):
            end = "\n".join(line.decode().removesuffix("\r") for line in lines[start:])
            if mark := re.fullmatch(file.end_mark, end):
                return b"".join(line + b"\n" for line in lines[:start]), self._count(file, mark)
        what = f"it does not end with its end mark '{file.end_mark}': it is cut, or still being written"
        raise self._refused(file.path, what, _READ_AGAIN)

    def _count(self, file: ExportFile, mark: re.Match[str]) -> int | None:
        if "rows" not in mark.groupdict():
            return None
        text = mark["rows"]
        if not text or not text.isdecimal():
            raise self._refused(
                file.path, f"its end mark tells no number of rows, but '{text}'", "correct end_mark"
            )
        return int(text)

    def _refused(self, path: Path, what: str, remedy: str) -> IncompleteRead:
        return IncompleteRead(self._directory, f"{path}: {what}; {remedy}")


def _version(seen: os.stat_result) -> tuple[int, ...]:
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02} min"
