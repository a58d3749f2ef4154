"""A directory read by a source that recalls, beside a source that reads in full: they have to agree."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from bridge.core.model import DirectoryRead, Doubt, Selector
from bridge.sources.ldap.settings import LdapSettings
from bridge.sources.ldap.source import LdapSource
from bridge.sources.recalling import RecallingSource
from tests.sources.contract import by_name, by_pattern
from tests.sources.test_recalling import Drawer
from tests.transport.virtual import VirtualClock

SELECTORS = (by_name("staff"), by_pattern("hp-.+"))
_TRIES = 200


def _doubts(read: DirectoryRead) -> list[Doubt]:
    groups = [group for selection in read.selections.values() for group in selection.groups]
    return [doubt for group in groups for doubt in group.doubts]


class Pair:
    """Both sources over one directory, and the cabinet and the clock of the first."""

    def __init__(self, settings: LdapSettings, selectors: Sequence[Selector] = SELECTORS) -> None:
        self.settings = settings
        self.selectors = selectors
        self.drawer = Drawer()
        self.clock = VirtualClock()

    def read(self) -> DirectoryRead:
        """Read as a run does, in a process of its own."""
        source = LdapSource(self.settings)
        recalling = RecallingSource(source, self.drawer, self.clock.now, timedelta(hours=1), keeps=True)
        return recalling.read(self.selectors)

    def read_fully(self) -> DirectoryRead:
        """Read everything."""
        return LdapSource(self.settings).read(self.selectors)

    def settle(self) -> DirectoryRead:
        """Read everything once the server is through with what it does behind the scenes."""
        for _ in range(_TRIES):
            read = self.read_fully()
            if not any("was not found in the directory" in doubt.text for doubt in _doubts(read)):
                return read
        raise AssertionError(f"the directory does not settle: {read}")

    def recalls(self) -> bool:
        """Read as a run does: whether that was recalled. What it says has to be what a full read says."""
        full = self.settle()
        read = self.read()
        assert (read.people, read.selections, read.doubts) == (full.people, full.selections, full.doubts)
        return read.recalled is not None

    def spoil(self, change: Callable[[str], str]) -> None:
        """Change the mark."""
        (snapshot, data) = self.drawer.snapshots[self.settings.name]
        self.drawer.snapshots[self.settings.name] = (replace(snapshot, mark=change(snapshot.mark)), data)
