"""Time that does not make a stop wait."""

import threading
from datetime import datetime

from bridge.clock import SystemClock
from bridge.errors import Stopped


class StoppableClock:
    """The machine's time. Its waits end with Stopped once `stop` was called; so does whoever asks `permit`."""

    def __init__(self) -> None:
        self._time = SystemClock()
        self._stopping = threading.Event()

    @property
    def stopping(self) -> bool:
        """Whether the service is to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Let every wait end, and no write begin."""
        self._stopping.set()

    def permit(self) -> None:
        """Raise Stopped once nothing more is to begin."""
        if self.stopping:
            raise Stopped("The service was told to stop; the next run goes on from here.")

    def now(self) -> datetime:
        """Tell the wall-clock time, in UTC."""
        return self._time.now()

    def monotonic(self) -> float:
        """Tell seconds that never go back."""
        return self._time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Stopped when the service is to stop."""
        self._stopping.wait(seconds)
        self.permit()
