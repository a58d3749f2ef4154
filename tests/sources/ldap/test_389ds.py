"""389 Directory Server, by itself and with the entries of FreeIPA."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import MemberAttribute
from bridge.sources.ldap.search import Query
from bridge.sources.ldap.settings import Nesting
from bridge.sources.ldap.source import LdapSource
from tests.servers.ds389 import FREEIPA_SCHEMA, Ds389
from tests.sources.contract import WORLD, SourceContract, addresses, by_name, by_pattern, people, read_one
from tests.sources.ldap.decoders import both_outcomes
from tests.sources.ldap.directory import (
    BASE,
    TREE,
    entry,
    group,
    group_dn,
    ldif_of,
    person,
    person_dn,
    settings,
)

pytestmark = pytest.mark.ds389

NAMED_BY_O = replace(PRESETS["389ds"], group_name="o")
IPA_NAMED_BY_O = replace(PRESETS["freeipa"], group_name="o")


def locked(ldif: str) -> str:
    """With whoever is disabled locked as this server does it."""
    return ldif.replace("employeeType: disabled", "nsAccountLock: true")


def as_freeipa(ldif: str) -> str:
    """The same people and groups as FreeIPA has them, ids in upper case and lower."""
    numbers = iter(range(1, 1000))

    def person_of(found: re.Match[str]) -> str:
        number = next(numbers)
        posix = f"objectClass: posixAccount\nuidNumber: {number}\ngidNumber: {number}\nhomeDirectory: /home/x"
        return f"{found[0]}\nobjectClass: ipaObject\nipaUniqueID: A-{number}\n{posix}"

    def group_of(_: re.Match[str]) -> str:
        return f"objectClass: ipaUserGroup\nobjectClass: ipaObject\nipaUniqueID: b-{next(numbers)}"

    return re.sub("objectClass: groupOfNames", group_of, re.sub("objectClass: inetOrgPerson", person_of, ldif))


@pytest.fixture(scope="module")
def ds() -> Iterator[Ds389]:
    """The contract's world, with memberOf kept."""
    with Ds389(locked(ldif_of(WORLD)), member_of=True) as server:
        yield server


@pytest.fixture(scope="module")
def ipa() -> Iterator[Ds389]:
    """The contract's world as FreeIPA would have it."""
    with Ds389(locked(as_freeipa(ldif_of(WORLD))), schema=FREEIPA_SCHEMA) as server:
        yield server


class Test389(SourceContract):
    """The preset 389ds."""

    @pytest.fixture
    def source(self, ds: Ds389) -> LdapSource:
        return LdapSource(settings(ds.url, schema=NAMED_BY_O))

    @pytest.fixture
    def absent_source(self) -> LdapSource:
        return LdapSource(settings("ldap://127.0.0.1:1", schema=NAMED_BY_O))


class TestFreeIpa(SourceContract):
    """The preset freeipa."""

    @pytest.fixture
    def source(self, ipa: Ds389) -> LdapSource:
        return LdapSource(settings(ipa.url, schema=IPA_NAMED_BY_O))

    @pytest.fixture
    def absent_source(self) -> LdapSource:
        return LdapSource(settings("ldap://127.0.0.1:1", schema=IPA_NAMED_BY_O))


def test_a_directory_where_people_name_their_groups(ds: Ds389) -> None:
    """memberOf, which the server keeps, nested groups included, tells the same people as `member`."""
    by_people = replace(NAMED_BY_O, memberships="memberOf", members=(MemberAttribute("seeAlso"),))
    by_groups = LdapSource(settings(ds.url, schema=NAMED_BY_O))
    for name in ("Plain", "Nested Outer", "Nested Left", "Ring One", "Ring Three", "Mixed", "Lonely"):
        _, selection = read_one(LdapSource(settings(ds.url, schema=by_people)), by_name(name))
        (found,) = selection.groups
        (whole,) = read_one(by_groups, by_name(name))[1].groups
        assert (found.members, found.disabled, found.doubts) == (whole.members, whole.disabled, ())


def test_nesting_by_chain_is_a_walk_here(ds: Ds389) -> None:
    """A server that knows no chains is not asked about them, and nothing is missed for it."""
    chosen = settings(ds.url, schema=NAMED_BY_O)
    everything = (by_pattern(".*"),)
    walked = LdapSource(chosen).read(everything)
    chained = LdapSource(replace(chosen, nesting=Nesting.CHAIN)).read(everything)
    assert walked.selections == chained.selections
    assert not any("1941" in search.what for search in chained.searches)


@pytest.mark.parametrize("page_size", [1, 7, 1000])
def test_389_says_the_same_through_both_decoders(ds: Ds389, page_size: int) -> None:
    """Operational attributes too, and every result."""
    queries = [
        Query("everything", BASE, "(objectClass=*)", ("*", "nsUniqueId", "memberOf", "entryDN")),
        Query("people", f"ou=people,{BASE}", "(objectClass=inetOrgPerson)", ("nsUniqueId", "mail")),
        Query("nowhere", f"ou=nowhere,{BASE}", "(cn=*)", ("cn",)),
    ]
    for query in queries:
        ours, theirs = both_outcomes(settings(ds.url), query, page_size)
        assert ours == theirs


def test_a_role_disables_as_well() -> None:
    """The way of older tools: people in the role of the disabled."""
    role = f"cn=nsManagedDisabledRole,{BASE}"
    ldif = (
        TREE
        + entry(role, objectClass=("nsRoleDefinition", "nsSimpleRoleDefinition", "nsManagedRoleDefinition"))
        + person("ann")
        + person("gus", nsRoleDN=role)
        + group("team", person_dn("ann"), person_dn("gus"))
    )
    with Ds389(ldif) as server:
        read, selection = read_one(LdapSource(settings(server.url, schema=PRESETS["389ds"])), by_name("team"))
    (found,) = selection.groups
    assert (addresses(read, found), found.disabled, found.doubts) == (people("ann"), 1, ())


def test_a_group_may_be_empty_here() -> None:
    """A group without a member is one with nobody, and no doubt."""
    with Ds389(TREE + entry(group_dn("team"), objectClass="groupOfNames", cn="team")) as server:
        _, selection = read_one(LdapSource(settings(server.url, schema=PRESETS["389ds"])), by_name("team"))
    (found,) = selection.groups
    assert (found.members, found.doubts) == (frozenset(), ())
