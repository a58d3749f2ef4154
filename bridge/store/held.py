"""Held changes: what a guard stopped, and what a person said to it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row

from bridge.audit.timestamp import moment, stamp
from bridge.core.change import Approval, Consent, GroupPlan, Held, changes_digest
from bridge.core.model import GroupId
from bridge.errors import BridgeError
from bridge.store.changes import changes_from_json, findings_from_json
from bridge.store.packing import damage_found, from_json
from bridge.store.rows import portions
from bridge.store.schema import held
from bridge.store.scope import Scope

PREFIX: Final = 6
"""Characters of a digest that a person has to give at least."""


class HeldStatus(StrEnum):
    """What became of held changes."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    APPLIED = "applied"


OPEN: Final = frozenset({HeldStatus.PENDING, HeldStatus.APPROVED, HeldStatus.REJECTED})
"""Held changes that are still in question."""


@dataclass(frozen=True, slots=True)
class HeldCase:
    """One set of held changes with its history."""

    held: Held
    digest: str
    status: HeldStatus
    first_seen: datetime
    last_seen: datetime
    run: str
    """The run that last held them."""
    by: str = ""
    reason: str = ""
    decided_at: datetime | None = None
    expires: datetime | None = None
    """Of an approval."""
    done: frozenset[tuple[str, str]] = frozenset()
    """What was carried out of an approval: actions with accounts."""

    def awaits(self, now: datetime) -> bool:
        """Whether a person may approve them now: they are pending, or an approval has run out."""
        return self.status is HeldStatus.PENDING or (self.status is HeldStatus.APPROVED and self.expired(now))

    def expired(self, now: datetime) -> bool:
        """Whether an approval has run out."""
        return self.expires is not None and self.expires <= now

    @property
    def asked(self) -> frozenset[tuple[str, str]]:
        """What they are about: actions with accounts."""
        return asked_of(self.held)

    @property
    def left(self) -> str:
        """The digest of what an approval still allows: nothing is allowed twice."""
        changes = (
            replace(c, members=tuple(m for m in c.members if (c.action.value, m.account) not in self.done))
            for c in self.held.changes
        )
        return changes_digest(self.held.key, self.held.group_id, tuple(c for c in changes if c.members))


def asked_of(one: Held | GroupPlan) -> frozenset[tuple[str, str]]:
    """What changes are about: actions with accounts."""
    return frozenset((change.action.value, member.account) for change in one.changes for member in change.members)


def load_approvals(scope: Scope) -> dict[str, Approval]:
    """Load the approvals that hold at this moment, by the digest of what each still allows."""
    query = scope.of(held).where(held.c.status == HeldStatus.APPROVED.value, held.c.expires > scope.time)
    return {
        row.digest if row.done == "[]" else _case(row).left: Approval(
            digest=row.digest,
            by=row.by,
            reason=row.reason,
            expires=row.expires,
            guards=frozenset(finding.guard for finding in findings_from_json(row.findings)),
        )
        for row in scope.connection.execute(query)
    }


def load_consents(scope: Scope) -> tuple[Consent, ...]:
    """Load what approvals allow, and when they held: also of those that have run out since."""
    return tuple(
        Consent(
            approval=Approval(case.digest, case.by, case.reason, expires=stamp(case.expires)),
            key=case.held.key,
            allows=frozenset(
                (change.action, member.account)
                for change in case.held.changes
                for member in change.members
                if (change.action.value, member.account) not in case.done
            ),
            given=case.decided_at,
            until=case.expires,
        )
        for case in list_cases(scope, [HeldStatus.APPROVED])
        if case.decided_at and case.expires
    )


def load_rejections(scope: Scope) -> tuple[Held, ...]:
    """Load what a person refused."""
    return tuple(case.held for case in list_cases(scope, [HeldStatus.REJECTED]))


def load_cases(scope: Scope, digests: Iterable[str]) -> dict[str, HeldCase]:
    """Load the cases with these digests and all that are in question, by digest."""
    named = [
        _case(row)
        for some in portions(digests)
        for row in scope.connection.execute(scope.of(held).where(held.c.digest.in_(some)))
    ]
    return {case.digest: case for case in (*named, *list_cases(scope, OPEN))}


def all_approved(scope: Scope, digests: Collection[str]) -> bool:
    """Whether a person's yes to each of these holds at this moment."""
    query = scope.of(held, held.c.digest).where(
        held.c.digest.in_(digests), held.c.status == HeldStatus.APPROVED.value, held.c.expires > scope.time
    )
    return set(scope.connection.execute(query).scalars()) == set(digests)


def load_current(scope: Scope) -> frozenset[str]:
    """Load the digests of what the last run held."""
    query = scope.of(held, held.c.digest).where(held.c.current == 1)
    return frozenset(scope.connection.execute(query).scalars())


def load_approved(scope: Scope, key: str) -> tuple[HeldCase, ...]:
    """Load the cases of a mapping that are approved."""
    query = scope.of(held).where(held.c.key == key, held.c.status == HeldStatus.APPROVED.value)
    return tuple(_case(row) for row in scope.connection.execute(query))


def list_cases(scope: Scope, statuses: Iterable[HeldStatus]) -> tuple[HeldCase, ...]:
    """Load cases of these statuses, by group and age."""
    query = scope.of(held).where(held.c.status.in_([status.value for status in statuses]))
    ordered = query.order_by(held.c.name, held.c.first_seen, held.c.digest)
    return tuple(_case(row) for row in scope.connection.execute(ordered))


def find_case(scope: Scope, prefix: str) -> HeldCase:
    """Load the case whose digest begins so. Raises BridgeError if it is not exactly one."""
    if len(prefix) < PREFIX:
        raise BridgeError(f"Give at least the first {PREFIX} characters of the digest, as `held` lists it.")
    query = scope.of(held).where(held.c.digest.startswith(prefix.lower(), autoescape=True)).limit(2)
    cases = [_case(row) for row in scope.connection.execute(query)]
    if not cases:
        raise BridgeError(
            f"No held changes have a digest that begins with {prefix}; see `held` for those there are."
        )
    if len(cases) > 1:
        raise BridgeError(f"Several held changes have a digest that begins with {prefix}; give more of it.")
    return cases[0]


def update(scope: Scope, digest: str, status: HeldStatus, **values: object) -> None:
    """Give a case another status, and other values in these columns."""
    row = held.update().where(scope.mine(held), held.c.digest == digest)
    scope.connection.execute(row.values(status=status.value, **values))


def _case(row: Row[Any]) -> HeldCase:
    with damage_found("set of held changes"):
        status = HeldStatus(row.status)
        return HeldCase(
            held=Held(
                key=row.key,
                name=row.name,
                group_id=None if row.group_id is None else GroupId(row.group_id),
                changes=changes_from_json(row.changes),
                findings=findings_from_json(row.findings),
                rejected=status is HeldStatus.REJECTED,
            ),
            digest=row.digest,
            status=status,
            first_seen=moment(row.first_seen),
            last_seen=moment(row.last_seen),
            run=row.run,
            by=row.by,
            reason=row.reason,
            decided_at=row.decided_at and moment(row.decided_at),
            expires=row.expires and moment(row.expires),
            done=frozenset((action, account) for action, account in from_json(row.done)),
        )
