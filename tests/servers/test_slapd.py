import socket
import ssl
from urllib.parse import urlsplit

import ldap3
import pytest

from tests.servers.slapd import BASE, SERVICE_DN, Slapd, require

LDIF = f"""dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: {SERVICE_DN}
objectClass: inetOrgPerson
uid: svc
cn: Service
sn: Service
userPassword: svc-secret
"""

pytestmark = pytest.mark.slapd


def _whoami(server: ldap3.Server, **bind: object) -> str:
    # Bound within the block: ldap3 leaves a connection open that was bound before it.
    with ldap3.Connection(server, raise_exceptions=True, **bind) as connection:  # type: ignore[arg-type]  # by name
        connection.bind()
        return str(connection.extend.standard.who_am_i())


def test_it_answers_in_the_clear() -> None:
    """The administrator and an account of the LDIF can bind over ldap://."""
    with Slapd(LDIF) as slapd:
        server = ldap3.Server(slapd.url, get_info=ldap3.NONE)
        assert _whoami(server, user=slapd.admin_dn, password=slapd.admin_password) == f"dn:{slapd.admin_dn}"
        assert _whoami(server, user=SERVICE_DN, password="svc-secret") == f"dn:{SERVICE_DN}"


@pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")  # ldap3 2.9.1 calls it
def test_ldaps_is_trusted_through_its_ca_file() -> None:
    """A client that checks certificates accepts ldaps://, and its own certificate is the service account."""
    with Slapd(LDIF) as slapd:
        tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED,
            ca_certs_file=str(slapd.ca_file),
            local_certificate_file=str(slapd.client_certificate),
            local_private_key_file=str(slapd.client_key),
        )
        server = ldap3.Server(slapd.ldaps_url, tls=tls, get_info=ldap3.NONE)
        external = {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.EXTERNAL, "sasl_credentials": ()}
        assert _whoami(server, **external) == f"dn:{SERVICE_DN}"


def test_ldapi_knows_its_caller() -> None:
    """Over ldapi:// SASL EXTERNAL makes the caller the service account."""
    with Slapd(LDIF) as slapd:
        server = ldap3.Server(slapd.ldapi_url, get_info=ldap3.NONE)
        external = {"authentication": ldap3.SASL, "sasl_mechanism": ldap3.EXTERNAL, "sasl_credentials": ()}
        assert _whoami(server, **external) == f"dn:{SERVICE_DN}"


def test_it_comes_back_on_the_same_port() -> None:
    """Stopped or killed, it refuses connections; started again, it answers at the same address."""
    with Slapd(LDIF, tls=False) as slapd:
        server = ldap3.Server(slapd.url, get_info=ldap3.NONE)
        address = ("127.0.0.1", urlsplit(slapd.url).port)
        for end in (slapd.stop, slapd.kill):
            end()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address, timeout=5)
            slapd.start()
            assert _whoami(server, user=slapd.admin_dn, password=slapd.admin_password)


def test_limits_hold_for_ordinary_accounts() -> None:
    """A sizelimit line cuts what anybody but the administrator reads."""
    with (
        Slapd(LDIF, limits="sizelimit 1", tls=False) as slapd,
        ldap3.Connection(ldap3.Server(slapd.url, get_info=ldap3.NONE)) as connection,
    ):
        connection.search(BASE, "(objectClass=*)")
        assert connection.result["description"] == "sizeLimitExceeded"
        assert len(connection.entries) == 1


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_server_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """Where CI=true a missing program fails the test; elsewhere it skips it, and says what to install."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="apt-get install"):
        require("no-such-program-of-openldap")
