"""A tenant, and a read of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import DirectoryRead, Selector
from bridge.sandbox.graph import EntraSandbox, Tenant
from bridge.sources.entra.source import open_entra
from tests.sources.entra.reads import Read
from tests.sources.entra.tenants import settings
from tests.transport.virtual import VirtualClock


@pytest.fixture
def entra() -> Iterator[EntraSandbox]:
    """A tenant."""
    with EntraSandbox(Tenant()) as sandbox:
        yield sandbox


@pytest.fixture
def read(entra: EntraSandbox, tmp_path: Path) -> Read:
    """Reads what selectors name."""

    def read(*selectors: Selector, **changes: Any) -> DirectoryRead:  # noqa: ANN401 - as EntraSettings has them
        with open_entra(settings(entra, tmp_path, **changes), VirtualClock()) as source:
            return source.read(selectors)

    return read
