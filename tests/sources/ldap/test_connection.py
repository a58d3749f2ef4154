import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from bridge.errors import Denied, RemoteError, Unavailable
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.settings import Bind, BindMethod, LdapSettings, Tls
from bridge.sources.ldap.source import LdapSource
from tests.servers.slapd import BASE, SERVICE_DN, Slapd
from tests.sources.ldap.directory import ADMIN, TREE, crowd, entry, group, person_dn, settings

pytestmark = pytest.mark.slapd

EXTERNAL = Bind(BindMethod.EXTERNAL)
ANONYMOUS = Bind(BindMethod.ANONYMOUS)
SERVICE_ALONE = f"""
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{SERVICE_DN}" read
"""
"""Nobody but the service account sees anything, so that what is found tells who signed in."""


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """A server with two people, a group and the service account."""
    service = entry(
        SERVICE_DN, objectClass=("account", "simpleSecurityObject"), uid="svc", userPassword="pass word"
    )
    ldif = TREE + service + crowd(2) + group("team", person_dn("u0"))
    with Slapd(ldif, limits=SERVICE_ALONE) as server:
        yield server


def trusting(slapd: Slapd, *, start: bool = False, client: bool = False) -> Tls:
    """Trust in the server's authority, with the client's own certificate or without."""
    certificate = (slapd.client_certificate, slapd.client_key) if client else (None, None)
    return Tls(start=start, ca_file=slapd.ca_file, client_certificate=certificate[0], client_key=certificate[1])


def refusal(settings: LdapSettings) -> RemoteError:
    """The error that a probe ends in."""
    with pytest.raises(RemoteError) as caught:
        LdapSource(settings).probe()
    return caught.value


def test_a_simple_bind(slapd: Slapd) -> None:
    """With DN and password, over each kind of connection."""
    bind = Bind(BindMethod.SIMPLE, SERVICE_DN, "pass word")
    for server, tls, security in (
        (slapd.url, Tls(), "plain text, which can be read on its way"),
        (slapd.url, trusting(slapd, start=True), "TLSv1.3, certificate verified"),
        (slapd.ldaps_url, trusting(slapd), "TLSv1.3, certificate verified"),
        (f"{slapd.ldaps_url}/", trusting(slapd), "TLSv1.3, certificate verified"),
        (slapd.ldaps_url.replace("localhost", "127.0.0.1"), trusting(slapd), "TLSv1.3, certificate verified"),
        (slapd.ldapi_url, Tls(), "local socket"),
    ):
        probe = LdapSource(settings(server, bind=bind, tls=tls)).probe()
        assert probe.findings == (
            f"connected to {server} ({security})",
            "2 people found, 0 of them disabled",
            "1 groups found",
        )
        assert probe.server == server
        assert probe.warnings == ()


@pytest.mark.parametrize("start", [True, False])
def test_external_with_a_client_certificate(slapd: Slapd, *, start: bool) -> None:
    """Over StartTLS and ldaps, the certificate says who we are."""
    server = slapd.url if start else slapd.ldaps_url
    tls = trusting(slapd, start=start, client=True)
    assert "2 people found" in LdapSource(settings(server, bind=EXTERNAL, tls=tls)).probe().findings[1]


def test_external_over_the_local_socket(slapd: Slapd) -> None:
    """The process that connects says who we are."""
    assert "2 people found" in LdapSource(settings(slapd.ldapi_url, bind=EXTERNAL)).probe().findings[1]


def test_external_without_a_certificate_is_refused(slapd: Slapd) -> None:
    """There is nothing to be known by."""
    error = refusal(settings(slapd.ldaps_url, bind=EXTERNAL, tls=trusting(slapd)))
    assert isinstance(error, Denied)


def test_an_anonymous_bind(slapd: Slapd) -> None:
    """It signs in as nobody, who sees nothing here: an error that says so."""
    error = refusal(settings(slapd.url, bind=ANONYMOUS))
    assert isinstance(error, Denied)
    assert "32 noSuchObject" in str(error)
    assert "let the service account see it" in str(error)


