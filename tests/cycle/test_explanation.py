"""Whom somebody means by a name."""

import pytest

from bridge.core.model import Account, AccountId, Email, Person, PersonId, Standing
from bridge.core.people import People
from bridge.cycle.explanation import subject_of
from bridge.errors import BridgeError

BOB, FRANK = (
    Account(AccountId(name), f"o-{name}", Email(f"{name}@corp.example"), name, Standing.ACTIVE)
    for name in ("bob", "frank")
)


def person(number: str, *addresses: str) -> Person:
    """Somebody called Bob Jones."""
    return Person(PersonId(number), tuple(map(Email, addresses)), "Bob Jones", number)


@pytest.mark.parametrize(
    ("other", "account"),
    [
        (person("two:q", "frank@corp.example"), FRANK),
        (person("two:q"), None),
        (person("one:q", "bob@corp.example"), BOB),
    ],
    ids=["another account", "no account", "the same directory"],
)
def test_two_humans_of_one_name_are_not_one(other: Person, account: Account | None) -> None:
    """What one of them is a member of would be said of the other."""
    people = People({PersonId("one:p"): BOB.id, **({other.id: account.id} if account else {})}, {})
    asked = [person("one:p", "bob@corp.example"), other]
    with pytest.raises(BridgeError, match=rf"Several people go by 'Bob Jones': one:p .*{other.id}"):
        subject_of("Bob Jones", asked, [BOB, FRANK], (), people)


@pytest.mark.parametrize(
    ("other", "accounts"),
    [
        (person("two:q", "bob@corp.example"), {"one:p": BOB.id}),
        (person("two:q", "jones@corp.example"), {"one:p": BOB.id, "two:q": BOB.id}),
    ],
    ids=["an address", "an account"],
)
def test_who_has_something_in_common_is_one(other: Person, accounts: dict[str, AccountId]) -> None:
    """One human in two directories."""
    people = People({PersonId(one): account for one, account in accounts.items()}, {})
    asked = [person("one:p", "bob@corp.example"), other]
    subject = subject_of("Bob Jones", asked, [BOB, FRANK], (), people)
    assert subject
    assert (subject.people, subject.accounts) == (tuple(asked), (BOB,))
