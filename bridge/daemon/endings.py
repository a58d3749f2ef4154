"""How the end of a run is told: to the log, and in the metrics."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bridge.core.quarantine import Trouble
from bridge.cycle.outcome import Report
from bridge.daemon.once import Ended
from bridge.daemon.timetable import Reason
from bridge.errors import Busy, Stopped, StoreError
from bridge.store.store import DatabaseStore
from bridge.web.metrics import Metrics

_LOG = structlog.get_logger("bridge")


@dataclass
class Endings:
    """Tells of the ends of a service's runs, and of mappings that came into quarantine or out of it by one."""

    metrics: Metrics
    _quarantined: frozenset[str] = frozenset()

    def recall(self, store: DatabaseStore) -> None:
        """Learn which mappings are in quarantine already. Raises StoreError."""
        self._quarantined = frozenset(_resting(store))

    def tell(self, ended: Ended, reason: Reason, took: timedelta, store: DatabaseStore) -> None:
        """Tell what a run came to."""
        seconds = round(took.total_seconds(), 1)
        if ended.report:
            self._tell_finished(ended.report, reason, seconds)
            self._tell_quarantine(store)
        elif isinstance(ended.error, Busy):
            self.metrics.skipped("busy")
            _LOG.warning("run.skipped", reason=str(ended.error))
        else:
            self.metrics.broken_off("failed")
            _LOG.error("run.failed", reason=str(ended.error), kind=type(ended.error).__name__, seconds=seconds)

    def tell_stopped(self, error: Stopped) -> None:
        """Tell of a run that broke off since the service stops."""
        self.metrics.broken_off("stopped")
        _LOG.info("run.stopped", reason=str(error))

    def _tell_finished(self, report: Report, reason: Reason, seconds: float) -> None:
        self.metrics.ended(report)
        tell = _LOG.info if report.complete else _LOG.error
        tell(
            "run.finished",
            run=report.run.id,
            job=report.run.job,
            outcome=report.outcome.value,
            reason=reason.value,
            seconds=seconds,
            counts={key: value for key, value in report.counts().items() if value},
            unread=dict(report.unread),
            lost=report.lost,
        )

    def _tell_quarantine(self, store: DatabaseStore) -> None:
        with contextlib.suppress(StoreError):  # the next run will stumble over it
            resting = _resting(store)
            for key in resting.keys() - self._quarantined:
                _LOG.error("mapping.quarantined", mapping=key, cause=resting[key].failure.cause)
            for key in self._quarantined - resting.keys():
                _LOG.info("mapping.released", mapping=key)
            self._quarantined = frozenset(resting)


def _resting(store: DatabaseStore) -> dict[str, Trouble]:
    """The mappings in quarantine, by their keys."""
    return {one.failure.key: one for one in store.list_troubles() if one.next_try}
