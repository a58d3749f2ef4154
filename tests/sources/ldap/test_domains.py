"""A forest of several domains, read as one directory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from bridge.core.model import DoubtKind
from bridge.errors import Denied, Unavailable
from bridge.sandbox.ldap import Directory, Drop, LdapSandbox, Refer, Refuse
from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings
from bridge.sources.ldap.source import LdapSource
from tests.sources.contract import addresses, by_name, people, read_one
from tests.sources.ldap.directory import (
    ADMIN,
    BASE,
    TREE,
    entry,
    group,
    group_dn,
    person,
    person_dn,
    settings,
)

EMEA = f"dc=emea,{BASE}"
APAC = "dc=apac,dc=test"
SERVICE = Bind(BindMethod.SIMPLE, f"cn=svc,{EMEA}", "emea-secret")


def at(base: str, ldif: str) -> str:
    """The same entries in another domain."""
    return ldif.replace(BASE, base).replace("dc: example", f"dc: {base.partition(',')[0].removeprefix('dc=')}")


HOME = TREE + person("ann") + group("team", person_dn("ann"), group_dn("team").replace(BASE, EMEA))
AWAY = at(EMEA, TREE + person("bob") + group("team", person_dn("bob"))).replace(
    f"member: {person_dn('bob').replace(BASE, EMEA)}",
    f"member: {person_dn('bob').replace(BASE, EMEA)}\nmember: {group_dn('team')}",
)


@pytest.fixture
def serve() -> Iterator[Callable[..., LdapSandbox]]:
    """Serves LDIF to one who signs in."""
    with ExitStack() as stack:

        def start(ldif: str, bind: Bind = ADMIN) -> LdapSandbox:
            server = LdapSandbox(Directory.from_ldif(ldif), credentials={bind.user: bind.password})
            return stack.enter_context(server)

        yield start


def forest(home: LdapSandbox, *away: str, bind: Bind | None = SERVICE) -> LdapSettings:
    """The home domain, and EMEA at these servers."""
    first = settings(home.url)
    return replace(first, domains=(*first.domains, Domain(EMEA, away, bind=bind)))


def test_groups_reach_over_domains(serve: Callable[..., LdapSandbox]) -> None:
    """In a cycle, too: a group of each domain holds the other; the read names both servers."""
    home, away = serve(HOME), serve(AWAY, SERVICE)
    read, selection = read_one(LdapSource(forest(home, away.url)), by_name("team"))
    assert [doubt.kind for doubt in selection.doubts] == [DoubtKind.AMBIGUOUS]
    there = replace(by_name("team"), kind=by_name("team").kind.DN, text=group_dn("team").replace(BASE, EMEA))
    read, selection = read_one(LdapSource(forest(home, away.url)), there)
    (found,) = selection.groups
    assert addresses(read, found) == people("ann", "bob")
    assert (found.doubts, read.doubts) == ((), ())
    assert read.server == f"{home.url}, {away.url}"
    assert {search.what.partition(" ")[0] for search in read.searches} == {
        *settings(home.url).domains[0].bases,
        EMEA,
    }


def test_a_reference_to_a_listed_domain_is_no_doubt(serve: Callable[..., LdapSandbox]) -> None:
    """What is there was read; a reference to any other domain stays one."""
    home, away = serve(HOME), serve(AWAY, SERVICE)
    home.faults.add(Refer((f"ldap://emea.example.test/{EMEA}",)))
    assert LdapSource(forest(home, away.url)).read(()).doubts == ()
    home.faults.add(Refer((f"ldap://apac.test/{APAC}",)))
    doubts = LdapSource(forest(home, away.url)).read(()).doubts
    assert {doubt.kind for doubt in doubts} == {DoubtKind.REFERRAL}
    assert all(APAC in doubt.text and EMEA not in doubt.text for doubt in doubts)


def test_a_member_of_a_domain_that_is_not_listed_is_a_doubt(serve: Callable[..., LdapSandbox]) -> None:
    """The group is in doubt, and the doubt says what to list."""
    read, selection = read_one(LdapSource(settings(serve(HOME).url)), by_name("team"))
    (found,) = selection.groups
    assert addresses(read, found) == people("ann")
    (doubt,) = found.doubts
    assert "was not found" in doubt.text
    stranger = TREE + person("ann") + group("team", person_dn("ann"), f"uid=zoe,ou=people,{APAC}")
    _, selection = read_one(LdapSource(settings(serve(stranger).url)), by_name("team"))
    assert "list its domain under `domains`" in selection.groups[0].doubts[0].text


def test_a_domain_out_of_reach_is_no_read(serve: Callable[..., LdapSandbox]) -> None:
    """Half a forest is never handed on as a whole."""
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        LdapSource(forest(serve(HOME), "ldap://127.0.0.1:1")).read(())


def test_each_domain_has_servers_to_turn_to(serve: Callable[..., LdapSandbox]) -> None:
    """The first is gone, the second drops the connection in the middle, the third does it."""
    home, bad, good = serve(HOME), serve(AWAY, SERVICE), serve(AWAY, SERVICE)
    bad.faults.add(Drop(), matching="groupOfNames")
    read = LdapSource(forest(home, "ldap://127.0.0.1:1", bad.url, good.url)).read(())
    assert (read.server, read.doubts) == (f"{home.url}, {good.url}", ())


def test_a_wrong_password_is_tried_once(serve: Callable[..., LdapSandbox]) -> None:
    """At the domain it is for; asking its other servers might lock the account."""
    home, one, other = serve(HOME), serve(AWAY, SERVICE), serve(AWAY, SERVICE)
    wrong = replace(SERVICE, password="wrong")
    with pytest.raises(Denied):
        LdapSource(forest(home, one.url, other.url, bind=wrong)).read(())
    assert other.operations == ()


def test_disabled_people_of_each_domain_have_to_be_told(serve: Callable[..., LdapSandbox]) -> None:
    """A domain that cannot tell them is no part of any read; the error names it."""
    home, away = serve(HOME), serve(AWAY, SERVICE)
    away.faults.add(Refuse(11), matching="employeeType")
    with pytest.raises(Exception, match="nobody can be told from the disabled people") as caught:
        LdapSource(forest(home, away.url)).read(())
    assert away.url in str(caught.value)


def test_one_person_in_two_domains_is_a_doubt(serve: Callable[..., LdapSandbox]) -> None:
    """Two entries with one id: a copy, or a move during the read."""
    moved = entry(
        f"uid=ann,ou=people,{EMEA}", objectClass="inetOrgPerson", uid="ann", sn="a", cn="a", entryUUID="x1"
    )
    home = TREE + person("ann", entryUUID="x1") + group("team", person_dn("ann"))
    away = at(EMEA, TREE) + moved
    source = LdapSource(forest(serve(home), serve(away, SERVICE).url))
    _, selection = read_one(source, by_name("team"))
    (found,) = selection.groups
    assert (found.members, [doubt.kind for doubt in found.doubts]) == (frozenset(), [DoubtKind.UNRESOLVED])
