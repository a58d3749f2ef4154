"""Signing in to Active Directory, which here is a real Samba: by name and password, and by Kerberos."""

import shutil
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ldap3
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from ldap3.core.exceptions import LDAPCommunicationError

from bridge.errors import Denied, RemoteError, Unavailable
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap import kerberos
from bridge.sources.ldap.connection import opened
from bridge.sources.ldap.failures import CredentialsRefused
from bridge.sources.ldap.presets import PRESETS
from bridge.sources.ldap.settings import Bind, BindMethod, Domain, LdapSettings, Tls
from bridge.sources.ldap.source import LdapSource, pages_for
from bridge.sources.ldap.wire import WirePages
from tests.servers import active_directory as ad
from tests.servers import programs
from tests.servers.samba import PACKAGES, SambaDc
from tests.sources.contract import CORP, by_name
from tests.sources.ldap.directory import TREE

pytestmark = pytest.mark.samba

_1601 = 11_644_473_600
"""Seconds from the beginning of Windows' time to that of Unix."""


def account(login: str, *, enabled: bool = True, **attributes: str | bytes) -> str:
    """Somebody who could sign in, but for these attributes."""
    more: dict[str, Any] = dict(attributes)
    return ad.person(login, enabled=enabled, password=f"Passw0rd.{login}", **more)


LDIF = (
    ad.tree()
    + account("ann")
    + account("off", enabled=False)
    + account("ended", accountExpires="1")
    + account("new", pwdLastSet="0")
    + account("locked", lockoutTime=str(int((time.time() + _1601) * 10**7)))
    + account("asleep", logonHours=bytes(21))
    + account("elsewhere", userWorkstations="DESK7")
    + ad.group("staff", ad.person_dn("ann"))
)


@pytest.fixture(scope="module")
def dc() -> Iterator[SambaDc]:
    """A domain controller that takes passwords within TLS only, and Kerberos there, too."""
    with SambaDc(LDIF, strong_auth="allow_sasl_over_tls") as dc:
        yield dc


def settings(dc: SambaDc, bind: Bind, *servers: str, start: bool = False) -> LdapSettings:
    """The whole domain, over ldaps unless servers are given."""
    domain = Domain(dc.base, servers or (dc.ldaps_url,))
    return LdapSettings(CORP, (domain,), PRESETS["active-directory"], bind, Tls(start=start, ca_file=dc.ca_file))


def password(user: str, secret: str) -> Bind:
    """By name and password."""
    return Bind(BindMethod.SIMPLE, user, secret)


def service(dc: SambaDc) -> Bind:
    """The service account's."""
    return password(dc.service_user, dc.service_password)


def staff(settings: LdapSettings) -> int:
    """How many people of the group are seen."""
    read = LdapSource(settings).read((by_name("staff"),))
    assert read.doubts == ()
    (group,) = read.selections[by_name("staff")].groups
    return len(group.members)


def refusal(settings: LdapSettings) -> RemoteError:
    """The error that a read ends in."""
    with pytest.raises(RemoteError) as caught:
        LdapSource(settings).read(())
    return caught.value


# ---- name and password -------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [True, False])
def test_a_name_of_each_kind_signs_in(dc: SambaDc, *, start: bool) -> None:
    """User principal name, domain and account name, DN; over ldaps and StartTLS."""
    url = dc.url if start else dc.ldaps_url
    for user in (dc.service_user, r"LAB\svc", dc.service_dn):
        assert staff(settings(dc, password(user, dc.service_password), url, start=start)) == 1


@pytest.mark.parametrize("user", ["svc@lab.test", r"LAB\svc", "cn=svc,cn=Users,dc=lab,dc=test", "nobody@lab.test"])
def test_a_wrong_name_or_password_is_refused_once(dc: SambaDc, user: str) -> None:
    """Active Directory does not say which; no other server is asked, and the password is never shown."""
    error = refusal(settings(dc, password(user, "not-the-word"), dc.ldaps_url, "ldaps://127.0.0.1:1"))
    assert type(error) is CredentialsRefused
    assert "49 invalidCredentials" in error.what
    assert error.what.endswith("the user or the password is wrong: correct the bind user and password")
    assert "not-the-word" not in str(error)
    assert "127.0.0.1:1" not in str(error)


