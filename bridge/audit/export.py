"""Evidence for other programs: the very lines, events for a SIEM, or a table for a spreadsheet."""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TextIO

from bridge.audit.forms import LINES, Form
from bridge.audit.query import Found

COLUMNS: Final = (
    "seq", "at", "event", "run", "organization", "mapping", "group", "group_id", "account", "email", "people",
    "cause", "status", "reason", "remedy", "by", "intent", "prev", "hash",
)  # fmt: skip
"""Of a table; all other facts go into its last column, `more`, as JSON."""

FORMULA_STARTS: Final = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet take a text for a formula (OWASP, CSV Injection), full-width forms too."""


def export_lines(found: Iterable[Found], to: TextIO, form: Form = Form.JSONL) -> int:
    """Write records as lines, by default those they were sealed as; count them."""
    line_of = LINES[form]
    count = 0
    for count, one in enumerate(found, 1):  # noqa: B007 - the last count is the answer
        to.write(line_of(one.line) + "\n")
    return count


def export_csv(found: Iterable[Found], to: TextIO) -> int:
    """Write records as a table with a heading; count them. No text in it is taken for a formula.

    For reading only: a guarded text begins with an apostrophe, so the chain is verified by the lines, not by this.
    """
    table = csv.writer(to, lineterminator="\r\n")  # RFC 4180
    table.writerow([*COLUMNS, "more"])
    count = 0
    for count, one in enumerate(found, 1):  # noqa: B007 - the last count is the answer
        table.writerow(_row(one.record))
    return count


def _row(record: Mapping[str, Any]) -> list[str]:
    more = {key: value for key, value in record.items() if key not in COLUMNS and key != "schema"}
    cells = [record.get(column) for column in COLUMNS]
    return [_cell(value) for value in (*cells, more or None)]


def _cell(value: object) -> str:
    """A value as text that begins harmlessly."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = _BEHIND_SEPARATORS.sub(r"\1'", text)
    return "'" + text if text.lstrip(" ").startswith(FORMULA_STARTS) else text


_BEHIND_SEPARATORS: Final = re.compile(rf"(; *)(?=[{re.escape(''.join(FORMULA_STARTS))}])")
"""Where a semicolon parts cells, as in spreadsheets of much of Europe, a text behind one begins a cell."""
