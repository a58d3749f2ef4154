"""The store: what outlives a run, with its evidence, in one database."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self, TypeAlias, TypeVar

from bridge.audit.chain import Sealed
from bridge.audit.stream import AuditStream
from bridge.audit.timestamp import stamp
from bridge.core.change import Consent, Held
from bridge.core.journal import NO_TIES, Effects, Intent, Recollection, Record, Run, RunKind, Ties
from bridge.core.listed import Listed
from bridge.core.memory import Baseline, Memory, SourceBaseline
from bridge.core.model import AccountId, DirectoryName, GroupId, PersonId
from bridge.core.notice import Notice, Subject
from bridge.core.picture import Album
from bridge.core.quarantine import Trouble
from bridge.core.sight import Sight
from bridge.core.snapshot import Snapshot
from bridge.errors import Busy, StoreError, Withdrawn
from bridge.store import (
    applied,
    decisions,
    fences,
    held,
    intents,
    memory,
    notices,
    pictures,
    placements,
    quarantine,
    runs,
    sights,
    snapshots,
)
from bridge.store.database import Database, has_database
from bridge.store.fences import Fence
from bridge.store.held import OPEN, HeldCase, HeldStatus
from bridge.store.ledger import DatabaseLedger
from bridge.store.lock import OrganizationLock, lock_path
from bridge.store.moment import Moment, load_moment
from bridge.store.place import Place
from bridge.store.review import review, spend_approvals
from bridge.store.runs import PastRun
from bridge.store.scope import Scope, Scopes
from bridge.store.server_lock import ServerLock

Lock: TypeAlias = OrganizationLock | ServerLock
"""Of an organization."""

_Decided = TypeVar("_Decided")
"""What a person has decided on."""


def open_store(
    place: Place, organization: str, now: Callable[[], datetime], stream: AuditStream | None = None
) -> "DatabaseStore":
    """Open a store, made anew if there is none, and send out what `stream` lacks. Raises StoreError."""
    store = DatabaseStore(Database.open(place), organization, now, stream or AuditStream())
    try:
        store.catch_up()
    except BaseException:
        store.close()
        raise
    return store


def open_evidence(place: Place, organization: str, now: Callable[[], datetime]) -> "DatabaseStore":
    """Open a store to read and verify it: nothing is sent out, and none is made. Raises StoreError.

    What `open_store` mends at the end of the audit file is what a verification has to see.
    """
    if not has_database(place):
        raise StoreError(f"There is no database {place}; name the one that the runs are recorded in")
    return open_store(place, organization, now)


class DatabaseStore:
    """Fits the protocol Store. Every method is one transaction and raises StoreError; what returned is on disk.

    A method that writes first makes sure that all records before it went out, and afterwards sends its own. If
    they cannot be sent it raises, too: they are in the database, and nothing is written until they are out.
    """

    def __init__(
        self, database: Database, organization: str, now: Callable[[], datetime], stream: AuditStream
    ) -> None:
        self._scopes = Scopes(database, organization, now)
        self.ledger = DatabaseLedger(self._scopes)
        self._database = database
        self._now = now
        self._stream = stream
        self._noted = stream.position
        self._turn = RLock()  # records go out in the order in which they were committed
        self._lock: Lock | None = None
        self._fence: Fence | None = None
        """Of the run that holds the organization through this store."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of database and stream."""
        self._stream.close()
        self._database.close()

    # ---- reading

    def load(self) -> Memory:
        """Load what every run begins with."""
        with self._scopes.reading() as scope:
            return memory.load_memory(scope)

    def load_baselines(self, keys: Iterable[str]) -> Mapping[str, Baseline]:
        """Load the baselines of these mappings; unknown keys are left out."""
        with self._scopes.reading() as scope:
            return memory.load_baselines(scope, keys)

    def load_sources(self, groups: Iterable[str]) -> Mapping[str, SourceBaseline]:
        """Load who was in these directory groups; unknown ids are left out."""
        with self._scopes.reading() as scope:
            return memory.load_sources(scope, groups)

    def load_names(self) -> Mapping[str, str]:
        """Load what the names of directory groups led to: ids, by `bridge.core.naming.name_key`."""
        with self._scopes.reading() as scope:
            return memory.load_names(scope)

    def load_placements(self, groups: Iterable[GroupId]) -> Mapping[GroupId, frozenset[AccountId]]:
        """Load whom the bridge itself put into these groups."""
        with self._scopes.reading() as scope:
            return placements.load_placements(scope, groups)

    def load_snapshot(self, directory: DirectoryName, digest: str) -> Snapshot | None:
        """Load a directory's snapshot if it has this digest; None if there is none that can be used."""
        with self._scopes.reading() as scope:
            return snapshots.load(scope, directory, digest)

    def load_applied(self) -> str | None:
        """Load what is kept of the configuration that was applied last; None if none ever was."""
        with self._scopes.reading() as scope:
            return applied.load_applied(scope)

    def load_consents(self) -> tuple[Consent, ...]:
        """Load what approvals allow, and when they held: also of those that have run out since."""
        with self._scopes.reading() as scope:
            return held.load_consents(scope)

    def load_intents(self) -> tuple[Intent, ...]:
        """Load the writes whose outcome is not recorded, oldest first."""
        with self._scopes.reading() as scope:
            return intents.load_intents(scope)

    def load_unfinished(self, kind: RunKind, config_hash: str) -> Run | None:
        """Load the latest run of this kind and configuration, if it never finished."""
        with self._scopes.reading() as scope:
            return runs.load_unfinished(scope, kind, config_hash)

    def list_runs(self, limit: int) -> tuple[PastRun, ...]:
        """Load the latest runs, newest first."""
        with self._scopes.reading() as scope:
            return runs.list_runs(scope, limit)

    def list_held(self, statuses: Iterable[HeldStatus] = OPEN) -> tuple[HeldCase, ...]:
        """Load held changes, by group and age: those in question, unless other statuses are asked for."""
        with self._scopes.reading() as scope:
            return held.list_cases(scope, statuses)

    def find_held(self, digest: str) -> HeldCase:
        """Load the held changes whose digest begins so. Raises BridgeError if those are not exactly one set."""
        with self._scopes.reading() as scope:
            return held.find_case(scope, digest)

    def list_troubles(self) -> tuple[Trouble, ...]:
        """Load the mappings whose writes failed in the last run that tried them, the longest first."""
        with self._scopes.reading() as scope:
            return quarantine.load_troubles(scope)

    def list_sights(self) -> tuple[Sight, ...]:
        """Load how every managed group looked at the end of the last run, by name, without its members."""
        with self._scopes.reading() as scope:
            return sights.list_sights(scope)

    def find_sight(self, key: str) -> Sight | None:
        """Load how a mapping's group looked at the end of the last run, with its members."""
        with self._scopes.reading() as scope:
            return sights.find_sight(scope, key)

    def load_moment(self, runs: int, *, members: bool = False) -> Moment:
        """Load all that is to be seen at one moment: so many runs, and managed groups with members or without."""
        with self._scopes.reading() as scope:
            return load_moment(scope, runs, members=members)

    def load_last(self, outcomes: Iterable[str], job: str) -> Run | None:
        """Load the latest run by mappings that ended in one of these ways and wrote this job's groups, or all."""
        with self._scopes.reading() as scope:
            return runs.load_last(scope, outcomes, job)

    # ---- asking why

    def load_album(self) -> Album | None:
        """Load what the last run read of both sides; None if no run has kept that yet."""
        with self._scopes.reading() as scope:
            return pictures.load_album(scope)

    def load_links(
        self, people: Collection[PersonId], accounts: Collection[AccountId]
    ) -> Mapping[PersonId, AccountId]:
        """Load the links of these people, and those to these accounts."""
        with self._scopes.reading() as scope:
            return pictures.load_links(scope, people, accounts)

    def load_listed(self) -> Listed:
        """Load whose the addresses on the lists `keep` and `ignore` are."""
        with self._scopes.reading() as scope:
            return memory.load_listed(scope)

    def load_held(self) -> tuple[Held, ...]:
        """Load what the last run held and nobody has approved since."""
        with self._scopes.reading() as scope:
            return pictures.load_held(scope)

    def load_resting(self) -> Mapping[str, Trouble]:
        """Load the mappings that are in quarantine now, by key."""
        with self._scopes.reading() as scope:
            return quarantine.load_resting(scope)

    # ---- a run

    @contextmanager
    def lock(self) -> Iterator[Lock]:
        """Hold this organization, so that nobody else writes. Raises Busy while another run does.

        Whoever holds it after us takes a higher fencing number; from then on all that a run records raises Busy.
        """
        with self._organization_lock() as lock:
            self._fence = self._take_fence(lock)
            self._lock = lock
            try:
                yield lock
            finally:
                self._lock = self._fence = None

    def record_start(self, run: Run, records: Sequence[Record]) -> None:
        """Open a run."""
        with self._running(records) as scope:
            runs.start(scope, run)

    def record_intent(self, intent: Intent, approvals: Collection[str] = ()) -> None:
        """Put a write that is about to happen on disk. Raises Busy if the organization's lock was lost.

        `approvals`: the digests of those that it rests on. Raises Withdrawn if one of them holds no more.
        """
        if self._lock and not self._lock.still_held():
            raise Busy("The lock on this organization was lost; nothing more is written.")
        with self._running() as scope:
            if approvals and not held.all_approved(scope, approvals):
                raise Withdrawn("the approval was taken back, or ran out, while the run was under way")
            intents.keep(scope, intent)

    def record_created(self, intent: Intent, group: GroupId) -> None:
        """Keep the id that a creation was answered with, so that it is found whatever its name is by then."""
        with self._running() as scope:
            intents.keep_group(scope, intent, group)

    def record_outcome(
        self, intent: Intent, effects: Effects, records: Sequence[Record], left: Intent | None = None
    ) -> None:
        """Settle an intent with its evidence and what it leaves in memory; `left` of it stays open."""
        with self._running(records) as scope:
            intents.settle(scope, intent)
            if left:
                intents.keep(scope, left)
            memory.bind(scope, {intent.key: effects.bound} if effects.bound else {})
            placements.keep(scope, intent, effects)
            spend_approvals(scope, intent.key, effects)

    def record(self, records: Sequence[Record], ties: Ties = NO_TIES) -> None:
        """Append evidence, with what names led to."""
        with self._running(records) as scope:
            memory.bind(scope, ties.bindings)
            memory.keep_names(scope, ties.names)

    def record_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a read of a directory for the next run, in place of that directory's last one."""
        with self._running() as scope:
            snapshots.keep(scope, snapshot)

    def record_recalled(self, directories: Iterable[DirectoryName]) -> None:
        """Keep snapshots of these directories alone."""
        with self._running() as scope:
            snapshots.forget(scope, directories)

    def record_mark(self, snapshot: Snapshot, mark: str) -> None:
        """Let the next run ask from here what changed since a snapshot."""
        with self._running() as scope:
            snapshots.move(scope, snapshot, mark)

    def record_end(self, run: Run, outcome: str, left: Recollection | None, records: Sequence[Record]) -> None:
        """Close a run and keep what the next one shall know; nothing new when the run failed."""
        with self._running(records) as scope:
            runs.end(scope, run, outcome, records)
            if left:
                memory.remember(scope, left)
                if left.applied:
                    applied.keep_applied(scope, run, left.applied)
                review(scope, left, run.id)
        self._note_published()

    # ---- notices

    def load_notices(self, channel: str) -> Mapping[Subject, Notice]:
        """Load what a channel was told, or is to be."""
        with self._scopes.reading() as scope:
            return notices.load_notices(scope, channel)

    def keep_notices(self, channel: str, known: Sequence[Notice]) -> None:
        """Keep exactly these of a channel. No evidence: it waits for no audit file."""
        with self._scopes.writing() as scope:
            notices.keep_notices(scope, channel, known)

    # ---- a person's word

    def approve(self, digest: str, by: str, reason: str, expires: datetime) -> HeldCase:
        """Approve exactly these held changes, with its record. Raises BridgeError if they are not pending."""
        return self._decide(partial(decisions.approve, digest=digest, by=by, reason=reason, expires=expires))

    def reject(self, digest: str, by: str, reason: str) -> HeldCase:
        """Reject held changes, or take back an approval, with its record. Raises BridgeError if it is too late."""
        return self._decide(partial(decisions.reject, digest=digest, by=by, reason=reason))

    def release(self, name: str, by: str, reason: str = "") -> Trouble:
        """Let a mapping out of quarantine, with its record. Raises BridgeError if it is not there."""
        return self._decide(partial(quarantine.release, name=name, by=by, reason=reason))

    # ---- how

    def catch_up(self) -> None:
        """Send out the records that were committed but not sent."""
        with self._turn:
            self._stream.catch_up(self.ledger)

    def _organization_lock(self) -> Lock:
        place, organization = self._database.place, self._scopes.organization
        if isinstance(place, Path):
            return OrganizationLock(lock_path(place, organization), self._now)
        return ServerLock(place, organization)

    def _take_fence(self, lock: Lock) -> Fence:
        """Take a number while the lock is surely held: on its own session, where it can end with that."""
        begin = lock.transaction if isinstance(lock, ServerLock) else self._database.writing
        with begin() as connection:
            return fences.take(connection, self._scopes.organization, stamp(self._now()))

    def _decide(self, decision: Callable[[Scope], tuple[_Decided, Record]]) -> _Decided:
        records: list[Record] = []
        with self._writing(records) as scope:
            decided, record = decision(scope)
            records.append(record)
        self._note_published()
        return decided

    @contextmanager
    def _running(self, records: Sequence[Record] = ()) -> Iterator[Scope]:
        """The same of a run, which nobody may have taken over from. Raises Busy."""
        with self._writing(records) as scope:
            if self._fence is not None:
                fences.check(scope, self._fence)
            yield scope

    @contextmanager
    def _writing(self, records: Sequence[Record] = ()) -> Iterator[Scope]:
        """One transaction that writes and ends with these records, which go out once it is on disk."""
        with self._turn:
            self._stream.catch_up(self.ledger)
            sealed: Sequence[Sealed] = ()
            try:
                with self._scopes.writing() as scope:
                    yield scope
                    sealed = self.ledger.append(scope, records)
                    position = self._stream.position
                    if position and position != self._noted:
                        self.ledger.note_published(scope, *position)
            except BaseException:
                self._stream.doubt(sealed)
                raise
            self._noted = position
            if sealed:
                self._stream.publish(self.ledger, sealed)

    def _note_published(self) -> None:
        """Take down how far the audit file is written by now; every other write does so in passing, one behind."""
        if self._stream.position != self._noted:
            with self._writing():
                pass
