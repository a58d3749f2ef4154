import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import IncompleteRead
from bridge.transport.json_rows import rows_of

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
INDENTS = st.sampled_from([None, 0, 2])
WINDOWS = st.integers(1, 20)


def as_it_is(row: object) -> object:
    """Make nothing else of a row."""
    return row


def at_once(body: bytes) -> object:
    """The value, or the word that it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return "no JSON"


def by_rows(body: bytes, window: int) -> object:
    """The same, with so many characters looked at together."""
    try:
        return rows_of(body, as_it_is, window)
    except (ValueError, RecursionError):
        return "no JSON"


@given(VALUES, INDENTS, WINDOWS, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def test_any_json_is_what_it_is_at_once(
    value: object,
    indent: int | None,
    window: int,
    encoding: str,
    ascii_only: bool,  # noqa: FBT001 - drawn
) -> None:
    """Lists and others, with any spaces, wherever the text is parted."""
    body = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode(encoding)
    assert by_rows(body, window) == value


@given(st.lists(VALUES, max_size=4), INDENTS, WINDOWS, st.data())
def test_any_bytes_may_be_wrong(value: object, indent: int | None, window: int, data: st.DataObject) -> None:
    """Some bytes others, too many or missing: another value, or refused, as at once."""
    body = json.dumps(value, indent=indent).encode()
    start = data.draw(st.integers(0, len(body)))
    stop = min(len(body), start + data.draw(st.integers(0, 2)))
    put = data.draw(st.binary(max_size=2) | st.sampled_from([b",", b"]", b"[", b"{", b"1", b" ", b"null"]))
    spoiled = body[:start] + put + body[stop:]
    assert by_rows(spoiled, window) == at_once(spoiled)


ROWS = b' [{"a": [1, "]"]}, -1.5e+3 ,\n"\\u00e9\xc3\xa9", [], {}, true] '


@pytest.mark.parametrize("window", range(1, 80))
def test_a_list_that_breaks_off_is_none(window: int) -> None:
    """At whatever byte; nothing of it is given."""
    assert by_rows(ROWS, window) == json.loads(ROWS)
    end = ROWS.rindex(b"]")
    for stop in range(end):
        assert by_rows(ROWS[:stop], window) == "no JSON"


def test_each_row_is_made_before_the_next_is_decoded() -> None:
    """So that no more than one of them has to be held as it was."""
    body = b'[{"a": 1}, {"a": 2}, ' + b" " * 100 + b"no JSON"
    seen: list[object] = []
    with pytest.raises(ValueError, match="Expecting"):
        rows_of(body, seen.append, 8)
    assert seen == [{"a": 1}, {"a": 2}]


def test_what_a_row_raises_is_raised() -> None:
    """A row that is not as it should be ends it all."""

    def refuse(row: object) -> object:
        raise IncompleteRead("Hyperproof", f"told {row}")

    for body in (b"[1, 2]", "[1, 2]".encode("utf-16")):
        with pytest.raises(IncompleteRead, match="told 1"):
            rows_of(body, refuse)


@pytest.mark.parametrize("body", [b'{"data": [1]}', b'"[1]"', b"null", b"7"])
def test_what_is_no_list_is_left_as_it_is(body: bytes) -> None:
    """Whoever asked for a list has to judge what came instead."""
    assert rows_of(body, lambda _: pytest.fail("no row")) == json.loads(body)
