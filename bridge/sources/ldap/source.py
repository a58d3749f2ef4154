"""An LDAP directory as a source: all of one read comes from one server, or from one of each domain."""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import structlog
from dns.resolver import Resolver

from bridge.core.model import DirectoryName, DirectoryRead, DoubtKind, Selector
from bridge.core.nesting import TracedRead
from bridge.core.snapshot import Footing, News, Snapshot
from bridge.errors import Denied, IncompleteRead, RemoteError
from bridge.sources.ldap.connection import Session, opened
from bridge.sources.ldap.discovery import Discovered, Discoverer
from bridge.sources.ldap.domain import OpenDomain
from bridge.sources.ldap.filters import fault_in
from bridge.sources.ldap.footing import footing_of
from bridge.sources.ldap.news.desk import MarkLostError, NewsDesk
from bridge.sources.ldap.read import Reading
from bridge.sources.ldap.references import References
from bridge.sources.ldap.root import Root, read_root
from bridge.sources.ldap.search import Ldap3Pages, PageReader
from bridge.sources.ldap.selection import fault_of
from bridge.sources.ldap.servers import ServerOrder
from bridge.sources.ldap.settings import Domain, LdapSettings
from bridge.sources.ldap.trail import Trail, at_servers
from bridge.sources.ldap.watch import WatchedPages
from bridge.sources.ldap.wire import WirePages
from bridge.sources.ldap.wire_exchange import is_layerless
from bridge.sources.probe import ListedGroup, Probe
from bridge.sources.recalling import Marked

T = TypeVar("T")

_LOG = structlog.get_logger(__name__)


def pages_for(session: Session) -> PageReader:
    """Our own decoder; ldap3's where SASL may put a layer around every message, which only ldap3 takes off."""
    return (WirePages if is_layerless(session) else Ldap3Pages)(session)


