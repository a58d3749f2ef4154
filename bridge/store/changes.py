"""Changes as JSON and back."""

from typing import Any

from bridge.core.change import Action, Cause, Change, Finding, GuardKind, MemberChange
from bridge.core.model import AccountId, Email
from bridge.store.packing import damage_found, from_json, to_json


def members_to_json(members: tuple[MemberChange, ...]) -> str:
    """Members with addresses, causes and people."""
    return to_json([_member_out(member) for member in members])


def members_from_json(text: str) -> tuple[MemberChange, ...]:
    """Members again. Raises StoreError for damage."""
    with damage_found("list of members"):
        return tuple(_member_in(member) for member in from_json(text))


def changes_to_json(changes: tuple[Change, ...]) -> str:
    """Changes with all that they are about."""
    return to_json(
        [[c.action, [_member_out(m) for m in c.members], c.name, c.lead, c.cause] for c in changes],
    )


def changes_from_json(text: str) -> tuple[Change, ...]:
    """Changes again. Raises StoreError for damage."""
    with damage_found("list of changes"):
        return tuple(_change_in(*change) for change in from_json(text))


def findings_to_json(findings: tuple[Finding, ...]) -> str:
    """What the guards object to."""
    return to_json([[finding.guard, finding.text] for finding in findings])


def findings_from_json(text: str) -> tuple[Finding, ...]:
    """The guards' objections again. Raises StoreError for damage."""
    with damage_found("list of findings"):
        return tuple(Finding(GuardKind(guard), words) for guard, words in from_json(text))


def _member_out(member: MemberChange) -> list[object]:
    return [member.account, member.email, member.cause, member.people]


def _member_in(stored: list[Any]) -> MemberChange:
    account, email, cause, people = stored
    return MemberChange(AccountId(account), email and Email(email), Cause(cause), tuple(people))


def _change_in(action: str, members: list[Any], name: str, lead: str | None, cause: str) -> Change:
    return Change(
        action=Action(action),
        members=tuple(map(_member_in, members)),
        name=name,
        lead=None if lead is None else AccountId(lead),
        cause=Cause(cause),
    )
