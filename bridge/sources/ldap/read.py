"""One read of one directory over one connection: a constant number of searches, and batches of look-ups."""

from collections.abc import Iterable, Sequence

from bridge.core.model import (
    DirectoryGroup,
    DirectoryRead,
    Doubt,
    DoubtKind,
    PersonId,
    Search,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.errors import IncompleteRead
from bridge.sources.ldap.dn import normal_form
from bridge.sources.ldap.filters import both
from bridge.sources.ldap.groups import GroupEntry, Groups
from bridge.sources.ldap.lookup import Found, Lookup
from bridge.sources.ldap.members import Members
from bridge.sources.ldap.nesting import Contents, effective, reachable
from bridge.sources.ldap.people import People
from bridge.sources.ldap.search import NO_ATTRIBUTES, PagedSearch, PageReader, Query
from bridge.sources.ldap.selection import Selecting
from bridge.sources.ldap.settings import LdapSettings


class Reading:
    """A read under way. Use it once."""

    def __init__(self, settings: LdapSettings, reader: PageReader, server: str, system: str) -> None:
        self.people = People(settings.name, settings.schema)
        self.groups = Groups(settings.name, settings.schema, self.people)
        self.searches: list[Search] = []
        self.doubts: set[Doubt] = set()
        """Of the read as a whole."""
        self._settings = settings
        self._reader = reader
        self._server = server
        self._system = system
        self._cut = False
        """Whether people or groups are missing because a search broke off."""

    def survey(self) -> None:
        """Read all people and all groups as they stand. Raises RemoteError where nothing came at all."""
        found = self._read_people()
        self._read_disabled(found)
        self._read_groups()

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read everything that the selectors name. Raises RemoteError where nothing came at all."""
        self.survey()
        chosen = self._select(selectors)
        starts = {group.dn for groups, _ in chosen.values() for group in groups}
        built = self._build(starts)
        selections = {
            selector: Selection(tuple(built[group.dn] for group in groups if group.id), doubts)
            for selector, (groups, doubts) in chosen.items()
        }
        members = frozenset[PersonId]().union(*(group.members for group in built.values()))
        return DirectoryRead(
            directory=self._settings.name,
            server=self._server,
            people={person_id: self.people.person(person_id) for person_id in sorted(members)},
            selections=selections,
            doubts=tuple(sorted(self.doubts)),
            searches=tuple(self.searches),
        )

    # ---- the searches ----------------------------------------------------------------------------------

    def _read_people(self) -> PagedSearch:
        schema = self._settings.schema
        login = schema.login if schema.login_members else ""
        attributes = (schema.person_id, login, *schema.addresses, *schema.person_name)
        search = self._search("people", self._people_base, schema.people_filter, attributes)
        for entry in search.entries():
            self.people.add(entry)
        if schema.ignore_members:
            self.people.by_dn.discard_forms(set(map(normal_form, schema.ignore_members)))
        self._settle(search)
        return search

    def _read_disabled(self, everybody: PagedSearch) -> None:
        """Mark disabled people. Cut short, this search would make disabled people look enabled: no read at all."""
        schema = self._settings.schema
        if not schema.disabled_filter:
            return
        disabled_filter = both(schema.people_filter, schema.disabled_filter)
        search = self._search("disabled people", self._people_base, disabled_filter, (schema.person_id,))
        for entry in search.entries():
            self.people.disable(entry)
        self.searches.append(search.record)
        if search.cut or search.elsewhere - everybody.elsewhere:
            why = "; ".join(doubt.text for doubt in search.doubts)
            raise IncompleteRead(self._system, f"nobody can be told from the disabled people: {why}")

    def _read_groups(self) -> None:
        search = self._search(
            "groups", self._groups_base, self._settings.schema.group_filter, self._group_attributes
        )
        for entry in search.entries():
            self.groups.add(entry)
        self.groups.tell_apart()
        self._settle(search)

    def _search(self, subject: str, base: str, text: str, attributes: Iterable[str]) -> PagedSearch:
        query = Query(subject, base, text, tuple(dict.fromkeys(filter(None, attributes))))
        return PagedSearch(self._reader, query, self._settings.page_size)

    def _settle(self, search: PagedSearch) -> None:
        self.searches.append(search.record)
        refusal = search.refusal(self._system)
        if refusal:
            raise refusal
        self.doubts.update(search.doubts)
        self._cut = self._cut or search.cut

    # ---- from entries to groups ------------------------------------------------------------------------

    def _select(
        self, selectors: Sequence[Selector]
    ) -> dict[Selector, tuple[tuple[GroupEntry, ...], tuple[Doubt, ...]]]:
        """The groups that each selector means, and the doubts about that. An ambiguous name means none."""
        selecting = Selecting(self.groups.by_dn.exact.values(), self._groups_base)
        chosen = {}
        for selector in dict.fromkeys(selectors):
            doubts: tuple[Doubt, ...] = ()
            if selector.kind is SelectorKind.FILTER:
                dns, doubts = self._filtered(selector)
                found = selecting.with_dns(dns)
                if len(found) < len(dns):
                    doubts += (
                        Doubt(DoubtKind.MISSING, f"a group that matches {selector.text} came during the read"),
                    )
            else:
                found = selecting.find(selector)
            doubts += selecting.doubts(selector, found)
            ambiguous = selector.names_one and len(found) > 1
            chosen[selector] = (() if ambiguous else found, tuple(sorted(set(doubts))))
        return chosen

    def _filtered(self, selector: Selector) -> tuple[set[bytes], tuple[Doubt, ...]]:
        """Let the server evaluate a filter among the groups."""
        text = both(self._settings.schema.group_filter, selector.text)
        search = self._search(f"groups by {selector.text}", self._groups_base, text, NO_ATTRIBUTES)
        dns = {entry.dn for entry in search.entries()}
        self.searches.append(search.record)
        return dns, search.doubts

    def _build(self, starts: set[bytes]) -> dict[bytes, DirectoryGroup]:
        """The groups at these DNs with everybody in them, nested groups expanded."""
        members = Members(self.people, self.groups, self._people_base, self._settings.schema.ignore_members)
        entries = self.groups.by_dn.exact
        met = self._look_up(starts, members)
        direct = {dn: members.contents(entries[dn]) for dn in met}
        return {dn: self._group(entries[dn], effective(dn, direct)) for dn in starts}

    def _look_up(self, starts: set[bytes], members: Members) -> frozenset[bytes]:
        """Follow nested groups until every member is known; a look-up may bring in groups from elsewhere."""
        entries = self.groups.by_dn.exact
        while True:
            met = reachable(starts, lambda dn: members.roll(entries[dn]).groups)
            unknown = members.unknown(entries[dn] for dn in met)
            if not unknown:
                return met
            members.learn(unknown, self._found(unknown))

    def _found(self, dns: list[bytes]) -> Found:
        """Look up DNs; after a search that broke off it would be in vain to ask for everybody it left out."""
        if self._cut:
            why = "the search for people or groups broke off"
            return Found(failed={normal_form(dn): why for dn in dns})
        settings = self._settings
        lookup = Lookup(
            self._reader, settings.base_dn, settings.schema.dn_attribute, settings.page_size, self.searches
        )
        return lookup.find(
            dns, settings.schema.people_filter, settings.schema.group_filter, self._group_attributes
        )

    def _group(self, entry: GroupEntry, contents: Contents[bytes]) -> DirectoryGroup:
        disabled = contents.people & self.people.disabled
        return DirectoryGroup(
            id=entry.id,
            name=entry.name,
            label=entry.label,
            members=contents.people - disabled,
            disabled=len(disabled),
            others=len(contents.others),
            doubts=tuple(sorted(contents.doubts)),
        )

    @property
    def _people_base(self) -> str:
        return self._settings.people_base or self._settings.base_dn

    @property
    def _groups_base(self) -> str:
        return self._settings.groups_base or self._settings.base_dn

    @property
    def _group_attributes(self) -> tuple[str, ...]:
        schema = self._settings.schema
        return tuple(dict.fromkeys((schema.group_id, schema.group_name, *(m.name for m in schema.members))))
