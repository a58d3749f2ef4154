"""One domain of a directory, open for reading: what can be asked of its server."""

from collections.abc import Iterable
from typing import Final

from bridge.core.model import Search
from bridge.errors import RemoteError
from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.dn import is_under, normal_form
from bridge.sources.ldap.ranges import ANYTHING
from bridge.sources.ldap.references import References
from bridge.sources.ldap.search import BASE, PagedSearch, Query
from bridge.sources.ldap.settings import Domain, is_global_catalog
from bridge.sources.ldap.watch import WatchedPages

_ACTIVE_DIRECTORY: Final = b"1.2.840.113556.1.4.800"
"""The capability of a server that is Active Directory, and so knows IN_CHAIN (MS-ADTS 3.1.1.3.4.3.1)."""


class OpenDomain:
    """A domain at the one server that this read asks."""

    def __init__(
        self, domain: Domain, session: Session, reader: WatchedPages, references: References, page_size: int
    ) -> None:
        self.domain = domain
        self.session = session
        self.reader = reader
        self.people_base, self.groups_base = domain.bases
        self._references = references
        self._page_size = page_size
        self._form = normal_form(domain.base_dn)

    @property
    def system(self) -> str:
        """For errors: the directory and the server."""
        return self.session.system

    @property
    def failure(self) -> RemoteError | None:
        """Why the server's answers are less than whole, where another server may do better."""
        return self.reader.failure

    @property
    def is_catalog(self) -> bool:
        """Whether a global catalog is asked."""
        return is_global_catalog(self.session.server)

    def search(self, subject: str, base: str, text: str, attributes: Iterable[str]) -> PagedSearch:
        """A search under a base, not begun yet."""
        query = Query(subject, base, text, tuple(attributes))
        return PagedSearch(self.reader, query, self._page_size, self._references)

    def holds(self, form: str) -> bool:
        """Whether a name, in normal form, lies in this domain."""
        return form == self._form or is_under(form, self._form)

    def lists(self, form: str) -> bool:
        """Whether a group of this name comes in the search for groups, whose base may lie beside the domain."""
        base = normal_form(self.groups_base)
        return form == base or is_under(form, base)

    def depth(self) -> int:
        """How far down the tree the domain begins."""
        return len(self._form)

    def knows_chains(self, records: list[Search]) -> bool:
        """Ask the server whether it can tell which groups are in a group at any depth.

        Others than Active Directory answer such a question with nobody and success, so that no answer is a proof.
        """
        query = Query("the server's capabilities", "", ANYTHING, ("supportedCapabilities",), scope=BASE)
        search = PagedSearch(self.reader, query, page_size=2)
        entries = list(search.entries())
        records.append(search.record)
        return any(_ACTIVE_DIRECTORY in values for entry in entries for values in entry.attributes.values())
