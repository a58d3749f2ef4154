"""One run of a service: what it came to, and how soon it is tried again.

it ended                                          tried again
complete, or with refused changes                 when the schedule says
throttled, or put off by Hyperproof               not before the server's time
unreadable, lost, busy, the store out of order    soon, with growing waits
denied: credentials, permission, trust            when the schedule says: more tries could lock the account
by a fault of ours                                soon, with growing waits
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from bridge.config.schedule import RetrySection
from bridge.core.model import DirectoryName, DirectoryRead, Selector
from bridge.cycle.outcome import Report, RunOutcome
from bridge.cycle.ports import Source
from bridge.errors import ConfigError, Denied, RemoteError, Throttled


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run came to: a report, or what broke it off."""

    report: Report | None = None
    error: Exception | None = None
    unread: tuple[RemoteError, ...] = ()
    """Why directories could not be read at all."""

    @property
    def complete(self) -> bool:
        """Whether both sides were read, and all was tried that was due and not held."""
        return self.report is not None and self.report.complete

    @property
    def server_wait(self) -> float:
        """Seconds that Hyperproof asked us to stay away."""
        if isinstance(self.error, Throttled):
            return self.error.wait
        return self.report.deferred if self.report else 0

    @property
    def is_worth_a_retry(self) -> bool:
        """Whether trying again soon may help, and harms nobody."""
        if self.report is None:
            return not isinstance(self.error, Denied | ConfigError)
        if any(isinstance(error, Denied) for error in self.unread):
            return False
        if self.report.outcome is RunOutcome.FAILED_READ:
            return bool(self.unread)  # what a server cuts off by its limits it cuts off again
        return (
            self.report.deferred > 0
            or self.report.landing > 0
            or (bool(self.report.lost) and not self.report.denied)
        )


def retry_wait(ended: Ended, tries: int, retry: RetrySection, dice: Callable[[], float]) -> float | None:
    """Seconds until a run is to be tried again; None: when the schedule says.

    `tries` is how many in a row have failed, this one included; `dice` throws 0 to 1, so that several bridges
    do not come back at once.
    """
    if not ended.is_worth_a_retry:
        return None
    first, longest = retry.first.total_seconds(), retry.longest.total_seconds()
    wait = min(first * 2.0 ** min(tries - 1, 20), longest)
    return max(wait, ended.server_wait) + dice() * first / 2


@dataclass
class Witness:
    """Sources that remember why they could not be read: the cycle turns that into a doubt without its kind."""

    sign: Callable[[], None]
    """Called when a directory was read, or was not."""
    failures: list[RemoteError] = field(default_factory=list)

    def of(self, sources: Sequence[Source]) -> tuple[Source, ...]:
        """The same sources, watched."""
        return tuple(_Watched(source, self) for source in sources)


class _Watched:
    def __init__(self, source: Source, witness: Witness) -> None:
        self._source = source
        self._witness = witness

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._source.name

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read it."""
        with self._watched():
            return self._source.read(selectors)

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read it anew."""
        with self._watched():
            return self._source.read_fully(selectors)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except RemoteError as error:
            self._witness.failures.append(error)
            raise
        finally:
            self._witness.sign()
