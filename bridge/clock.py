"""The machine's time, for everything that is handed a clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Fits every protocol of ours that asks for the time or waits for it."""

    def now(self) -> datetime:
        """Tell the wall-clock time, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Tell seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
