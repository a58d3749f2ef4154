"""What an operator does to one group by hand, as a run of its own.

No mapping says it and no guard judges it, so a person confirms it. Everything else is as in any run: the intent on
disk, one call, the group read back, the outcome on disk.
"""

from dataclasses import dataclass
from typing import Protocol

from bridge import __version__
from bridge.core.change import GroupPlan, Plan, Verdict, changes_digest
from bridge.core.journal import Run, RunKind
from bridge.core.model import TargetRead, Untold
from bridge.core.under_way import left_to_land
from bridge.cycle.apply import Application
from bridge.cycle.open_writes import Ends
from bridge.cycle.orders import Orders
from bridge.cycle.outcome import Report
from bridge.cycle.records import Recorder
from bridge.cycle.run import Bridge
from bridge.cycle.settle import settle
from bridge.errors import BridgeError, StoreError, Throttled


class Wish(Protocol):
    """What the operator wants, planned by what Hyperproof shows at the time."""

    def __call__(self, orders: Orders) -> GroupPlan:
        """Raise BridgeError for what cannot be meant, or may not be."""


@dataclass(frozen=True, slots=True)
class Word:
    """Who does it and why, for the record; and whether managed groups may be touched."""

    by: str
    reason: str
    force: bool = False


def preview_by_hand(bridge: Bridge, wish: Wish, word: Word) -> GroupPlan:
    """Plan it, and leave no trace."""
    return wish(_orders(bridge, bridge.target.read(), word))


def run_by_hand(bridge: Bridge, wish: Wish, word: Word, agreed: GroupPlan) -> Report:
    """Do what was agreed to, if it is still the same.

    Raises BridgeError when it is not, RemoteError when Hyperproof cannot be read, StoreError when evidence cannot
    be kept. What became of each change is in the report, as of any run.
    """
    run = Run(bridge.new_id(), RunKind.BY_HAND, bridge.clock.now(), bridge.policy.config_hash)
    recorder = Recorder(run, bridge.clock, word.by)
    started = recorder.started(__version__, apply=True, reason=word.reason)
    bridge.store.record_start(run, [started])
    try:
        report = _run(bridge, wish, word, agreed, recorder)
    except StoreError:
        raise  # the end of the run cannot be recorded either
    except BridgeError as error:
        bridge.store.record_end(run, "failed", None, [recorder.failed(str(error))])
        raise
    bridge.store.record_end(run, report.outcome.value, None, [recorder.finished(report)])
    return report


def _run(bridge: Bridge, wish: Wish, word: Word, agreed: GroupPlan, recorder: Recorder) -> Report:
    current, read_at = bridge.target.read(), bridge.clock.monotonic()
    unsigned = Recorder(recorder.run, bridge.clock)  # what an earlier run left open is not this operator's
    settlement = settle(bridge.store, bridge.scene(current.groups), unsigned)
    plan = wish(_orders(bridge, current, word))
    if left_to_land(Plan((plan,)), settlement.open).groups[0].changes != plan.changes:
        raise BridgeError("What came of an earlier write to this group is not known yet; ask again in a while")
    if _digest(plan) != _digest(agreed):
        raise BridgeError("Hyperproof has changed since you were asked, and so would the outcome; ask again")
    writing = Application(
        Ends(bridge.target, bridge.store, bridge.clock, bridge.permit, bridge.new_id, bridge.chunk),
        recorder,
        proved=True,  # nothing else is written that this would have to be proved for
        probed=True,
        progress=lambda _: None,
    )
    members = {group.id: group.members for group in current.groups if not isinstance(group.members, Untold)}
    known = members.get(plan.group_id, frozenset()) if plan.group_id else frozenset()
    outcomes = writing.apply(Plan((plan,)), {plan.key: known}, read_at)
    lost = writing.lost
    return Report(
        run=recorder.run,
        plan=Plan((plan,)),
        verdict=Verdict(Plan((plan,))),
        reads=(),
        id_space=current.id_space,
        outcomes=outcomes,
        settled=settlement.settled,
        open=len(settlement.open),
        landing=settlement.landing,
        notes=settlement.notes,
        lost=str(lost) if lost else "",
        deferred=lost.wait if isinstance(lost, Throttled) else 0,
        applied=True,
    )


def _orders(bridge: Bridge, current: TargetRead, word: Word) -> Orders:
    archived = bridge.target.read_groups(archived=True)
    bound = frozenset(bridge.store.load().bindings.values())
    return Orders(current, archived, bridge.policy, bound, force=word.force)


def _digest(plan: GroupPlan) -> str:
    return changes_digest(plan.key, plan.group_id, plan.changes)
