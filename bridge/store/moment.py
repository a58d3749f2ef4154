"""What the store holds at one moment: read in one transaction, so that all of it fits together."""

from dataclasses import dataclass

from bridge.audit.chain import Tip
from bridge.core.journal import Intent, Run, RunKind
from bridge.core.quarantine import Trouble
from bridge.core.sight import Sight
from bridge.store import intents, quarantine, runs, sights
from bridge.store.held import OPEN, HeldCase, list_cases
from bridge.store.ledger import load_tip
from bridge.store.runs import PastRun
from bridge.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Moment:
    """All that is to be seen of it."""

    tip: Tip
    """The last record of the chain."""
    runs: tuple[PastRun, ...]
    """The latest, newest first."""
    sights: tuple[Sight, ...]
    held: tuple[HeldCase, ...]
    """Those in question."""
    troubles: tuple[Trouble, ...]
    intents: tuple[Intent, ...]
    seen_by: Run | None
    """The run that left the sights; None where there was none yet."""


def load_moment(scope: Scope, limit: int, *, members: bool) -> Moment:
    """Load it: so many runs, and the sights with their members or without."""
    return Moment(
        tip=load_tip(scope),
        runs=runs.list_runs(scope, limit),
        sights=sights.list_sights(scope, members=members),
        held=list_cases(scope, OPEN),
        troubles=quarantine.load_troubles(scope),
        intents=intents.load_intents(scope),
        seen_by=runs.load_latest_of(scope, (RunKind.SYNC, RunKind.BACKFILL)),
    )
