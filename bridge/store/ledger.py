"""The audit chain in the database: appended to under the writers' lock, read in portions."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from sqlalchemy import ColumnElement

from bridge.audit.chain import ORIGIN, Sealed, Tip, seal_all
from bridge.audit.ledger import Entry
from bridge.core.journal import Record
from bridge.store.rows import replace
from bridge.store.schema import audit, audit_files, audit_tips
from bridge.store.scope import Scope

PORTION: Final = 1000
"""Records read in one transaction, so that no reader of a long chain stands in a writer's way."""


class Reading(Protocol):
    """Opens transactions that read one organization's part of a database."""

    @property
    def organization(self) -> str:
        """Whose part."""

    def reading(self) -> AbstractContextManager[Scope]:
        """A transaction that sees the database as of one moment. Raises StoreError."""


class DatabaseLedger:
    """One organization's chain. Fits the protocol Ledger; every method raises StoreError."""

    def __init__(self, scopes: Reading) -> None:
        self._scopes = scopes

    @property
    def organization(self) -> str:
        """Whose chain it is."""
        return self._scopes.organization

    def tip(self) -> Tip:
        """Read where the chain should end, as noted beside it."""
        with self._scopes.reading() as scope:
            return load_tip(scope)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Read the records numbered above `after`, in order."""
        return self._portions((), after=after)

    def search(
        self, needles: Sequence[str], *, newest_first: bool = False, among: range | None = None
    ) -> Iterator[Entry]:
        """Read the records whose lines contain all of these texts: of all, or among those of these numbers."""
        conditions = [audit.c.line.contains(text, autoescape=True) for text in needles]
        if among is not None:
            conditions += [audit.c.seq >= among.start, audit.c.seq < among.stop]
        return self._portions(conditions, newest_first=newest_first)

    def of_account(self, account: str) -> Iterator[Entry]:
        """Read the records about one account by itself, newest first."""
        return self._portions((audit.c.account == account,), newest_first=True)

    def published(self, file: str) -> int:
        """Read up to which record this file is known to have been written."""
        with self._scopes.reading() as scope:
            query = scope.of(audit_files, audit_files.c.seq).where(audit_files.c.file == file)
            return scope.connection.execute(query).scalar_one_or_none() or 0

    def append(self, scope: Scope, records: Sequence[Record]) -> tuple[Sealed, ...]:
        """Chain records within a transaction that writes."""
        if not records:
            return ()
        tip = load_tip(scope, lock=True)
        sealed = seal_all(records, scope.organization, tip)
        rows = [
            scope.row(seq=one.seq, line=one.line, account=record.facts.get("account"))
            for one, record in zip(sealed, records, strict=True)
        ]
        scope.connection.execute(audit.insert(), rows)
        replace(scope.connection, audit_tips, [scope.row(seq=sealed[-1].seq, hash=sealed[-1].hash)])
        return sealed

    def note_published(self, scope: Scope, file: str, seq: int) -> None:
        """Note up to which record a file was written."""
        replace(scope.connection, audit_files, [scope.row(file=file, seq=seq)])

    def _portions(
        self, conditions: Sequence[ColumnElement[bool]], *, after: int | None = None, newest_first: bool = False
    ) -> Iterator[Entry]:
        seq = audit.c.seq
        while True:
            beyond = () if after is None else (seq < after if newest_first else seq > after,)
            with self._scopes.reading() as scope:
                query = scope.of(audit, seq, audit.c.line).where(*conditions, *beyond)
                ordered = query.order_by(seq.desc() if newest_first else seq).limit(PORTION)
                rows = scope.connection.execute(ordered).all()
            for number, line in rows:
                yield Entry(number, str(line))
            if len(rows) < PORTION:
                return
            after = rows[-1][0]


def load_tip(scope: Scope, *, lock: bool = False) -> Tip:
    """Load where the chain should end, as noted beside it. `lock`: nobody else appends meanwhile."""
    query = scope.of(audit_tips, audit_tips.c.seq, audit_tips.c.hash)
    row = scope.connection.execute(query.with_for_update() if lock else query).one_or_none()
    return Tip(row.seq, row.hash) if row else ORIGIN
