"""Groups that do not name their members: those that a server finds by a search, and those that people name."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest

from bridge.core.model import DoubtKind
from bridge.sandbox.ldap import Directory, LdapSandbox, ServerLimits
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.schema import MemberAttribute
from bridge.sources.ldap.search import Page, PageReader, Query
from bridge.sources.ldap.settings import Nesting
from bridge.sources.ldap.sid import sid_bytes
from bridge.sources.ldap.source import LdapSource, pages_for
from tests.servers.slapd import Slapd
from tests.sources.contract import addresses, by_name, people, read_one
from tests.sources.ldap.conftest import Serve
from tests.sources.ldap.directory import (
    ADMIN,
    BASE,
    SCHEMA,
    TREE,
    crowd,
    entry,
    group,
    group_dn,
    person,
    person_dn,
    settings,
)

T = TypeVar("T")

# ---- dynamic groups ----------------------------------------------------------------------------------------

AUDIT = f"ldap:///ou=people,{BASE}??sub?(employeeType=audit)"
NOBODY = f"ldap:///ou=people,{BASE}??sub?(employeeType=nothing)"


def dynamic(cn: str, url: str) -> str:
    """A group whose members the server finds."""
    return entry(group_dn(cn), objectClass="groupOfURLs", cn=cn, memberURL=url)


DYNAMIC = (
    TREE
    + person("ann", employeeType="audit")
    + person("bob", employeeType="audit")
    + person("cid")
    + dynamic("auditors", AUDIT)
    + dynamic("nobody", NOBODY)
    + group("outer", person_dn("cid"), group_dn("auditors"))
)


@pytest.mark.slapd
def test_a_dynamic_group_has_whom_the_server_finds() -> None:
    """By itself, and in another group."""
    with Slapd(DYNAMIC, tls=False) as slapd:
        source = LdapSource(settings(slapd.url))
        for name, keys in (("auditors", ("ann", "bob")), ("outer", ("ann", "bob", "cid"))):
            read, selection = read_one(source, by_name(name))
            (found,) = selection.groups
            assert addresses(read, found) == people(*keys)
            assert (found.doubts, selection.doubts, read.doubts) == ((), (), ())


def test_a_dynamic_group_that_shows_nobody_is_a_doubt(serve: Serve) -> None:
    """Whether its search finds nobody or the server does not expand it, cannot be told."""
    _, selection = read_one(LdapSource(settings(serve(DYNAMIC))), by_name("nobody"))
    (found,) = selection.groups
    assert found.members == frozenset()
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED]
    assert "the server lists nobody for memberURL of cn=nobody" in found.doubts[0].text


def test_a_dynamic_group_that_is_not_expanded_is_a_doubt_about_what_holds_it() -> None:
    """On a server that does not know how."""
    with LdapSandbox(Directory.from_ldif(DYNAMIC), credentials={ADMIN.user: ADMIN.password}) as server:
        read, selection = read_one(LdapSource(settings(server.url)), by_name("outer"))
    (found,) = selection.groups
    assert addresses(read, found) == people("cid")
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED]


# ---- people who name their groups --------------------------------------------------------------------------

NAMED_BY_PEOPLE = replace(SCHEMA, memberships="seeAlso", members=(MemberAttribute("member"),))
"""seeAlso is a DN that anybody may have, as memberOf is where a server sees to it."""


def named(cn: str, *outer: str) -> str:
    """A group that names nobody but, perhaps, the groups that it is in."""
    return entry(group_dn(cn), objectClass="organizationalRole", cn=cn, **({"seeAlso": outer} if outer else {}))


ROLES = replace(NAMED_BY_PEOPLE, group_filter="(objectClass=organizationalRole)")


@pytest.mark.parametrize("nesting", Nesting)
def test_people_say_which_groups_they_are_in(serve: Serve, nesting: Nesting) -> None:
    """However it is spelled; groups in groups say it of themselves, in cycles too; the disabled are counted."""
    ldif = (
        TREE
        + person("ann", seeAlso=(group_dn("inner").upper(), group_dn("other")))
        + person("bob", seeAlso=f"CN = outer, OU=groups,{BASE}")
        + person("gus", seeAlso=group_dn("inner"), employeeType="disabled")
        + person("eve")
        + named("outer", group_dn("inner"))
        + named("inner", group_dn("OUTER"))
        + named("other")
        + named("empty")
    )
    source = LdapSource(settings(serve(ldif), schema=ROLES, nesting=nesting))
    for name, keys in (("outer", ("ann", "bob")), ("inner", ("ann", "bob")), ("other", ("ann",)), ("empty", ())):
        read, selection = read_one(source, by_name(name))
        (found,) = selection.groups
        assert addresses(read, found) == people(*keys)
        assert (found.disabled, found.doubts) == (int(name in {"outer", "inner"}), ())


def test_a_person_without_an_id_is_a_doubt_about_the_groups_it_names(serve: Serve) -> None:
    """It is in them, and nobody knows who it is."""
    ldif = TREE + person("ann", seeAlso=group_dn("a"), employeeNumber="1") + person("bob", seeAlso=group_dn("b"))
    schema = replace(ROLES, person_id="employeeNumber")
    source = LdapSource(settings(serve(ldif + named("a") + named("b")), schema=schema))
    found = {name: read_one(source, by_name(name))[1].groups[0] for name in ("a", "b")}
    assert (len(found["a"].members), found["a"].doubts) == (1, ())
    assert [doubt.kind for doubt in found["b"].doubts] == [DoubtKind.UNRESOLVED]
    assert "shows no id of its own" in found["b"].doubts[0].text


def test_people_who_share_an_id_are_a_doubt_about_the_groups_they_name(serve: Serve) -> None:
    """Neither is put in, and nobody is taken out for it."""
    ldif = TREE + person("ann", seeAlso=group_dn("a"), employeeNumber="1") + person("bob", employeeNumber="1")
    source = LdapSource(settings(serve(ldif + named("a")), schema=replace(ROLES, person_id="employeeNumber")))
    _, selection = read_one(source, by_name("a"))
    (found,) = selection.groups
    assert (found.members, [doubt.kind for doubt in found.doubts]) == (frozenset(), [DoubtKind.UNRESOLVED])


# ---- chains ------------------------------------------------------------------------------------------------


def test_nesting_by_chain_is_a_walk_where_chains_are_unknown(serve: Serve) -> None:
    """OpenLDAP answers a question for a chain with success and nobody: it is not asked, and nothing is missed."""
    ldif = TREE + person("ann") + person("bob") + group("outer", person_dn("ann"), group_dn("inner"))
    url = serve(ldif + group("inner", person_dn("bob"), group_dn("outer")))
    for nesting in Nesting:
        read, selection = read_one(LdapSource(settings(url, nesting=nesting)), by_name("outer"))
        (found,) = selection.groups
        assert addresses(read, found) == people("ann", "bob")
        assert (found.doubts, read.doubts) == ((), ())
        assert not any("1941" in search.what for search in read.searches)


# ---- groups that come twice --------------------------------------------------------------------------------

TWICE = group_dn("zz").encode()


@dataclass
class Repeating:
    """A server that gives one group once more wherever it gives it, in another state."""

    inner: PageReader
    again: Entry

    def fetch(self, query: Query, size: int, cookie: bytes, make: Callable[[Entry], T]) -> Page[T]:
        """As PageReader says."""
        came: set[bytes] = set()

        def seen(entry: Entry) -> T:
            came.add(entry.dn)
            return make(entry)

        page = self.inner.fetch(query, size, cookie, seen)
        is_it = self.again.dn in came and "member" in query.attributes
        return page._replace(made=[*page.made, make(self.again)]) if is_it else page


@pytest.mark.parametrize("nesting", Nesting)
@pytest.mark.parametrize("selected", ["zz", "outer"])
@pytest.mark.parametrize(
    ("again", "doubts"),
    [
        ({}, 1),
        ({"member": ["ann"]}, 1),
        ({"member": ["ann", "bob", "cid"]}, 1),
        ({"member": ["bob", "ann"]}, 0),
        ({"member": ["ann"], "uniquemember": ["bob"]}, 0),
    ],
    ids=str,
)
def test_a_group_that_comes_in_two_states_is_a_doubt(
    again: dict[str, list[str]], doubts: int, selected: str, nesting: Nesting
) -> None:
    """Which of them is right cannot be told, wherever the group is; the same once more is no trouble."""
    ldif = TREE + person("ann") + person("bob") + person("cid") + group("outer", group_dn("zz"))
    named = {name: [person_dn(key).encode() for key in keys] for name, keys in again.items()}
    entry = Entry(TWICE, {"entryuuid": [b"z"], "cn": [b"zz"], **named})
    with LdapSandbox(
        Directory.from_ldif(
            ldif + group("zz", person_dn("ann"), person_dn("bob")).replace("cn: zz", "cn: zz\nentryUUID: z")
        ),
        credentials={ADMIN.user: ADMIN.password},
    ) as server:
        source = LdapSource(
            settings(server.url, nesting=nesting, page_size=50),
            pages=lambda session: Repeating(pages_for(session), entry),
        )
        _, selection = read_one(source, by_name(selected))
    (found,) = selection.groups
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED] * doubts
    assert all("came twice, and not alike" in doubt.text for doubt in found.doubts)


def test_a_group_that_comes_in_two_states_and_in_parts_stays_a_doubt() -> None:
    """That the rest of it is read afterwards does not tell which state was right."""
    members = [person_dn(f"u{number}") for number in range(10)]
    ldif = TREE + crowd(10) + group("zz", *members).replace("cn: zz", "cn: zz\nentryUUID: z")
    first = [person_dn(f"u{number}").encode() for number in (1, 0, 2, 3, 9)]
    entry = Entry(TWICE, {"entryuuid": [b"z"], "cn": [b"zz"], "member;range=0-4": first})
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        server.limits = ServerLimits(value_range=5)
        source = LdapSource(
            settings(server.url, page_size=50), pages=lambda session: Repeating(pages_for(session), entry)
        )
        _, selection = read_one(source, by_name("zz"))
    (found,) = selection.groups
    assert len(found.members) == 10
    assert ["came twice, and not alike" in doubt.text for doubt in found.doubts] == [True]


@pytest.mark.parametrize("nesting", Nesting)
@pytest.mark.parametrize("width", [2, 5, 11])
def test_people_who_show_a_part_of_their_groups_are_a_doubt(width: int, nesting: Nesting) -> None:
    """They may be in any group; what they do show counts, and nobody who shows all is any the worse."""
    many = tuple(group_dn(f"g{number:02}") for number in range(12))
    ldif = (
        TREE
        + person("ann", seeAlso=many)
        + person("bob", seeAlso=many[0])
        + "".join(named(f"g{number:02}") for number in range(12))
    )
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        source = LdapSource(settings(server.url, schema=ROLES, nesting=nesting))
        read, selection = read_one(source, by_name("g00"))
        assert (addresses(read, selection.groups[0]), read.doubts) == (people("ann", "bob"), ())
        server.limits = ServerLimits(value_range=width)
        read, selection = read_one(source, by_name("g00"))
        assert addresses(read, selection.groups[0]) == people("ann", "bob")
        read, selection = read_one(source, by_name("g11"))
    assert addresses(read, selection.groups[0]) == people()
    assert [doubt.kind for doubt in read.doubts] == [DoubtKind.UNRESOLVED]
    assert "1 people show a part of seeAlso only" in read.doubts[0].text


@pytest.mark.parametrize("nesting", Nesting)
def test_a_group_that_shows_a_part_of_its_groups_is_a_doubt(nesting: Nesting) -> None:
    """What is in it may be in any group."""
    many = tuple(group_dn(f"g{number}") for number in range(9))
    ldif = (
        TREE
        + person("ann", seeAlso=group_dn("inner"))
        + named("inner", *many)
        + "".join(named(f"g{number}") for number in range(9))
    )
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        source = LdapSource(settings(server.url, schema=ROLES))
        read, selection = read_one(source, by_name("g8"))
        assert (addresses(read, selection.groups[0]), read.doubts) == (people("ann"), ())
        server.limits = ServerLimits(value_range=5)
        source = LdapSource(settings(server.url, schema=ROLES, nesting=nesting))
        for name, keys in (("g0", ("ann",)), ("g8", ())):
            read, selection = read_one(source, by_name(name))
            assert addresses(read, selection.groups[0]) == people(*keys)
            assert [doubt.kind for doubt in read.doubts] == [DoubtKind.UNRESOLVED]
            assert (
                "the group cn=inner,ou=groups,dc=example,dc=test shows a part of seeAlso only"
                in read.doubts[0].text
            )


# ---- primary groups ----------------------------------------------------------------------------------------

PRIMARY = replace(SCHEMA, security_id="userPKCS12", primary_group="employeeNumber")
"""userPKCS12 holds bytes, as objectSid does."""


def with_sid(ldif: str, sid: str) -> str:
    """One entry with a security identifier."""
    return f"{ldif.rstrip()}\nuserPKCS12:: {b64encode(sid_bytes(sid)).decode()}\n\n"


@pytest.mark.parametrize("selected", ["staff", "outer"])
def test_a_group_that_hides_its_security_identifier_is_a_doubt(selected: str, at_sandbox: Serve) -> None:
    """Who has it for a primary group cannot be told; the others are none the worse."""
    domain = "S-1-5-21-1-2-3"
    ann = with_sid(person("ann", employeeNumber="513"), f"{domain}-1001")
    staff, outer = group("staff", person_dn("ann")), group("outer", group_dn("staff"), person_dn("bob"))
    bob = with_sid(person("bob", employeeNumber="513"), f"{domain}-1002")
    rest = (
        TREE
        + ann
        + bob
        + with_sid(outer, f"{domain}-600")
        + with_sid(group("other", person_dn("bob")), f"{domain}-601")
    )
    shown = LdapSource(settings(at_sandbox(rest + with_sid(staff, f"{domain}-513")), schema=PRIMARY))
    hidden = LdapSource(settings(at_sandbox(rest + staff), schema=PRIMARY))
    read, selection = read_one(shown, by_name(selected))
    assert (addresses(read, selection.groups[0]), selection.groups[0].doubts) == (people("ann", "bob"), ())
    read, selection = read_one(hidden, by_name(selected))
    (found,) = selection.groups
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.UNRESOLVED]
    assert f"{group_dn('staff')} does not show userPKCS12" in found.doubts[0].text
    read, selection = read_one(hidden, by_name("other"))
    assert (selection.groups[0].doubts, selection.doubts, read.doubts) == ((), (), ())


def test_nobody_asks_for_a_security_identifier_without_primary_groups(serve: Serve) -> None:
    """Where none is set, or people do not name theirs."""
    url = serve(TREE + person("ann") + group("staff", person_dn("ann")))
    for schema in (
        SCHEMA,
        replace(SCHEMA, security_id="userPKCS12"),
        replace(SCHEMA, primary_group="employeeNumber"),
    ):
        read, selection = read_one(LdapSource(settings(url, schema=schema)), by_name("staff"))
        assert (addresses(read, selection.groups[0]), selection.groups[0].doubts) == (people("ann"), ())
        assert read.doubts == ()
