"""Organizations made up by size."""

import random
from typing import Final

from bridge.sandbox.hyperproof.model import User
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.people import DOMAIN, person_email, person_name

_GROUPS: Final = ("Controls", "Risk", "Privacy", "Vendors", "Security", "Finance", "Legal", "Platform", "Audit")


def generate(*, users: int, groups: int, members_per_group: int = 250, seed: int = 1) -> Organization:
    """An organization of so many users and groups. The same figures and seed give the same one.

    From 30 users on, ten of them are the awkward ones. A group has at most as many members as there are people.
    """
    dice = random.Random(seed)
    organization = Organization(seed=seed)
    awkward = 10 if users >= 30 else 0  # noqa: PLR2004 - said in the docstring
    people = [_add_person(organization, number) for number in range(users - awkward)]
    if awkward:
        add_awkward_people(organization)
    size = min(members_per_group, len(people))
    for number in range(groups):
        members = dice.sample(people, size)
        organization.add_group(_group_name(number), members, lead=members[0] if members else None)
    return organization


def add_awkward_people(organization: Organization) -> None:
    """Put in one of each kind that makes matching by address hard (API reference 11.13): ten users.

    Case and spaces in an address; two active accounts with one address; a person re-invited under new ids; a
    person without an address; a contact; an invitation pending; a deactivated person; a synchronization account.
    """
    add = organization.add_user
    add(email=f"Mixed.Case@{DOMAIN.title()}", name="Mixed Case")
    add(email=f" padded.address@{DOMAIN} ", name="Padded Address")
    add(email=f"same.address@{DOMAIN}", name="Same Address")
    add(email=f"Same.Address@{DOMAIN}", name="Same Address")
    add(email=f"re.invited@{DOMAIN}", name="Re Invited", type="deactivatedUser")
    add(email=f"re.invited@{DOMAIN}", name="Re Invited")
    add(name="No Address")
    add(email="outside.contact@partner.example", name="Outside Contact", type="contact")
    add(email=f"still.invited@{DOMAIN}", name="Still Invited", status="pending")
    add(name="Directory Sync", type="syncServiceAccount")


def _group_name(number: int) -> str:
    return f"{_GROUPS[number % len(_GROUPS)]} {number:04d}"


def _add_person(organization: Organization, number: int) -> User:
    return organization.add_user(email=person_email(number), name=person_name(number))
