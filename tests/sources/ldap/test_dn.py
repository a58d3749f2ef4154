from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.utils.dn import safe_dn

from bridge.sources.ldap import dn
from bridge.sources.ldap.dn import (
    assertion,
    folded,
    is_under,
    normal_form,
    plain_form,
    readable,
    with_forms,
    without_uid,
)
from bridge.sources.ldap.dn_index import DnIndex

ONE_NAME = [
    r"cn=Doe\, John,ou=people,dc=example,dc=test",
    r"cn=Doe\2C John,ou=people,dc=example,dc=test",
    r"cn=Doe\2c John,ou=people,dc=example,dc=test",
    r"CN=doe\, john , OU = People , DC=Example,DC=TEST",
    r"cn=\44oe\,  John,ou=people,dc=example,dc=test",
    'cn="Doe, John",ou=people,dc=example,dc=test',
    r"2.5.4.3=Doe\, John;ou=people;dc=example;dc=test",
    r"OID.2.5.4.3=Doe\, John,organizationalUnitName=people,domainComponent=example,dc=test",
    "cn=#0c09446f652c204a6f686e,ou=people,dc=example,dc=test",
]


@pytest.mark.parametrize("spelling", ONE_NAME)
def test_spellings_of_one_name_are_equal(spelling: str) -> None:
    """Case, spaces, escapes, quotes, OIDs, long type names, semicolons and BER in hex do not matter."""
    assert normal_form(spelling) == normal_form(ONE_NAME[0])
    assert normal_form(spelling.encode()) == normal_form(ONE_NAME[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"cn=a\,b", "cn=a,cn=b"),
        (r"cn=a\,dc=b", "cn=a,dc=b"),
        (r"cn=a\+uid=b", "cn=a+uid=b"),
        (r"cn=a\\,dc=b", r"cn=a\,dc=b"),
        ("cn=a,dc=b", "dc=b,cn=a"),
        ("cn=a b", "cn=ab"),
        ("cn=a", "uid=a"),
        ("cn=#0500", r"cn=\#0500"),
        ("cn=a,", "cn=a"),
        ("", "cn="),
    ],
)
def test_different_names_differ(one: str, other: str) -> None:
    """What only looks alike stays apart."""
    assert normal_form(one) != normal_form(other)


def test_the_order_within_one_rdn_does_not_matter() -> None:
    """A multi-valued RDN is a set."""
    assert normal_form("uid=1+CN=a,dc=x") == normal_form("cn=A + uid=1,dc=x")


def test_text_beyond_ascii_is_folded_too() -> None:
    """Letter case and composition of any script do not matter, nor whether it is escaped byte by byte."""
    assert normal_form("cn=JÜRGEN STRASSE") == normal_form("cn=jürgen straße")
    assert normal_form("cn=ju\u0308rgen") == normal_form(r"cn=j\C3\BCrgen")


@pytest.mark.parametrize("odd", ["", "nobody", "=x", "cn", "cn=a\\", 'cn="a', 'cn=a"b"', "cn=#0g", "a b=c", ",,"])
def test_what_is_no_name_is_compared_as_folded_text(odd: str) -> None:
    """Odd values are equal to themselves in another letter case, and nothing is raised."""
    assert normal_form(odd.upper()) == normal_form(odd.lower())
    assert normal_form(odd) == folded(odd)


@given(st.binary(max_size=60))
def test_no_value_is_too_odd(value: bytes) -> None:
    """Whatever bytes a server sends have a normal form and something to show to people."""
    assert isinstance(normal_form(value), str)
    assert isinstance(readable(value), str)


ODD = st.lists(
    st.sampled_from([*ONE_NAME[0], "cn=a", "CN=b", "#04012c", "\\2c", '"', ";", "+", "\uff0c", " "]), max_size=8
)


@given(st.lists(ODD.map("".join), max_size=4), ODD.map("".join))
def test_names_are_found_by_their_form(names: list[str], wanted: str) -> None:
    """However many of them a glance can leave out."""
    forms = {normal_form(wanted), normal_form(ONE_NAME[0])}
    spellings = [name.encode() for name in (*names, wanted, *ONE_NAME)]
    for some in (forms, {normal_form(wanted)}):
        assert with_forms(spellings, some) == [one for one in spellings if normal_form(one) in some]


@given(st.lists(ODD.map("".join), min_size=1, max_size=4).map(",".join))
def test_a_glance_at_the_first_part_makes_no_difference(name: str) -> None:
    """A name is the same, and no name is none, as when every part is taken apart."""
    try:
        thorough = dn._form(name)
    except dn._NoDnError:
        thorough = folded(name)
    assert normal_form(name) == thorough


TYPES = st.sampled_from(["cn", "ou", "dc", "uid", "l", "employeeNumber"])
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8).filter(
    lambda text: text == " ".join(text.split())
)
NAMES = st.lists(st.tuples(TYPES, VALUES), min_size=1, max_size=4)


def _as_hex(value: str) -> str:
    return "".join(f"\\{byte:02X}" for byte in value.encode())


def _as_escapes(value: str) -> str:
    body = "".join(f"\\{char}" if char in '\\",+;<>=' else char for char in value)
    return f"\\{body}" if body[0] == "#" else body


