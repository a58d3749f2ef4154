"""What is said of whoever goes by a name, by what is read for it or by what the last run read. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.core.explain import Answer, Subject
from bridge.core.model import Account, AccountId, DirectoryName, DirectoryRead, Person, email
from bridge.core.people import People
from bridge.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Identity:
    """How a person of a directory was resolved to an account."""

    person: Person
    account: Account | None
    how: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Who somebody is, and what is to be said of each managed group."""

    identities: tuple[Identity, ...]
    accounts: tuple[Account, ...]
    answers: tuple[Answer, ...]
    unread: Mapping[DirectoryName, str] = field(default_factory=dict)
    """Directories that could not be read, and why."""
    unserved: tuple[str, ...] = ()
    """Managed groups that could not be looked at, so that nobody knows whether they have to do with them."""


def about(
    subject: Subject, answers: Sequence[Answer], people: People, group: str, unread: Mapping[DirectoryName, str]
) -> Explanation:
    """Of all answers those that were asked for. Raises BridgeError when there is no such managed group."""
    chosen = [one for one in answers if not group or _is_named(one, group)]
    if group and not chosen:
        raise BridgeError(f"There is no managed group {group!r}; the configuration names them")
    identities = tuple(_identity(person, subject.accounts, people) for person in subject.people)
    told = tuple(one for one in chosen if group or one.concerns)
    unserved = tuple(one.mapping.name for one in chosen if one.is_member is None and one not in told)
    return Explanation(identities, subject.accounts, told, unread, unserved)


def subject_of(
    text: str, asked: Sequence[Person], accounts: Sequence[Account], reads: Iterable[DirectoryRead], people: People
) -> Subject | None:
    """The one human who goes by a name: people of directories and accounts that are each other's; None: nobody.

    Raises BridgeError where several go by it.
    """
    named = {account.id: account for account in accounts if _means(account, text)}
    mine = {person.id: person for person in asked}
    for person in asked:
        if account := _account_of(person, accounts, people):
            named[account.id] = account
    owners = {person: account for person, account in people.accounts.items() if account in named}
    for read in reads:
        mine |= {one: read.people[one] for one in owners.keys() & read.people.keys() if one not in mine}
    if not named and not mine:
        return None
    _refuse_several(text, {one: _account_of(one, accounts, people) for one in asked})
    return Subject(tuple(sorted(mine.values(), key=lambda one: one.id)), tuple(sorted(named.values(), key=_by_id)))


def _account_of(person: Person, accounts: Sequence[Account], people: People) -> Account | None:
    """The account that a person was resolved to.

    Nobody resolves who is disabled: theirs is the one with an address of theirs that may be nobody else's.
    """
    if account_id := people.accounts.get(person.id):
        return next((one for one in accounts if one.id == account_id), None)
    mine = [] if person.enabled else [one for one in accounts if one.email in person.addresses]
    others = {*people.accounts.values()}.union(*(one.candidates for one in people.unresolved.values()))
    return mine[0] if len(mine) == 1 and mine[0].id not in others else None


def _refuse_several(text: str, asked: Mapping[Person, Account | None]) -> None:
    """A name may be that of two humans: of one directory, or without an account or an address in common."""
    directories = {person.id.partition(":")[0] for person in asked}
    if len(directories) < len(asked) or len(_humans(asked)) > 1:
        known = "; ".join(sorted(f"{person.label} ({person.id})" for person in asked))
        raise BridgeError(f"Several people go by {text!r}: {known}; name the one that is meant by that id")


def _humans(asked: Mapping[Person, Account | None]) -> list[set[str]]:
    """What each human is known by: people who have something in common are one."""
    humans: list[set[str]] = []
    for person, account in asked.items():
        known = {*person.addresses, account.id if account else person.id}
        humans = [
            *(one for one in humans if one.isdisjoint(known)),
            known.union(*(h for h in humans if h & known)),
        ]
    return humans


def _by_id(account: Account) -> AccountId:
    return account.id


def _means(account: Account, text: str) -> bool:
    return text in {account.id, account.other_id} or (account.email is not None and account.email == email(text))


def _identity(person: Person, accounts: Sequence[Account], people: People) -> Identity:
    account = _account_of(person, accounts, people)
    if account and account.email in person.addresses:
        how = f"by the address {account.email}"
        how += "" if person.enabled else ", and disabled in the directory, which counts as having left"
    elif account:
        how = "by the link that an earlier run remembered"
    elif unresolved := people.unresolved.get(person.id):
        how = unresolved.reason
    else:
        how = "in no directory group that is mapped" if person.enabled else "disabled in the directory"
    return Identity(person, account, how)


def _is_named(one: Answer, group: str) -> bool:
    mapping = one.mapping
    return group in {mapping.key, mapping.name, one.group_id}