def test_a_wrong_password_is_denied_and_never_shown(slapd: Slapd) -> None:
    """At once: another server would refuse it too, and the account might be locked."""
    bind = Bind(BindMethod.SIMPLE, SERVICE_DN, "not-the-pass-word")
    error = refusal(settings(slapd.url, "ldap://127.0.0.1:1", bind=bind))
    assert isinstance(error, Denied)
    assert "49 invalidCredentials" in str(error)
    assert "check the bind user and its password" in str(error)
    assert "not-the-pass-word" not in str(error) + repr(error) + repr(bind)
    assert "ldap://127.0.0.1:1" not in str(error)


def test_a_wrong_password_at_the_second_server_tells_of_the_first_too(slapd: Slapd) -> None:
    """Every server that was tried is in the error, and no retry is promised."""
    bind = Bind(BindMethod.SIMPLE, SERVICE_DN, "not-the-pass-word")
    error = refusal(settings("ldap://127.0.0.1:1", slapd.url, "ldap://127.0.0.1:2", bind=bind))
    assert type(error) is Denied
    assert "ldap://127.0.0.1:1: connecting failed" in str(error)
    assert "49 invalidCredentials" in str(error)
    assert "ldap://127.0.0.1:2" not in str(error)


def test_an_empty_password_is_never_sent(slapd: Slapd) -> None:
    """A server would take it for an anonymous bind."""
    error = refusal(settings(slapd.url, bind=Bind(BindMethod.SIMPLE, SERVICE_DN, "")))
    assert isinstance(error, Denied)
    assert "set the bind password" in str(error)


@pytest.mark.parametrize("start", [True, False])
def test_a_certificate_of_an_unknown_authority_is_refused(slapd: Slapd, tmp_path: Path, *, start: bool) -> None:
    """The machine's authorities do not know it, and another one does not either; the remedy is named."""
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    for ca_file in (None, other):
        server = slapd.url if start else slapd.ldaps_url
        error = refusal(settings(server, tls=Tls(start=start, ca_file=ca_file)))
        assert isinstance(error, Denied)
        assert "the server is not trusted" in str(error)
        assert "ca_file" in str(error)


@pytest.mark.parametrize("start", [True, False])
def test_a_certificate_for_another_name_is_refused(tmp_path: Path, *, start: bool) -> None:
    """Though its authority is the right one. By name and by IP address alike."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("ldap.other.test", "192.0.2.1").configure_cert(certificate)
    with LdapSandbox(Directory.from_ldif(TREE), certificate=certificate) as other:
        for host in ("localhost", "127.0.0.1"):
            server = (other.url if start else other.ldaps_url).replace("localhost", host)
            error = refusal(settings(server, tls=Tls(start=start, ca_file=tmp_path / "ca.pem")))
            assert isinstance(error, Denied)
            assert "use a name in servers that stands in the certificate" in str(error)
        assert {operation.op for operation in other.operations} <= {"starttls", "unbind"}


def test_verification_can_be_turned_off_and_shows(slapd: Slapd) -> None:
    """For a look at a laboratory; the finding says that nothing was verified."""
    probe = LdapSource(settings(slapd.ldaps_url, tls=Tls(verify=False))).probe()
    assert "certificate NOT verified" in probe.findings[0]


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_an_unusable_ca_file_is_named(slapd: Slapd, tmp_path: Path, content: str | None) -> None:
    """Missing, empty or not PEM: the error says which file."""
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)
    error = refusal(settings(slapd.ldaps_url, tls=Tls(ca_file=ca_file)))
    assert isinstance(error, Denied)
    assert str(ca_file) in str(error)


def test_an_unusable_client_certificate_is_named(slapd: Slapd, tmp_path: Path) -> None:
    """The same for the client's own."""
    tls = replace(trusting(slapd, client=True), client_certificate=tmp_path / "mine.pem")
    error = refusal(settings(slapd.ldaps_url, bind=EXTERNAL, tls=tls))
    assert isinstance(error, Denied)
    assert "mine.pem" in str(error)


