from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bridge.sandbox.ldap import Directory, LdapSandbox
from tests.servers.slapd import Slapd
from tests.sources.ldap.directory import ADMIN

Serve = Callable[[str], str]
"""Serves LDIF and gives the server's address."""


@pytest.fixture
def at_sandbox() -> Iterator[Serve]:
    """A directory of these entries, by the embedded server alone, which lets any entry have any attribute."""
    with ExitStack() as stack:

        def serve(ldif: str) -> str:
            server = LdapSandbox(Directory.from_ldif(ldif), credentials={ADMIN.user: ADMIN.password})
            return stack.enter_context(server).url

        yield serve


@pytest.fixture(params=["sandbox", pytest.param("slapd", marks=pytest.mark.slapd)])
def serve(request: pytest.FixtureRequest, at_sandbox: Serve) -> Iterator[Serve]:
    """A directory of these entries, by the embedded server and by a real one."""
    with ExitStack() as stack:

        def at_slapd(ldif: str) -> str:
            return stack.enter_context(Slapd(ldif, tls=False)).url

        yield at_slapd if request.param == "slapd" else at_sandbox
