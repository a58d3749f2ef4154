"""Hyperproof as a run left it, in one cell: an account, and which managed groups hold it, stands in one row."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from bridge.core.model import Account, AccountId, Email, Group, GroupId, Standing, email
from bridge.core.picture import ManagedPicture, TargetPicture
from bridge.store.lookup import Table, pack_table

_Row = Sequence[Any]


def pack_target(target: TargetPicture) -> bytes:
    """Pack all accounts and managed groups. Members without an account that is listed are not kept."""
    holding: dict[AccountId, list[int]] = {account.id: [] for account in target.accounts}
    for number, managed in enumerate(target.groups):
        for member in managed.members:
            if member in holding:
                holding[member].append(number)
    head = {
        "groups": [
            [m.key, m.name, m.where, m.refusal, m.group and [m.group.id, m.group.name, m.group.lead]]
            for m in target.groups
        ],
        "refusal": target.refusal,
    }
    rows = [[a.id, a.other_id, a.email, a.name, a.standing, holding[a.id]] for a in target.accounts]
    names = ({a.id, a.other_id, a.email or a.id} for a in target.accounts)
    return pack_table(head, rows, names)


class PicturedTarget:
    """Fits the core's KeptTarget."""

    def __init__(self, packed: bytes) -> None:
        self._table = Table(packed)

    def going_by(self, text: str) -> tuple[Account, ...]:
        """Every account that somebody may mean by this name."""
        address = email(text)
        accounts = map(_account, self._rows({text, address}))
        return tuple(one for one in accounts if text in {one.id, one.other_id} or one.email == address)

    def called(self, names: Collection[str]) -> tuple[Account, ...]:
        """Every account with one of these addresses or ids."""
        called = set(names)
        accounts = map(_account, self._rows(called))
        return tuple(one for one in accounts if one.id in called or one.email in called)

    def cut(self, accounts: Collection[AccountId]) -> TargetPicture:
        """The same, as if there were no accounts but these."""
        told, named = self._table.head, set(accounts)
        rows = [row for row in self._rows(named) if row[0] in named]
        sets: list[list[AccountId]] = [[] for _ in told["groups"]]
        for row in rows:
            for number in row[5]:
                sets[number].append(row[0])
        groups = map(_managed, told["groups"], map(frozenset, sets))
        return TargetPicture(tuple(map(_account, rows)), tuple(groups), told["refusal"])

    def _rows(self, names: Iterable[str]) -> Iterable[_Row]:
        return map(self._table.row, self._table.numbers(names))


def _managed(row: _Row, members: frozenset[AccountId]) -> ManagedPicture:
    key, name, where, refusal, group = row
    made = Group(GroupId(group[0]), group[1], group[2], members) if group else None
    return ManagedPicture(key, name, where, made, refusal)


def _account(row: _Row) -> Account:
    account, other_id, address, name, standing, _ = row
    return Account(account, other_id, address and Email(address), name, Standing(standing))
