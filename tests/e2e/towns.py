"""One town in three real directories, and how the bridge reads each: for tests of what goes wrong between them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.sources.ldap.connection import Session
from bridge.sources.ldap.search import PageReader
from bridge.sources.ldap.source import pages_for
from tests.servers import active_directory as ad
from tests.servers.ds389 import Ds389
from tests.servers.samba import SambaDc
from tests.servers.slapd import BASE, Slapd
from tests.sources.ldap.directory import TREE, group, group_dn, person, person_dn
from tests.sources.ldap.narrow import NarrowRanges

STAFF: Final = tuple(f"p{number:02}" for number in range(24))
NESTED: Final = STAFF[16:]
"""Who is in the group only through the group in it."""
PAGE: Final = 7
_PEOPLE: Final = r"^\(objectClass=inetOrgPerson\)$"


@dataclass(frozen=True, slots=True)
class Town:
    """A directory that holds the town."""

    url: str
    ca_file: Path | None
    preset: str
    base: str
    user: str
    password: str
    people: str
    """What the searches for people, disabled people, and groups have in their filters, and no other has."""
    disabled: str
    groups: str
    pages: Callable[[Session], PageReader] = pages_for

    def directory(self, url: str) -> str:
        """A directory's section, reached at this address."""
        return (
            f"{{type: ldap, preset: {self.preset}, servers: ['{url}'], base_dn: '{self.base}', page_size: {PAGE}, "
            f"connect_timeout: 2s, receive_timeout: 1s, "
            f"bind: {{user: '{self.user}', password: '${{env:LDAP_PASSWORD}}'}}}}"
        )


@contextmanager
def openldap() -> Iterator[Town]:
    """OpenLDAP."""
    with Slapd(_ldif(), tls=False) as slapd:
        yield Town(
            slapd.url, None, "openldap", BASE, slapd.admin_dn, slapd.admin_password,
            people=_PEOPLE, disabled="pwdAccountLockedTime", groups="objectClass=groupOfNames",
        )  # fmt: skip


@contextmanager
def directory_server() -> Iterator[Town]:
    """389 Directory Server."""
    with Ds389(_ldif()) as ds:
        yield Town(
            ds.url, None, "389ds", BASE, ds.admin_dn, ds.admin_password,
            people=_PEOPLE, disabled="nsAccountLock", groups="objectClass=groupOfNames",
        )  # fmt: skip


@contextmanager
def active_directory() -> Iterator[Town]:
    """Samba as Active Directory, which sends seven members of a group at once."""
    ldif = (
        ad.tree()
        + "".join(map(ad.person, STAFF))
        + ad.group("staff", *map(ad.person_dn, STAFF[:16]), ad.group_dn("night"))
        + ad.group("night", *map(ad.person_dn, NESTED))
    )
    with SambaDc(ldif) as dc:
        yield Town(
            dc.ldaps_url, dc.ca_file, "active-directory", dc.base, dc.service_user, dc.service_password,
            people=r"objectClass=user\)\)$", disabled="userAccountControl", groups=r"^\(objectCategory=group\)$",
            pages=lambda session: NarrowRanges(pages_for(session), 7),
        )  # fmt: skip


def _ldif() -> str:
    return (
        TREE
        + "".join(map(person, STAFF))
        + group("staff", *map(person_dn, STAFF[:16]), group_dn("night"))
        + group("night", *map(person_dn, NESTED))
    )
