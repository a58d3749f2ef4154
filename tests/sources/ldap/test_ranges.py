"""The members of a large group come in parts: all of them, or a doubt."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.model import Doubt, DoubtKind, Search
from bridge.errors import Unavailable
from bridge.sandbox.ldap import ACTIVE_DIRECTORY, Directory, LdapSandbox, Refuse, ServerLimits
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.ranges import Ranges
from bridge.sources.ldap.search import Page, PageEnd, PageReader, Query, page_of
from bridge.sources.ldap.source import LdapSource, pages_for
from tests.sources.contract import by_name, read_one
from tests.sources.ldap.directory import ADMIN, BASE, TREE, crowd, group, group_dn, person_dn, settings

T = TypeVar("T")
DN = b"cn=all,dc=example,dc=test"


@dataclass
class Shelf:
    """A server with one group, whose members may change before each answer; so many come at once."""

    members: list[bytes]
    width: int
    before: Callable[[int, list[bytes]], None] = field(default=lambda *_: None)
    answers: int = 0

    def first(self) -> Entry:
        """The part that comes unasked."""
        return Entry(DN, self._part(0))

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """A base search for a range."""
        assert (query.scope, size >= 2, cookie) == ("BASE", True, b"")
        (attribute,) = query.attributes
        self.answers += 1
        self.before(self.answers, self.members)
        part = self._part(int(attribute.removeprefix("member;range=").removesuffix("-*")))
        return page_of([Entry(DN, part), PageEnd(0, "0 success", b"")], make)

    def _part(self, first: int) -> dict[str, list[bytes]]:
        values = self.members[first : first + self.width]
        if not values:
            return {}
        last = "*" if first + self.width >= len(self.members) else first + len(values) - 1
        return {f"member;range={first}-{last}": values}


def completed(shelf: Shelf) -> tuple[list[bytes], Doubt | None, list[Search]]:
    """What is made of the group, with the record."""
    records: list[Search] = []
    entry, doubt = Ranges(shelf, ("member",), records).completed(shelf.first())
    assert set(entry.attributes) == {"member"}
    return entry.attributes["member"], doubt, records


def names(count: int) -> list[bytes]:
    """So many members."""
    return [f"cn={number}".encode() for number in range(count)]


@pytest.mark.parametrize("width", [2, 3, 7, 9, 10])
@pytest.mark.parametrize("count", [11, 12, 19, 20, 21, 100])
def test_all_parts_make_the_whole(count: int, width: int) -> None:
    """In order, each member once, whatever the sizes."""
    members, doubt, records = completed(Shelf(names(count), width))
    assert (members, doubt) == (names(count), None)
    assert [(search.entries, search.result) for search in records] == [(count, "0 success")]


@given(data=st.data(), count=st.integers(5, 30), width=st.integers(2, 6))
def test_nobody_who_stayed_is_missed(data: st.DataObject, count: int, width: int) -> None:
    """Whoever comes and goes between two parts: a read without doubt has everybody who stayed."""
    stayed = set(names(count))

    def change(_: int, members: list[bytes]) -> None:
        for _ in range(data.draw(st.integers(0, 2))):
            place = data.draw(st.integers(0, len(members)))
            if place < len(members) and data.draw(st.booleans()):
                stayed.discard(members.pop(place))
            else:
                members.insert(place, f"cn=new{len(stayed)}-{place}-{data.draw(st.integers(0, 999))}".encode())

    members, doubt, _ = completed(Shelf(names(count), width, change))
    assert doubt or stayed <= set(members)


def test_a_group_that_changes_once_is_read_again() -> None:
    """Somebody left between two parts and the list moved up: without a second read the eighth would be missed."""

    def leave(answer: int, members: list[bytes]) -> None:
        if answer == 1:
            members.remove(b"cn=2")

    members, doubt, _ = completed(Shelf(names(20), 7, leave))
    assert (sorted(members), doubt) == (sorted(set(names(20)) - {b"cn=2"}), None)


def test_a_group_that_never_keeps_still_is_a_doubt() -> None:
    """Three times is enough; what came at first is handed on."""

    def leave(_: int, members: list[bytes]) -> None:
        members.pop(0)

    shelf = Shelf(names(40), 7, leave)
    members, doubt, records = completed(shelf)
    assert members == names(7)
    assert doubt == Doubt(
        DoubtKind.TRUNCATED,
        "the server sent a part of cn=all,dc=example,dc=test only: "
        "it changed each of the 3 times that it was read",
    )
    assert "it changed" in records[0].result


def test_a_server_that_gives_one_value_at_a_time_gets_nowhere() -> None:
    """That is said, and nobody waits for ever."""
    _, doubt, _ = completed(Shelf(names(5), 1))
    assert doubt
    assert "no more came from value 0 on" in doubt.text


@dataclass
class Answering:
    """A server that answers a range in another way."""

    items: tuple[Entry | PageEnd, ...] = ()
    lost: bool = False

    def fetch(self, _: Query, __: int, ___: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """Whatever it says."""
        if self.lost:
            raise Unavailable("corp", "the connection was lost")
        return page_of(self.items, make)


END = PageEnd(0, "0 success", b"")


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (Answering(lost=True), "the connection was lost"),
        (Answering((PageEnd(51, "51 busy", None),)), "51 busy"),
        (Answering((PageEnd(10, "10 referral", None, ("ldap://b/",)),)), "10 referral"),
        (Answering((END,)), "the entry is gone"),
        (Answering((Entry(DN, {}), END)), "it changed each of the 3 times"),
        (Answering((Entry(DN, {"member": [b"cn=9"]}), END)), "it changed each of the 3 times"),
        (Answering((Entry(DN, {"member;range=5-*": [b"cn=9"]}), END)), "it changed each of the 3 times"),
    ],
)
def test_a_part_that_does_not_come_is_a_doubt(server: Answering, why: str) -> None:
    """The first part alone is never taken for the whole."""
    records: list[Search] = []
    first = Entry(DN, {"member;range=0-1": names(2), "cn": [b"all"]})
    entry, doubt = Ranges(server, ("member",), records).completed(first)
    assert entry.attributes == {"member": names(2), "cn": [b"all"]}
    assert doubt
    assert doubt.kind is DoubtKind.TRUNCATED
    assert why in doubt.text
    assert why in records[0].result


def test_a_first_part_shorter_than_it_says_is_a_doubt() -> None:
    """Its numbers and its values have to agree."""
    _, doubt = Ranges(Shelf(names(9), 3), ("member",), []).completed(Entry(DN, {"member;range=0-4": names(3)}))
    assert doubt
    assert "3 values came as range 0-4" in doubt.text


# ---- as the source has it, with the limits of Active Directory ----------------------------------------------

TOWN = TREE + crowd(10) + group("all", *(person_dn(f"u{n}") for n in range(10))) + group("above", group_dn("all"))


@pytest.mark.parametrize("width", [2, 3, 4, 9])
def test_a_read_takes_groups_in_parts(width: int) -> None:
    """The one that is asked for, and the one in it; the record of completeness names each."""
    limits = replace(ACTIVE_DIRECTORY, value_range=width)
    with LdapSandbox(Directory.from_ldif(TOWN), credentials={ADMIN.user: ADMIN.password}, limits=limits) as town:
        for name in ("all", "above"):
            read, selection = read_one(LdapSource(settings(town.url)), by_name(name))
            (found,) = selection.groups
            assert (len(found.members), found.doubts, read.doubts) == (10, (), ())
            (ranges,) = [search for search in read.searches if search.what.endswith("member;range=")]
            assert (ranges.entries, ranges.result) == (10, "0 success")


def test_a_part_of_a_member_list_is_a_doubt() -> None:
    """A range that is refused: what came is handed on, never taken for the whole, in the group and above it."""
    with LdapSandbox(Directory.from_ldif(TOWN), credentials={ADMIN.user: ADMIN.password}) as town:
        town.limits = ServerLimits(value_range=4)
        town.faults.add(Refuse(51), base="^cn=all")
        for name in ("all", "above"):
            _, selection = read_one(LdapSource(settings(town.url)), by_name(name))
            (found,) = selection.groups
            assert len(found.members) == 4
            assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED]
            assert "51 busy" in found.doubts[0].text


# ---- groups outside base_dn -------------------------------------------------------------------------------


def test_a_group_in_parts_outside_base_dn_is_read_whole() -> None:
    """`groups_base` may lie beside `base_dn`: the server that listed the group is asked for the rest."""
    with LdapSandbox(Directory.from_ldif(TOWN), credentials={ADMIN.user: ADMIN.password}) as town:
        town.limits = ServerLimits(value_range=4)
        read, selection = read_one(LdapSource(settings(town.url, base_dn=f"ou=people,{BASE}")), by_name("all"))
        (found,) = selection.groups
        assert (len(found.members), found.doubts, read.doubts) == (10, (), ())
        (ranges,) = [search for search in read.searches if search.what.endswith("member;range=")]
        assert (ranges.entries, ranges.result) == (10, "0 success")


@dataclass
class Renaming:
    """A server that names its groups by another tree than the one that is searched, as behind a proxy."""

    inner: PageReader

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """As PageReader says."""
        return self.inner.fetch(query, size, cookie, lambda entry: make(self._renamed(entry)))

    def _renamed(self, entry: Entry) -> Entry:
        return entry._replace(dn=entry.dn.replace(f"ou=groups,{BASE}".encode(), b"ou=groups,dc=behind,dc=test"))


def test_the_first_part_of_a_group_outside_every_base_is_a_doubt() -> None:
    """No server is known to have the rest, so that what came is never taken for the whole."""
    with LdapSandbox(Directory.from_ldif(TOWN), credentials={ADMIN.user: ADMIN.password}) as town:
        town.limits = ServerLimits(value_range=4)
        source = LdapSource(settings(town.url), pages=lambda session: Renaming(pages_for(session)))
        _, selection = read_one(source, by_name("all"))
    (found,) = selection.groups
    assert len(found.members) == 4
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED]
    assert "a part of cn=all,ou=groups,dc=behind,dc=test only" in found.doubts[0].text
    assert "lies outside every base" in found.doubts[0].text