def test_tls_on_a_port_without_it_is_refused(slapd: Slapd) -> None:
    """And nothing is sent in the clear instead."""
    error = refusal(settings(slapd.url.replace("ldap://", "ldaps://"), tls=trusting(slapd)))
    assert isinstance(error, Denied | Unavailable)
    assert "TLS" in str(error)


def test_starttls_where_there_is_none_is_refused_before_the_bind() -> None:
    """The password stays here."""
    with Slapd(TREE, tls=False) as bare:
        error = refusal(settings(bare.url, tls=Tls(start=True)))
    assert isinstance(error, Denied)
    assert "StartTLS" in str(error)


def test_the_first_server_that_answers_is_read(slapd: Slapd) -> None:
    """In the order given; the read names it."""
    source = LdapSource(settings("ldap://127.0.0.1:1", slapd.url, "ldap://127.0.0.1:2"))
    assert source.read(()).server == slapd.url


def test_all_failures_are_told(slapd: Slapd) -> None:
    """When no server answers, each has its reason in the error; what may pass counts more than what will not."""
    servers = ("ldap://127.0.0.1:1", slapd.ldaps_url, "ldap://127.0.0.1:2")
    error = refusal(settings(*servers))
    assert type(error) is Unavailable
    assert all(f"{server}: " in str(error) for server in servers)
    assert "not trusted" in str(error)


def test_two_refusals_are_a_refusal(slapd: Slapd) -> None:
    """When a person has to act on every server, no retry is promised."""
    assert type(refusal(settings(slapd.ldaps_url, slapd.ldaps_url))) is Denied


def test_no_server_at_all_is_refused() -> None:
    """The configuration should not have got so far."""
    assert isinstance(refusal(settings()), Denied)


@pytest.mark.parametrize(
    "server", ["dc1.example.test", "http://x", "ldap://", "ldap://x:port", "ldap://[::1", "ldap://x:70000", ""]
)
def test_what_is_no_address_is_refused(server: str) -> None:
    """With what to write instead."""
    error = refusal(settings(server))
    assert isinstance(error, Denied)
    assert "write ldaps://host" in str(error)


def test_a_base_may_be_spelled_loosely(slapd: Slapd) -> None:
    """Spaces behind commas, OIDs and long types are no fault."""
    people = "OU = people, DomainComponent=example , 0.9.2342.19200300.100.1.25=test"
    probe = LdapSource(settings(slapd.url, people_base=people)).probe()
    assert probe.findings[1] == "2 people found, 0 of them disabled"


def test_a_base_that_is_not_there_is_named(slapd: Slapd) -> None:
    """An error with the base and what to do, never an empty directory."""
    error = refusal(settings(slapd.url, people_base=f"ou=nowhere,{BASE}"))
    assert isinstance(error, Denied)
    assert f"ou=nowhere,{BASE}" in str(error)
    assert isinstance(refusal(settings(slapd.url, people_base="not a dn")), Denied)


def test_what_is_no_ldap_makes_no_sense() -> None:
    """An answer that is not LDAP is an error of ours, whatever ldap3 stumbles over."""
    for answer in (
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x63\x04\x00\x04\x00",
        b"",
    ):
        with answering(answer) as url:
            assert isinstance(refusal(settings(url, bind=ADMIN)), RemoteError)


def test_a_silent_server_is_given_up() -> None:
    """After receive_timeout, of whole seconds; the next one is tried."""
    with answering(None) as url:
        error = refusal(settings(url, receive_timeout=1))
    assert type(error) is Unavailable
    assert "timed out" in str(error) or "temporarily unavailable" in str(error)


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """A server that gives one answer to whatever comes and hangs up; None: it never says a word."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                if answer is None:
                    done.wait(10)
                else:
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"ldap://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join()
