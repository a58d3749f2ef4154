"""A source that recalls keeps the contract of every source, in what it recalls, too."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from bridge.core.model import DirectoryName, DirectoryRead, Selector
from bridge.core.snapshot import is_whole
from bridge.sources.ldap.source import LdapSource
from bridge.sources.recalling import RecallingSource
from tests.servers.slapd import Slapd
from tests.sources.contract import WORLD, SourceContract
from tests.sources.ldap.directory import ldif_of, settings
from tests.sources.ldap.test_contract import NAMED_BY_O
from tests.sources.test_recalling import Drawer
from tests.transport.virtual import VirtualClock


class Again:
    """Reads everything twice, and hands on what the second time brings."""

    def __init__(self, url: str) -> None:
        source, clock = LdapSource(settings(url, schema=NAMED_BY_O)), VirtualClock()
        self._source = RecallingSource(source, Drawer(), clock.now, timedelta(hours=1), keeps=True)

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._source.name

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Recalled, where there was no doubt the first time, and nobody asks for owners."""
        first, second = self._source.read(selectors), self._source.read(selectors)
        owned = any(selector.owners for selector in selectors)
        assert (second.recalled is not None) is (is_whole(first) and not owned)
        return second

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Anew."""
        return self._source.read_fully(selectors)


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """The world in OpenLDAP."""
    with Slapd(ldif_of(WORLD), tls=False) as server:
        yield server


@pytest.mark.slapd
class TestRecalled(SourceContract):
    """OpenLDAP, read again."""

    @pytest.fixture
    def source(self, slapd: Slapd) -> Again:
        return Again(slapd.url)

    @pytest.fixture
    def absent_source(self) -> Again:
        """A source whose only server is not there."""
        return Again("ldap://127.0.0.1:1")