class LdapSource:
    """One LDAP directory. Every read opens a connection of its own, so that threads may share a source."""

    def __init__(
        self,
        settings: LdapSettings,
        pages: Callable[[Session], PageReader] = pages_for,
        monotonic: Callable[[], float] = time.monotonic,
        resolver: Callable[[], Resolver] = Resolver,
    ) -> None:
        self._settings = settings
        self._pages = pages
        self._order = ServerOrder(monotonic)
        self._discoverer = Discoverer(settings.name, monotonic, settings.connect_timeout, resolver)
        self._desk = NewsDesk(settings, self._open, self._servers, self._order.failed)

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._settings.name

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the groups that these selectors name, with all their people.

        What is missing is a doubt in the answer. Raises Unavailable when no server answers, Denied when none lets
        us in or a filter or pattern is malformed, IncompleteRead when disabled people cannot be told from others.
        """
        self._refuse_malformed(selectors)
        return self._at_servers(lambda domains: Reading(self._asked(selectors), domains).read(selectors))

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """The same: nothing is remembered here."""
        return self.read(selectors)

    @property
    def settings_digest(self) -> str:
        """Names all that the settings say, but for passwords."""
        return hashlib.sha256(repr(self._settings).encode()).hexdigest()

    def read_marked(self, selectors: Sequence[Selector]) -> Marked:
        """The same as `read`, with a mark from which to ask for news; without one, a note says why."""
        self._refuse_malformed(selectors)
        try:
            return self._at_servers(lambda domains: self._marked(domains, selectors))
        except MarkLostError as lost:
            return Marked(replace(self.read(selectors), notes=(str(lost),)), Footing(), mark="")

    def read_news(self, snapshot: Snapshot, selectors: Sequence[Selector]) -> News:
        """Read what happened since a snapshot. Raises Denied when the password is refused, and nothing else."""
        self._refuse_malformed(selectors)
        return self._desk.read(snapshot, selectors)

    def trace(self, selectors: Sequence[Selector], text: str) -> TracedRead:
        """The same read with its nesting, and with everybody who goes by this name. Raises what `read` raises."""
        self._refuse_malformed(selectors)
        return self._at_servers(lambda domains: Reading(self._asked(selectors), domains).trace(selectors, text))

    def probe(self) -> Probe:
        """Connect, sign in, read and count, for `check`. Raises what `read` raises, with the remedy."""
        self._refuse_malformed(())
        probe = self._at_servers(self._surveyed)
        return replace(probe, warnings=(*probe.warnings, *self._no_help(probe.server.split(", "))))

    def list_groups(self) -> tuple[ListedGroup, ...]:
        """Read which groups there are. Raises what `read` raises, and IncompleteRead where not all came."""
        return self._at_servers(self._listed)

    def read_root(self) -> Root:
        """Read what the first server that answers says of itself, without signing in. Raises RemoteError."""
        failures: list[RemoteError] = []
        for server in self._discovered(self._settings.domains[0]).servers:
            try:
                return read_root(self._settings, server)
            except RemoteError as error:
                failures.append(error)
        raise failures[0]

    def greet(self) -> str:
        """Connect and sign in, and tell how. Raises what `read` raises, with the remedy."""

        def told(domains: Sequence[OpenDomain]) -> str:
            sessions = [domain.session for domain in domains]
            return ", ".join(f"signed in at {session.server} ({session.security})" for session in sessions)

        return self._at_servers(told)

    def _no_help(self, used: Collection[str]) -> Iterator[str]:
        """What is wrong with DNS, and of the servers not used those that could not take over, with the reason."""
        for domain in self._settings.domains:
            discovered = self._discovered(domain)
            yield from discovered.warnings
            for server in discovered.servers:
                if server not in used:
                    try:
                        with opened(self._settings, server, domain.bind):
                            pass
                    except RemoteError as error:
                        yield f"{server} could not take over: {error.what}"

    def _asked(self, selectors: Sequence[Selector]) -> LdapSettings:
        """The settings of a read: who owns groups is read only where that is asked."""
        if any(selector.owners for selector in selectors):
            return self._settings
        return replace(self._settings, schema=replace(self._settings.schema, owner=""))

    def _at_servers(self, act: Callable[[Sequence[OpenDomain]], T]) -> T:
        """Do it at one server of each domain, at which it can be done to the end."""

        def act_whole(sessions: Sequence[Session]) -> tuple[T, Sequence[RemoteError]]:
            domains = list(map(self._open, self._settings.domains, sessions))
            answer = act(domains)
            return answer, [failure for domain in domains if (failure := domain.failure)]

        return at_servers([self._trail(domain) for domain in self._settings.domains], act_whole)

    def _trail(self, domain: Domain) -> Trail:
        discovered = self._discovered(domain)
        for warning in discovered.warnings:
            _LOG.warning("discovery.weakened", directory=self.name, reason=warning)
        return Trail(self._settings, domain, self._order, discovered.servers)

    def _discovered(self, domain: Domain) -> Discovered:
        """A domain's servers, as the configuration lists them or DNS does."""
        return self._discoverer.found(domain.discover) if domain.discover else Discovered(domain.servers)

    def _servers(self, domain: Domain) -> Sequence[str]:
        """Which servers there are now."""
        return self._discovered(domain).servers

    def _marked(self, domains: Sequence[OpenDomain], selectors: Sequence[Selector]) -> Marked:
        mark = self._desk.take(domains, selectors)
        reading = Reading(self._asked(selectors), domains)
        found = reading.read(selectors)
        read = replace(found, searches=(*mark.searches, *found.searches), notes=mark.notes)
        footing = footing_of(reading, self._settings.schema, selectors)
        if footing is None:
            note = "read in full in every run: a group that matters shows no id; let the service account read it"
            return Marked(replace(read, notes=(*read.notes, note)), Footing(), mark="")
        return Marked(read, footing, mark.text)

    def _open(self, domain: Domain, session: Session) -> OpenDomain:
        settings = self._settings
        others = [each for each in settings.domains if each is not domain]
        bases = [base for each in others for base in (each.base_dn, *each.bases)]
        references = References.of(bases, settings.schema.ignore_referrals)
        pages = WatchedPages(self._pages(session), session.system)
        return OpenDomain(domain, session, pages, references, settings.page_size)

    def _surveyed(self, domains: Sequence[OpenDomain]) -> Probe:
        reading = Reading(self._settings, domains)
        reading.survey()
        people, groups = reading.people, reading.listed.by_dn.exact
        sessions = [domain.session for domain in domains]
        findings = (
            *(f"connected to {session.server} ({session.security})" for session in sessions),
            f"{len(people.by_id)} people found, {len(people.disabled)} of them disabled",
            f"{len(groups)} groups found",
        )
        return Probe(
            ", ".join(session.server for session in sessions),
            findings,
            (*self._warnings(reading), *map(str, sorted(reading.doubts))),
        )

    def _listed(self, domains: Sequence[OpenDomain]) -> tuple[ListedGroup, ...]:
        reading = Reading(self._settings, domains)
        reading.survey()
        cut = sorted(doubt for doubt in reading.doubts if doubt.kind is DoubtKind.TRUNCATED)
        if cut:
            raise IncompleteRead(self.name, cut[0].text)
        return tuple(sorted(group.listed for group in reading.listed.by_dn.exact.values()))

    def _warnings(self, reading: Reading) -> Iterable[str]:
        people, groups, schema = reading.people, reading.listed.by_dn.exact, self._settings.schema
        if not people.by_id:
            yield "nobody was found; check people_base, people_filter and what the service account may see"
        if people.faults.exact:
            what = f"{len(people.faults.exact)} people have no {schema.person_id} of their own to be known by"
            yield f"{what}; let the service account read it"
        without = sum(not people.person(person_id).addresses for person_id in people.by_id)
        if without:
            yield f"{without} people have no address in {', '.join(schema.addresses)}; they will have no account"
        if not groups:
            yield "no group was found; check groups_base, group_filter and what the service account may see"
        if any(not group.id for group in groups.values()):
            yield f"some groups show no {schema.group_id}; let the service account read it"

    def _refuse_malformed(self, selectors: Sequence[Selector]) -> None:
        """Find what no server should see, before any connection."""
        schema = self._settings.schema
        ours = {
            "people_filter": schema.people_filter,
            "disabled_filter": schema.disabled_filter,
            "group_filter": schema.group_filter,
        }
        faults = [f"{key} '{text}': {fault}" for key, text in ours.items() if text and (fault := fault_in(text))]
        faults += [f"'{selector.text}': {fault}" for selector in selectors if (fault := fault_of(selector))]
        if faults:
            raise Denied(self.name, f"malformed in the configuration: {'; '.join(faults)}; correct it")
