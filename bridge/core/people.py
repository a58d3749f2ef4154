"""From people in directories to accounts in Hyperproof: proved links only, nothing guessed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.core.change import SkipKind
from bridge.core.model import Account, AccountId, Email, Person, PersonId, Standing

_SHOWN: Final = 5
"""Addresses of one person that a reason names."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A person without exactly one account that may be put into groups."""

    person: Person
    kind: SkipKind
    reason: str
    candidates: frozenset[AccountId] = frozenset()
    """Accounts that may be this person's: never taken out of a group that the person belongs to."""


@dataclass(frozen=True, slots=True)
class People:
    """Who is who."""

    accounts: Mapping[PersonId, AccountId]
    """The resolved ones."""
    unresolved: Mapping[PersonId, Unresolved]


def resolve(
    people: Iterable[Person],
    accounts: Iterable[Account],
    links: Mapping[PersonId, AccountId],
    eligible: frozenset[Standing],
) -> People:
    """Find each person's account.

    A remembered link counts while its account is eligible, so that a changed address loses nobody; it
    gives way to an account that carries the person's address now only when its own account is of no
    use any more. Two answers are no answer.

        link's account   eligible accounts by address   result
        eligible         none, or the link's            the link's
        eligible         another one                    ambiguous; the link's while that, too, has an
                                                        address of the person's
        not eligible     one                            that one
        none             one                            that one
        any              several for one address        ambiguous
        not eligible     none                           ineligible
        none             none, but ineligible ones      ineligible
        none             none                           no account

    An account that is one person's by its link alone and another's by address is ambiguous for both: an
    address was handed on, and the account may belong to either.
    """
    directory = _Directory(accounts, eligible)
    resolved: dict[PersonId, AccountId] = {}
    unresolved: dict[PersonId, Unresolved] = {}
    by_link: dict[AccountId, list[Person]] = {}
    by_address: list[Person] = []
    for person in people:
        answer = directory.account_of(person, links.get(person.id))
        if isinstance(answer, Unresolved):
            unresolved[person.id] = answer
            continue
        resolved[person.id] = answer
        if directory.email_of(answer) in person.addresses:
            by_address.append(person)
        else:
            by_link.setdefault(answer, []).append(person)
    for person in by_address if by_link else ():
        account = resolved[person.id]
        for one in (person, *by_link[account]) if account in by_link else ():
            unresolved[one.id] = directory.contested(one, account, links.get(one.id))
    for person_id in unresolved:
        resolved.pop(person_id, None)
    return People(resolved, unresolved)


class _Directory:
    """The accounts, by id and by address."""

    def __init__(self, accounts: Iterable[Account], eligible: frozenset[Standing]) -> None:
        self._eligible = eligible
        self._by_id: dict[AccountId, Account] = {}
        self._by_email: defaultdict[Email, list[Account]] = defaultdict(list)
        for account in accounts:
            self._by_id[account.id] = account
            if account.email:
                self._by_email[account.email].append(account)

    def account_of(self, person: Person, link: AccountId | None) -> AccountId | Unresolved:
        matches, usable = self._matches(person)
        linked = self._by_id.get(link) if link else None
        if len(usable) > 1:
            shared = usable[0].email
            return self._unresolved(
                person, SkipKind.AMBIGUOUS, f"{len(usable)} accounts have the address {shared}", matches, linked
            )
        if linked is None or linked.standing not in self._eligible:
            if usable:
                return usable[0].id
            return self._without_account(person, matches, linked)
        if usable and usable[0].id != linked.id and linked.email not in person.addresses:
            reason = f"known as {linked.email or linked.id}, but {usable[0].email} is an account of its own"
            return self._unresolved(person, SkipKind.AMBIGUOUS, reason, matches, linked)
        return linked.id

    def email_of(self, account: AccountId) -> Email | None:
        return self._by_id[account].email

    def contested(self, person: Person, account: AccountId, link: AccountId | None) -> Unresolved:
        known = self._by_id[account]
        reason = f"the account {known.email} is one person's by address and another's from before"
        linked = self._by_id.get(link) if link else None
        return self._unresolved(person, SkipKind.AMBIGUOUS, reason, [known], linked)

    def _matches(self, person: Person) -> tuple[list[Account], list[Account]]:
        """The accounts of the first address that leads to an eligible one, and which are; else all, and none."""
        for address in person.addresses:
            found = self._by_email.get(address, [])
            usable = [account for account in found if account.standing in self._eligible]
            if usable:
                return found, usable
        return [account for address in person.addresses for account in self._by_email.get(address, ())], []

    def _without_account(self, person: Person, matches: list[Account], linked: Account | None) -> Unresolved:
        useless = [*matches, *([linked] if linked else [])]
        if useless:
            reason = f"the account {useless[0].email or useless[0].id} is {useless[0].standing}"
            return self._unresolved(person, SkipKind.INELIGIBLE, reason, matches, linked)
        reason = f"no account has the address {_told(person.addresses)}" if person.addresses else "no address"
        return self._unresolved(person, SkipKind.NO_ACCOUNT, reason, matches, linked)

    def _unresolved(
        self, person: Person, kind: SkipKind, reason: str, matches: list[Account], linked: Account | None
    ) -> Unresolved:
        by_any_address = (a for address in person.addresses for a in self._by_email.get(address, ()))
        candidates = frozenset(a.id for a in (*matches, *by_any_address, *([linked] if linked else [])))
        return Unresolved(person, kind, reason, candidates)


def _told(addresses: tuple[Email, ...]) -> str:
    """Some addresses in words; the reason stands in a record, and a person may have ten thousand."""
    shown, more = addresses[:_SHOWN], len(addresses) - _SHOWN
    return ", ".join(shown) + (f" or one of {more} more" if more > 0 else "")
