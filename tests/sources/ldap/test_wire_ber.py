from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.utils.asn1 import decode_message_fast

from bridge.sandbox.ldap import ber, requests, responses
from bridge.sources.ldap import wire_ber
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.search import PageEnd, Reference

NAMES = st.text("abcXYZ019;-", min_size=1, max_size=12)
VALUES = st.lists(st.binary(max_size=300), max_size=6)
ENTRIES = st.lists(st.tuples(NAMES, VALUES), max_size=5, unique_by=lambda pair: pair[0].lower())


def decoded(message: bytes) -> Entry:
    """The entry in a message."""
    _, tag, start, stop = wire_ber.envelope(message)
    assert tag == wire_ber.ENTRY
    return wire_ber.entry(message, start, stop)


def ended(message: bytes) -> PageEnd:
    """The end of a page in a message."""
    return wire_ber.page_end(message, *wire_ber.envelope(message)[2:])


@given(st.integers(1, 2**31 - 1), st.text(max_size=200), ENTRIES)
def test_an_entry_is_what_was_sent(number: int, dn: str, attributes: list[tuple[str, list[bytes]]]) -> None:
    """Byte for byte, names in lower case, attributes without a value left out; and ldap3 says the same."""
    message = responses.entry(number, dn, attributes)
    assert wire_ber.message_size(message, 0) == len(message)
    assert wire_ber.envelope(message)[0] == number
    assert decoded(message) == Entry(dn.encode(), {name.lower(): values for name, values in attributes if values})
    theirs = decode_message_fast(message)["payload"]  # type: ignore[no-untyped-call]  # not in types-ldap3
    listed = {pair[3][0][3].decode().lower(): [value[3] for value in pair[3][1][3]] for pair in theirs[1][3]}
    assert decoded(message) == Entry(theirs[0][3], {name: values for name, values in listed.items() if values})


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536, 2**24])
def test_a_value_of_any_size(size: int) -> None:
    """Lengths of one byte up to four behind the first."""
    assert decoded(responses.entry(1, "cn=x", [("cn", [b"v" * size, b"w"])])).attributes == {
        "cn": [b"v" * size, b"w"]
    }


def test_lengths_in_more_bytes_than_it_takes() -> None:
    """Active Directory writes every length in four bytes."""

    def wide(tag: int, content: bytes) -> bytes:
        return bytes((tag, 0x84)) + len(content).to_bytes(4, "big") + content

    attribute = wide(0x30, wide(0x04, b"member") + wide(0x31, wide(0x04, b"cn=a") + wide(0x04, b"cn=b")))
    entry = wide(0x64, wide(0x04, b"cn=g") + wide(0x30, attribute))
    assert decoded(wide(0x30, ber.integer(3) + entry)) == Entry(b"cn=g", {"member": [b"cn=a", b"cn=b"]})


def test_an_attribute_that_comes_twice_keeps_all_its_values() -> None:
    """No server should send that; dropping one of the two would drop members."""
    message = responses.entry(1, "cn=g", [("member", [b"a"]), ("Member", [b"b"]), ("MEMBER", [])])
    assert decoded(message).attributes == {"member": [b"a", b"b"]}


def test_a_reference_has_its_addresses() -> None:
    """One that has none says nothing, and is malformed."""
    message = responses.reference(1, ["ldap://a/", "ldap://b/"])
    assert wire_ber.reference(message, *wire_ber.envelope(message)[2:]) == Reference(("ldap://a/", "ldap://b/"))
    message = responses.reference(1, [])
    with pytest.raises(wire_ber.BerError):
        wire_ber.reference(message, *wire_ber.envelope(message)[2:])


@pytest.mark.parametrize("cookie", [b"", b"\0\xff" * 200])
def test_the_end_of_a_page_has_its_cookie(cookie: bytes) -> None:
    """Among other controls, critical or not."""
    other = ber.sequence(ber.octets("1.2.3"), ber.encode(ber.BOOLEAN, b"\xff"))
    for controls in (responses.page_control(cookie, 7), other + responses.page_control(cookie, 7) + other):
        message = responses.done(1, responses.SEARCH_DONE, responses.SUCCESS, controls=controls)
        assert ended(message) == PageEnd(0, "0 success", cookie)
    value = ber.octets(ber.sequence(ber.integer(0), ber.octets(cookie)))
    critical = ber.sequence(ber.octets(requests.PAGED_RESULTS), ber.encode(ber.BOOLEAN, b"\xff"), value)
    message = responses.done(1, responses.SEARCH_DONE, responses.SUCCESS, controls=critical)
    assert ended(message).cookie == cookie


def test_no_word_of_pages_is_no_empty_cookie() -> None:
    """None and empty are told apart: the one says nothing, the other that this was the last page."""
    assert ended(responses.done(1, responses.SEARCH_DONE, responses.SUCCESS)).cookie is None
    other = ber.sequence(ber.octets("1.2.3"))
    assert ended(responses.done(1, responses.SEARCH_DONE, responses.SUCCESS, controls=other)).cookie is None


