"""A tenant as a source whose full read may be recalled: its ids and its words as every directory has them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bridge.core.model import DirectoryName, Selector
from bridge.core.snapshot import Footing, News, Snapshot
from bridge.sources.entra.source import EntraSource
from bridge.sources.probe import Probe
from bridge.sources.recalling import Marked


class MarkingTenant:
    """Fits Marking. Graph is told on which ids a read rests, and names none that does not matter."""

    def __init__(self, source: EntraSource) -> None:
        self._source = source

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._source.name

    @property
    def settings_digest(self) -> str:
        """Names everything in the settings that decides what a read finds, and where marks are good."""
        return self._source.settings_digest

    def probe(self) -> Probe:
        """Look at the tenant. Raises RemoteError."""
        return self._source.probe()

    def read_marked(self, selectors: Sequence[Selector]) -> Marked:
        """Read in full, with a mark taken before. Raises RemoteError."""
        marked = self._source.read_marked(selectors)
        notes = (f"read in full in every run: {marked.why_not}",) if marked.why_not else ()
        return Marked(replace(marked.read, notes=notes), Footing(self._ours(marked.involved)), marked.mark)

    def read_news(self, snapshot: Snapshot, selectors: Sequence[Selector]) -> News:
        """Read what happened since a snapshot. Raises Throttled and Unavailable, as a full read would."""
        prefix = f"{self.name}:"
        involved = frozenset(one.removeprefix(prefix) for one in snapshot.footing.involved)
        told = self._source.read_changes(snapshot.mark, involved, selectors)
        return News(
            mark=told.mark or snapshot.mark,
            touched=self._ours(told.touched),
            gone=self._ours(told.gone),
            due=told.due,
            searches=told.searches,
        )

    def _ours(self, ids: Iterable[str]) -> frozenset[str]:
        """Ids as people and groups have them, unique over all directories."""
        return frozenset(f"{self.name}:{one}" for one in ids)