def _as_quoted(value: str) -> str:
    body = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{body}"'


@given(NAMES, st.data())
def test_any_spelling_of_a_name_has_its_normal_form(name: list[tuple[str, str]], data: st.DataObject) -> None:
    """However each value is escaped, whatever the case of the types and the spaces around separators."""
    plain = ",".join(f"{kind}={_as_hex(value)}" for kind, value in name)
    spelled = [
        f"{data.draw(st.sampled_from([kind, kind.upper(), f' {kind} ']))}="
        f"{data.draw(st.sampled_from(['', ' ']))}"
        f"{data.draw(st.sampled_from([_as_hex, _as_escapes, _as_quoted]))(value)}"
        for kind, value in name
    ]
    assert normal_form(data.draw(st.sampled_from([",", ", ", " , ", ";"])).join(spelled)) == normal_form(plain)


@given(NAMES, NAMES)
def test_names_are_equal_only_if_their_values_are(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    """Two names with the same normal form have the same types and folded values in the same order."""
    forms = [
        normal_form(",".join(f"{kind}={_as_escapes(value)}" for kind, value in name)) for name in (one, other)
    ]
    parts = [[(kind.lower(), folded(value)) for kind, value in name] for name in (one, other)]
    assert (forms[0] == forms[1]) == (parts[0] == parts[1])


@given(TYPES, VALUES)
def test_one_assertion_alone_has_the_form_that_it_has_in_a_name(kind: str, value: str) -> None:
    """What `assertion` says of a value is how a name with it begins."""
    assert normal_form(f"{kind}={_as_hex(value)},dc=x") == f"{assertion(kind, value)},dc=x"


@pytest.mark.parametrize(
    ("spelled", "plain"),
    [
        ("dc=example, dc=test", "dc=example,dc=test"),
        ("OU = People ; dc=x ", "ou=People,dc=x"),
        (r"2.5.4.11=R\26D + cn=a,dc=x", "ou=R&D+cn=a,dc=x"),
        (r"ou=a\, b\ ,dc=x", r"ou=a\2C b\20,dc=x"),
        ('ou="a=b",dc=x', r"ou=a\3Db,dc=x"),
        ("", ""),
        ("no name", "no name"),
    ],
)
def test_a_plain_form_is_the_same_name(spelled: str, plain: str) -> None:
    """Only spelled so that ldap3 leaves it alone."""
    assert plain_form(spelled) == plain
    assert normal_form(plain_form(spelled)) == normal_form(spelled)
    assert not plain or plain == "no name" or safe_dn(plain) == plain


@given(NAMES, st.sampled_from([_as_hex, _as_escapes, _as_quoted]))
def test_ldap3_leaves_a_plain_form_alone(name: list[tuple[str, str]], spell: Callable[[str], str]) -> None:
    """Whatever the values are."""
    spelled = " , ".join(f"{kind}={spell(value)}" for kind, value in name)
    assert normal_form(safe_dn(plain_form(spelled))) == normal_form(spelled)


def test_a_name_lies_under_a_base_or_does_not() -> None:
    """Only whole RDNs count, and an escaped comma separates nothing."""
    base = normal_form("DC=x, dc=y")
    assert is_under(normal_form("cn=a,dc=x,dc=y"), base)
    assert is_under(normal_form(r"cn=a\\,dc=x,dc=y"), base)
    assert is_under("cn=a", "")
    for other in ("dc=x,dc=y", "cn=a,dc=y", r"cn=a\,dc=x,dc=y", "cn=adc=x,dc=y"):
        assert not is_under(normal_form(other), base)


def test_the_uid_behind_a_name_is_no_part_of_it() -> None:
    """`#'0101'B` at the end of a uniqueMember value goes; anything else stays."""
    assert without_uid(b"uid=u4,dc=x#'0101'B") == b"uid=u4,dc=x"
    assert without_uid(b"uid=u4,dc=x#'0102'B") == b"uid=u4,dc=x#'0102'B"


def test_an_index_finds_by_form_and_forgets() -> None:
    """Things are found under every spelling; two that differ in spelling alone are both given."""
    index: DnIndex[int] = DnIndex()
    index.add(b"cn=a,dc=x", 1)
    assert index.find_form(normal_form("CN=A, DC=X")) == (1,)
    index.add(b"cn=A,dc=x", 2)
    assert index.find_form("cn=a,dc=x") == (1, 2)
    index.discard(b"cn=a,dc=x")
    assert index.find_form("cn=a,dc=x") == (2,)
    index.discard_forms({"cn=a,dc=x"})
    assert index.find_form("cn=a,dc=x") == ()
    assert index.exact == {}


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("cn=a  ,dc=x", "cn=a,dc=x"),
        ("cn=a\\ ,dc=x", "cn=a,dc=x"),
        ("cn=a\\   ,dc=x", "cn=a,dc=x"),
        ("cn=a\\\\  ,dc=x", "cn=a\\5C,dc=x"),
        (f"cn=a{' ' * 100_000}b,dc=x", "cn=a b,dc=x"),
    ],
)
def test_spaces_in_a_value_do_not_matter_however_many(written: str, plain: str) -> None:
    """At its end, with a backslash in front, or a hundred thousand within, which no name should be slow by."""
    assert normal_form(written) == normal_form(plain)
