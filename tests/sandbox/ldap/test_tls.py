import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import ldap3
import pytest
import trustme

from bridge.sandbox.ldap import Code, LdapSandbox, ServerLimits
from bridge.sandbox.ldap.sample import Company, sample_directory
from tests.sandbox.ldap.client import (
    BASE,
    PASSWORD,
    READER,
    START_TLS,
    WHO_AM_I,
    connected,
    message,
    names,
    outcome,
    search,
    wire,
)
from tests.servers.slapd import require


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who signs certificates."""
    return trustme.CA()


@pytest.fixture
def secure_server(authority: trustme.CA) -> Iterator[LdapSandbox]:
    """A server with a certificate, that takes passwords over TLS only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    directory = sample_directory(Company(people=3, groups=1))
    limits = ServerLimits(require_tls=True)
    with LdapSandbox(directory, certificate=context, credentials={READER: PASSWORD}, limits=limits) as server:
        yield server


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Path) -> ldap3.Tls:
    """A client's trust in that authority and nobody else."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(path), sni="localhost")


no_hostname_warning = pytest.mark.filterwarnings(
    "ignore:ssl.match_hostname:DeprecationWarning"
)  # ldap3 2.9.1 calls it


@no_hostname_warning
def test_ldaps(secure_server: LdapSandbox, trusting: ldap3.Tls) -> None:
    """Over ldaps a client that checks the certificate signs in and reads."""
    with connected(secure_server.ldaps_url, READER, PASSWORD, tls=trusting) as client:
        assert search(client) == Code.SUCCESS
        assert len(names(client)) == 7
    assert all(operation.secure for operation in secure_server.operations)


@no_hostname_warning
def test_start_tls(secure_server: LdapSandbox, trusting: ldap3.Tls) -> None:
    """In the clear the password is refused; behind StartTLS it is taken; a second StartTLS is an error."""
    with connected(secure_server.url, READER, PASSWORD, tls=trusting) as client:
        assert client.result["result"] == Code.STRONGER_AUTH_REQUIRED
        assert client.start_tls()
        assert client.rebind(READER, PASSWORD)
        assert search(client) == Code.SUCCESS
        client.extended("1.3.6.1.4.1.1466.20037")
        assert client.result["result"] == Code.OPERATIONS_ERROR
    assert [operation.secure for operation in secure_server.operations][:4] == [False, False, True, True]


@pytest.mark.slapd
@pytest.mark.parametrize("way", ["ldaps", "starttls"])
def test_openldap_tools_over_tls(secure_server: LdapSandbox, trusting: ldap3.Tls, way: str) -> None:
    """The real ldapsearch trusts the server too, over ldaps and with StartTLS."""
    url = secure_server.ldaps_url if way == "ldaps" else secure_server.url
    url = url.replace("localhost", "127.0.0.1")  # libldap wants the machine's own name for localhost
    command = [require("ldapsearch"), "-LLL", "-x", "-D", READER, "-w", PASSWORD, "-H", url, "-b", BASE, "1.1"]
    environment = {**os.environ, "LDAPTLS_CACERT": str(trusting.ca_certs_file)}
    extra = ["-ZZ"] if way == "starttls" else []
    printed = subprocess.run([*command, *extra], capture_output=True, check=True, env=environment).stdout
    assert printed.count(b"dn: ") == 7


def test_start_tls_without_a_certificate(server: LdapSandbox) -> None:
    """A server without a certificate says so, offers no ldaps, and goes on in the clear."""
    assert server.ldaps_url == ""
    with wire(server.url) as client:
        client.sendall(message(START_TLS))
        assert outcome(client.recv(65536)) == (0x78, Code.PROTOCOL_ERROR)
        client.sendall(message(WHO_AM_I, 2))
        assert outcome(client.recv(65536)) == (0x78, Code.SUCCESS)
