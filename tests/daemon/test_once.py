"""What a run came to, and how soon it is tried again."""

from datetime import timedelta

import pytest

from bridge.config.schedule import RetrySection
from bridge.core.change import Plan, Verdict
from bridge.core.journal import Run, RunKind
from bridge.core.model import DirectoryName, DirectoryRead, Doubt, DoubtKind
from bridge.cycle.outcome import Report
from bridge.daemon.once import Ended, Witness, retry_wait
from bridge.errors import Busy, ConfigError, Denied, RemoteError, StoreError, Throttled, Unavailable
from tests.store.stores import NOON

RETRY = RetrySection(first=timedelta(seconds=30), longest=timedelta(minutes=15))
CORP = DirectoryName("corp")
DOUBT = Doubt(DoubtKind.UNREADABLE, "no answer")


def report(*, lost: str = "", deferred: float = 0, denied: bool = False, doubt: bool = False) -> Report:
    """A report of a run that did nothing."""
    reads = (DirectoryRead(CORP, "", doubts=(DOUBT,) if doubt else ()),)
    run = Run("run-1", RunKind.SYNC, NOON, "hash")
    return Report(run, Plan(), Verdict(Plan()), reads, None, lost=lost, deferred=deferred, denied=denied)


def waits(ended: Ended, *tries: int) -> list[float | None]:
    """The waits after so many failures, without chance."""
    return [retry_wait(ended, number, RETRY, lambda: 0.0) for number in tries]


@pytest.mark.parametrize(
    "ended",
    [
        Ended(error=Unavailable("hyperproof", "no answer")),
        Ended(error=StoreError("no space")),
        Ended(error=Busy("another run")),
        Ended(error=ZeroDivisionError()),
        Ended(report(doubt=True), unread=(Unavailable("corp", "no answer"),)),
        Ended(report(lost="reset")),
    ],
    ids=["unreachable", "store", "busy", "fault", "directory", "lost"],
)
def test_what_may_pass_is_tried_again_soon(ended: Ended) -> None:
    """After 30 seconds, then after twice as long each time, up to 15 minutes."""
    assert not ended.complete
    assert waits(ended, 1, 2, 3, 6, 7, 400) == [30, 60, 120, 900, 900, 900]


@pytest.mark.parametrize(
    "ended",
    [
        Ended(report()),
        Ended(error=Denied("hyperproof", "wrong secret")),
        Ended(error=ConfigError(())),
        Ended(report(doubt=True)),
        Ended(report(doubt=True), unread=(Unavailable("corp", "no"), Denied("cloud", "wrong password"))),
        Ended(report(lost="none of the first members", denied=True)),
    ],
    ids=["complete", "denied", "configuration", "cut by limits", "directory denied", "ids denied"],
)
def test_what_will_not_pass_waits_for_the_schedule(ended: Ended) -> None:
    """More tries with a wrong password could lock the account."""
    assert waits(ended, 1, 5) == [None, None]


@pytest.mark.parametrize(
    "ended", [Ended(error=Throttled("hyperproof", "wait", 3600)), Ended(report(lost="wait", deferred=3600))]
)
def test_nobody_comes_back_before_the_servers_time(ended: Ended) -> None:
    """Whatever the waits of our own would be; chance only adds to it."""
    assert waits(ended, 1, 7) == [3600, 3600]
    assert retry_wait(ended, 1, RETRY, lambda: 1.0) == 3615


class Failing:
    """A directory that cannot be read."""

    name = CORP

    def read(self, selectors: object) -> DirectoryRead:
        """Fail."""
        raise Denied("corp", "wrong password")

    read_fully = read


def test_a_witness_remembers_why_a_directory_was_not_read() -> None:
    """The error goes on its way; each read is a sign of life."""
    signs: list[str] = []
    witness = Witness(lambda: signs.append("sign"))
    (source,) = witness.of([Failing()])
    assert source.name == CORP
    for read in (source.read, source.read_fully):
        with pytest.raises(RemoteError, match="wrong password"):
            read(())
    assert [type(error) for error in witness.failures] == [Denied, Denied]
    assert signs == ["sign", "sign"]
