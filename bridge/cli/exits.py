"""Exit codes: what a run came to, for whoever started it."""

from enum import IntEnum

from bridge.cycle.outcome import RunOutcome


class Exit(IntEnum):
    """The codes. docs/operations.md says what to do about each."""

    OK = 0
    """Done; with --detailed-exitcode: and there was nothing to do."""
    FAULT = 1
    """A fault of the bridge itself."""
    PENDING = 2
    """With --detailed-exitcode: changes are pending."""
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
