"""A CSV file (RFC 4180) with a heading: rows of exactly the columns that it names, or an error."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bridge.sources.file.export import Export


class TableError(ValueError):
    """A file that is no table, or not the one that it should be. Names the line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; values are trimmed."""

    line: int
    """Where it ends in the file."""
    cells: Mapping[str, str]

    def needed(self, column: str) -> str:
        """A value that may not be missing. Raises TableError."""
        if not (value := self.cells[column]):
            raise TableError(f"line {self.line} has nothing in the column {column}")
        return value


def rows(export: Export, delimiter: str, columns: Iterable[str]) -> tuple[Row, ...]:
    """All rows. Raises TableError, also when there are none, or others than the end mark says."""
    found = tuple(_rows(io.StringIO(export.content.decode(), newline=""), delimiter, columns))
    if export.rows is not None and export.rows != len(found):
        raise TableError(f"{len(found)} rows stand there, and by its end mark {export.rows} should")
    if not found:
        raise TableError("it has a heading and no row")
    return found


def _rows(text: io.StringIO, delimiter: str, columns: Iterable[str]) -> Iterator[Row]:
    table = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        heading = _heading(next(table, []), columns)
        for cells in table:
            if len(cells) != len(heading):
                raise TableError(f"line {table.line_num} has {len(cells)} values for {len(heading)} columns")
            yield Row(table.line_num, dict(zip(heading, map(str.strip, cells), strict=True)))
    except csv.Error as error:
        raise TableError(f"line {table.line_num} is no row of a table: {error}") from error


def _heading(cells: list[str], columns: Iterable[str]) -> list[str]:
    heading = [name.strip() for name in cells]
    missing = [f"has no column {name}" for name in columns if name not in heading]
    twice = [f"has the column {name} twice" for name in heading if heading.count(name) > 1]
    for fault in (*missing, *twice):
        raise TableError(f"its heading {fault}; its columns are {', '.join(heading)}")
    return heading
