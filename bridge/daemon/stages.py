"""How long the stages of a run take."""

from collections.abc import Callable

from bridge.daemon.clock import StoppableClock


class Stages:
    """How long each stage of a run takes."""

    def __init__(self, clock: StoppableClock, tell: Callable[[str, float], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._stage = ""
        self._since = 0.0

    def begin(self, stage: str) -> None:
        """Begin a stage, which ends the one before."""
        self.end()
        self._stage, self._since = stage, self._clock.monotonic()

    def end(self) -> None:
        """The last stage is over."""
        if self._stage:
            self._tell(self._stage, self._clock.monotonic() - self._since)
        self._stage = ""
