"""What a run means for held changes.

    status       if the run still holds them         if it does not
    pending      pending; rejected where all whom    superseded
                 they are about were refused
    rejected     rejected                            superseded; rejected if it was refused meanwhile
    approved     approved; pending once expired,     approved while any of it is due;
                 or done in part: that came back     superseded once expired or not due
    superseded   pending                             superseded
    applied      pending                             applied

What a run does not hold of a mapping that it could not judge stays as it is. What is held for the first time and
is part of what a person refused is refused by that person's word.

An approval is spent the moment that the last of the changes it was given for is recorded as done: then, and only
then, they are applied. It outlives a run that could not carry them out, allows nothing twice, and nothing that was
not due any more meanwhile.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bridge.audit.timestamp import stamp
from bridge.core.change import Action, GroupPlan, Held
from bridge.core.journal import Effects, Recollection
from bridge.store.changes import changes_to_json, findings_to_json
from bridge.store.held import OPEN, HeldCase, HeldStatus, asked_of, load_approved, load_cases, load_current, update
from bridge.store.packing import to_json
from bridge.store.schema import held
from bridge.store.scope import Scope


def review(scope: Scope, left: Recollection, run: str) -> None:
    """Bring all cases up to what a run held at its end."""
    still = {one.digest: one for one in left.held}
    known = load_cases(scope, still)
    current = load_current(scope)
    scope.connection.execute(held.update().where(scope.mine(held)).values(current=0))
    for digest, one in still.items():
        word = _word_against(one, known.values()) if one.rejected else None
        _hold(scope, one, known.get(digest), word, run)
    for digest, case in known.items():
        if digest in still:
            continue
        if case.held.key in left.unjudged:
            update(scope, digest, case.status, current=int(digest in current))
        elif case.status is HeldStatus.APPROVED and not case.expired(scope.now):
            _keep_what_is_due(scope, case, left.planned.get(case.held.key))
        elif case.status is HeldStatus.REJECTED and _was_let_go(case, left):
            update(scope, digest, case.status)
        else:
            update(scope, digest, HeldStatus.SUPERSEDED)


def spend_approvals(scope: Scope, key: str, effects: Effects) -> None:
    """Note what was done of the changes approved for this mapping; once it is all of them they are applied."""
    settled = {(Action.ADD.value, one) for one in effects.added} | {
        (Action.REMOVE.value, one) for one in effects.removed
    }
    if not settled:
        return
    for case in load_approved(scope, key):
        done = case.asked & (settled | case.done)
        status = HeldStatus.APPLIED if done and done == case.asked else HeldStatus.APPROVED
        update(scope, case.digest, status, done=to_json(sorted(done)))


def _keep_what_is_due(scope: Scope, case: HeldCase, plan: GroupPlan | None) -> None:
    """An approval allows what is due still. What is not has lost its reason; coming back it needs another yes."""
    if plan is None:
        update(scope, case.digest, case.status)
        return
    due = asked_of(plan) & case.asked
    if due - case.done:
        update(scope, case.digest, case.status, done=to_json(sorted(case.done | case.asked - due)))
    else:
        update(scope, case.digest, HeldStatus.APPLIED if due else HeldStatus.SUPERSEDED)


def _was_let_go(case: HeldCase, left: Recollection) -> bool:
    """Whether the run was to do some of it, as it began before a person refused it."""
    plan = left.planned.get(case.held.key)
    held_now = set().union(*(asked_of(one) for one in left.held if one.key == case.held.key))
    return plan is not None and not (asked_of(plan) & case.asked) <= held_now


def _word_against(one: Held, known: Iterable[HeldCase]) -> HeldCase | None:
    """The no that a held set is part of, or all of."""
    asked = asked_of(one)
    said = (case for case in known if case.status is HeldStatus.REJECTED and case.held.key == one.key)
    return next((case for case in said if asked <= case.asked), None)


def _hold(scope: Scope, one: Held, known: HeldCase | None, word: HeldCase | None, run: str) -> None:
    """Enter a held set, note that it is held still, or ask about it anew."""
    seen = _seen(scope, one, run)
    if known is not None and _stands(known, word, scope.now):
        update(scope, known.digest, known.status, **seen)
        return
    status = HeldStatus.REJECTED if word else HeldStatus.PENDING
    values = {**seen, **(_said(word) if word else _undecided(scope))}
    if known is None:
        scope.connection.execute(held.insert().values(scope.row(digest=one.digest, status=status.value, **values)))
    else:
        update(scope, known.digest, status, **values)


def _stands(case: HeldCase, word: HeldCase | None, now: datetime) -> bool:
    """Whether a case that is held still has the status that it had."""
    match case.status:
        case HeldStatus.PENDING:
            return word is None
        case HeldStatus.APPROVED:
            return not _spent(case, now)
        case _:
            return case.status in OPEN


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


def _said(word: HeldCase) -> dict[str, Any]:
    return {
        "first_seen": stamp(word.first_seen),
        "by": word.by,
        "reason": word.reason,
        "decided_at": word.decided_at and stamp(word.decided_at),
        "expires": None,
        "done": "[]",
    }


def _undecided(scope: Scope) -> dict[str, Any]:
    return {"first_seen": scope.time, "by": "", "reason": "", "decided_at": None, "expires": None, "done": "[]"}
