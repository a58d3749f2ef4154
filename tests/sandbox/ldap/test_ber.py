import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.ldap.ber import BerError, Reader, encode, frame_size, integer, octets, sequence
from bridge.sandbox.ldap.requests import read_message


@given(st.binary(max_size=400))
def test_what_is_written_is_read(content: bytes) -> None:
    """An octet string of any length comes back, and its frame is as long as it is."""
    data = octets(content)
    assert frame_size(data) == len(data)
    assert Reader(data).take() == content


@given(st.integers(min_value=0, max_value=2**63))
def test_integers_stay_positive(value: int) -> None:
    """No length or limit turns negative on the wire."""
    assert Reader(integer(value)).integer() == value


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_lengths_around_their_forms(size: int) -> None:
    """Short and long forms of the length meet without a gap."""
    data = encode(4, b"x" * size)
    assert frame_size(data) == len(data)
    assert len(Reader(data).take()) == size


def test_a_head_that_is_not_all_there() -> None:
    """While the length is incomplete, the frame's size is not known."""
    data = encode(4, b"x" * 300)
    assert [frame_size(data[:n]) for n in range(4)] == [None, None, None, None]
    assert frame_size(data[:4]) == len(data)


@pytest.mark.parametrize("data", [b"\x30\x80", b"\x30\x85\x01\x01\x01\x01\x01"])
def test_lengths_that_ldap_forbids(data: bytes) -> None:
    """Indefinite and absurd lengths are errors, not waits for more."""
    with pytest.raises(BerError):
        frame_size(data)


@given(st.binary(max_size=60))
def test_garbage_is_an_error_of_ours(data: bytes) -> None:
    """Whatever a client sends, reading it ends in a message or in BerError."""
    with contextlib.suppress(BerError):
        read_message(data)
    with contextlib.suppress(BerError):
        read_message(sequence(integer(1), data))


def test_a_filter_that_is_nested_too_deeply() -> None:
    """A filter built to exhaust the stack is refused."""
    wanted = octets("cn", 0x87)
    for _ in range(2000):
        wanted = sequence(wanted, tag=0xA2)
    fields = (
        octets(""),
        integer(0, 10),
        integer(0, 10),
        integer(0),
        integer(0),
        encode(1, b"\x00"),
        wanted,
        sequence(),
    )
    with pytest.raises(BerError, match="deep"):
        read_message(sequence(integer(1), sequence(*fields, tag=0x63)))
