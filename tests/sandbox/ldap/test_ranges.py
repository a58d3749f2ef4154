from collections.abc import Iterator

import ldap3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox.ldap import Code, Directory, LdapSandbox, ServerLimits
from bridge.sandbox.ldap.entry import Entry
from bridge.sandbox.ldap.selection import RangeError, select
from tests.sandbox.ldap.client import attributes, connected, names, search

GROUP = "cn=big,dc=x"
MEMBERS = [f"uid=u{n},dc=x" for n in range(7)]


def group(size: int) -> Entry:
    """A group of so many."""
    return Entry.of(GROUP, {"cn": ["big"], "member": [f"uid=u{n},dc=x" for n in range(size)]})


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("member;range=0-*", "member;range=0-2"),
        ("Member;Range=3-*", "member;range=3-5"),
        ("member;range=6-*", "member;range=6-*"),
        ("member;range=4-*", "member;range=4-*"),
        ("member;range=0-1", "member;range=0-1"),
        ("member;range=0-2", "member;range=0-2"),
        ("member;range=0-99", "member;range=0-2"),
        ("member;range=5-6", "member;range=5-*"),
    ],
)
def test_a_range_that_is_asked_for(asked: str, sent: str) -> None:
    """A range has at most the server's number of values, and ends in `*` when it has the last one."""
    [(name, values)] = select(group(7), [asked], value_range=3)
    assert name == sent
    low = int(name.partition("=")[2].partition("-")[0])
    assert values == tuple(dn.encode() for dn in MEMBERS[low : low + len(values)])


@pytest.mark.parametrize("asked", [["member"], ["*"], [], ["member", "cn"]])
def test_the_first_range_comes_by_itself(asked: list[str]) -> None:
    """Asked for plainly, an attribute of too many values is empty, and its first range stands beside it."""
    found = dict(select(group(7), asked, value_range=3))
    assert found["member"] == ()
    assert len(found["member;range=0-2"]) == 3


def test_few_values_come_plain() -> None:
    """Up to the server's number nothing is different; an empty group has no member at all."""
    assert dict(select(group(3), ["member"], value_range=3)).keys() == {"member"}
    assert select(group(0), ["member;range=0-*"], value_range=3) == ()


def test_a_range_behind_the_end() -> None:
    """Active Directory refuses a range that begins behind the last value."""
    with pytest.raises(RangeError):
        select(group(7), ["member;range=7-*"], value_range=3)


@given(st.integers(1, 30), st.integers(1, 10))
def test_following_the_ranges_gets_everybody(size: int, value_range: int) -> None:
    """Asking on from where the last range ended gets every value once, in order."""
    found: list[bytes] = []
    name = ""
    while not name.endswith("-*"):
        [(name, values)] = select(group(size), [f"member;range={len(found)}-*"], value_range=value_range)
        found += values
    assert found == list(group(size).values("member"))


@pytest.fixture
def ranged() -> Iterator[ldap3.Connection]:
    """A client of a server that gives three values at a time."""
    directory = Directory()
    directory.add("dc=x", {"objectClass": ["domain"]})
    directory.add(GROUP, {"objectClass": ["group"], "cn": ["big"], "member": MEMBERS})
    with LdapSandbox(directory, limits=ServerLimits(value_range=3)) as server, connected(server.url) as client:
        yield client


def test_ranges_over_the_wire(ranged: ldap3.Connection) -> None:
    """A client sees the empty member, its first range, the next one, and the last with its star."""
    seen = []
    for asked in ("member", "member;range=3-*", "member;range=6-*"):
        assert search(ranged, GROUP, attributes=[asked]) == Code.SUCCESS
        seen.append({name: len(values) for name, values in attributes(ranged).items()})
    assert seen == [{"member": 0, "member;range=0-2": 3}, {"member;range=3-5": 3}, {"member;range=6-*": 1}]
    assert search(ranged, GROUP, attributes=["member;range=7-*"]) == Code.OPERATIONS_ERROR
    assert names(ranged) == []


def test_another_client_follows_the_ranges(ranged: ldap3.Connection) -> None:
    """Left to its own devices, ldap3 asks for all the ranges and puts the members together."""
    ranged.auto_range = True
    search(ranged, GROUP, attributes=["member"])
    assert sorted(attributes(ranged)["member"]) == [dn.encode() for dn in MEMBERS]
