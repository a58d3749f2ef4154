"""What the evidence needs of the database that keeps it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.audit.chain import Tip


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as the database keeps it: the number it is filed under, and its line."""

    seq: int
    line: str


class Ledger(Protocol):
    """One organization's chain in the database. Every method raises StoreError when it cannot be read."""

    @property
    def organization(self) -> str:
        """Whose chain it is."""

    def tip(self) -> Tip:
        """Read where the chain should end, as noted beside it."""

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Read the records numbered above `after`, in order, in constant memory."""

    def search(
        self, needles: Sequence[str], *, newest_first: bool = False, among: range | None = None
    ) -> Iterator[Entry]:
        """Read the records whose lines contain all of these texts: of all, or among those of these numbers."""

    def of_account(self, account: str) -> Iterator[Entry]:
        """Read the records about one account by itself, newest first."""

    def published(self, file: str) -> int:
        """Read up to which record this file is known to have been written; 0 if it is not known at all."""