@pytest.mark.parametrize(
    ("login", "data", "meaning"),
    [
        ("off", "533", "the account is disabled"),
        ("ended", "701", "the account has expired"),
        ("new", "773", "the password has to be changed"),
        ("locked", "775", "the account is locked"),
        ("asleep", "530", "the account may not sign in at this hour"),
        ("elsewhere", "531", "the account may sign in at certain computers only"),
    ],
)
def test_an_account_that_may_not_sign_in_is_explained(dc: SambaDc, login: str, data: str, meaning: str) -> None:
    """By what the server says only to who knows the password."""
    error = refusal(settings(dc, password(f"{login}@lab.test", f"Passw0rd.{login}")))
    assert type(error) is CredentialsRefused
    assert f"data {data}," in error.what
    assert meaning in error.what


def test_a_password_in_the_clear_is_refused_with_the_remedy(dc: SambaDc) -> None:
    """As by every hardened Active Directory."""
    error = refusal(settings(dc, service(dc), dc.url))
    assert type(error) is Denied
    assert "8 strongerAuthRequired" in error.what
    assert error.what.endswith("use ldaps:// or StartTLS")


@pytest.mark.parametrize("start", [True, False])
def test_a_server_of_an_unknown_authority_gets_no_password(dc: SambaDc, tmp_path: Path, *, start: bool) -> None:
    """Neither over ldaps nor over StartTLS."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    url = dc.url if start else dc.ldaps_url
    tls = Tls(start=start, ca_file=tmp_path / "other.pem")
    error = refusal(replace(settings(dc, service(dc), url), tls=tls))
    assert type(error) is Denied
    assert "the server is not trusted" in error.what


def test_who_does_not_sign_in_sees_nothing(dc: SambaDc) -> None:
    """An error, never an empty directory."""
    error = refusal(settings(dc, Bind(BindMethod.ANONYMOUS)))
    assert type(error) is Denied
    assert "check the bind settings" in error.what


# ---- Kerberos ----------------------------------------------------------------------------------------------


@pytest.fixture
def realm(dc: SambaDc, monkeypatch: pytest.MonkeyPatch) -> SambaDc:
    """The domain controller's realm, which this process knows and has no ticket of."""
    if missing := kerberos.missing_packages():
        programs.lacking(f"{missing}: pip install .[kerberos]")
    for name, value in dc.kerberos_env.items():
        monkeypatch.setenv(name, value)
    Path(dc.kerberos_env["KRB5CCNAME"].removeprefix("FILE:")).unlink(missing_ok=True)
    return dc


def by_keytab(keytab: Path, principal: str = "") -> Bind:
    """With a key, and no ticket yet."""
    return Bind(BindMethod.KERBEROS, keytab=keytab, principal=principal)


BY_TICKET = Bind(BindMethod.KERBEROS)


def fetch_ticket(realm: SambaDc, *options: str) -> None:
    """Sign the service account in, as a person or a timer would."""
    kinit = programs.require("kinit", PACKAGES)
    programs.run([kinit, *options, "-k", "-t", realm.keytab(), "svc"])


def keytab_of(folder: Path, principal: str, secret: str) -> Path:
    """A keytab that was made from a password, right or wrong."""
    path = folder / "made.keytab"
    ktutil = programs.require("ktutil", PACKAGES)
    orders = f"addent -password -p {principal} -k 1 -e aes256-cts\n{secret}\nwkt {path}\nq\n"
    programs.run([ktutil], text=orders)
    return path


