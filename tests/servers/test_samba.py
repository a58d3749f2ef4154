import os
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Literal

import ldap3
import pytest
from ldap3.core.exceptions import LDAPInvalidCredentialsResult, LDAPStrongerAuthRequiredResult

from bridge.sandbox.ldap import Code
from tests.servers import active_directory as ad
from tests.servers import programs
from tests.servers.clients import found, signed_in
from tests.servers.samba import PACKAGES, SambaDc
from tests.sources.contract import WORLD

LDIF = (
    ad.tree()
    + ad.group("staff", ad.person_dn("ann"), ad.person_dn("gus"), ad.group_dn("inner"), ad.FOREIGN)
    + ad.group("inner", ad.group_dn("staff"), *map(ad.thing_dn, ("carl", "WS1", "printer")))
    + ad.group("home")
    + ad.person("ann", mail="Ann@Example.test", displayName="Änn")
    + ad.person("bob", primary_group=ad.group_dn("home"), password="Passw0rd.bob")
    + ad.person("gus", enabled=False, password="Passw0rd.gus")
    + ad.contact("carl")
    + ad.computer("WS1")
    + ad.printer("printer")
)
IN_CHAIN = "1.2.840.113556.1.4.1941"

pytestmark = pytest.mark.samba


@pytest.fixture(scope="module")
def dc() -> Iterator[SambaDc]:
    """A domain controller that nobody changes."""
    with SambaDc(LDIF) as dc:
        yield dc


def _signed_in(dc: SambaDc, user: str, password: str, url: str = "") -> AbstractContextManager[ldap3.Connection]:
    return signed_in(url or dc.ldaps_url, user, password, ca_file=dc.ca_file, names=[dc.host])


def _found(dc: SambaDc, wanted: str, *attributes: str) -> dict[str, dict[str, list[bytes]]]:
    """What matches, by cn."""
    with _signed_in(dc, dc.service_user, dc.service_password) as connection:
        connection.search(dc.base, wanted, attributes=["cn", *attributes])
        return {entry["cn"][0].decode(): entry for entry in found(connection)}


@pytest.mark.parametrize("who", ["admin_dn", "service_dn", "service_user"])
def test_its_accounts_can_sign_in_over_verified_tls(dc: SambaDc, who: str) -> None:
    """The administrator and the service account sign in, by DN and by userPrincipalName."""
    password = dc.admin_password if who == "admin_dn" else dc.service_password
    for url in (dc.ldaps_url, dc.gc_ldaps_url):
        with _signed_in(dc, getattr(dc, who), password, url) as connection:
            assert connection.bound


def test_a_password_in_the_clear_is_refused(dc: SambaDc) -> None:
    """As a hardened Active Directory answers: strongerAuthRequired, unless the test asks for less."""
    for url in (dc.url, dc.gc_url):
        with (
            pytest.raises(LDAPStrongerAuthRequiredResult),
            _signed_in(dc, dc.service_user, dc.service_password, url),
        ):
            pass
    with SambaDc(strong_auth="no") as weak, _signed_in(weak, weak.service_user, weak.service_password, weak.url):
        pass


