"""The thread that tells people. It never stops a run, nor waits for one; what it cannot tell it tries again."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol, Self

import structlog

from bridge.audit.verify import verify_database
from bridge.config.notices import NoticesSection
from bridge.errors import BridgeError
from bridge.notices.channels import channels
from bridge.notices.matter import Facts, matters
from bridge.notices.round import Round, Told, tell
from bridge.store.store import DatabaseStore

_LOG = structlog.get_logger("bridge")

PAUSE: Final = 30.0
"""Seconds between two rounds."""

VERIFY_AFTER: Final = timedelta(hours=24)
"""How often the whole audit chain is verified."""

_END_SECONDS: Final = 2.0


class Known(Protocol):
    """What the herald knows of the service. For all threads."""

    def facts(self) -> Facts:
        """What matters are found in. Raises StoreError."""

    def telling(self) -> tuple[DatabaseStore, NoticesSection, str]:
        """Where it stands what was told, whom to tell, and of which organization."""

    def proved(self, finding: str) -> None:
        """Take note whether the audit chain verifies: the reason why not, or empty."""

    def told(self, told: Told) -> None:
        """Take note of a round."""


class Herald:
    """Makes rounds in a thread of its own between `with` and its end."""

    def __init__(
        self,
        known: Known,
        now: Callable[[], datetime],
        pause: float = PAUSE,
        *,
        tells: Callable[[], bool] = lambda: True,
    ) -> None:
        self._known = known
        self._now = now
        self._pause = pause
        self._tells = tells
        """Whether it is ours to tell: of several replicas the leader does, so that nobody is told twice."""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="herald", daemon=True)
        self._verified: datetime | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(
            _END_SECONDS
        )  # a server that is silent is not waited for: it is told again after a restart

    def _serve(self) -> None:
        while not self._ending.wait(self._pause):
            try:
                if self._tells():
                    self.round()
            except BridgeError as error:
                _LOG.warning("notice.delayed", reason=str(error))
            except Exception:  # noqa: BLE001 - a fault of ours in telling must not end all telling
                _LOG.exception("notice.broken")

    def round(self) -> None:
        """Make one round on each channel. Raises StoreError."""
        self._verify()
        store, section, organization = self._known.telling()
        about = Round(organization, self._now(), matters(self._known.facts()), section.doubts_after)
        for channel in channels(section):
            self._report(tell(channel, store, about))

    def _verify(self) -> None:
        """Verify the chain first, once a day: a broken one must not be taken for mended after a restart."""
        now = self._now()
        if self._verified is None or now - self._verified >= VERIFY_AFTER:
            finding = verify_database(self._known.telling()[0].ledger).finding
            self._verified = now
            self._known.proved(str(finding) if finding else "")

    def _report(self, told: Told) -> None:
        self._known.told(told)
        if told.delivered:
            _LOG.info("notice.delivered", channel=told.channel, count=told.delivered)
        if told.reason:
            again = told.again.isoformat(timespec="seconds") if told.again else ""
            _LOG.warning("notice.failed", channel=told.channel, reason=told.reason, again=again)
