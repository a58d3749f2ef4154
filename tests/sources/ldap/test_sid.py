import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sources.ldap.sid import everybody, foreign, sibling, sid_bytes, sid_text

USERS = bytes.fromhex("010500000000000515000000f758fdd7 88e357c8 ac5bcd01 01020000".replace(" ", ""))
USERS_TEXT = "s-1-5-21-3623704823-3361203080-30235564-513"


def test_a_known_identifier_is_written_as_windows_does() -> None:
    """Version, authority big-endian, and the rest little-endian (MS-DTYP 2.4.2.2)."""
    assert sid_text(USERS) == USERS_TEXT
    assert sid_bytes(USERS_TEXT.upper()) == USERS
    assert sid_bytes(" S-1-5-11 ") == bytes.fromhex("01010000000000050b000000")


@given(st.integers(0, 2**48 - 1), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=15))
def test_both_forms_say_the_same(authority: int, parts: list[int]) -> None:
    """Whatever the numbers."""
    text = "-".join(map(str, ("s-1", authority, *parts)))
    assert sid_text(sid_bytes(text)) == text


@given(st.binary(max_size=80))
def test_bytes_that_are_none_are_none(raw: bytes) -> None:
    """Never an error; what has a text comes back from it."""
    assert not sid_text(raw) or sid_bytes(sid_text(raw)) == raw


@pytest.mark.parametrize(
    "text", ["", "s-1", "s-1-5", "S-2-5-11", "S-1-5-4294967296", "S-1-281474976710656-1", "x"]
)
def test_texts_that_are_none_are_none(text: str) -> None:
    """Never half of one."""
    assert sid_bytes(text) == b""


@pytest.mark.parametrize(("sid", "last"), [(b"", 1), (b"\x02" * 12, 1), (USERS, -1), (USERS, 2**32)])
def test_nothing_is_the_sibling_of_nothing(sid: bytes, last: int) -> None:
    """Bytes that are no identifier, numbers that fit in none."""
    assert sibling(sid, last) == b""


def test_a_sibling_is_of_the_same_domain() -> None:
    """Only the last number differs."""
    assert sid_text(sibling(USERS, 1104)) == USERS_TEXT.replace("-513", "-1104")


def test_a_foreign_principal_is_known_by_where_it_stands() -> None:
    """In its container alone: a person may be called S-1-5."""
    assert foreign("cn=s-1-5-11,cn=foreignsecurityprincipals,dc=x") == "s-1-5-11"
    assert foreign("cn=s-1-5-11,cn=users,dc=x") == ""
    assert foreign("cn=ann,cn=foreignsecurityprincipals,dc=x") == ""
    assert (everybody("s-1-5-11"), everybody("s-1-5-21-1-2-3-4")) == ("Authenticated Users", "")
