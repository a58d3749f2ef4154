"""Tenants made up by size."""

import random
from typing import Final

from bridge.sandbox.graph.model import DirectoryObject
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.people import DOMAIN, person_email, person_name

_GROUPS: Final = ("Controls", "Risk", "Privacy", "Vendors", "Security", "Finance", "Legal", "Platform", "Audit")
_NESTED: Final = 10
"""One group in so many has the one before it as a member."""


def generate(*, users: int, groups: int, members_per_group: int = 250, largest: int = 0, seed: int = 1) -> Tenant:
    """A tenant of so many users and groups. The same figures and seed give the same one.

    Its people are those of the Hyperproof that is made up by size. From 30 users on ten of them are the awkward
    ones, who are in the first group, too. With `largest` there is one group more, of so many of the users.
    """
    dice = random.Random(seed)
    tenant = Tenant(seed=seed)
    awkward = 10 if users >= 30 else 0  # noqa: PLR2004 - said in the docstring
    people = [_add_person(tenant, number) for number in range(users - awkward)]
    odd = add_awkward_people(tenant) if awkward else []
    size = min(members_per_group, len(people))
    made: list[DirectoryObject] = []
    for number in range(groups):
        members = dice.sample(people, size)
        if number == 0:
            members += odd
        elif number % _NESTED == 0:
            members.append(made[-1])
        made.append(tenant.add_group(_group_name(number), members, members[:1]))
    if largest:
        tenant.add_group("Everybody", people[:largest])
    return tenant


def add_awkward_people(tenant: Tenant) -> list[DirectoryObject]:
    """Put in one of each kind that makes reading people hard (Graph reference 1.5 to 1.9): ten users.

    Without an address; with an address unlike the UPN; with one in capitals; with aliases; disabled; a guest with
    an address, one with another address alone, one with none, and one who has not accepted; of an unknown type.
    """
    return [
        tenant.add_user("No Address", mail=None),
        tenant.add_user("Other Login", userPrincipalName=f"x4711@{DOMAIN}"),
        tenant.add_user("Upper Case", mail=f"Upper.Case@{DOMAIN.title()}"),
        tenant.add_user(
            "Many Aliases",
            proxyAddresses=(f"SMTP:many.aliases@{DOMAIN}", f"smtp:aliases@{DOMAIN}", "X500:/o=Corp/cn=many"),
        ),
        tenant.add_user("Left Yesterday", accountEnabled=False),
        tenant.add_guest("good.guest@partner.example", "Good Guest"),
        tenant.add_guest(
            "private.guest@partner.example", "Private Guest", mail=None, otherMails=("private@home.example",)
        ),
        tenant.add_guest("mute.guest@partner.example", "Mute Guest", mail=None),
        tenant.add_guest("new.guest@partner.example", "New Guest", externalUserState="PendingAcceptance"),
        tenant.add_user("Old Object", userType=None),
    ]


def _add_person(tenant: Tenant, number: int) -> DirectoryObject:
    email = person_email(number)
    return tenant.add_user(person_name(number), mail=email, userPrincipalName=email)


def _group_name(number: int) -> str:
    return f"{_GROUPS[number % len(_GROUPS)]} {number:04d}"
