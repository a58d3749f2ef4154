"""Who is in a managed group now, and by which record. Pure.

in the list  last record of the bridge  so
yes          put in                     a member by that record
yes          taken out                  put in again by somebody else
yes          none                       put in by somebody else, or there before the bridge
no           put in                     taken out by somebody else, or under another address now
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.audit.events import Event
from bridge.core.sight import Sight
from bridge.report.chronicle import Chronicle, Fact


@dataclass(frozen=True, slots=True)
class Member:
    """One account in a managed group."""

    address: str
    """Or the account's id, where it has no address."""
    record: Fact | None
    """The last time that the bridge put it in or took it out."""

    @property
    def is_placed(self) -> bool:
        """Whether it was the bridge that put it in."""
        return self.record is not None and self.record["event"] == Event.MEMBER_ADDED


@dataclass(frozen=True, slots=True)
class Membership:
    """One managed group's members."""

    members: tuple[Member, ...]
    """By address."""
    missing: tuple[Fact, ...]
    """Records of having put somebody in who is not in the list any more, though the bridge took nobody out."""


def membership(sight: Sight, told: Chronicle) -> Membership:
    """The members as a run last saw them, with what was recorded since, each with its record."""
    known = told.member.get(sight.group_id or "", {})
    accounts = {address: told.account.get(address, address) for address in _present(sight, told)}
    members = tuple(Member(address, known.get(accounts[address])) for address in sorted(accounts))
    placed = (record for record in known.values() if record["event"] == Event.MEMBER_ADDED)
    here = set(accounts.values())
    return Membership(members, tuple(record for record in placed if record["account"] not in here))


def _present(sight: Sight, told: Chronicle) -> set[str]:
    present = set(sight.members)
    for record in told.later:
        if record["group_id"] == sight.group_id:
            name = record["email"] or record["account"]
            (present.add if record["event"] == Event.MEMBER_ADDED else present.discard)(name)
    return present


def account_addresses(told: Chronicle) -> Mapping[str, str]:
    """By account, the address that it was last seen with."""
    return {account: address for address, account in told.account.items()}
