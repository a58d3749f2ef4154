"""Entries in a row and one by one: the same, whatever comes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.ldap import ber, responses
from bridge.sources.ldap import wire_ber
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.wire_entries import EntryRow

NUMBER = 5

NAMES = st.sampled_from(["cn", "CN", "mail", "entryUUID", "member", "member;range=0-1"])
VALUES = st.lists(st.binary(max_size=140), max_size=3) | st.lists(st.binary(max_size=20), min_size=1, max_size=1)
ENTRIES = st.lists(st.tuples(st.text(max_size=140), st.lists(st.tuples(NAMES, VALUES), max_size=4)), max_size=4)


def plain(dn: str, attributes: list[tuple[str, list[bytes]]]) -> bytes:
    """An entry with sizes in as few bytes as it takes."""
    return responses.entry(NUMBER, dn, attributes)


def wide(dn: str, attributes: list[tuple[str, list[bytes]]]) -> bytes:
    """An entry as Active Directory writes it: the sizes of whatever holds something in five bytes."""

    def holding(tag: int, *parts: bytes) -> bytes:
        content = b"".join(parts)
        return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content

    listed = [
        holding(0x30, ber.octets(name), holding(0x31, *map(ber.octets, values))) for name, values in attributes
    ]
    return holding(0x30, ber.integer(NUMBER), holding(0x64, ber.octets(dn), holding(0x30, *listed)))


def step(data: bytes, at: int) -> tuple[list[Entry], int]:
    """The one entry at this position, and where it ends. Raises ValueError or IndexError."""
    size = wire_ber.message_size(data, at)
    if size is None or at + size > len(data):
        raise IndexError
    message = data[at : at + size]
    number, tag, start, stop = wire_ber.envelope(message)
    if (number, tag) != (NUMBER, wire_ber.ENTRY):
        raise ValueError
    return [wire_ber.entry(message, start, stop)], at + size


def one_by_one(data: bytes) -> list[Entry] | None:
    """What comes to its end is given, and nothing of what does not."""
    return walked(data, lambda at: step(data, at))


def in_rows(data: bytes, row: EntryRow | None = None) -> list[Entry] | None:
    """The same by rows; where a row ends, one step is made."""
    row = row or EntryRow()

    def decoded(at: int) -> tuple[list[Entry], int]:
        found, end = row.decode(data, at, NUMBER)
        return (found, end) if found else step(data, at)

    return walked(data, decoded)


def walked(data: bytes, decode: Callable[[int], tuple[list[Entry], int]]) -> list[Entry] | None:
    """All that is decoded from position to position; None where something makes no sense."""
    found, at = list[Entry](), 0
    try:
        while at < len(data):
            more, at = decode(at)
            found += more
    except (ValueError, IndexError):
        return None
    return found


@given(ENTRIES, st.booleans())
def test_a_row_of_entries_is_what_was_sent(
    entries: list[tuple[str, list[tuple[str, list[bytes]]]]],
    wide_sizes: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever their attributes have in common with those of the entry before."""
    data = b"".join((wide if wide_sizes else plain)(*entry) for entry in entries)
    assert in_rows(data) == one_by_one(data)
    assert len(in_rows(data) or ()) == len(entries)


ANNA = ("uid=anna,dc=x", [("cn", [b"Anna"]), ("mail", [b"anna@example.test"]), ("entryUUID", [b"6f9619ff"])])
BERT = ("uid=bert,dc=x", [("cn", [b"Bert B."]), ("mail", [b"b@example.test"]), ("entryUUID", [b"7a9619ff"])])
TWO = [plain(*ANNA) + plain(*BERT), wide(*ANNA) + wide(*BERT)]


@pytest.mark.parametrize("data", TWO, ids=["plain", "wide"])
def test_any_byte_may_be_wrong(data: bytes) -> None:
    """Every byte of the second entry, every value: what is refused one by one is refused in a row."""
    refused = 0
    for position in range(step(data, 0)[1], len(data)):
        row = EntryRow()
        for value in range(256):
            spoiled = data[:position] + bytes((value,)) + data[position + 1 :]
            found = in_rows(spoiled, row)
            assert found == one_by_one(spoiled)
            refused += found is None
    assert refused > 10_000


@pytest.mark.parametrize("data", TWO, ids=["plain", "wide"])
def test_an_entry_that_breaks_off_is_left(data: bytes) -> None:
    """At whatever byte; the one before it is given."""
    first = step(data, 0)
    for stop in range(first[1], len(data)):
        assert EntryRow().decode(data[:stop], 0, NUMBER) == first


@given(ENTRIES, st.booleans(), st.data())
def test_any_bytes_may_be_wrong(
    entries: list[tuple[str, list[tuple[str, list[bytes]]]]],
    wide_sizes: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """Some bytes others, too many or missing: the same is given, or the same refused."""
    answer = TWO[wide_sizes] + b"".join((wide if wide_sizes else plain)(*entry) for entry in entries)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(answer)))
        stop = min(len(answer), start + data.draw(st.integers(0, 2)))
        answer = answer[:start] + data.draw(st.binary(max_size=2)) + answer[stop:]
    assert in_rows(answer) == one_by_one(answer)


def test_a_value_cannot_pose_as_an_attribute() -> None:
    """Values that hold what stands in front of others are values."""
    inner = plain(*BERT)
    attributes = [("cn", [inner]), ("mail", [inner[20:60]]), ("entryUUID", [b"\x31\x0a\x04\x08"])]
    data = plain(*ANNA) + plain("uid=mallory,dc=x", attributes) + plain(*ANNA)
    anna = Entry(ANNA[0].encode(), {name.lower(): values for name, values in ANNA[1]})
    mallory = Entry(b"uid=mallory,dc=x", {name.lower(): values for name, values in attributes})
    assert in_rows(data) == [anna, mallory, anna]


def test_an_attribute_that_comes_twice_keeps_all_its_values() -> None:
    """Also where it is expected to come next."""
    twice = ("uid=anna,dc=x", [("member", [b"a"]), ("Member", [b"b"]), ("member", [b"c"])])
    for decoded in in_rows(plain(*twice) * 3) or ():
        assert decoded.attributes == {"member": [b"a", b"b", b"c"]}
    assert len(in_rows(plain(*twice) * 3) or ()) == 3


def test_any_number_of_attributes_may_come() -> None:
    """More than are remembered, too."""
    many = ("uid=anna,dc=x", [(f"a{number}", [b"x"]) for number in range(300)])
    data = plain(*many) * 2
    assert in_rows(data) == one_by_one(data)


@pytest.mark.parametrize("other", [6, 5 + 2**8, 2**20])
def test_the_answer_to_another_question_ends_a_row(other: int) -> None:
    """So does anything else that is no entry."""
    one = plain(*ANNA)
    for behind in (responses.entry(other, *ANNA), responses.reference(NUMBER, ["ldap://a/"]), b"HTTP/1.1 200 OK"):
        assert EntryRow().decode(one + behind, 0, NUMBER)[1] == len(one)
        assert EntryRow().decode(behind, 0, NUMBER) == ([], 0)
