from itertools import product

import pytest

from bridge.sandbox.ldap.entry import Entry
from bridge.sandbox.ldap.filter_text import filter_text
from bridge.sandbox.ldap.filters import And, Compare, Extensible, Filter, Not, Or, Present, Substrings, evaluate


class Vocabulary:
    """Knows everything but what is named unknown."""

    def knows(self, attribute: str) -> bool:
        return attribute != "unknown"

    def knows_class(self, name: str) -> bool:
        return name != "unknown"


ENTRY = Entry.of("cn=a,dc=x", {"cn": ["a"], "userPassword": ["secret"], "userAccountControl": ["514"]})
TRUE, FALSE, UNDEFINED = Present("cn"), Present("mail"), Present("unknown")
TRUTH: dict[Filter, bool | None] = {TRUE: True, FALSE: False, UNDEFINED: None}


def is_match(wanted: Filter) -> bool | None:
    """What a filter says of the entry."""
    return evaluate(wanted, ENTRY, Vocabulary())


@pytest.mark.parametrize(("one", "two"), list(product(TRUTH, TRUTH)))
def test_three_values(one: Filter, two: Filter) -> None:
    """And is the least, or the greatest, of false < undefined < true; not turns them round."""
    order = [False, None, True]
    ranks = sorted([order.index(TRUTH[one]), order.index(TRUTH[two])])
    assert is_match(And((one, two))) is order[ranks[0]]
    assert is_match(Or((one, two))) is order[ranks[1]]
    assert is_match(Not(one)) is order[2 - order.index(TRUTH[one])]


def test_absolute_filters() -> None:
    """`(&)` is true and `(|)` is false (RFC 4526)."""
    assert is_match(And(())) is True
    assert is_match(Or(())) is False


@pytest.mark.parametrize(
    "wanted",
    [Present("userPassword"), Compare("userPassword", "=", b"secret"), Extensible("userPassword", "", b"secret")],
)
def test_passwords_answer_no_question(wanted: Filter) -> None:
    """A filter can learn nothing about a password."""
    assert is_match(wanted) is None
    assert is_match(Not(wanted)) is None


@pytest.mark.parametrize(
    ("mask", "expected"), [(b"2", True), (b"512", True), (b"514", True), (b"3", False), (b"x", None)]
)
def test_all_bits(mask: bytes, expected: bool | None) -> None:  # noqa: FBT001 - a parameter of the case
    """The AND rule wants every bit of the mask."""
    assert is_match(Extensible("userAccountControl", "1.2.840.113556.1.4.803", mask)) is expected


def test_parts_do_not_overlap() -> None:
    """Each part of a substring filter needs letters of its own."""
    assert is_match(Substrings("cn", b"a", (), b"a")) is False
    assert is_match(Substrings("cn", b"a")) is True


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (And((TRUE, Not(Compare("sn", "=", b"x*(y)\\\x00\xff")))), r"(&(cn=*)(!(sn=x\2a\28y\29\5c\00\ff)))"),
        (Or((Compare("n", ">=", b"1"), Compare("n", "<=", "é".encode()))), "(|(n>=1)(n<=é))"),
        (Substrings("cn", b"a", (b"b", b"c"), b"d"), "(cn=a*b*c*d)"),
        (Substrings("cn", middle=(b"b",)), "(cn=*b*)"),
        (Extensible("cn", "2.5.13.5", b"x", dn=True), "(cn:dn:2.5.13.5:=x)"),
        (Extensible("", "r", b"x"), "(:r:=x)"),
        (Compare("userPassword", "=", b"hunter2"), "(userPassword=...)"),
    ],
)
def test_text_of_filters(wanted: Filter, text: str) -> None:
    """A filter's text is RFC 4515's, and leaves asserted passwords out."""
    assert filter_text(wanted) == text