def test_starttls_is_served_with_the_same_certificate(dc: SambaDc) -> None:
    """A client of OpenLDAP's, which checks names and authority, signs in over StartTLS."""
    tool = programs.require("ldapsearch", "ldap-utils")
    env = {**os.environ, "LDAPTLS_CACERT": str(dc.ca_file)}
    who = ["-D", dc.service_user, "-w", dc.service_password]
    done = subprocess.run(
        [tool, "-x", "-LLL", "-ZZ", "-H", dc.url, *who, "-b", dc.base, "(cn=ann)", "mail"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "mail: Ann@Example.test" in done.stdout


def test_accounts_without_a_good_password_stay_out(dc: SambaDc) -> None:
    """A wrong password and a disabled account are both invalidCredentials; the text tells them apart."""
    for user, password, data in (("bob", "wrong", "52e"), ("gus", "Passw0rd.gus", "533")):
        with (
            pytest.raises(LDAPInvalidCredentialsResult, match=f"data {data}"),
            _signed_in(dc, f"{user}@lab.test", password),
        ):
            pass
    with _signed_in(dc, "bob@lab.test", "Passw0rd.bob") as connection:
        assert connection.bound


def test_it_holds_what_the_ldif_says(dc: SambaDc) -> None:
    """Names and addresses are as given, the ids are the server's, and disabled accounts are marked."""
    shown = _found(dc, "(sAMAccountName=ann)", "objectGUID", "mail", "displayName")
    assert shown["ann"]["mail"] == [b"Ann@Example.test"]
    assert shown["ann"]["displayName"] == ["Änn".encode()]
    assert uuid.UUID(bytes_le=shown["ann"]["objectGUID"][0]).version == 4
    assert set(_found(dc, "(&(mail=*)(userAccountControl:1.2.840.113556.1.4.803:=2))")) == {"gus"}


def test_anything_can_be_a_member(dc: SambaDc) -> None:
    """People, groups in a ring, a contact, a computer, a thing, and a SID from another domain."""
    shown = _found(dc, "(objectClass=group)", "member")
    kinds = {
        name: {member.decode().split(",")[0].lower() for member in shown[name]["member"]}
        for name in ("staff", "inner")
    }
    sid = ad.FOREIGN.strip("<>").replace("SID=", "cn=").lower()
    assert kinds == {
        "staff": {"cn=ann", "cn=gus", "cn=inner", sid},
        "inner": {"cn=staff", "cn=carl", "cn=ws1", "cn=printer"},
    }
    assert set(_found(dc, f"(memberOf:{IN_CHAIN}:={ad.group_dn('inner')})")) >= {"ann", "gus", "carl", "staff"}


def test_a_primary_group_shows_no_member(dc: SambaDc) -> None:
    """Whose primary group it is does not stand in `member`, but in the number that both have."""
    (number,) = _found(dc, "(cn=home)", "primaryGroupToken")["home"]["primaryGroupToken"]
    assert "member" not in _found(dc, "(cn=home)", "member")["home"]
    assert set(_found(dc, f"(primaryGroupID={number.decode()})")) == {"bob"}


def test_it_comes_back_at_the_same_address() -> None:
    """Stopped or killed, it refuses connections; started again, it holds what it held, and what came since."""
    with SambaDc(LDIF) as dc:
        before = _found(dc, "(cn=ann)", "objectGUID")
        for end in (dc.stop, dc.kill):
            end()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((dc.address, 636), timeout=5)
            dc.start()
            assert _found(dc, "(cn=ann)", "objectGUID") == before
        dc.load(ad.person("late"))
        assert set(_found(dc, "(cn=late)")) == {"late"}


def test_two_realms_stand_side_by_side(dc: SambaDc) -> None:
    """Each has its own address, base, certificate and accounts."""
    base = "dc=other,dc=test"
    ldif = ad.tree(base) + ad.person("ann", base=base)
    with SambaDc(ldif, realm="OTHER.TEST") as other:
        assert other.base == base
        assert other.address != dc.address
        assert _found(other, "(cn=ann)", "objectGUID") != _found(dc, "(cn=ann)", "objectGUID")


def test_kerberos_gives_tickets_for_it(dc: SambaDc) -> None:
    """With a keytab and without a password, a client gets a ticket for the server, by its name and its address."""
    env = {**os.environ, **dc.kerberos_env}
    kinit = programs.require("kinit", PACKAGES)
    subprocess.run([kinit, "-k", "-t", dc.keytab(), "svc"], env=env, check=True)
    for name in (dc.host, dc.address):
        subprocess.run([programs.require("kvno", PACKAGES), "-q", f"ldap/{name}"], env=env, check=True)


def test_kerberos_signs_in_within_tls_only_where_that_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """ldap3 has no signing of its own: a hardened domain controller refuses it even within TLS."""
    programs.require_module("gssapi")
    ways: list[tuple[Literal["yes", "allow_sasl_over_tls"], bool]] = [
        ("yes", False),
        ("allow_sasl_over_tls", True),
    ]
    for strong_auth, enough in ways:
        with SambaDc(strong_auth=strong_auth) as mild:
            for name, value in {**mild.kerberos_env, "KRB5_CLIENT_KTNAME": str(mild.keytab())}.items():
                monkeypatch.setenv(name, value)
            with signed_in(
                mild.ldaps_url,
                ca_file=mild.ca_file,
                names=[mild.host],
                authentication=ldap3.SASL,
                sasl_mechanism=ldap3.KERBEROS,
                sasl_credentials=(mild.host,),
                raise_exceptions=False,
            ) as connection:
                assert connection.bound is enough
                assert enough or connection.result["result"] == Code.STRONGER_AUTH_REQUIRED


def test_a_fault_in_the_ldif_is_told() -> None:
    """An entry that the server refuses fails the test that brought it, and is named."""
    with (
        pytest.raises(pytest.fail.Exception, match=r"cn=ann.*parent does not exist"),
        SambaDc(ad.person("ann")),
    ):
        pass


def test_the_world_of_the_contract_fits_in() -> None:
    """Every person, group and thing of it, members by any path; a foreign SID stands for who is nobody."""
    with SambaDc(ad.ldif_of(WORLD)) as dc:
        shown = _found(dc, "(&(objectClass=group)(displayName=*))", "member")
    assert {name: len(group["member"]) for name, group in shown.items()} == {
        some.key: len(some.members) for some in WORLD.groups
    }