def test_the_end_of_a_page_has_its_result_in_words() -> None:
    """With the server's own message, and where a referral points to; unknown results too."""
    result = responses.Result(10, "go\0 there", "dc=x", ("ldap://b/", "ldap://c/"))
    assert ended(responses.done(1, responses.SEARCH_DONE, result)) == PageEnd(
        10, "10 referral (go there)", None, ("ldap://b/", "ldap://c/")
    )
    assert ended(responses.done(1, responses.SEARCH_DONE, responses.Result(4242))).words == "4242 unknown"


ANSWERS = [
    responses.entry(5, "cn=g,dc=x", [("cn", [b"g"]), ("member", [b"x" * 200, b"y"])]),
    responses.reference(5, ["ldap://a/"]),
    responses.done(
        5,
        responses.SEARCH_DONE,
        responses.Result(10, "go", "dc=x", ("ldap://b/",)),
        controls=responses.page_control(b"12", 3),
    ),
]
DECODERS: dict[int, Callable[[bytes, int, int], object]] = {
    wire_ber.ENTRY: wire_ber.entry,
    wire_ber.REFERENCE: wire_ber.reference,
    wire_ber.DONE: wire_ber.page_end,
}


def decode_any(message: bytes) -> object:
    """Whatever is in a message."""
    _, tag, start, stop = wire_ber.envelope(message)
    return DECODERS.get(tag, wire_ber.page_end)(message, start, stop)


@pytest.mark.parametrize("answer", ANSWERS, ids=["entry", "reference", "end"])
def test_a_message_that_breaks_off_is_never_decoded(answer: bytes) -> None:
    """At whatever byte."""
    for stop in range(len(answer)):
        with pytest.raises((wire_ber.BerError, IndexError)):
            decode_any(answer[:stop])


@pytest.mark.parametrize("answer", ANSWERS, ids=["entry", "reference", "end"])
def test_any_byte_may_be_wrong(answer: bytes) -> None:
    """Every byte, every value: decoded to something, or a ValueError or IndexError; nothing else, and no hang."""
    for position in range(len(answer)):
        for value in range(256):
            spoiled = answer[:position] + bytes((value,)) + answer[position + 1 :]
            try:
                wire_ber.message_size(spoiled, 0)
                decode_any(spoiled)
            except (ValueError, IndexError):
                continue


@given(st.binary(max_size=60))
def test_any_bytes_may_come(data: bytes) -> None:
    """As a message, and as what is in one."""
    for decode in (decode_any, lambda data: wire_ber.entry(data, 0, len(data))):
        try:
            decode(data)
        except (ValueError, IndexError):
            continue


def test_the_size_of_a_message_is_told_by_its_first_bytes() -> None:
    """None while they are too few; never a size that does not stand there."""
    assert [wire_ber.message_size(data, 0) for data in (b"", b"\x30", b"\x30\x82\x01")] == [None, None, None]
    assert wire_ber.message_size(b"\x30\x05", 0) == 7
    assert wire_ber.message_size(b"..\x30\x82\x01\x00", 2) == 260
    assert wire_ber.message_size(b"\x30\x88" + b"\xff" * 8, 0) == 2**64 + 9


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 400", b"\x30\x80\x02\x01\x05", b"\x30\x89" + b"\0" * 9, b"\x15\x03\x01"]
)
def test_what_is_no_message_is_found_at_once(data: bytes) -> None:
    """Another protocol, a length that is indefinite, or in more bytes than any takes."""
    with pytest.raises(wire_ber.BerError):
        wire_ber.message_size(data, 0)


def read_singly(row: bytes) -> list[bytes] | None:
    """OCTET STRINGs one by one; None where something is malformed."""
    found, at = [], 0
    try:
        while at < len(row):
            start, at = wire_ber.element(row, at, len(row), wire_ber.OCTETS)
            found.append(row[start:at])
    except (ValueError, IndexError):
        return None
    return found


def read_at_once(row: bytes) -> list[bytes] | None:
    """The same as a row, in the midst of a message."""
    try:
        return wire_ber.strings(b"\x04\x01" + row + b"\x04\x01!", 2, 2 + len(row))
    except (ValueError, IndexError):
        return None


@given(st.lists(st.binary(max_size=60) | st.binary(min_size=120, max_size=140), max_size=4), st.data())
def test_a_large_row_of_values_is_read_as_a_small_one(values: list[bytes], data: st.DataObject) -> None:
    """Values of any size among many, and some bytes others, too many or missing: the same, or refused as well."""
    many = [b"uid=u%03d,dc=x" % number for number in range(100)]
    at = data.draw(st.integers(0, len(many)))
    row = b"".join(map(ber.octets, [*many[:at], *values, *many[at:]]))
    assert read_at_once(row) == [*many[:at], *values, *many[at:]]
    start = data.draw(st.integers(0, len(row)))
    stop = min(len(row), start + data.draw(st.integers(0, 2)))
    spoiled = row[:start] + data.draw(st.binary(max_size=2)) + row[stop:]
    assert read_at_once(spoiled) == read_singly(spoiled)


def test_a_large_row_that_breaks_off_is_refused() -> None:
    """At whatever byte: the last value is never taken for a shorter one."""
    row = b"".join(ber.octets(b"uid=u%03d,dc=x" % number) for number in range(100))
    for stop in range(len(row)):
        assert read_at_once(row[:stop]) == read_singly(row[:stop])
        assert (read_at_once(row[:stop]) is None) == bool(stop % 15)
