"""A made-up company to fill a directory with: the same for the same numbers and seed."""

import random
import struct
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from bridge.sandbox.ldap.directory import Directory
from bridge.sandbox.ldap.entry import Values

_FIRST_NAMES = """
    Ada Alan Amara Anna Aziz Bao Bela Carla Chidi Clara Daniel Dina Elena Emil Esra Farah Felix Grace
    Hana Hugo Irene Ivan Jana Jonas Kai Keiko Lars Leila Liam Maria Marco Mei Mila Nadia Noah Omar Paula
    Priya Rafael Rosa Samir Sofia Tariq Tessa Uma Viktor Wei Yara Yusuf Zoe
"""
_LAST_NAMES = """
    Abara Almeida Andersen Baker Bauer Berg Bianchi Castro Chen Costa Dubois Eriksen Farouk Fischer
    Flores Garcia Gupta Haddad Hansen Hoffmann Ibrahim Ito Jansen Jensen Kaya Keller Khan Kim Kowalski
    Larsen Lopez Martin Mensah Meyer Moreau Nakamura Novak Okafor Olsen Osei Park Patel Petrov Popescu
    Quinn Ramos Reyes Rossi Saito Santos Schmidt Silva Singh Smith Suzuki Tanaka Torres Vargas Weber
    Yilmaz
"""
_TEAMS = """
    Access Reviewers, Board Secretaries, Business Continuity, Change Control, Compliance Managers,
    Control Owners, Data Protection, Evidence Collectors, External Auditors, Finance Controls, Incident
    Response, Internal Audit, IT Operations, Legal, Physical Security, Policy Authors, Privacy Office,
    Product Security, Risk Owners, Security Champions, Training, Vendor Management
"""
_ENABLED, _DISABLED = 512, 514
_GLOBAL_SECURITY_GROUP = -2147483646


class Flavour(StrEnum):
    """Whose attributes and object classes the entries have."""

    OPENLDAP = "openldap"
    ACTIVE_DIRECTORY = "active-directory"


@dataclass(frozen=True, slots=True)
class Company:
    """How much there is of what."""

    people: int = 60
    groups: int = 10
    nested: int = 2
    """The first so many groups have two of the others as members, beside people of their own."""
    members: tuple[int, int] = (3, 20)
    """People in a group, at least and at most; never more than there are."""
    disabled: int = 0
    """Of the people; Active Directory has a flag for it, OpenLDAP has none."""
    seed: int = 1
    base: str = "dc=example,dc=test"
    mail_domain: str = "example.test"
    flavour: Flavour = Flavour.OPENLDAP


def sample_directory(company: Company | None = None) -> Directory:
    """A directory of this company: ou=people and ou=groups below the base, which must be of dc= parts."""
    company = company or Company()
    dice = random.Random(company.seed)
    directory = Directory()
    domain = company.base.partition(",")[0].partition("=")[2]
    directory.add(company.base, {"objectClass": ["dcObject", "organization"], "dc": [domain], "o": ["Example"]})
    for unit in ("people", "groups"):
        directory.add(f"ou={unit},{company.base}", {"objectClass": ["organizationalUnit"], "ou": [unit]})
    people = dict(_people(company, dice))
    for dn, attributes in (*people.items(), *_groups(company, sorted(people), dice)):
        directory.add(dn, attributes)
    return directory


def _people(company: Company, dice: random.Random) -> Iterator[tuple[str, dict[str, Values]]]:
    first_names, last_names = _FIRST_NAMES.split(), _LAST_NAMES.split()
    taken: Counter[str] = Counter()
    for number in range(company.people):
        first, last = dice.choice(first_names), dice.choice(last_names)
        name = f"{first}.{last}".lower()
        taken[name] += 1
        login = name if taken[name] == 1 else f"{name}{taken[name]}"
        common: dict[str, Values] = {
            "sn": [last],
            "givenName": [first],
            "displayName": [f"{first} {last}"],
            "mail": [f"{login}@{company.mail_domain}"],
        }
        if company.flavour is Flavour.OPENLDAP:
            yield f"uid={login},ou=people,{company.base}", _person(login, common)
        else:
            flags = _DISABLED if number < company.disabled else _ENABLED
            yield f"CN={login},OU=people,{company.base}", _user(login, flags, common, dice)


def _person(login: str, common: dict[str, Values]) -> dict[str, Values]:
    return {"objectClass": ["inetOrgPerson"], "uid": [login], "cn": common["displayName"], **common}


def _user(login: str, flags: int, common: dict[str, Values], dice: random.Random) -> dict[str, Values]:
    return {
        "objectClass": ["top", "person", "organizationalPerson", "user"],
        "cn": [login],
        "sAMAccountName": [login],
        "userPrincipalName": common["mail"],
        "userAccountControl": [str(flags)],
        **common,
        **_identity(dice),
    }


def _groups(company: Company, people: list[str], dice: random.Random) -> Iterator[tuple[str, dict[str, Values]]]:
    names = [name for name, _ in zip(_group_names(), range(company.groups), strict=False)]
    for number, name in enumerate(names):
        least, most = (min(bound, len(people)) for bound in company.members)
        members = dice.sample(people, dice.randint(least, most))
        later = names[max(number + 1, company.nested) :]  # never an earlier one: no cycles
        if number < company.nested:
            members += [_group_dn(company, other) for other in dice.sample(later, min(2, len(later)))]
        yield _group_dn(company, name), _group(company, name, members, dice)


def _group(company: Company, name: str, members: list[str], dice: random.Random) -> dict[str, Values]:
    if company.flavour is Flavour.OPENLDAP:
        return {"objectClass": ["groupOfNames"], "cn": [name], "member": members or ["cn=nobody"]}
    return {
        "objectClass": ["top", "group"],
        "cn": [name],
        "sAMAccountName": [name],
        "groupType": [str(_GLOBAL_SECURITY_GROUP)],
        "member": members,
        **_identity(dice),
    }


def _group_names() -> Iterator[str]:
    teams = " ".join(_TEAMS.split()).split(", ")
    yield from teams
    yield from (f"{team} {number}" for number in count(2) for team in teams)


def _group_dn(company: Company, name: str) -> str:
    return f"cn={name},ou=groups,{company.base}"


def _identity(dice: random.Random) -> dict[str, Values]:
    """What Active Directory knows an object by."""
    sub_authorities = struct.pack("<5I", 21, *(dice.getrandbits(32) for _ in range(4)))
    return {
        "objectGUID": [uuid.UUID(int=dice.getrandbits(128), version=4).bytes_le],
        "objectSid": [b"\x01\x05\x00\x00\x00\x00\x00\x05" + sub_authorities],
    }
