import uuid

import pytest

from bridge.sandbox.ldap import Directory, Scope
from bridge.sandbox.ldap.filters import Compare, Extensible
from bridge.sandbox.ldap.names import parse_dn
from bridge.sandbox.ldap.sample import Company, Flavour, sample_directory
from tests.servers.slapd import Slapd


def company(flavour: Flavour = Flavour.OPENLDAP, *, seed: int = 1, disabled: int = 0) -> Company:
    """A company large enough for names to repeat."""
    return Company(people=300, groups=60, nested=5, members=(2, 9), flavour=flavour, seed=seed, disabled=disabled)


def of_class(directory: Directory, name: str) -> list[tuple[str, tuple[str, ...]]]:
    """The entries of an object class and the members of each."""
    found = directory.search("dc=example,dc=test", Scope.SUBTREE, Compare("objectClass", "=", name.encode()))
    return [(entry.dn, tuple(value.decode() for value in entry.values("member"))) for entry in found]


@pytest.mark.parametrize(
    ("flavour", "person", "group"),
    [(Flavour.OPENLDAP, "inetOrgPerson", "groupOfNames"), (Flavour.ACTIVE_DIRECTORY, "user", "group")],
)
def test_as_many_as_asked_for(flavour: Flavour, person: str, group: str) -> None:
    """So many people with mails of their own, and so many groups of people and, some, of groups; no cycles."""
    directory = sample_directory(company(flavour))
    people = {parse_dn(dn) for dn, _ in of_class(directory, person)}
    groups = [
        (parse_dn(dn), [parse_dn(member) for member in members]) for dn, members in of_class(directory, group)
    ]
    order = {dn: number for number, (dn, _) in enumerate(groups)}
    mails = [entry.values("mail") for entry in directory if entry.key in people]
    assert (len(people), len(groups), len(set(mails))) == (300, 60, 300)
    for number, (_, members) in enumerate(groups):
        nested = [order[member] for member in members if member in order]
        assert len(nested) == (2 if number < 5 else 0)
        assert all(number < other for other in nested)
        assert 2 <= len(people.intersection(members)) == len(members) - len(nested) <= 9


def test_the_same_dice_the_same_company() -> None:
    """The same numbers and seed give the same entries; another seed gives others."""
    for flavour in Flavour:
        assert list(sample_directory(company(flavour))) == list(sample_directory(company(flavour)))
        assert list(sample_directory(company(flavour))) != list(sample_directory(company(flavour, seed=2)))


def test_active_directory_knows_the_disabled() -> None:
    """So many users have the flag of a disabled account; every object has a GUID of its own."""
    directory = sample_directory(company(Flavour.ACTIVE_DIRECTORY, disabled=7))
    flag = Extensible("userAccountControl", "1.2.840.113556.1.4.803", b"2")
    assert len(directory.search("dc=example,dc=test", Scope.SUBTREE, flag)) == 7
    guids = {uuid.UUID(bytes_le=guid) for entry in directory for guid in entry.values("objectGUID")}
    assert len(guids) == 360


@pytest.mark.slapd
def test_openldap_takes_it() -> None:
    """What is made for OpenLDAP, the real one loads."""
    with Slapd(sample_directory(company()).to_ldif(), tls=False):
        pass
