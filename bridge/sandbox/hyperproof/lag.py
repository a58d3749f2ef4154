"""Reads that do not show what was just written (API reference 11.6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.sandbox.hyperproof.model import Group


@dataclass(slots=True)
class _View:
    before: Group | None
    """None: the group did not exist."""
    until: datetime
    reads: int


class Lag:
    """What readers still see of groups that the API has changed. Guarded by the organization's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._views: dict[str, _View] = {}

    def note_write(self, group_id: str, before: Group | None, *, seconds: float, reads: int) -> None:
        """From now on readers see the group as it was before, for so long or so many times."""
        if not seconds and not reads:
            return
        view = self._views.get(group_id)
        shown = view.before if view is not None and self._holds(view) else before
        self._views[group_id] = _View(shown, self._clock() + timedelta(seconds=seconds), reads)

    def seen(self, group: Group) -> Group | None:
        """The group as a reader sees it, or None for one not seen yet. Each call is one read."""
        view = self._views.get(group.id)
        if view is None:
            return group
        if not self._holds(view):
            del self._views[group.id]
            return group
        view.reads = max(0, view.reads - 1)
        return view.before

    def _holds(self, view: _View) -> bool:
        return view.reads > 0 or self._clock() < view.until
