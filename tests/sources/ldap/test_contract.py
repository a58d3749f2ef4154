from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.sandbox.ldap import Directory, LdapSandbox
from bridge.sources.ldap.source import LdapSource
from tests.servers.slapd import Slapd
from tests.sources.contract import WORLD, SourceContract
from tests.sources.ldap.directory import ADMIN, SCHEMA, ldif_of, settings

NAMED_BY_O = replace(SCHEMA, group_name="o")
"""Two groups in one branch cannot share a cn; the world's names are in o."""


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """The world in OpenLDAP."""
    with Slapd(ldif_of(WORLD)) as server:
        yield server


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LdapSandbox]:
    """The world in the embedded server."""
    with LdapSandbox(Directory.from_ldif(ldif_of(WORLD)), credentials={ADMIN.user: ADMIN.password}) as server:
        yield server


@pytest.fixture
def absent_source() -> LdapSource:
    """A source whose only server is not there."""
    return LdapSource(settings("ldap://127.0.0.1:1", schema=NAMED_BY_O))


@pytest.mark.slapd
class TestOpenLdap(SourceContract):
    """A real server."""

    @pytest.fixture
    def source(self, slapd: Slapd) -> LdapSource:
        return LdapSource(settings(slapd.url, schema=NAMED_BY_O))


class TestSandbox(SourceContract):
    """The embedded server."""

    @pytest.fixture
    def source(self, sandbox: LdapSandbox) -> LdapSource:
        return LdapSource(settings(sandbox.url, schema=NAMED_BY_O))
