"""Who owns a group, as LDAP tells it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.core.model import DirectoryGroup, Owners
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.source import LdapSource
from tests.sources.contract import by_name
from tests.sources.ldap.directory import ADMIN, BASE, SCHEMA, TREE, entry, group_dn, person, person_dn, settings


def owned(cn: str, *owners: str) -> str:
    """A group with one member and these owners."""
    return entry(group_dn(cn), objectClass="groupOfNames", cn=cn, member=person_dn("ann"), owner=owners)


LDIF = (
    TREE
    + "".join(map(person, ("ann", "bob")))
    + person("out", branch="elsewhere")
    + owned("several", person_dn("ann"), person_dn("bob"))
    + owned("spelled", f"UID=Bob, OU=People,{BASE}")
    + owned("outside", person_dn("out", "elsewhere"))
    + owned("gone", person_dn("nobody"))
    + owned("group", group_dn("several"))
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LdapSandbox]:
    """A directory that nobody changes."""
    with LdapSandbox(Directory.from_ldif(LDIF), credentials={ADMIN.user: ADMIN.password}) as server:
        yield server


def owners(source: LdapSource, name: str) -> tuple[set[str], Owners, DirectoryGroup]:
    """The labels of those who own a group, all that is told of them, and the group."""
    selector = replace(by_name(name), owners=True)
    read = source.read((selector,))
    (found,) = read.selections[selector].groups
    assert found.owners
    return {read.people[one].label for one in found.owners.people}, found.owners, found


def test_all_owners_are_told_however_their_dns_are_spelled(sandbox: LdapSandbox) -> None:
    """Which of several is meant is not for a source to say."""
    source = LdapSource(settings(sandbox.url))
    assert owners(source, "several")[0] == {person_dn("ann"), person_dn("bob")}
    assert owners(source, "spelled")[:2] == ({person_dn("bob")}, Owners(owners(source, "spelled")[1].people))


@pytest.mark.parametrize("name", ["outside", "gone", "group"])
def test_an_owner_who_is_not_among_the_people_is_told_in_words(sandbox: LdapSandbox, name: str) -> None:
    """Outside the people's base, not there, or a group: no doubt about the members, and nobody who could lead."""
    labels, told, found = owners(LdapSource(settings(sandbox.url)), name)
    assert (labels, len(told.others), found.doubts) == (set(), 1, ())
    assert "is no person that was read" in told.others[0]


def test_owners_cost_no_search(sandbox: LdapSandbox) -> None:
    """They come with the groups."""
    source, plain = LdapSource(settings(sandbox.url)), by_name("several")
    reads = [source.read((selector,)) for selector in (plain, replace(plain, owners=True))]
    assert [search.what for search in reads[0].searches] == [search.what for search in reads[1].searches]


def test_a_directory_without_such_an_attribute_tells_of_no_owners(sandbox: LdapSandbox) -> None:
    """Which is something else than a group without an owner."""
    source = LdapSource(settings(sandbox.url, schema=replace(SCHEMA, owner="")))
    selector = replace(by_name("several"), owners=True)
    assert [group.owners for group in source.read((selector,)).selections[selector].groups] == [None]
