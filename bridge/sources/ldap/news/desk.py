"""Marks taken, and news read, over all domains of a directory.

A mark is taken over the very connection that is read by: behind one address there may be several servers, and what
one of them knows already, another may not show yet. What goes wrong is never a doubt about a read; it only means
that this run, or the next, reads in full.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bridge.core.model import Search, Selector, SelectorKind
from bridge.core.snapshot import News, Snapshot
from bridge.errors import RemoteError
from bridge.sources.ldap.connection import Session, opened
from bridge.sources.ldap.dn import is_under, normal_form
from bridge.sources.ldap.domain import OpenDomain
from bridge.sources.ldap.failures import CredentialsRefused
from bridge.sources.ldap.filters import attributes_in
from bridge.sources.ldap.news.looking import MOST_LOOKS, Look
from bridge.sources.ldap.news.marks import DomainMark, mark_text, marks_in
from bridge.sources.ldap.news.telling import Ground, Taken, Told
from bridge.sources.ldap.news.ways import WAYS, way_of
from bridge.sources.ldap.settings import Domain, LdapSettings


@dataclass(frozen=True, slots=True)
class DirectoryMark:
    """What came of taking a mark."""

    text: str
    """Empty: there is none."""
    searches: tuple[Search, ...] = ()
    notes: tuple[str, ...] = ()
    """Why not."""


class MarkLostError(Exception):
    """A connection was lost while a mark was to be taken over it. A read without one may do better."""


class NewsDesk:
    """Asks the servers of a directory what changed.

    `open_domain` makes a domain of a connection to its server, `servers` tells which ones a domain has now, and
    `failed` is told of one that does not answer.
    """

    def __init__(
        self,
        settings: LdapSettings,
        open_domain: Callable[[Domain, Session], OpenDomain],
        servers: Callable[[Domain], Sequence[str]],
        failed: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._open_domain = open_domain
        self._servers = servers
        self._failed = failed

    def take(self, domains: Sequence[OpenDomain], selectors: Sequence[Selector]) -> DirectoryMark:
        """Take a mark over the connections to be read by. Raises MarkLostError where one of them is lost."""
        marks: dict[str, DomainMark] = {}
        searches: list[Search] = []
        notes: list[str] = []
        for each in domains:
            way, taken = self._take(each, selectors)
            searches += taken.searches
            if taken.token is None:
                notes.append(f"{each.session.server} is read in full in every run: {taken.why_not}")
            else:
                marks[each.domain.base_dn] = DomainMark(each.session.server, way, taken.token)
        return DirectoryMark("" if notes else mark_text(marks), tuple(searches), tuple(notes))

    def _take(self, open_domain: OpenDomain, selectors: Sequence[Selector]) -> tuple[str, Taken]:
        domain, session = open_domain.domain, open_domain.session
        if not _holds_its_bases(domain):
            return "", Taken(None, why_not="people_base or groups_base does not lie under base_dn")
        try:
            way = way_of(session)
            if not way.name:
                return "", Taken(None, way.searches, way.why_not)
            ground = replace(self._ground(domain, selectors), contexts=way.contexts)
            taken = WAYS[way.name].take(session, ground)
        except RemoteError as error:
            raise MarkLostError(f"{session.server} is read in full in every run: {error.what}") from error
        return way.name, replace(taken, searches=(*way.searches, *taken.searches))

    def read(self, snapshot: Snapshot, selectors: Sequence[Selector]) -> News:
        """Read what happened since a snapshot. Raises CredentialsRefused: trying again may lock the account."""
        try:
            marks = marks_in(snapshot.mark)
            old = [(domain, marks[domain.base_dn]) for domain in self._settings.domains]
        except (LookupError, ValueError):
            return News(snapshot.mark, due="the mark is none of ours")
        new: dict[str, DomainMark] = {}
        news = News(snapshot.mark)
        for domain, mark in old:
            new[domain.base_dn], part = self._read(domain, mark, snapshot, selectors)
            news = _joined(news, part)
            if news.due:
                return news
        return replace(news, mark=mark_text(new))

    def _read(
        self, domain: Domain, mark: DomainMark, snapshot: Snapshot, selectors: Sequence[Selector]
    ) -> tuple[DomainMark, News]:
        """What happened in one domain, and from where to ask on."""
        try:
            if mark.server not in self._servers(domain):
                return mark, News(snapshot.mark, due=f"{mark.server} is no server of this directory any more")
            with opened(self._settings, mark.server, domain.bind) as session:
                told = WAYS[mark.way].tell(session, self._ground(domain, selectors), mark.token)
                news = self._second_look(self._open_domain(domain, session), told, snapshot, selectors)
        except CredentialsRefused:
            raise
        except RemoteError as error:
            self._failed(mark.server)
            return mark, News(snapshot.mark, due=error.what)
        except (LookupError, ValueError):
            return mark, News(snapshot.mark, due="the mark is none of ours")
        return replace(mark, token=told.token), news

    def _second_look(
        self, domain: OpenDomain, told: Told, snapshot: Snapshot, selectors: Sequence[Selector]
    ) -> News:
        """The news, with a look at what changed where that may show that nothing did that is read."""
        news = News(snapshot.mark, told.touched, told.gone, told.placed, due=told.due, searches=told.searches)
        footing = snapshot.footing
        in_question = told.touched & (snapshot.read.people.keys() | footing.others) - told.placed
        if told.due or footing.strict or in_question != told.touched or not 0 < len(in_question) <= MOST_LOOKS:
            return replace(news, entering=told.touched)
        look = Look(domain, self._settings.name, self._settings.schema, in_question)
        seen, entering = look.people(), look.entering(selectors)
        return replace(news, seen=seen, entering=entering, searches=(*news.searches, *look.searches))

    def _ground(self, domain: Domain, selectors: Sequence[Selector]) -> Ground:
        schema = self._settings.schema
        filters = [schema.people_filter, schema.disabled_filter, schema.group_filter]
        filters += [selector.text for selector in selectors if selector.kind is SelectorKind.FILTER]
        asked = frozenset[str]().union(*(attributes_in(text) for text in filters if text))
        return Ground(self._settings.name, domain.base_dn, schema, filter_attributes=asked)


def _holds_its_bases(domain: Domain) -> bool:
    """Whether people and groups lie where the domain begins, or below."""
    base = normal_form(domain.base_dn)
    return all(form == base or is_under(form, base) for form in map(normal_form, domain.bases))


def _joined(first: News, second: News) -> News:
    return News(
        mark=first.mark,
        touched=first.touched | second.touched,
        gone=first.gone | second.gone,
        entering=first.entering | second.entering,
        seen={**first.seen, **second.seen},
        due=first.due or second.due,
        searches=(*first.searches, *second.searches),
    )
