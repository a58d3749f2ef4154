import os
import socket
import subprocess
from contextlib import AbstractContextManager
from urllib.parse import urlsplit
from uuid import UUID

import ldap3
import pytest
from ldap3.core.exceptions import LDAPUnavailableCriticalExtensionResult

from tests.servers import programs
from tests.servers.clients import found, signed_in
from tests.servers.ds389 import FREEIPA_SCHEMA, PACKAGES, Ds389
from tests.servers.slapd import BASE
from tests.sources.contract import WORLD
from tests.sources.ldap import directory
from tests.sources.ldap.directory import group_dn, ldif_of, person, person_dn

LDIF = (
    directory.TREE
    + person("svc", userPassword="svc-secret")
    + person("ann")
    + person("bob")
    + directory.group("inner", person_dn("ann"), person_dn("bob"))
    + directory.group("outer", group_dn("inner"))
)
SYNC_REQUEST = "1.3.6.1.4.1.4203.1.9.1.1"
SYNC_DONE = "1.3.6.1.4.1.4203.1.9.1.3"
REFRESH_ONLY = bytes.fromhex("30030a0101")

pytestmark = pytest.mark.ds389


def _signed_in(ds: Ds389, user: str = "", password: str = "") -> AbstractContextManager[ldap3.Connection]:
    """As the administrator unless somebody is named."""
    return signed_in(ds.url, user or ds.admin_dn, password or ds.admin_password)


def _values(connection: ldap3.Connection, dn: str, attribute: str) -> list[str]:
    connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=[attribute])
    (entry,) = found(connection)
    return sorted(value.decode() for value in entry.get(attribute, ()))


def test_who_signs_in_reads_all_but_passwords() -> None:
    """The administrator and an account of the LDIF can bind; the account sees entries, ids and no password."""
    with Ds389(LDIF) as ds, _signed_in(ds, person_dn("svc"), "svc-secret") as connection:
        connection.search(BASE, "(uid=*)", attributes=["uid", "entryUUID", "nsUniqueId", "userPassword"])
        entries = found(connection)
    assert sorted(entry["uid"] for entry in entries) == [[b"ann"], [b"bob"], [b"svc"]]
    assert {UUID(entry["entryUUID"][0].decode()).version for entry in entries} == {4}
    assert all(entry["nsUniqueId"] for entry in entries)
    assert not any("userPassword" in entry for entry in entries)


def test_ldaps_is_trusted_through_its_ca_file() -> None:
    """A client that checks certificates accepts ldaps:// by name and by address."""
    with Ds389(LDIF, tls=True) as ds:
        with signed_in(ds.ldaps_url, ds.admin_dn, ds.admin_password, ca_file=ds.ca_file) as connection:
            assert connection.bound
        by_address = ds.ldaps_url.replace("localhost", "127.0.0.1")
        subprocess.run(
            [programs.require("ldapwhoami", PACKAGES), "-x", "-H", by_address],
            env={**os.environ, "LDAPTLS_CACERT": str(ds.ca_file)},
            check=True,
        )


def test_it_comes_back_on_the_same_port() -> None:
    """Stopped or killed, it refuses connections; started again, it holds what it held."""
    with Ds389(LDIF) as ds:
        address = ("127.0.0.1", urlsplit(ds.url).port)
        with _signed_in(ds) as connection:
            before = _values(connection, person_dn("ann"), "entryUUID")
        for end in (ds.stop, ds.kill):
            end()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address, timeout=5)
            ds.start()
            with _signed_in(ds) as connection:
                assert _values(connection, person_dn("ann"), "entryUUID") == before


def test_it_listens_on_the_loopback_only() -> None:
    """Another of the machine's loopback addresses finds nobody there."""
    with Ds389() as ds, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", urlsplit(ds.url).port), timeout=5)


@pytest.mark.parametrize("on", [True, False])
def test_member_of_is_kept_if_asked_for(on: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """With the plugin, memberOf shows groups at any depth; without it, there is none."""
    with Ds389(LDIF, member_of=on) as ds, _signed_in(ds) as connection:
        groups = [group_dn("inner"), group_dn("outer")] if on else []
        assert _values(connection, person_dn("ann"), "memberOf") == groups


@pytest.mark.parametrize("on", [True, False])
def test_references_are_kept_if_asked_for(on: bool) -> None:  # noqa: FBT001 - as above
    """With the plugin, who is deleted is in no group any more; without it, the name stays behind."""
    with Ds389(LDIF, refint=on) as ds, _signed_in(ds) as connection:
        connection.delete(person_dn("bob"))  # type: ignore[no-untyped-call]  # its stubs leave it out
        members = [person_dn("ann")] if on else [person_dn("ann"), person_dn("bob")]
        assert _values(connection, group_dn("inner"), "member") == members


def test_content_is_synchronized_if_asked_for() -> None:
    """With the plugin, a sync request (RFC 4533) is answered with a cookie; without it, it is refused."""
    with Ds389(LDIF, sync=True) as ds, _signed_in(ds) as connection:
        _ask_for_content(connection)
        assert connection.result["controls"][SYNC_DONE]["value"]
    with (
        Ds389(LDIF) as ds,
        _signed_in(ds) as connection,
        pytest.raises(LDAPUnavailableCriticalExtensionResult),
    ):
        _ask_for_content(connection)


def _ask_for_content(connection: ldap3.Connection) -> None:
    connection.search(
        BASE, "(uid=*)", dereference_aliases=ldap3.DEREF_NEVER, controls=[(SYNC_REQUEST, True, REFRESH_ONLY)]
    )


def test_it_can_look_like_freeipa() -> None:
    """With FreeIPA's schema it holds ipaUserGroups, which may be empty, ipaUniqueIDs, and locked accounts."""
    ldif = LDIF + directory.entry(
        group_dn("ipa"), objectClass=("ipaUserGroup", "ipaObject"), cn="ipa", ipaUniqueID="0f5e4d3c"
    )
    ldif += person("gus", nsAccountLock="TRUE")
    with Ds389(ldif, schema=FREEIPA_SCHEMA, member_of=True) as ds, _signed_in(ds) as connection:
        assert _values(connection, group_dn("ipa"), "ipaUniqueID") == ["0f5e4d3c"]
        connection.search(BASE, "(nsAccountLock=TRUE)", attributes=["uid"])
        assert [entry["uid"] for entry in found(connection)] == [[b"gus"]]


def test_settings_of_the_server_can_be_made() -> None:
    """A size limit of one cuts what anybody but the administrator reads."""
    with (
        Ds389(LDIF, settings={"nsslapd-sizelimit": "1"}) as ds,
        _signed_in(ds, person_dn("svc"), "svc-secret") as connection,
    ):
        connection.search(BASE, "(uid=*)")
        assert connection.result["description"] == "sizeLimitExceeded"
        assert len(found(connection)) == 1


def test_a_fault_in_the_ldif_is_told() -> None:
    """An entry that the server refuses fails the test that brought it, and is named."""
    with pytest.raises(pytest.fail.Exception, match=r"No such object[\s\S]*uid=ann"), Ds389(person("ann")):
        pass


def test_the_world_of_the_contract_fits_in() -> None:
    """Every person and group of it, with all their members."""
    with Ds389(ldif_of(WORLD)) as ds, _signed_in(ds) as connection:
        for some in WORLD.groups:
            assert len(_values(connection, group_dn(some.key), "member")) == len(some.members)
