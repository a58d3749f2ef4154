"""Audit files one after the other, as one row of lines.

A new file goes on behind what the database had noted of the old one. If the bridge ended before that was noted,
the file begins with what the one before ends with: the same again, byte for byte, which is left out here.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, dropwhile
from pathlib import Path
from typing import BinaryIO, Final, cast

from bridge.errors import StoreError

LINE_LIMIT: Final = 64 * 1024 * 1024
"""Bytes: no record is longer, so a file without line ends cannot fill the memory."""


def lines_of(files: Sequence[Path]) -> Iterator[bytes]:
    """The lines of files, given oldest first, with their ends. Raises StoreError when one cannot be read."""
    before: Path | None = None
    last = b""
    for file in files:
        lines = _lines(file)
        for line in _unrepeated(lines, before, last) if before else lines:
            yield line
            before, last = file, line


def _unrepeated(lines: Iterator[bytes], before: Path, last: bytes) -> Iterator[bytes]:
    """Leave out the lines that a file begins with and that the one before has in the same order."""
    first = next(lines, None)
    if first is None:
        return
    again = dropwhile(lambda line: line != first, _lines(before)) if _seq(first) <= _seq(last) else iter(())
    yield from dropwhile(lambda line: line == next(again, None), chain((first,), lines))


def _seq(line: bytes) -> float:
    """A record's number; above all of them where the line is no record."""
    try:
        seq = json.loads(line)["seq"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return float("inf")
    return seq if type(seq) is int else float("inf")


def _lines(file: Path) -> Iterator[bytes]:
    """Lines with their ends; of a file that logrotate compressed, too."""
    try:
        with cast("BinaryIO", gzip.open(file) if file.suffix == ".gz" else file.open("rb")) as opened:
            yield from iter(partial(opened.readline, LINE_LIMIT), b"")
    except (OSError, EOFError) as error:
        raise StoreError(
            f"The audit file {file} cannot be read ({error}); name a file of audit records"
        ) from error
