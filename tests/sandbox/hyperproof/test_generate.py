"""Organizations made up by size."""

from collections import Counter

from bridge.sandbox.hyperproof import Organization
from bridge.sandbox.hyperproof.generate import add_awkward_people, generate
from bridge.sandbox.people import person_email


def test_size() -> None:
    """An organization has as many users, groups and members as asked for."""
    organization = generate(users=100, groups=7, members_per_group=20)
    assert len(organization.users) == 100
    assert [len(group.members) for group in organization.groups] == [20] * 7


def test_same_again() -> None:
    """The same figures give the same organization, another seed another one."""
    once, again, other = (generate(users=40, groups=3, members_per_group=5, seed=seed) for seed in (1, 1, 2))
    assert once.users == again.users
    assert [group.members for group in once.groups] == [group.members for group in again.groups]
    assert once.users != other.users


def test_small_organization_has_nobody_awkward() -> None:
    """Below 30 users everybody is an active user with an address of one's own."""
    users = generate(users=29, groups=1).users
    assert {(user.type, user.status) for user in users} == {("activeUser", "active")}
    assert {user.email for user in users} == {person_email(number) for number in range(29)}


def test_no_users() -> None:
    """Groups without people are empty."""
    assert [group.members for group in generate(users=0, groups=1).groups] == [()]


def test_awkward_people() -> None:
    """The awkward ones share addresses, have none, were invited again, or are of kinds that cannot be added."""
    organization = Organization()
    add_awkward_people(organization)
    addresses = Counter((user.email or "").casefold() for user in organization.users)
    assert {address for address, count in addresses.items() if count == 2 and address} == {
        "same.address@corp.example",
        "re.invited@corp.example",
    }
    assert len(organization.users) == 10
    assert Counter(user.type for user in organization.users) == {
        "activeUser": 7,
        "deactivatedUser": 1,
        "contact": 1,
        "syncServiceAccount": 1,
    }


def test_ids_are_all_different() -> None:
    """No two things have one id."""
    organization = generate(users=200, groups=20, members_per_group=5)
    ids = [user.id for user in organization.users] + [user.user_id for user in organization.users]
    ids += [group.id for group in organization.groups]
    assert len(set(ids)) == len(ids)
