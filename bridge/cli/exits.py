"""Exit codes: what a run came to, for whoever started it."""

from enum import IntEnum
from typing import TYPE_CHECKING

from bridge.cycle.outcome import RunOutcome

if TYPE_CHECKING:
    from bridge.cycle.compare import Comparison


class Exit(IntEnum):
    """The codes. docs/operations.md says what to do about each."""

    OK = 0
    """Done; with --detailed-exitcode: and there was nothing to do."""
    FAULT = 1
    """A fault of the bridge itself."""
    PENDING = 2
    """With --detailed-exitcode, and by `status` where nothing is written: changes are pending."""
    CHANGED = 3
    """With --detailed-exitcode: changes were applied."""
    HELD = 4
    """Something is held and waits for a person's approval; the rest is done."""
    PARTLY_FAILED = 5
    """Some changes were refused, not confirmed, or not tried; or a managed group could not be served."""
    UNREADABLE = 6
    """A directory or Hyperproof could not be read, or a check failed."""
    CONFIGURATION = 7
    """The configuration is wrong, or something in it has to be stated first."""
    BUSY = 8
    """Another run holds the organization."""
    STORE = 9
    """The database or the audit stream cannot be read or written."""
    AUDIT = 10
    """The audit chain is broken."""
    DEFERRED = 11
    """Hyperproof asked to wait longer than a run may; the next run goes on."""
    DOUBT = 12
    """A directory group could not be trusted: nobody was removed from the groups that it feeds."""
    CUT = 13
    """The service was told to stop, and a run did not end in time; the next one settles what it had begun."""
    UNHEALTHY = 14
    """The service does not answer, or says that it is not well."""
    EDITED = 15
    """With --against: the edit changes memberships, groups or what guards them, and takes nothing from anybody."""
    LOSING = 16
    """With --against: by the edit somebody loses a membership, or may lose one."""
    OBSTRUCTED = 17
    """Something on this machine is in the way, such as a port that another program has."""
    USAGE = 64
    """The command line is wrong."""


_ALWAYS = {
    RunOutcome.FAILED_READ: Exit.UNREADABLE,
    RunOutcome.DEFERRED: Exit.DEFERRED,
    RunOutcome.REFUSED: Exit.CONFIGURATION,
    RunOutcome.PARTLY_FAILED: Exit.PARTLY_FAILED,
    RunOutcome.HELD: Exit.HELD,
    RunOutcome.DOUBT: Exit.DOUBT,
}

_DETAILED = {RunOutcome.PENDING: Exit.PENDING, RunOutcome.CHANGED: Exit.CHANGED}


def exit_of(outcome: RunOutcome, *, detailed: bool) -> Exit:
    """The code of a run's outcome. Pending and applied changes are told apart from none only where asked."""
    return _ALWAYS.get(outcome) or (_DETAILED.get(outcome, Exit.OK) if detailed else Exit.OK)


def exit_of_edit(comparison: "Comparison") -> Exit:
    """The code of an edit. Who reviews it needs to know first whether it was seen whole, then whether it takes."""
    from bridge.core.fate import Effect

    changes = comparison.whole if comparison.switched_on else ()
    if any(read.doubts for read in comparison.reads):
        return Exit.UNREADABLE
    if comparison.losing or any(one.effect is Effect.LOSES for one in changes):
        return Exit.LOSING
    guards = comparison.switched_off or comparison.limits_differ
    if changes or guards or any(group.touched for group in comparison.groups):
        return Exit.EDITED
    return Exit.DOUBT if any(group.doubts for group in comparison.groups) else Exit.OK
