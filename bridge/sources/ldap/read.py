"""One read of one directory: a constant number of searches in each domain, and batches of look-ups."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from bridge.core.model import DirectoryRead, Doubt, DoubtKind, Search, Selector, SelectorKind
from bridge.core.nesting import TracedRead
from bridge.errors import IncompleteRead
from bridge.sources.ldap.building import Building, Chosen
from bridge.sources.ldap.chain import Chains
from bridge.sources.ldap.dn import normal_form
from bridge.sources.ldap.domain import OpenDomain
from bridge.sources.ldap.filters import both
from bridge.sources.ldap.groups import GroupEntry, Groups
from bridge.sources.ldap.lookup import Found, Lookup
from bridge.sources.ldap.members import Members
from bridge.sources.ldap.nesting import Contents
from bridge.sources.ldap.people import People
from bridge.sources.ldap.ranges import Ranges
from bridge.sources.ldap.search import NO_ATTRIBUTES, PagedSearch
from bridge.sources.ldap.selection import Selecting
from bridge.sources.ldap.settings import LdapSettings, Nesting


class Reading:
    """A read under way. Use it once."""

    def __init__(self, settings: LdapSettings, domains: Sequence[OpenDomain]) -> None:
        self.people = People(settings.name, settings.schema)
        self.groups = Groups(settings.name, settings.schema, self.people)
        """With their members."""
        self.listed = self.groups
        """All that there are; where chains are asked for, without their members."""
        self.searches: list[Search] = []
        self.doubts: set[Doubt] = set()
        """Of the read as a whole."""
        self.reached: Mapping[bytes, Contents[bytes]] = {}
        """The groups that selectors led to, and those in them: what is right in each, by its key."""
        self._settings = settings
        self._schema = settings.schema
        self._domains = domains
        self._cut = False
        """Whether people or groups are missing because a search broke off."""
        if settings.nesting is Nesting.CHAIN and not settings.schema.memberships:
            # where groups say themselves which groups they are in, only a look at all of them finds those in one
            self.listed = Groups(settings.name, settings.schema, self.people)

    def survey(self) -> None:
        """Read all people and all groups as they stand. Raises RemoteError where nothing came at all."""
        for domain in self._domains:
            found = self._read_people(domain)
            self._read_disabled(domain, found)
        self.doubts.update(self._doubts_about_people())
        for domain in self._domains:
            self._read_groups(domain)
        self.doubts.update(self._doubts_about_outer(self.listed))
        self.listed.tell_apart()

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read everything that the selectors name. Raises RemoteError where nothing came at all."""
        return self._read(selectors)[0]

    def trace(self, selectors: Sequence[Selector], text: str) -> TracedRead:
        """The same, with the nesting, and everybody who goes by this name."""
        read, building = self._read(selectors)
        return building.traced(read, text)

    def _read(self, selectors: Sequence[Selector]) -> tuple[DirectoryRead, Building]:
        self.survey()
        chosen = self._select(selectors)
        starts = {group.dn for groups, _ in chosen.values() for group in groups}
        if self.listed is not self.groups:
            self._read_chains(starts)
        bases = [domain.people_base for domain in self._domains]
        members = Members(self.people, self.groups, bases, self._schema.ignore_members)
        building = Building(self.people, self.groups, members, self._whole, self._found)
        selections = building.selections(chosen)
        self.reached = building.reached
        self.doubts.update(self._doubts_about_outer(self.groups))
        read = DirectoryRead(
            directory=self._settings.name,
            server=", ".join(domain.session.server for domain in self._domains),
            people=building.people(selections),
            selections=selections,
            doubts=tuple(sorted(self.doubts)),
            searches=tuple(self.searches),
            nesting=building.nesting(),
            disabled=building.disabled(),
        )
        return read, building

    # ---- the searches ----------------------------------------------------------------------------------

    def _read_people(self, domain: OpenDomain) -> PagedSearch:
        schema = self._schema
        attributes = schema.person_attributes
        search = domain.search("people", domain.people_base, schema.people_filter, attributes)
        for entry in search.entries():
            self.people.add(entry)
        if schema.ignore_members:
            self.people.by_dn.discard_forms(set(map(normal_form, schema.ignore_members)))
        self._settle(domain, search)
        return search

    def _read_disabled(self, domain: OpenDomain, everybody: PagedSearch) -> None:
        """Mark disabled people. Cut short, this search would make disabled people look enabled: no read at all.

        A reference that the search for people gave, too, leaves nobody out who was read; a referral ends this one.
        """
        schema = self._schema
        if not schema.disabled_filter:
            return
        disabled_filter = both(schema.people_filter, schema.disabled_filter)
        search = domain.search("disabled people", domain.people_base, disabled_filter, (schema.person_id,))
        for entry in search.entries():
            self.people.disable(entry)
        self.searches.append(search.record)
        cut = search.cut or search.query in domain.reader.referred
        if cut or search.elsewhere - everybody.elsewhere:
            why = "; ".join(doubt.text for doubt in search.doubts)
            raise IncompleteRead(domain.system, f"nobody can be told from the disabled people: {why}")

    def _read_groups(self, domain: OpenDomain) -> None:
        schema = self._schema
        whole = self.listed is self.groups
        attributes = schema.whole_group_attributes if whole else schema.group_attributes
        search = domain.search("groups", domain.groups_base, schema.group_filter, attributes)
        self.listed.take_all(search.made(partial(self.listed.made, catalog=domain.is_catalog)))
        self._settle(domain, search)

    def _read_chains(self, starts: set[bytes]) -> None:
        """Read the groups that are meant, and those that servers say are in them; the walk finds any others."""
        for domain in self._domains:
            dns = sorted(dn for dn in starts if self._domain_of(dn) is domain)
            chains = Chains(domain, self._schema, self.searches)
            for groups in chains.searches(dns, partial(self.groups.made, catalog=domain.is_catalog)):
                self.groups.take_all(groups)

    def _settle(self, domain: OpenDomain, search: PagedSearch) -> None:
        self.searches.append(search.record)
        refusal = search.refusal(domain.system)
        if refusal:
            raise refusal
        self.doubts.update(search.doubts)
        self._cut = self._cut or search.cut

    def _doubts_about_people(self) -> Iterator[Doubt]:
        """Where a group does not name everybody in it, what people hide is missing from some group or other."""
        if unplaced := self.people.belonging.unplaced:
            schema = self._schema
            what = f"{unplaced} people do not show {schema.security_id} and {schema.primary_group}"
            remedy = "let the service account read them, or set both to none where no primary group is mapped"
            yield Doubt(DoubtKind.UNRESOLVED, f"{what}, so that their primary group is not known; {remedy}")

        if cut := self.people.belonging.shown_in_part:
            yield Doubt(DoubtKind.UNRESOLVED, f"{cut} people show {self._part_of_memberships}")

    def _doubts_about_outer(self, groups: Groups) -> Iterator[Doubt]:
        """The same of groups: what they hide is missing from some group or other."""
        for label in groups.shown_in_part:
            yield Doubt(DoubtKind.UNRESOLVED, f"the group {label} shows {self._part_of_memberships}")

    @property
    def _part_of_memberships(self) -> str:
        remedy = "let the server send all its values at once"
        return f"a part of {self._schema.memberships} only, so that the other groups are not known; {remedy}"

    # ---- from entries to groups ------------------------------------------------------------------------

    def _select(self, selectors: Sequence[Selector]) -> Chosen:
        """The groups that each selector means, and the doubts about that. An ambiguous name means none."""
        bases = "', '".join(domain.groups_base for domain in self._domains)
        selecting = Selecting(self.listed.by_dn.exact.values(), bases)
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
            chosen[selector] = selecting.settled(selector, found, doubts)
        return chosen

    def _filtered(self, selector: Selector) -> tuple[set[bytes], tuple[Doubt, ...]]:
        """Let the servers evaluate a filter among the groups."""
        text = both(self._schema.group_filter, selector.text)
        dns: set[bytes] = set()
        doubts: tuple[Doubt, ...] = ()
        for domain in self._domains:
            search = domain.search(f"groups by {selector.text}", domain.groups_base, text, NO_ATTRIBUTES)
            dns |= {entry.dn for entry in search.entries()}
            self.searches.append(search.record)
            doubts += search.doubts
        return dns, doubts

    def _whole(self, dn: bytes) -> GroupEntry:
        """A group with all its members, the rest of which is read when it is first met."""
        group = self.groups.by_dn.exact[dn]
        if group.part is None:
            return group
        domain = self._lister_of(dn)
        if domain is None:
            self.groups.take(_cut_off(group))
            return self.groups.by_dn.exact[dn]
        names = tuple(attribute.name.lower() for attribute in self._schema.members)
        entry, doubt = Ranges(domain.reader, names, self.searches).completed(group.part)
        whole = self.groups.made(entry, catalog=domain.is_catalog, doubt=doubt)
        self.groups.take(replace(whole, doubts=tuple(dict.fromkeys((*group.doubts, *whole.doubts)))))
        return self.groups.by_dn.exact[dn]

    def _found(self, dns: list[bytes]) -> Found:
        """Look up DNs; after a search that broke off it would be in vain to ask for everybody it left out."""
        if self._cut:
            why = "the search for people or groups broke off"
            return Found(failed={normal_form(dn): why for dn in dns})
        found = Found()
        for domain in (None, *self._domains):
            here = [dn for dn in dns if self._domain_of(dn) is domain]
            if domain:
                make = partial(self.groups.made, catalog=domain.is_catalog)
                lookup = Lookup(domain, self._schema, make, self.searches)
                found.update(lookup.find(here))
            else:
                why = "it lies outside every domain of this directory; list its domain under `domains`"
                found.failed.update((normal_form(dn), why) for dn in here)
        return found

    def _lister_of(self, dn: bytes) -> OpenDomain | None:
        """The domain whose server has a group: the one that it lies in, or else one that lists it all the same."""
        form = normal_form(dn)
        return self._domain_of(dn) or next((domain for domain in self._domains if domain.lists(form)), None)

    def _domain_of(self, dn: bytes) -> OpenDomain | None:
        """The domain that a name lies in; the innermost, where one is below another."""
        form = normal_form(dn)
        holding = [domain for domain in self._domains if domain.holds(form)]
        return max(holding, key=OpenDomain.depth, default=None)


def _cut_off(group: GroupEntry) -> GroupEntry:
    """A group of which no server is known to have the rest."""
    what = f"the server sent a part of {group.label} only, which lies outside every base"
    remedy = "so that nobody can be asked for the rest; correct base_dn and groups_base"
    doubt = Doubt(DoubtKind.TRUNCATED, f"{what}, {remedy}")
    return replace(group, part=None, doubts=(*group.doubts, doubt))
