"""An export as a source: read whole for each run, or not at all."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from bridge.core.model import DirectoryName, DirectoryRead, Selector, SelectorKind
from bridge.core.nesting import TracedRead
from bridge.errors import Denied, IncompleteRead
from bridge.sources.file.content import Content
from bridge.sources.file.csv_export import CsvContent
from bridge.sources.file.export import Reader
from bridge.sources.file.ldif_export import LdifContent
from bridge.sources.file.settings import FileSettings, LdifExport
from bridge.sources.ldap.building import Building
from bridge.sources.ldap.dn import readable
from bridge.sources.ldap.members import Members
from bridge.sources.ldap.selection import Selecting, fault_of
from bridge.sources.probe import ListedGroup, Probe


class FileSource:
    """Files that another system exports."""

    def __init__(
        self,
        settings: FileSettings,
        now: Callable[[], datetime],
        fetch: Callable[[Path], bytes] = Path.read_bytes,
    ) -> None:
        self._settings = settings
        self._now = now
        self._fetch = fetch

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._settings.name

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the groups that these selectors name, with all their people.

        A member that leads to nobody is a doubt in the answer. Raises Unavailable when a file is not there, Denied
        when it may not be read or a selector cannot be answered, IncompleteRead when the files are too old, not
        whole, or not what they should be.
        """
        return self._read(selectors)[0]

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """The same: nothing is remembered here."""
        return self.read(selectors)

    def trace(self, selectors: Sequence[Selector], text: str) -> TracedRead:
        """The same read with its nesting, and with everybody who goes by this name. Raises what `read` raises."""
        read, building = self._read(selectors)
        return building.traced(read, text)

    def _read(self, selectors: Sequence[Selector]) -> tuple[DirectoryRead, Building]:
        self._refuse(selectors)
        content = self._content()
        selecting = Selecting(content.groups.by_dn.exact.values(), self._place)
        chosen = {
            selector: selecting.settled(selector, selecting.find(selector))
            for selector in dict.fromkeys(selectors)
        }
        groups = content.groups.by_dn.exact
        members = Members(content.people, content.groups, (), content.ignored)
        building = Building(content.people, content.groups, members, groups.__getitem__, content.found)
        selections = building.selections(chosen)
        read = DirectoryRead(
            directory=self.name,
            server=self._place,
            people=building.people(selections),
            selections=selections,
            doubts=tuple(sorted(content.doubts)),
            searches=tuple(content.searches),
            nesting=building.nesting(),
            disabled=building.disabled(),
        )
        return read, building

    def probe(self) -> Probe:
        """Read and count, for `check`. Raises what `read` raises, with the remedy."""
        content = self._content()
        people, groups = content.people, content.groups.by_dn.exact
        findings = (
            *(f"read {search.what}: {search.result}" for search in content.searches),
            f"{len(people.by_id)} people found, {len(people.disabled)} of them disabled",
            f"{len(groups)} groups found",
        )
        warnings = (*_warnings(content), *self._unmarked(), *map(str, sorted(content.doubts)))
        return Probe(self._place, findings, warnings)

    def list_groups(self) -> tuple[ListedGroup, ...]:
        """Read which groups there are. Raises what `read` raises."""
        return tuple(sorted(group.listed for group in self._content().groups.by_dn.exact.values()))

    @property
    def _place(self) -> str:
        return ", ".join(str(file.path) for file in self._settings.files)

    def _content(self) -> Content:
        """Everything in the files. No person, or no group, is no company but a wrong file, or a wrong preset."""
        settings = self._settings
        exports = Reader(self.name, settings.max_age, self._now(), self._fetch).read(settings.files)
        if isinstance(settings.export, LdifExport):
            content = LdifContent(self.name, settings.export).of(exports[0])
        else:
            by_path = {export.path: export for export in exports}
            content = CsvContent(self.name, settings.export).of(by_path)
        people, groups = content.people, content.groups
        somebody = people.by_dn.exact or people.faults.exact
        for what, found in (("nobody", somebody), ("no group", groups.by_dn.exact)):
            if not found:
                remedy = "see that it is the right file, and that the configuration tells people and groups in it"
                raise IncompleteRead(self.name, f"{self._place}: {what} is in there; {remedy}")
        return content

    def _unmarked(self) -> Iterator[str]:
        for file in self._settings.files:
            if not file.end_mark:
                yield f"nothing tells where {file.path} should end; let it end with a mark, and state end_mark"

    def _refuse(self, selectors: Sequence[Selector]) -> None:
        faults = [f"'{selector.text}': {fault}" for selector in selectors if (fault := _fault_of(selector))]
        if faults:
            raise Denied(self.name, f"malformed in the configuration: {'; '.join(faults)}; correct it")


def _fault_of(selector: Selector) -> str:
    if selector.kind is SelectorKind.FILTER:
        return "there is no server to evaluate a filter; use a pattern"
    return fault_of(selector)


def _warnings(content: Content) -> Iterator[str]:
    people, groups = content.people, content.groups.by_dn.exact
    if people.faults.exact:
        dn, why = next(iter(people.faults.exact.items()))
        yield f"{len(people.faults.exact)} people cannot be told from others, such as {readable(dn)}, who {why}"
    if without := sum(not people.person(person_id).addresses for person_id in people.by_id):
        yield f"{without} people have no address; they will have no account"
    if any(not group.id for group in groups.values()):
        yield "some groups have no id of their own; export it"
