"""What servers say of themselves to anybody: where their entries begin, and whose make they are."""

from dataclasses import replace

import pytest

from bridge.errors import Denied, IncompleteRead, Unavailable
from bridge.sandbox.ldap import Directory, LdapSandbox, ServerLimits
from bridge.sources.ldap.settings import Bind, BindMethod, Discovery, Domain, Tls
from bridge.sources.ldap.source import LdapSource
from tests.servers import active_directory as ad
from tests.servers.ds389 import Ds389
from tests.servers.nameserver import Nameserver, srv
from tests.servers.programs import free_port
from tests.servers.samba import SambaDc
from tests.servers.slapd import Slapd
from tests.sources.ldap.conftest import Serve
from tests.sources.ldap.directory import ADMIN, BASE, TREE, group, group_dn, person, person_dn, settings

NOBODY = Bind(BindMethod.SIMPLE, "cn=nobody", "wrong")
"""Who could not sign in: it is not tried."""


def test_the_base_is_told_ahead_of_any_sign_in(serve: Serve) -> None:
    """And how the connection is secured."""
    root = LdapSource(settings(serve(TREE), bind=NOBODY)).read_root()
    assert root.bases == (BASE,)
    assert root.security == "plain text, which can be read on its way"


@pytest.mark.slapd
def test_openldap_is_known_by_its_make() -> None:
    """Over ldaps as well; what it keeps about itself is no base."""
    with Slapd(TREE, extra_config="database monitor") as server:
        root = LdapSource(settings(server.ldaps_url, tls=Tls(ca_file=server.ca_file))).read_root()
    assert (root.make, root.bases) == ("openldap", (BASE,))
    assert "certificate verified" in root.security


@pytest.mark.samba
def test_a_domain_controller_is_known_by_its_make() -> None:
    """Its schema, its configuration and DNS are no bases."""
    with SambaDc(ad.tree()) as server:
        root = LdapSource(settings(server.ldaps_url, tls=Tls(ca_file=server.ca_file), bind=NOBODY)).read_root()
    assert root.make == "active-directory"
    assert [base.lower() for base in root.bases] == [server.base.lower()]


@pytest.mark.ds389
def test_389_is_known_by_its_make() -> None:
    """By the name of its vendor."""
    with Ds389(TREE) as server:
        root = LdapSource(settings(server.url)).read_root()
    assert (root.make, root.bases) == ("389ds", (BASE,))


def test_the_next_server_is_asked_when_one_is_away(serve: Serve) -> None:
    """And where all are, the first one's failure is told."""
    away = f"ldap://127.0.0.1:{free_port()}"
    there = serve(TREE)
    assert LdapSource(settings(away, there)).read_root().server == there
    with pytest.raises(Unavailable, match=away):
        LdapSource(settings(away)).read_root()


@pytest.mark.slapd
def test_a_certificate_that_is_not_trusted_is_refused() -> None:
    """With the remedy: nothing is said to such a server."""
    with Slapd(TREE) as server, pytest.raises(Denied, match="ca_file"):
        LdapSource(settings(server.ldaps_url)).read_root()


def test_servers_are_found_by_dns() -> None:
    """As they are for a run."""
    directory = Directory.from_ldif(TREE)
    with LdapSandbox(directory) as server:
        port = server.url.rpartition(":")[2]
        with Nameserver({"_ldap._tcp.localhost": srv(f"0 100 {port} localhost.")}) as nameserver:
            plain = settings()
            domain = Domain(BASE, (), discover=Discovery("localhost", scheme="ldap"))
            source = LdapSource(replace(plain, domains=(domain,)), resolver=nameserver.resolver)
            assert source.read_root().server == f"ldap://localhost:{port}"


# ---- and what comes after it ---------------------------------------------------------------------------


def test_a_greeting_signs_in_and_reads_nothing(serve: Serve) -> None:
    """So that a password is tried without waiting for the whole directory."""
    address = serve(TREE)
    assert LdapSource(settings(address)).greet().startswith(f"signed in at {address}")
    with pytest.raises(Denied):
        LdapSource(settings(address, bind=replace(ADMIN, password="wrong"))).greet()


def test_groups_are_listed_with_what_names_them(serve: Serve) -> None:
    """Name, id and DN, in order, empty ones and those in others as well."""
    ldif = TREE + person("ann") + group("team", person_dn("ann")) + group("outer", group_dn("team"))
    listed = LdapSource(settings(serve(ldif))).list_groups()
    assert [(one.name, one.label) for one in listed] == [("outer", group_dn("outer")), ("team", group_dn("team"))]
    assert all(one.id for one in listed)


def test_a_list_that_is_cut_is_no_list() -> None:
    """What somebody chooses from is whole."""
    ldif = TREE + person("ann") + "".join(group(f"g{number}", person_dn("ann")) for number in range(9))
    with LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password}) as server:
        server.limits = ServerLimits(size_limit=5)
        with pytest.raises(IncompleteRead):
            LdapSource(settings(server.url)).list_groups()
