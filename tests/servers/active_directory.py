"""LDIF for SambaDc: what stands in an Active Directory. Ids and SIDs are the server's to give."""

import base64
import re
from typing import TypeAlias

from tests.sources.contract import World

BASE = "dc=lab,dc=test"
FOREIGN = "<SID=S-1-5-21-3623811015-3361044348-30300820-1013>"
"""A member of another domain, which this one knows by a foreign security principal: a SID, and no more."""

Value: TypeAlias = str | bytes | tuple[str, ...]
"""Bytes go as they are; a tuple is an attribute of several values."""

_PLAIN = re.compile(r"(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]*(?<! )")
_NORMAL_ACCOUNT = 0x200
_WORKSTATION = 0x1000
_DISABLED = 0x2


def entry(dn: str, **attributes: Value) -> str:
    """One entry."""
    lines = [_line("dn", dn)]
    for name, values in attributes.items():
        lines += [_line(name, value) for value in (values if isinstance(values, tuple) else (values,))]
    return "\n".join(lines) + "\n\n"


def unit(name: str, *, base: str = BASE) -> str:
    """A branch under the base."""
    return entry(f"ou={name},{base}", objectClass="organizationalUnit")


def tree(base: str = BASE) -> str:
    """The branches that the entries below are in by default."""
    return unit("people", base=base) + unit("groups", base=base) + unit("elsewhere", base=base)


def person_dn(login: str, *, base: str = BASE) -> str:
    """Where a person is."""
    return f"cn={login},ou=people,{base}"


def group_dn(login: str, *, base: str = BASE) -> str:
    """Where a group is."""
    return f"cn={login},ou=groups,{base}"


def thing_dn(name: str, *, base: str = BASE) -> str:
    """Where anything else is."""
    return f"cn={name},ou=elsewhere,{base}"


def person(
    login: str,
    *,
    base: str = BASE,
    enabled: bool = True,
    password: str = "",
    primary_group: str = "",
    **more: Value,
) -> str:
    """A user, with a made-up address unless `mail` is given.

    Without a password nobody can sign in as it. `primary_group` is a group's DN; Domain Users without one.
    """
    realm = base.replace("dc=", "").replace(",", ".")
    attributes: dict[str, Value] = {
        "sAMAccountName": login,
        "userPrincipalName": f"{login}@{realm}",
        "displayName": login.capitalize(),
        "mail": f"{login}@example.test",
        "userAccountControl": str(_NORMAL_ACCOUNT | (0 if enabled else _DISABLED)),
    }
    if password:
        attributes["unicodePwd"] = f'"{password}"'.encode("utf-16-le")
    if primary_group:
        attributes["primaryGroupID"] = primary_group
    return entry(person_dn(login, base=base), objectClass="user", **(attributes | more))


def group(login: str, *members: str, base: str = BASE, **more: Value) -> str:
    """A global security group with these DNs, which may come later; FOREIGN is a member from another domain."""
    links: dict[str, Value] = {"member": members} if members else {}
    return entry(group_dn(login, base=base), objectClass="group", sAMAccountName=login, **links, **more)


def contact(name: str, *, base: str = BASE, **more: Value) -> str:
    """Somebody who has an address and no account."""
    return entry(thing_dn(name, base=base), objectClass="contact", **({"mail": f"{name}@example.test"} | more))


def computer(name: str, *, base: str = BASE) -> str:
    """A machine: in Active Directory a kind of user."""
    return entry(
        thing_dn(name, base=base),
        objectClass="computer",
        sAMAccountName=f"{name}$",
        userAccountControl=str(_WORKSTATION),
    )


def printer(name: str, *, base: str = BASE) -> str:
    """A thing that is nobody at all."""
    return entry(
        thing_dn(name, base=base),
        objectClass="printQueue",
        uNCName=rf"\\server\{name}",
        versionNumber="1",
        serverName="server",
        shortServerName="server",
        printerName=name,
    )


def ldif_of(world: World) -> str:
    """A world as an Active Directory would have it: groups are known by displayName, and FOREIGN is nobody."""
    places = {one.key: person_dn(one.key) for one in world.people}
    places |= {some.key: group_dn(some.key) for some in world.groups}
    places |= {key: thing_dn(key) for key in world.things}
    people = [person(one.key, mail=one.address, enabled=one.enabled) for one in world.people]
    groups = [
        group(
            some.key,
            *(places.get(key, FOREIGN) for key in some.members),
            displayName=some.name,
            **({"managedBy": places.get(some.owner, person_dn(some.owner))} if some.owner else {}),
        )
        for some in world.groups
    ]
    return "".join([tree(), *map(printer, world.things), *people, *groups])


def _line(name: str, value: str | bytes) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return f"{name}: {value}"
    data = value.encode() if isinstance(value, str) else value
    return f"{name}:: {base64.b64encode(data).decode()}"
