from collections.abc import Iterator

import ldap3
import pytest

from bridge.sandbox.ldap import LdapSandbox
from bridge.sandbox.ldap.sample import Company, sample_directory
from tests.sandbox.ldap.client import PASSWORD, READER, connected


@pytest.fixture
def server() -> Iterator[LdapSandbox]:
    """A server of a company of 20 people and 4 groups: 27 entries."""
    directory = sample_directory(Company(people=20, groups=4, nested=1))
    with LdapSandbox(directory, credentials={READER: PASSWORD}) as sandbox:
        yield sandbox


@pytest.fixture
def client(server: LdapSandbox) -> Iterator[ldap3.Connection]:
    """An anonymous client of that server."""
    with connected(server.url) as connection:
        yield connection
