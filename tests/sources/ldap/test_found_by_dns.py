"""A directory that is read from servers that DNS lists."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dns
import dns.exception
import dns.rcode
import dns.resolver
import pytest
import structlog
import trustme

from bridge.errors import Denied
from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.settings import Discovery, LdapSettings, Tls
from bridge.sources.ldap.source import LdapSource
from tests.servers.nameserver import Nameserver, Reply, refusal, srv
from tests.sources.ldap.directory import ADMIN, TREE, settings


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[LdapSandbox]:
    """A directory with TLS on a host called localhost, which is a domain as well."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(certificate)
    credentials = {ADMIN.user: ADMIN.password}
    with LdapSandbox(Directory.from_ldif(TREE), credentials=credentials, certificate=certificate) as server:
        yield server


HERE = "_ldap._tcp.localhost"


def listed(*urls: str) -> Reply:
    """Records of these servers, in this order."""
    ports = [url.rpartition(":")[2] for url in urls]
    return srv(*(f"{turn} 0 {port} localhost." for turn, port in enumerate(ports)), ttl=0)


def found_by_dns(tmp_path: Path, *, start: bool = False) -> LdapSettings:
    """Settings without a server."""
    discovery = Discovery("localhost", scheme="ldap" if start else "ldaps")
    made = settings(tls=Tls(start=start, ca_file=tmp_path / "ca.pem"))
    return replace(made, domains=(replace(made.domains[0], discover=discovery),))


@pytest.mark.parametrize("start", [True, False])
def test_a_directory_is_read_from_a_server_that_dns_names(
    sandbox: LdapSandbox, tmp_path: Path, *, start: bool
) -> None:
    """Over ldaps, or StartTLS."""
    url = sandbox.url if start else sandbox.ldaps_url
    with Nameserver({HERE: listed("ldap://localhost:1", url)}) as nameserver:
        source = LdapSource(found_by_dns(tmp_path, start=start), resolver=nameserver.resolver)
        assert source.read(()).server == url
        probe = source.probe()
    assert probe.server == url
    assert any("localhost:1 could not take over" in warning for warning in probe.warnings)


def test_a_weak_answer_of_dns_is_logged_and_a_warning_of_check(sandbox: LdapSandbox, tmp_path: Path) -> None:
    """Every time, for as long as it is so."""
    with Nameserver({HERE: listed(sandbox.ldaps_url)}) as nameserver:
        source = LdapSource(found_by_dns(tmp_path), resolver=nameserver.resolver)
        source.read(())
        nameserver.replies[HERE] = refusal(dns.rcode.SERVFAIL)
        with structlog.testing.capture_logs() as logs:
            assert source.read(()).server == sandbox.ldaps_url
        assert any("what it said 0 minutes ago is used" in warning for warning in source.probe().warnings)
    (event,) = logs
    assert (event["event"], event["log_level"], event["directory"]) == ("discovery.weakened", "warning", "corp")
    assert "SERVFAIL" in event["reason"]


def test_without_dns_there_is_no_read(tmp_path: Path, sandbox: LdapSandbox) -> None:
    """An error of ours, that names the directory and the question."""
    with (
        Nameserver({}) as nameserver,
        pytest.raises(Denied, match=r"corp: DNS did not name .* _ldap\._tcp\.localhost"),
    ):
        LdapSource(found_by_dns(tmp_path), resolver=nameserver.resolver).read(())
