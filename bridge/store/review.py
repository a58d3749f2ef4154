"""What a run means for held changes.

    status       if the run still holds them         if it does not
    pending      pending                             superseded
    rejected     rejected                            superseded
    approved     approved; pending once expired,     approved; superseded once expired
                 or done in part: that came back
    superseded   pending                             superseded
    applied      pending                             applied

An approval is spent the moment that the last of the changes it was given for is recorded as done: then, and only
then, they are applied. It outlives a run that could not carry them out, and allows nothing twice.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.core.change import Action, Held
from bridge.core.journal import Effects
from bridge.store.changes import changes_to_json, findings_to_json
from bridge.store.held import OPEN, HeldCase, HeldStatus, load_approved, load_cases, update
from bridge.store.packing import to_json
from bridge.store.schema import held
from bridge.store.scope import Scope


def review(scope: Scope, still_held: Sequence[Held], run: str) -> None:
    """Bring all cases up to what a run held at its end."""
    still = {one.digest: one for one in still_held}
    known = load_cases(scope, still)
    scope.connection.execute(held.update().where(scope.mine(held)).values(current=0))
    for digest, one in still.items():
        _hold(scope, one, known.get(digest), run)
    for digest, case in known.items():
        if digest not in still:
            update(scope, digest, _status_when_gone(case, scope.now))


def spend_approvals(scope: Scope, key: str, effects: Effects) -> None:
    """Note what was done of the changes approved for this mapping; once it is all of them they are applied."""
    settled = {(Action.ADD.value, one) for one in effects.added} | {
        (Action.REMOVE.value, one) for one in effects.removed
    }
    if not settled:
        return
    for case in load_approved(scope, key):
        asked = _asked(case)
        done = asked & (settled | case.done)
        status = HeldStatus.APPLIED if asked and done == asked else HeldStatus.APPROVED
        update(scope, case.digest, status, done=to_json(sorted(done)))


def _asked(case: HeldCase) -> set[tuple[str, str]]:
    return {(change.action.value, member.account) for change in case.held.changes for member in change.members}


def _status_when_gone(case: HeldCase, now: datetime) -> HeldStatus:
    """The status of a case in question that a run does not hold."""
    if case.status is HeldStatus.APPROVED and not case.expired(now):
        return HeldStatus.APPROVED
    return HeldStatus.SUPERSEDED


def _hold(scope: Scope, one: Held, known: HeldCase | None, run: str) -> None:
    """Enter a held set, note that it is held still, or ask about it anew."""
    seen = _seen(scope, one, run)
    if known is None:
        row = scope.row(digest=one.digest, status=HeldStatus.PENDING.value, **seen, **_undecided(scope))
        scope.connection.execute(held.insert().values(row))
    elif known.status in OPEN and not (known.status is HeldStatus.APPROVED and _spent(known, scope.now)):
        update(scope, known.digest, known.status, **seen)
    else:
        update(scope, known.digest, HeldStatus.PENDING, **seen, **_undecided(scope))


def _spent(case: HeldCase, now: datetime) -> bool:
    """Whether an approval does not allow all of it any more: it ran out, or part was done and came back."""
    return case.expired(now) or bool(case.done)


def _seen(scope: Scope, one: Held, run: str) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "group_id": one.group_id,
        "changes": changes_to_json(one.changes),
        "findings": findings_to_json(one.findings),
        "last_seen": scope.time,
        "run": run,
        "current": 1,
    }


def _undecided(scope: Scope) -> dict[str, Any]:
    return {"first_seen": scope.time, "by": "", "reason": "", "decided_at": None, "expires": None, "done": "[]"}
