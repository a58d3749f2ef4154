"""Ways for a command's process to die at a chosen step. Imported there, so it imports little."""

import os
import signal
import sys

from sqlalchemy import Connection, Engine, event

from bridge.store.sqlite import WRITES


class DieAt:
    """Die by SIGKILL at the n-th step that leaves something on disk.

    Steps are: just before each commit of what was written to the database, and each time the audit file is
    locked or unlocked, which is between the commit and the line, and between the line and the next write.
    """

    def __init__(self, step: int) -> None:
        self._left = step

    def __call__(self) -> None:
        """Set the traps."""
        event.listen(Engine, "commit", self._committing)
        sys.addaudithook(self._audited)

    def _committing(self, connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES):
            self._step()

    def _audited(self, name: str, _arguments: object) -> None:
        if name == "fcntl.flock":
            self._step()

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
