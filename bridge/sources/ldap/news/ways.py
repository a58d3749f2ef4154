"""Which way a server has to tell what changed: by what it says of itself (RFC 4512, 5.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bridge.core.model import Search
from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.dn import readable
from bridge.sources.ldap.news import dirsync, sync_ber
from bridge.sources.ldap.news.dirsync import DirSyncTeller
from bridge.sources.ldap.news.syncrepl import SyncTeller
from bridge.sources.ldap.news.telling import Teller
from bridge.sources.ldap.ranges import ANYTHING
from bridge.sources.ldap.search import BASE, PagedSearch, Query
from bridge.sources.ldap.settings import is_global_catalog
from bridge.sources.ldap.wire import WirePages
from bridge.sources.ldap.wire_exchange import is_layerless

_SAYINGS: Final = ("supportedControl", "vendorName", "namingContexts")
_DIR_SYNC: Final = dirsync.OID.encode()
_SYNC: Final = sync_ber.REQUEST.encode()
_VENDOR_OF_389: Final = b"389 Project"

WAYS: Final[Mapping[str, Teller]] = {
    "dirsync": DirSyncTeller(),
    "syncrepl": SyncTeller(always_names=False),
    "syncrepl-389": SyncTeller(always_names=True),
}
"""By the names that stand in marks."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a server."""

    name: str
    """Empty: it has none."""
    why_not: str = ""
    contexts: tuple[str, ...] = ()
    """The server's naming contexts."""
    searches: tuple[Search, ...] = ()


def way_of(session: Session) -> Way:
    """Ask a server which way it has. Raises RemoteError when the connection is lost."""
    if is_global_catalog(session.server):
        return Way("", "a global catalog tells no changes")
    if not is_layerless(session):
        return Way("", "changes cannot be asked for under this kind of sign-in")
    query = Query("the server's capabilities", "", ANYTHING, _SAYINGS, scope=BASE)
    search = PagedSearch(WirePages(session), query, page_size=2)
    said: dict[str, list[bytes]] = {}
    for entry in search.entries():
        said.update(entry.attributes)
    if search.failure:
        raise search.failure
    contexts = tuple(map(readable, said.get("namingcontexts", ())))
    return Way(*_way(said), contexts, (search.record,))


def _way(said: Mapping[str, list[bytes]]) -> tuple[str, str]:
    controls = said.get("supportedcontrol", [])
    if _DIR_SYNC in controls:
        return "dirsync", ""
    if _SYNC in controls:
        is_389 = any(vendor.startswith(_VENDOR_OF_389) for vendor in said.get("vendorname", ()))
        return ("syncrepl-389" if is_389 else "syncrepl"), ""
    remedy = "set up its overlay syncprov (OpenLDAP) or its plugin Content Synchronization (389)"
    return "", f"the server has no way to tell changes; {remedy}"
