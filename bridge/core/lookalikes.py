"""Accounts that would go and may be theirs who belong in the group and have none: renamed, or moved. Pure."""

from collections.abc import Iterable, Sequence

from bridge.core.change import Finding, GuardKind, MemberChange
from bridge.core.difference import Accounts
from bridge.core.model import Account
from bridge.core.people import Unresolved


def lookalikes(
    removals: Iterable[MemberChange], unresolved: Sequence[Unresolved], accounts: Accounts
) -> dict[MemberChange, Finding]:
    """Removals of accounts that share a name or the local part of an address with somebody who has no account."""
    if not unresolved:
        return {}
    names = {_name(u.person.name): u for u in unresolved if u.person.name.strip()}
    locals_ = {_local(address): u for u in unresolved for address in u.person.addresses}
    found: dict[MemberChange, Finding] = {}
    for member in removals:
        account = accounts.by_id.get(member.account)
        if account and (alike := names.get(_name(account.name)) or locals_.get(_local(account.email or ""))):
            found[member] = _lookalike(account, alike)
    return found


def _lookalike(account: Account, alike: Unresolved) -> Finding:
    text = f"{account.email or account.id} would go, and {alike.person.label} who belongs here has no account"
    return Finding(GuardKind.LOOKALIKE, text)


def _name(name: str) -> str:
    return " ".join(name.split()).casefold()


def _local(address: str) -> str:
    return address.partition("@")[0]
