import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audit.export import COLUMNS, FORMULA_STARTS, export_csv, export_lines
from bridge.audit.query import Filter, find_records
from tests.audit.chains import MemoryLedger, lines_of, record


def table_of(ledger: MemoryLedger) -> list[dict[str, str]]:
    """The exported table, read back."""
    out = io.StringIO(newline="")
    export_csv(find_records(ledger, Filter()), out)
    return list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))


def test_lines_are_exported_as_sealed() -> None:
    """What is exported as lines can be verified like the file."""
    ledger = MemoryLedger()
    ledger.append(record(n=1), record(n=2))
    out = io.StringIO()
    assert export_lines(find_records(ledger, Filter()), out) == 2
    assert out.getvalue().encode() == lines_of(ledger)


def test_a_table_has_a_row_for_each_record() -> None:
    """Usual facts have columns of their own, the rest is JSON in the last one; what is absent is empty."""
    ledger = MemoryLedger()
    ledger.append(record(group="Auditors", people=["corp:1", "corp:2"], status=400, extra={"b": 1}))
    (row,) = table_of(ledger)
    assert (row["seq"], row["group"], row["status"], row["email"]) == ("1", "Auditors", "400", "")
    assert row["people"] == '["corp:1", "corp:2"]'
    assert row["more"] == '{"extra": {"b": 1}}'
    assert set(row) == {*COLUMNS, "more"}


def test_an_empty_export_has_its_heading() -> None:
    """No records, one line."""
    out = io.StringIO()
    assert export_csv((), out) == 0
    assert out.getvalue().startswith("seq,at,event")


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """What a spreadsheet would calculate begins with an apostrophe."""
    ledger = MemoryLedger()
    ledger.append(record(group=text))
    assert table_of(ledger)[0]["group"] == "'" + text


def test_no_text_behind_a_semicolon_is_a_formula() -> None:
    """Which parts cells where a comma is in numbers."""
    ledger = MemoryLedger()
    ledger.append(record(group="x;=1+1; @y;z"))
    assert table_of(ledger)[0]["group"] == "x;'=1+1; '@y;z"


@given(st.text() | st.text("a;=@+ '\t"))
def test_every_text_survives_and_is_harmless(text: str) -> None:
    """Whatever a name is, the table can be read back, and no cell begins like a formula."""
    ledger = MemoryLedger()
    ledger.append(record(group=text))
    cell = table_of(ledger)[0]["group"]
    assert cell.replace("'", "") == text.replace("'", "")
    assert not any(part.lstrip(" ").startswith(FORMULA_STARTS) for part in cell.split(";"))
