import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.ldap.names import DnError, escape_rdn, parse_dn


@pytest.mark.parametrize(
    "same",
    [
        "CN=Doe\\, John,OU=People,DC=Example",
        "cn=doe\\2C john,ou=people,dc=example",
        "cn=Doe\\2c\\20John , ou = People, dc=Example",
        "commonName=doe\\,   john,2.5.4.11=people,dc=example",
    ],
)
def test_names_that_are_the_same(same: str) -> None:
    """Case, spaces, escapes and names of types make no difference."""
    assert parse_dn(same) == parse_dn("cn=Doe\\, John,ou=people,dc=example")


@pytest.mark.parametrize("other", ["cn=Doe,ou=people", "cn=Doe+sn=x,ou=people", "cn=Do e,ou=people", "ou=people"])
def test_names_that_are_not(other: str) -> None:
    """Values, levels and parts of a level do."""
    assert parse_dn(other) != parse_dn("cn=Doe,ou=Groups")
    assert parse_dn(other) != parse_dn("cn=D oe,ou=people")


def test_parts_of_a_level_in_any_order() -> None:
    """A level of several parts is a set."""
    assert parse_dn("cn=a+uid=b,dc=x") == parse_dn("UID=b+CN=a,dc=x")


@pytest.mark.parametrize(
    "text", ["x", "=x", "cn=a,", "cn=a,,dc=b", "1cn=x", "cn=a<b", "cn=\\ff", "cn=a;b", "cn=#zz"]
)
def test_text_that_is_no_name(text: str) -> None:
    """What RFC 4514 does not allow is an error."""
    with pytest.raises(DnError):
        parse_dn(text)


def test_the_empty_name() -> None:
    """The root has a name without levels."""
    assert parse_dn("") == ()


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]) | st.just(" "), min_size=1)
)
def test_escaped_values_come_back(value: str) -> None:
    """Any value can stand in a DN once it is escaped, and stays one value."""
    name = parse_dn(f"cn={escape_rdn(value)},dc=x")
    assert name == ((("cn", " ".join(value.casefold().split())),), (("dc", "x"),))
