"""What a search shows through our decoder and through ldap3's."""

from bridge.core.model import Doubt, Search
from bridge.errors import RemoteError
from bridge.sources.ldap.connection import Session, opened
from bridge.sources.ldap.search import Ldap3Pages, PagedSearch, PageReader, Query
from bridge.sources.ldap.settings import LdapSettings
from bridge.sources.ldap.wire import WirePages

Outcome = tuple[
    list[tuple[bytes, dict[str, list[bytes]]]], Search, tuple[Doubt, ...], type[RemoteError] | None, str
]


def outcome(session: Session, reader: PageReader, query: Query, page_size: int) -> Outcome:
    """All that a search shows when it is over."""
    search = PagedSearch(reader, query, page_size)
    found = [(one.dn, dict(one.attributes)) for one in search.entries()]
    refusal = search.refusal(session.system)
    return found, search.record, search.doubts, type(refusal) if refusal else None, str(refusal)


def both_outcomes(chosen: LdapSettings, query: Query, page_size: int) -> list[Outcome]:
    """What a search shows through our decoder and through ldap3's, each over a connection of its own."""
    outcomes = []
    for reader in (WirePages, Ldap3Pages):
        with opened(chosen, chosen.domains[0].servers[0]) as session:
            outcomes.append(outcome(session, reader(session), query, page_size))
    return outcomes
