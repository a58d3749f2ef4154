"""Three answers of Hyperproof made into one reading of it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from bridge.core.model import Account, AccountId, Group, GroupId, IdSpace, Standing, TargetRead, Untold
from bridge.errors import IncompleteRead
from bridge.targets.accounts import account_of, standing_of
from bridge.targets.hyperproof_answers import SYSTEM, GroupRow, Members, User
from bridge.targets.id_space import id_space_proof
from bridge.transport.answer import quotable

_T = TypeVar("_T", User, GroupRow)

_PAGE_SIZES: Final = frozenset({25, 50, 100, 200, 250, 500, 1000})
"""A list of exactly so many may have been cut without a word (API reference 11.7)."""


def target_read(
    users: Sequence[User], rows: Sequence[GroupRow], members: Sequence[Members], stated: IdSpace | None
) -> TargetRead:
    """Put users, active groups and their members together. `stated`: the id space, if the operator states it.

    Raises IncompleteRead when the answers contradict themselves, or hold nobody.
    """
    if not users:
        raise IncompleteRead(SYSTEM, "GET /users listed nobody, not even the account of the API client")
    by_group = _members_by_group(members)
    everybody = frozenset[AccountId]().union(*by_group.values())
    proof = id_space_proof(stated, everybody, (u.user_id for u in users), (u.id for u in users))
    accounts = _accounts(users, proof.space)
    leads = lead_ids(accounts, rows)
    groups = tuple(
        group_of(row, by_group.get(row.id, Untold.UNTOLD), leads) for row in _each_once(rows, "GET /groups")
    )
    return TargetRead(accounts, groups, proof, (*_count_notes(users, groups), *_untold(groups), *_unknown(users)))


def group_of(row: GroupRow, members: frozenset[AccountId] | Untold, leads: Mapping[str, AccountId]) -> Group:
    """Make a group of its row and its members."""
    lead = leads.get(row.lead_id, AccountId(row.lead_id)) if row.lead_id else None
    return Group(GroupId(row.id), row.name, lead, members, row.created)


def lead_ids(accounts: Sequence[Account], rows: Iterable[GroupRow]) -> dict[str, AccountId]:
    """Tell how to read those leads' ids that are not of the space that the members' ids are of."""
    leads = {row.lead_id for row in rows}
    foreign = leads.difference(account.id for account in accounts)
    return {account.other_id: account.id for account in accounts if account.other_id in foreign}


def _members_by_group(members: Iterable[Members]) -> dict[str, frozenset[AccountId]]:
    found: dict[str, frozenset[AccountId]] = {}
    for told in members:
        first = found.setdefault(told.group_id, told.user_ids)
        if first is not told.user_ids and first != told.user_ids:
            raise IncompleteRead(SYSTEM, f"GET /groups/users told two sets of members of group {told.group_id}")
    return found


def _accounts(users: Iterable[User], space: IdSpace) -> tuple[Account, ...]:
    once = _by_id(users, "GET /users")
    by_id: dict[str, list[Account]] = {}
    for user in once.values():
        account = account_of(user, space)
        by_id.setdefault(account.id, []).append(account)
    return tuple(_one_of(by_id[account_id]) for account_id in sorted(by_id))


def _one_of(memberships: Sequence[Account]) -> Account:
    """The account of one id: where somebody was removed and invited again, the one that lives.

    Raises IncompleteRead where two live, or addresses differ: a person may be known by either.
    """
    if len(memberships) == 1:
        return memberships[0]
    living = [account for account in memberships if account.standing is not Standing.DEACTIVATED]
    addresses = {account.email for account in memberships if account.email}
    chosen = min(living or memberships, key=lambda account: (account.email is None, account.other_id))
    if len(living) > 1 or addresses - {chosen.email}:
        raise IncompleteRead(SYSTEM, f"GET /users told two different things of {chosen.id}")
    return chosen


def _each_once(values: Iterable[_T], what: str) -> list[_T]:
    """Sort by id, and drop repetitions, such as pages that overlap. Raises IncompleteRead for one that differs."""
    found = _by_id(values, what)
    return [found[name] for name in sorted(found)]


def _by_id(values: Iterable[_T], what: str) -> Mapping[str, _T]:
    found: dict[str, _T] = {}
    for value in values:
        first = found.setdefault(value.id, value)
        if first is not value and first != value:
            raise IncompleteRead(SYSTEM, f"{what} told two different things of {value.id}")
    return found


# ---- what is worth a warning and stops nothing -----------------------------------------------------------


def _count_notes(users: Sequence[User], groups: Sequence[Group]) -> list[str]:
    return [
        f"GET {path} listed exactly {count} {what}, which looks like a page size: the list may have been cut"
        for path, what, count in (("/users", "users", len(users)), ("/groups", "groups", len(groups)))
        if count in _PAGE_SIZES
    ]


def _untold(groups: Sequence[Group]) -> list[str]:
    untold = [group.name for group in groups if group.members is Untold.UNTOLD]
    return [f"GET /groups/users told no members of: {quotable(', '.join(untold))}"] if untold else []


def _unknown(users: Iterable[User]) -> list[str]:
    """Name the types and statuses that we cannot place (11.12)."""
    unknown = Counter((u.type, u.status) for u in users if standing_of(u.type, u.status) is Standing.UNKNOWN)
    return [
        quotable(f"{count} users have the type {kind!r} and the status {status!r}, which are not known together")
        for (kind, status), count in sorted(unknown.items())
    ]
