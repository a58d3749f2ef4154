"""The addresses of the lists `keep` and `ignore`, and whose they are.

An address may change, or be missing from an answer, and whoever has it stays the same: what account it led to
is remembered, and counts for as long as it leads to no other.
"""

from collections.abc import Iterable, Iterator, Mapping

from bridge.core.mapping import GroupMapping
from bridge.core.model import AccountId, Email

Listed = Mapping[Email, frozenset[AccountId]]
"""From an address of these lists to the accounts that it led to."""


def listed_addresses(mappings: Iterable[GroupMapping]) -> frozenset[Email]:
    """All addresses on the lists of these mappings, most of which share theirs."""
    lists = {one for mapping in mappings for one in (mapping.settings.keep, mapping.settings.ignore)}
    return frozenset().union(*lists)


def newly_listed(addresses: frozenset[Email], names: Mapping[AccountId, str], known: Listed) -> Listed:
    """What addresses of the lists lead to, where that is not known yet. `names` are accounts' addresses."""
    found: dict[str, set[AccountId]] = {}
    for account, address in names.items() if addresses else ():
        if address in addresses:
            found.setdefault(address, set()).add(account)
    now = {Email(address): frozenset(accounts) for address, accounts in found.items()}
    return {address: accounts for address, accounts in now.items() if known.get(address) != accounts}


def astray(addresses: frozenset[Email], names: Iterable[str], known: Listed) -> Iterator[str]:
    """What to say of addresses on the lists that no account has."""
    for address in sorted(addresses.difference(names)):
        if address in known:
            counts = "the account that had it counts: write the address that it has now, or take it off the list"
        else:
            counts = "it protects nobody: write the address as Hyperproof has it, or take it off the list"
        yield f"no account has the address {address}, which stands on a list `keep` or `ignore`; {counts}"
