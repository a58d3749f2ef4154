"""A directory whose groups are named once: what a name led to is remembered, and read by its id from then on.

Names are for people. Whoever may rename groups could otherwise put another one in a group's place, and let in
everybody who is in that; and a group that is merely renamed would seem to be gone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bridge.core.model import (
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Nesting,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.core.naming import is_name, name_key
from bridge.core.nesting import TracedRead, Tracer, goes_by
from bridge.sources.probe import Directory, Probe


class BoundSource:
    """Fits the cycle's Source. `bound` tells what names led to before: ids, by `bridge.core.naming.name_key`."""

    def __init__(self, source: Directory, bound: Callable[[], Mapping[str, str]]) -> None:
        self._source = source
        self._bound = bound

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._source.name

    def probe(self) -> Probe:
        """Look at the directory itself. Raises RemoteError."""
        return self._source.probe()

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the groups that these selectors name, or named when they were first read. Raises RemoteError."""
        return self._read(self._source.read, selectors)

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the same anew, whatever was read before. Raises RemoteError."""
        return self._read(self._source.read_fully, selectors)

    def trace(self, selectors: Sequence[Selector], text: str) -> TracedRead:
        """Read the same with the groups in groups, where the directory tells; and whoever goes by this name."""
        traced: list[TracedRead] = []

        def read(some: Sequence[Selector]) -> DirectoryRead:
            traced.append(_trace(self._source, some, text))
            return traced[-1].read

        found = self._read(read, selectors)
        return replace(traced[-1], read=found)

    def _read(
        self, read_by: Callable[[Sequence[Selector]], DirectoryRead], selectors: Sequence[Selector]
    ) -> DirectoryRead:
        bound = self._bound()
        asked = {selector: self._by_id(selector, bound) for selector in selectors}
        read = read_by(tuple(dict.fromkeys(asked.values())))
        found = read.selections
        return replace(read, selections={one: _answer(one, other, found[other]) for one, other in asked.items()})

    def _by_id(self, selector: Selector, bound: Mapping[str, str]) -> Selector:
        group = bound.get(name_key(selector)) if is_name(selector) else None
        if group is None:
            return selector
        return replace(selector, kind=SelectorKind.ID, text=group.removeprefix(f"{self.name}:"))


def _trace(source: Directory, selectors: Sequence[Selector], text: str) -> TracedRead:
    if isinstance(source, Tracer):
        return source.trace(selectors, text)
    read = source.read_fully(selectors)
    return TracedRead(read, Nesting(), tuple(person for person in read.people.values() if goes_by(person, text)))


def _answer(selector: Selector, asked: Selector, found: Selection) -> Selection:
    """What was found; when a bound group is gone, what that has to do with the name."""
    if selector == asked or not any(doubt.kind is DoubtKind.MISSING for doubt in found.doubts):
        return found
    what = f"'{selector.text}' was the group {asked.text} when it was first read, and that one is gone"
    return Selection((), (Doubt(DoubtKind.MISSING, f"{what}; name the group that is meant now by its id"),))
