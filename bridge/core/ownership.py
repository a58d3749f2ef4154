"""Who shall lead a managed group that is led by who owns its directory groups. Pure.

    the directory groups                        the lead
    read, and each has one and the same owner   the owner's account
    several owners, or none                     stays as it is
    an owner disabled, or no person             stays as it is
    an owner without one active account         stays as it is
    different owners                            stays as it is
    any doubt about them                        stays as it is

No other answer is taken, and no lead is ever taken away: what a directory does not tell is not known to be nobody.
"""

from collections.abc import Mapping

from bridge.core.desired import Desired
from bridge.core.model import Account, AccountId, DirectoryGroup, PersonId, Standing
from bridge.core.people import People


def owning_account(desired: Desired, people: People, accounts: Mapping[AccountId, Account]) -> AccountId | str:
    """The account of the one owner, or why there is none; no reason is the id of an account."""
    if desired.doubts:
        return f"who owns the directory groups is in doubt: {desired.doubts[0]}"
    excluding = {group.id for group in desired.excluding}
    found: dict[AccountId, DirectoryGroup] = {}
    for group in desired.groups:
        if group.id in excluding:
            continue
        account = _of_group(group, people, accounts)
        if account not in accounts:
            return account
        found.setdefault(AccountId(account), group)
    if len(found) == 1:
        return next(iter(found))
    labels = " and ".join(group.label for group in found.values())
    return f"{labels} have different owners" if found else "no directory group was found that could have an owner"


def _of_group(group: DirectoryGroup, people: People, accounts: Mapping[AccountId, Account]) -> AccountId | str:
    owners = group.owners
    if owners is None:
        return f"the directory does not tell who owns {group.label}"
    if owners.others:
        return f"{group.label}: {owners.others[0]}"
    if len(owners.people) != 1:
        return f"{group.label} has {len(owners.people) or 'no'} owners, and a lead needs exactly one"
    (person,) = owners.people
    return _of_person(person, group, people, accounts)


def _of_person(
    person: PersonId, group: DirectoryGroup, people: People, accounts: Mapping[AccountId, Account]
) -> AccountId | str:
    if person in people.unresolved:
        unresolved = people.unresolved[person]
        return f"{unresolved.person.label} owns {group.label}: {unresolved.reason}"
    account = accounts.get(people.accounts.get(person, AccountId("")))
    if account is None:
        return f"{person} owns {group.label} and was not read"
    if account.standing is not Standing.ACTIVE:
        return f"the account {account.email or account.id}, of the owner of {group.label}, is {account.standing}"
    return account.id
