"""Sealed records as lines, through structlog: byte for byte as they were sealed."""

from collections.abc import Sequence
from typing import BinaryIO

import structlog
from structlog.typing import EventDict, WrappedLogger


class LineLogger:
    """Sends lines to one open file or pipe. `send` raises OSError."""

    def __init__(self, to: BinaryIO) -> None:
        self._log = structlog.wrap_logger(
            structlog.BytesLogger(to),
            processors=[_as_sealed],
            wrapper_class=structlog.make_filtering_bound_logger(0),
        )

    def send(self, lines: Sequence[str]) -> None:
        """Write lines, and hand them to the system: all of them at once."""
        self._log.info("\n".join(lines))


def _as_sealed(_logger: WrappedLogger, _method: str, event: EventDict) -> bytes:
    """Nothing is added to a sealed record: no level, no second time."""
    lines: str = event["event"]
    return lines.encode()