@pytest.mark.parametrize("start", [True, False])
def test_a_keytab_signs_in(realm: SambaDc, *, start: bool) -> None:
    """Without any ticket before, and again with those that were fetched; over ldaps and StartTLS."""
    url = realm.url if start else realm.ldaps_url
    keytab = realm.keytab()
    for bind in (by_keytab(keytab), by_keytab(keytab), by_keytab(keytab, "svc@LAB.TEST")):
        assert staff(settings(realm, bind, url, start=start)) == 1
    assert not Path(realm.kerberos_env["KRB5CCNAME"].removeprefix("FILE:")).exists()


def test_the_environment_s_ticket_signs_in(realm: SambaDc) -> None:
    """By itself, or as a principal that there is a ticket of."""
    fetch_ticket(realm)
    assert staff(settings(realm, BY_TICKET)) == 1
    assert staff(settings(realm, replace(BY_TICKET, principal="svc@LAB.TEST"))) == 1


def test_answers_are_decoded_by_us(realm: SambaDc) -> None:
    """For no layer lies between; the bind is tied to the TLS connection instead."""
    chosen = settings(realm, by_keytab(realm.keytab()))
    with opened(chosen, realm.ldaps_url) as session:
        assert isinstance(pages_for(session), WirePages)
        assert session.security == "TLSv1.3, certificate verified"


def test_without_a_ticket_there_is_no_sign_in(realm: SambaDc) -> None:
    """What to do is said, and no other server is asked."""
    error = refusal(settings(realm, BY_TICKET, realm.ldaps_url, "ldaps://127.0.0.1:1"))
    assert type(error) is CredentialsRefused
    assert "No Kerberos credentials available" in error.what
    assert "fetch a ticket (kinit) and say in KRB5CCNAME where it is, or state `keytab`" in error.what
    assert "127.0.0.1:1" not in str(error)


def test_a_ticket_of_somebody_else_is_none(realm: SambaDc) -> None:
    """Where a principal is stated, nobody else signs in."""
    fetch_ticket(realm)
    error = refusal(settings(realm, replace(BY_TICKET, principal="ann@LAB.TEST")))
    assert type(error) is CredentialsRefused
    assert "fetch a ticket for ann@LAB.TEST (kinit)" in error.what


def test_a_ticket_that_has_expired_is_told(realm: SambaDc) -> None:
    """Kerberos counts one as expired that is good for less than the clocks may differ."""
    fetch_ticket(realm, "-l", "60s")
    error = refusal(settings(realm, BY_TICKET))
    assert type(error) is CredentialsRefused
    assert "(Ticket expired); the ticket has expired: fetch a new one" in error.what


def test_a_keytab_without_the_principal_is_told(realm: SambaDc, tmp_path: Path) -> None:
    """Or without anything, or that is none."""
    error = refusal(settings(realm, by_keytab(realm.keytab(), "ann@LAB.TEST")))
    assert type(error) is CredentialsRefused
    assert "svc.keytab holds no key for ann@LAB.TEST" in error.what
    for content in (b"", b"no keytab"):
        (tmp_path / "k").write_bytes(content)
        assert "k holds no key:" in refusal(settings(realm, by_keytab(tmp_path / "k"))).what


@pytest.mark.parametrize(
    ("principal", "kind", "remedy"),
    [
        ("svc@LAB.TEST", CredentialsRefused, "the keytab's key is not the account's any more: make it anew"),
        ("ghost@LAB.TEST", CredentialsRefused, "correct `principal`, or make the keytab anew"),
        ("svc@NOWHERE.TEST", Denied, "name the realm's servers in krb5.conf"),
    ],
)
def test_a_key_that_nobody_takes_is_told(
    realm: SambaDc, tmp_path: Path, principal: str, kind: type[RemoteError], remedy: str
) -> None:
    """A changed password, an account or a realm that is not there."""
    error = refusal(settings(realm, by_keytab(keytab_of(tmp_path, principal, "Not.the.0ne"))))
    assert type(error) is kind
    assert remedy in error.what


@pytest.mark.parametrize("login", ["off", "ended", "locked"])
def test_an_account_that_may_not_sign_in_gets_no_ticket(realm: SambaDc, login: str) -> None:
    """Kerberos does not say which of them it is."""
    error = refusal(settings(realm, by_keytab(realm.keytab(login))))
    assert type(error) is CredentialsRefused
    assert "the account is disabled, locked or expired" in error.what


