"""Where committed records go out to: a file, standard output, both, or nowhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from bridge.audit.chain import Sealed
from bridge.audit.forms import LINES, Form
from bridge.audit.ledger import Ledger
from bridge.errors import StoreError

if TYPE_CHECKING:
    from bridge.audit.file import AuditFile
    from bridge.audit.lines import LineLogger


class AuditStream:
    """Sends every committed record out once, in order: to the file as the line that was sealed, else in a form.

    The file never has a gap: what a crash or a full disk kept from it is made up for from the database. What a
    crash kept from standard output stays in the database and the file alone; what was committed while the database
    was lost follows.
    """

    def __init__(self, file: Path | None = None, output: BinaryIO | None = None, form: Form = Form.JSONL) -> None:
        self._file = _file(file) if file else None
        self._output = _lines(output) if output else None
        self._line_of = LINES[form]
        self._unsent: list[Sealed] = []
        self._doubted: list[Sealed] = []
        self._behind = True

    @property
    def position(self) -> tuple[str, int] | None:
        """The file, and the last record known to be in it and on disk."""
        return (str(self._file.path), self._file.position) if self._file else None

    def catch_up(self, ledger: Ledger) -> None:
        """Send what is still missing, if anything is. Raises StoreError: then nothing may be changed either."""
        if self._behind:
            self.publish(ledger, ())

    def publish(self, ledger: Ledger, sealed: Sequence[Sealed]) -> None:
        """Send records that were just committed, and whatever was left before. Raises StoreError."""
        self._behind = True
        if self._output:
            self._queue(ledger, sealed)
        if self._file:
            self._file.extend(ledger, sealed)
        if self._output:
            self._drain(self._output)
        self._behind = bool(self._doubted)

    def doubt(self, sealed: Sequence[Sealed]) -> None:
        """Take note of records of which nobody knows whether they were committed: the ledger will tell."""
        self._behind = True
        self._doubted.extend(sealed if self._output else ())

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()

    def _queue(self, ledger: Ledger, sealed: Sequence[Sealed]) -> None:
        try:
            self._unsent.extend(self._found(ledger))
        finally:  # whatever fails here or later, these are sent in the end
            self._unsent.extend(sealed)

    def _found(self, ledger: Ledger) -> Sequence[Sealed]:
        """The records in doubt, if they were committed. They stay in doubt while nothing stands in their place."""
        if not self._doubted:
            return ()
        first = self._doubted[0]
        in_place = next(ledger.entries(after=first.seq - 1), None)
        if in_place is None:
            return ()
        doubted, self._doubted = self._doubted, []
        return doubted if in_place.line == first.line else ()

    def _drain(self, output: "LineLogger") -> None:
        try:
            if self._unsent:
                output.send([self._line_of(one.line) for one in self._unsent])
            self._unsent.clear()
        except (OSError, ValueError) as error:  # ValueError: it is closed
            raise StoreError(
                f"Audit records cannot be written to standard output ({error}); see to whatever reads it"
            ) from error


def _file(path: Path) -> "AuditFile":
    from bridge.audit.file import AuditFile  # noqa: PLC0415 - what logs loads only where records go out

    return AuditFile(path)


def _lines(output: BinaryIO) -> "LineLogger":
    from bridge.audit import lines  # noqa: PLC0415 - as above

    return lines.LineLogger(output)
