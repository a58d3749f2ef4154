import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import StoreError
from bridge.store.lookup import Table, pack_table

NAMES = st.text(st.characters(codec="utf-8"), max_size=4)
ROWS = st.lists(st.lists(NAMES, max_size=3), max_size=700)
"""More than two blocks of them."""


def packed(rows: list[list[str]]) -> bytes:
    """A table of rows that consist of their names."""
    return pack_table({"rows": len(rows)}, rows, rows)


@given(ROWS)
def test_every_row_is_found_by_each_of_its_names_in_any_case(rows: list[list[str]]) -> None:
    """None is missing that has the name, and what a row says is what was put into it."""
    table = Table(packed(rows))
    assert [table.row(number) for number in range(len(rows))] == rows
    for name in {name for row in rows for name in row}:
        having = {n for n, row in enumerate(rows) if name in row}
        assert having <= set(table.numbers([name])) == set(table.numbers([name.casefold()]))
    assert table.head == {"rows": len(rows)}


@given(ROWS, NAMES)
def test_hardly_any_other_row_is_found(rows: list[list[str]], name: str) -> None:
    """A hash has 32 bits: of what is asked for here, none is another's."""
    found = Table(packed(rows)).numbers([name])
    assert all(name.casefold() in {one.casefold() for one in rows[number]} for number in found)


def test_a_letter_that_no_encoding_knows_is_found() -> None:
    """A name as a file's bytes may have made it."""
    assert Table(packed([["\ud800"]])).numbers(["\ud800"]) == [0]


def everything_of(data: bytes) -> list[list[str]]:
    """All rows."""
    table = Table(data)
    return [table.row(number) for number in range(table.head["rows"])]


def test_damage_anywhere_is_told() -> None:
    """A byte that is another, and a cell that ends early."""
    whole = packed([[hashlib.sha256(str(number).encode()).hexdigest()[:8]] for number in range(300)])
    for place in range(len(whole)):
        with pytest.raises(StoreError, match="damaged picture of the last run"):
            everything_of(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    for end in range(0, len(whole), 7):
        with pytest.raises(StoreError, match="damaged picture of the last run"):
            everything_of(whole[:end])
