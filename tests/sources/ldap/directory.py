"""LDIF for tests, and the settings that read it."""

from dataclasses import replace
from typing import Any

from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.schema import Schema
from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings
from tests.sources.contract import CORP, World

BASE = "dc=example,dc=test"
ADMIN = Bind(BindMethod.SIMPLE, f"cn=admin,{BASE}", "admin-secret")
"""Whom no limit of slapd's concerns."""

SCHEMA = replace(PRESETS["openldap"], disabled_filter="(employeeType=disabled)")


def entry(dn: str, **attributes: str | tuple[str, ...]) -> str:
    """One entry; a tuple is an attribute of several values."""
    lines = [f"dn: {dn}"]
    for name, values in attributes.items():
        lines += [f"{name}: {value}" for value in ((values,) if isinstance(values, str) else values)]
    return "\n".join(lines) + "\n\n"


def unit(name: str) -> str:
    """A branch under the base."""
    return entry(f"ou={name},{BASE}", objectClass="organizationalUnit", ou=name)


TREE = (
    entry(BASE, objectClass=("dcObject", "organization"), o="Example", dc="example")
    + unit("people")
    + unit("groups")
    + unit("elsewhere")
)


def person_dn(uid: str, branch: str = "people") -> str:
    """Where a person is."""
    return f"uid={uid},ou={branch},{BASE}"


def group_dn(cn: str, branch: str = "groups") -> str:
    """Where a group is."""
    return f"cn={cn},ou={branch},{BASE}"


def person(uid: str, /, *, branch: str = "people", **more: str | tuple[str, ...]) -> str:
    """A person, with a made-up address unless `mail` is given."""
    attributes = {"uid": uid, "cn": uid.capitalize(), "sn": uid, "mail": f"{uid}@example.test", **more}
    return entry(person_dn(uid, branch), objectClass="inetOrgPerson", **attributes)


def group(cn: str, *members: str, branch: str = "groups") -> str:
    """A groupOfNames with these DNs."""
    return entry(group_dn(cn, branch), objectClass="groupOfNames", cn=cn, member=members)


def posix_group(cn: str, *logins: str, number: int = 1000) -> str:
    """A posixGroup with these logins."""
    return entry(group_dn(cn), objectClass="posixGroup", cn=cn, gidNumber=str(number), memberUid=logins)


def crowd(count: int) -> str:
    """So many people: u0, u1, ..."""
    return "".join(person(f"u{number}") for number in range(count))


def ldif_of(world: World) -> str:
    """A world as an OpenLDAP-like directory would have it."""
    things = {key: f"cn={key},ou=elsewhere,{BASE}" for key in world.things}
    places = {someone.key: person_dn(someone.key) for someone in world.people} | things
    places |= {some.key: group_dn(some.key) for some in world.groups}
    people = [
        person(one.key, mail=one.address, **({} if one.enabled else {"employeeType": "disabled"}))
        for one in world.people
    ]
    groups = [
        entry(
            group_dn(some.key),
            objectClass="groupOfNames",
            cn=some.key,
            o=some.name,
            member=tuple(places.get(key, person_dn(key)) for key in some.members),
            **({"owner": places.get(some.owner, person_dn(some.owner))} if some.owner else {}),
        )
        for some in world.groups
    ]
    devices = [entry(dn, objectClass="device", cn=key) for key, dn in things.items()]
    return TREE + "".join([*people, *groups, *devices])


def settings(*servers: str, schema: Schema = SCHEMA, **changes: Any) -> LdapSettings:  # noqa: ANN401 - as LdapSettings has them
    """Settings for servers with the tree; people and groups in their branches."""
    where: dict[str, Any] = {
        "base_dn": BASE,
        "people_base": f"ou=people,{BASE}",
        "groups_base": f"ou=groups,{BASE}",
    }
    where |= {name: changes.pop(name) for name in where if name in changes}
    common: dict[str, Any] = {"bind": ADMIN, "page_size": 3, "connect_timeout": 2, "receive_timeout": 20}
    return LdapSettings(CORP, (Domain(servers=servers, **where),), schema, **(common | changes))
