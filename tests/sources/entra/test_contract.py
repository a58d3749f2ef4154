from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.sandbox.graph import EntraSandbox
from bridge.sources.entra.source import EntraSource, open_entra
from bridge.transport.settings import Limits
from tests.sources.contract import WORLD, SourceContract
from tests.sources.entra.tenants import settings, tenant_of
from tests.transport.virtual import VirtualClock


@pytest.fixture(scope="module")
def sandbox() -> Iterator[EntraSandbox]:
    """The world as a tenant, with pages so small that most lists have several."""
    with EntraSandbox(tenant_of(WORLD)) as server:
        server.set_modes(page_cap=2)
        yield server


@pytest.fixture
def absent_source(sandbox: EntraSandbox, tmp_path: Path) -> Iterator[EntraSource]:
    """A source whose cloud is not there."""
    nowhere = settings(sandbox, tmp_path, login_url="https://127.0.0.1:1", limits=Limits(tries=2))
    with open_entra(nowhere, VirtualClock()) as source:
        yield source


class TestEntra(SourceContract):
    """Entra ID, as its sandbox plays it."""

    @pytest.fixture
    def source(self, sandbox: EntraSandbox, tmp_path: Path) -> Iterator[EntraSource]:
        with open_entra(settings(sandbox, tmp_path), VirtualClock()) as source:
            yield source