def test_a_principal_that_is_none_is_told(realm: SambaDc) -> None:
    """With what one looks like."""
    assert "such as bridge@CORP.EXAMPLE" in refusal(settings(realm, by_keytab(realm.keytab(), "a@b@c"))).what


def test_kerberos_in_the_clear_is_refused_with_the_remedy(realm: SambaDc) -> None:
    """For no layer of its own is agreed to."""
    error = refusal(settings(realm, by_keytab(realm.keytab()), realm.url))
    assert type(error) is Denied
    assert "8 strongerAuthRequired" in error.what
    assert error.what.endswith("use ldaps:// or StartTLS")


def test_a_server_that_kerberos_does_not_know_by_this_name_is_told(realm: SambaDc) -> None:
    """The address of the server, spelled in a way that no ticket is given for."""
    spelled = f"ldaps://127.{realm.address.rpartition('.')[2]}"
    chosen = replace(settings(realm, by_keytab(realm.keytab()), spelled), tls=Tls(verify=False))
    error = refusal(chosen)
    assert type(error) is Denied
    assert "Server not found in Kerberos database" in error.what
    assert "write its whole name in `servers`" in error.what


class Insisting(ldap3.Connection):
    """A connection to a server that wants every message signed."""

    def bind(self, *_: object, **__: object) -> bool:
        """Fail as ldap3 does."""
        raise LDAPCommunicationError("Server requires a security layer, but this is not implemented")


def test_a_server_that_insists_on_a_layer_is_told(realm: SambaDc) -> None:
    """As something to set up, and not as one that may be well again later."""
    with pytest.raises(
        Denied, match=r"requires a security layer.*; use ldaps:// or StartTLS, or sign in with a password"
    ):
        kerberos.sign_in(Insisting(realm.address), by_keytab(realm.keytab()), "corp")


def test_a_certificate_that_no_sign_in_can_be_tied_to_is_told(realm: SambaDc, tmp_path: Path) -> None:
    """One whose signature has no hash by itself, which the channel binding would be made of."""
    key = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    )
    named = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    (tmp_path / "server.pem").write_bytes(named.sign(key, None).public_bytes(Encoding.PEM))
    (tmp_path / "server.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with LdapSandbox(Directory.from_ldif(TREE), certificate=certificate) as server:
        chosen = replace(
            settings(realm, by_keytab(realm.keytab()), server.ldaps_url), tls=Tls(ca_file=tmp_path / "server.pem")
        )
        error = refusal(chosen)
    assert type(error) is Denied
    assert "give the server one that is signed with RSA or ECDSA" in error.what


def test_a_realm_whose_servers_are_gone_may_be_back_later(
    realm: SambaDc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No ticket is to be had now; the next run tries again."""
    keytab = tmp_path / "k"  # which no ticket was fetched with yet
    shutil.copy(realm.keytab(), keytab)
    config = Path(realm.kerberos_env["KRB5_CONFIG"]).read_text()
    (tmp_path / "krb5.conf").write_text(config.replace(f"kdc = {realm.address}:88", "kdc = 127.0.0.1:1"))
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    error = refusal(settings(realm, by_keytab(keytab)))
    assert type(error) is Unavailable
    assert "Cannot contact any KDC" in error.what
    assert "port 88 of the domain controllers" in error.what


def test_a_hardened_samba_wants_its_own_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default it takes Kerberos with signing or sealing only, within TLS as well: said with the setting."""
    if missing := kerberos.missing_packages():
        programs.lacking(f"{missing}: pip install .[kerberos]")
    with SambaDc(ad.tree(), strong_auth="yes") as dc:
        for name, value in dc.kerberos_env.items():
            monkeypatch.setenv(name, value)
        error = refusal(settings(dc, by_keytab(dc.keytab())))
    assert type(error) is Denied
    assert "ldap server require strong auth = allow_sasl_over_tls" in error.what
