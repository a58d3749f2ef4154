"""A person's word on held changes, and the record of it."""

from datetime import datetime

from bridge.audit.events import Event
from bridge.audit.timestamp import stamp
from bridge.core.change import Action
from bridge.core.journal import JsonValue, Record
from bridge.errors import BridgeError
from bridge.store.held import HeldCase, HeldStatus, find_case, load_approved, update
from bridge.store.scope import Scope


def approve(scope: Scope, digest: str, *, by: str, reason: str, expires: datetime) -> tuple[HeldCase, Record]:
    """Approve pending or rejected changes until `expires`. Raises BridgeError where that is not possible."""
    _attributed(by, reason)
    case = find_case(scope, digest)
    if not case.awaits(scope.now) and case.status is not HeldStatus.REJECTED:
        raise BridgeError(f"Only pending or rejected changes can be approved; {_standing(case)}")
    if expires <= scope.now:
        raise BridgeError(f"The approval would have expired already, at {stamp(expires)}; give a later time.")
    word = {"by": by, "reason": reason, "expires": stamp(expires), "done": "[]"}
    decided = _decided(scope, case, HeldStatus.APPROVED, **word)
    return decided, _record(scope, Event.CHANGE_APPROVED, decided, {"expires": stamp(expires)})


def reject(scope: Scope, digest: str, *, by: str, reason: str) -> tuple[HeldCase, Record]:
    """Reject pending changes, or take back an approval of changes not yet applied. Raises BridgeError else."""
    _attributed(by, reason)
    case = find_case(scope, digest)
    if case.status not in {HeldStatus.PENDING, HeldStatus.APPROVED}:
        raise BridgeError(f"Only pending or approved changes can be rejected; {_standing(case)}")
    decided = _decided(scope, case, HeldStatus.REJECTED, by=by, reason=reason, expires=None)
    _take_back(scope, decided)
    return decided, _record(scope, Event.CHANGE_REJECTED, decided, {"was": case.status.value})


def _take_back(scope: Scope, rejected: HeldCase) -> None:
    """End what an earlier yes allows of the same people in other company: the latest word counts."""
    for case in load_approved(scope, rejected.held.key):
        if not case.asked.isdisjoint(rejected.asked):
            update(scope, case.digest, HeldStatus.SUPERSEDED)


def _attributed(by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise BridgeError("A decision is evidence: say who decides, and why.")


def _standing(case: HeldCase) -> str:
    """What became of a case, as the end of a sentence."""
    if case.status in {HeldStatus.APPROVED, HeldStatus.REJECTED} and case.decided_at:
        return f"these were {case.status} by {case.by} at {stamp(case.decided_at)}."
    if case.status is HeldStatus.PENDING:
        return "these are pending."
    return f"these are {case.status}; run `plan` to see what is due now."


def _decided(scope: Scope, case: HeldCase, status: HeldStatus, **word: str | None) -> HeldCase:
    """Keep a decision, and tell the case as it is now."""
    update(scope, case.digest, status, decided_at=scope.time, **word)
    return find_case(scope, case.digest)


def _record(scope: Scope, event: Event, case: HeldCase, more: dict[str, JsonValue]) -> Record:
    facts: dict[str, JsonValue] = {
        "digest": case.digest,
        "mapping": case.held.key,
        "group": case.held.name,
        "by": case.by,
        "reason": case.reason,
        "adds": _count(case, Action.ADD),
        "removals": _count(case, Action.REMOVE),
    }
    if case.held.group_id:
        facts["group_id"] = case.held.group_id
    return Record(event, scope.now, case.run, facts | more)


def _count(case: HeldCase, action: Action) -> int:
    return sum(len(change.members) for change in case.held.changes if change.action is action)
