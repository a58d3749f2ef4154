"""A directory whose last full read is recalled for as long as the directory says that nothing changed.

The mark names a moment on the directory's side before the full read began. It moves on only when what happened
since does not concern the read, and is taken anew with every full read; so nothing falls between two marks.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bridge import __version__
from bridge.core.model import DirectoryName, DirectoryRead, Search, Selector
from bridge.core.snapshot import Footing, News, Snapshot, is_whole, why_not_recalled
from bridge.sources.probe import Probe


@dataclass(frozen=True, slots=True)
class Marked:
    """A full read with the moment from which to ask for news."""

    read: DirectoryRead
    footing: Footing
    mark: str
    """Taken before the read began, on the server that was read. Empty: the directory gives none, see the notes."""


class Marking(Protocol):
    """A directory that can tell what changed in it."""

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""

    @property
    def settings_digest(self) -> str:
        """Names everything in the settings that decides what a read finds, and where marks are good."""

    def probe(self) -> Probe:
        """Look at the directory, for a person who sets it up. Raises RemoteError."""

    def read_marked(self, selectors: Sequence[Selector]) -> Marked:
        """Read in full, with a mark taken before. Raises RemoteError when there is no answer at all."""

    def read_news(self, snapshot: Snapshot, selectors: Sequence[Selector]) -> News:
        """Read what happened since a snapshot was taken.

        Whatever keeps the directory from telling is a reason for a full read in the answer, and no error. Raises
        RemoteError where a full read would come to the same end.
        """


class Cabinet(Protocol):
    """Where snapshots are kept. Every method raises StoreError."""

    def load_snapshot(self, directory: DirectoryName, digest: str) -> Snapshot | None:
        """Load a directory's snapshot if it has this digest; None if there is none that can be used."""

    def record_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot in place of the directory's last one."""

    def record_mark(self, snapshot: Snapshot, mark: str) -> None:
        """Move the mark of a snapshot on."""


class RecallingSource:
    """Fits the cycle's Source: the directory behind it is read in full when that is due, and not more often."""

    def __init__(
        self,
        source: Marking,
        cabinet: Cabinet,
        now: Callable[[], datetime],
        full_read_every: timedelta,
        *,
        keeps: bool,
    ) -> None:
        self._source = source
        self._cabinet = cabinet
        self._now = now
        self._every = full_read_every
        self._keeps = keeps
        """Whether it may write to the cabinet. A preview may not."""

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._source.name

    def probe(self) -> Probe:
        """Look at the directory itself. Raises RemoteError."""
        return self._source.probe()

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """What a full read finds now: recalled where that is known to be the same, and then marked as recalled.

        Owners are never recalled: news do not tell of all that may happen to them.
        """
        if _asks_for_owners(selectors):
            return self.read_fully(selectors)
        snapshot = self._cabinet.load_snapshot(self.name, self._digest(selectors))
        if snapshot is None or not self._is_recent(snapshot):
            return self.read_fully(selectors)
        news = self._source.read_news(snapshot, selectors)
        if why := why_not_recalled(snapshot, news):
            read = self.read_fully(selectors)
            return replace(read, searches=(*_told(news.searches, why), *read.searches))
        if self._keeps and news.mark != snapshot.mark:
            self._cabinet.record_mark(snapshot, news.mark)
        return replace(snapshot.read, searches=news.searches, recalled=snapshot.taken)

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read in full, and keep what was read without doubt. Without a mark, the notes of the read say why.

        A read with owners is not kept.
        """
        taken = self._now()
        marked = self._source.read_marked(selectors)
        if self._keeps and marked.mark and is_whole(marked.read) and not _asks_for_owners(selectors):
            digest = self._digest(selectors)
            self._cabinet.record_snapshot(Snapshot(marked.read, marked.footing, marked.mark, digest, taken))
        return marked.read

    def _is_recent(self, snapshot: Snapshot) -> bool:
        """Whether a full read is not due yet; a snapshot from the future is none."""
        return timedelta(0) <= self._now() - snapshot.taken < self._every

    def _digest(self, selectors: Sequence[Selector]) -> str:
        """Names all that a read depends on beside the directory itself."""
        asked = sorted({(selector.kind.value, selector.text) for selector in selectors})
        parts = (__version__, self._source.settings_digest, asked)
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()


def _asks_for_owners(selectors: Sequence[Selector]) -> bool:
    return any(selector.owners for selector in selectors)


def _told(searches: tuple[Search, ...], why: str) -> tuple[Search, ...]:
    """The searches for news, the last one with what came of them."""
    last = searches[-1] if searches else Search("changes", pages=0, entries=0, result="not asked for")
    return (*searches[:-1], replace(last, result=f"{last.result}: read in full, {why}"))
