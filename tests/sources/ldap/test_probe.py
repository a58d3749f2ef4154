from dataclasses import replace

from bridge.sandbox.ldap import Directory, LdapSandbox, Refer
from bridge.sources.ldap.schema import Schema
from bridge.sources.ldap.source import LdapSource
from bridge.sources.probe import Probe
from tests.sources.ldap.directory import ADMIN, SCHEMA, TREE, entry, group, person, person_dn, settings


def probed(ldif: str, schema: Schema = SCHEMA) -> Probe:
    """What a look at a directory with these entries shows."""
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        return LdapSource(settings(server.url, schema=schema)).probe()


def test_a_sound_directory_is_counted() -> None:
    """Where it is, how the connection is secured, how many people and groups there are; no warning."""
    people = person("ann") + person("bob", employeeType="disabled")
    probe = probed(TREE + people + group("team", person_dn("ann")))
    assert probe.findings == (
        f"connected to {probe.server} (plain text, which can be read on its way)",
        "2 people found, 1 of them disabled",
        "1 groups found",
    )
    assert probe.warnings == ()


def test_an_empty_directory_is_a_warning() -> None:
    """It may be a base, a filter or a permission: all are named."""
    warnings = probed(TREE).warnings
    assert [warning.partition(";")[0] for warning in warnings] == ["nobody was found", "no group was found"]
    assert "people_base, people_filter" in warnings[0]
    assert "groups_base, group_filter" in warnings[1]


def test_what_people_and_groups_lack_is_a_warning() -> None:
    """Ids and addresses, with the attribute."""
    schema = replace(SCHEMA, person_id="employeeNumber", group_id="businessCategory")
    nameless = entry(person_dn("cid"), objectClass="inetOrgPerson", uid="cid", cn="c", sn="c", employeeNumber="3")
    probe = probed(
        TREE + person("ann", employeeNumber="1") + person("bob") + nameless + group("team", "cn=x"), schema
    )
    assert probe.warnings == (
        "1 people have no employeeNumber of their own to be known by; let the service account read it",
        "1 people have no address in mail; they will have no account",
        "some groups show no businessCategory; let the service account read it",
    )


def test_what_would_be_a_doubt_is_a_warning() -> None:
    """A reference to another server would keep everybody from being removed."""
    ldif = TREE + person("ann") + group("team", person_dn("ann"))
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        server.faults.add(Refer(("ldap://other.example.test/",)))
        (groups, people) = LdapSource(settings(server.url)).probe().warnings
    assert groups.startswith("referral: the search for groups")
    assert people.startswith("referral: the search for people")
