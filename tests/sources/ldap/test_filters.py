import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import compile_filter, parse_filter

from bridge.sources.ldap.filters import both, equals_any, escaped, fault_in


def assertions(text: str) -> list[tuple[str, bytes]]:
    """What ldap3 puts on the wire for a filter of equalities, as attribute and value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = compile_filter(parse_filter(text, None, True, True, None, check_names=True).elements[0])  # type: ignore[no-untyped-call]  # not in types-ldap3
    return [
        (str(part["equalityMatch"]["attributeDesc"]), bytes(part["equalityMatch"]["assertionValue"]))
        for part in compiled["or"]
    ]


@given(st.lists(st.binary(max_size=12), min_size=1, max_size=4))
def test_a_value_arrives_as_it_is(values: list[bytes]) -> None:
    """Parentheses, stars, backslashes, NULs, spaces, `:=` and broken UTF-8 reach the server byte for byte."""
    assert assertions(equals_any("entryDN", values)) == [("entryDN", value) for value in values]


@pytest.mark.parametrize(
    "value", [b")(uid=*", b"*", b"(", b"\x00", b"\\", b"a\\29", b" a ", b"x:=y", b"x>=y", b"\xff"]
)
def test_an_escaped_value_cannot_say_anything_else(value: bytes) -> None:
    """No value ends its assertion, opens another or becomes a wildcard."""
    text = f"(cn={escaped(value)})"
    assert fault_in(text) == ""
    assert not set(escaped(value)) & set("()*\x00 <>:~")


@pytest.mark.parametrize(
    "text",
    [
        "(cn=a)",
        "(&(cn=a)(!(mail=*)))",
        "(member:1.2.840.113556.1.4.1941:=cn=a)",
        "(cn;lang-de=a*b*c)",
        "(:2.4.6:=x)",
    ],
)
def test_a_sound_filter_has_no_fault(text: str) -> None:
    """Equality, presence, substrings, extensible matches and all ways to join them are understood."""
    assert fault_in(text) == ""
    assert fault_in(both("(objectClass=*)", text)) == ""


@pytest.mark.parametrize(
    "text",
    [
        "", "cn=a", "(cn=a", "cn=a)", "(cn=a)(cn=b)", "(cn=a))(|(cn=b)", "(&)", "()", "(!)", "(cn)", "((cn=a))",
        "(!(cn=a)(cn=b))", "(|(cn=a)x)", "(=a)", "(c n=a)", "(cn=(a))",
    ],
)  # fmt: skip
def test_a_malformed_filter_is_told(text: str) -> None:
    """What is not one whole filter is told, before it is joined with ours or sent."""
    assert fault_in(text)
