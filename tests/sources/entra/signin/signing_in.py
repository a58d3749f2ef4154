"""Signing in to a tenant as tests do it, and what comes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import Selector, SelectorKind
from bridge.errors import RemoteError
from bridge.sandbox.graph import DEFAULT_CLIENT_SECRET, EntraSandbox
from bridge.sources.entra.settings import ClientSecret, Credential
from bridge.sources.entra.source import EntraSource, open_entra
from tests.sources.contract import CORP
from tests.sources.entra.tenants import settings
from tests.transport.virtual import VirtualClock

AUDIT = Selector(CORP, SelectorKind.NAME, "Audit")
TOKEN = "/oauth2/v2.0/token$"
DISCOVERY = "openid-configuration$"


@contextmanager
def opened(entra: EntraSandbox, folder: Path, credential: Credential, **more: Any) -> Iterator[EntraSource]:  # noqa: ANN401 - as EntraSettings has them
    """A source that signs in so."""
    with open_entra(settings(entra, folder, credential=credential, **more), VirtualClock()) as source:
        yield source


def assert_reads(source: EntraSource) -> None:
    """It is let in, and reads the group."""
    read = source.read((AUDIT,))
    assert [person.name for person in read.people.values()] == ["Anna Smith"]


def refusal(entra: EntraSandbox, folder: Path, credential: Credential, **more: Any) -> RemoteError:  # noqa: ANN401 - as EntraSettings has them
    """What it says when it is not let in."""
    with opened(entra, folder, credential, **more) as source, pytest.raises(RemoteError) as caught:
        source.read((AUDIT,))
    assert caught.value.__context__ is None or isinstance(caught.value.__context__, RemoteError)
    return caught.value


def tokens_asked(entra: EntraSandbox) -> int:
    """How often a token was asked for."""
    return sum(one.path.endswith("/token") for one in entra.requests)


SECRET = ClientSecret(lambda: DEFAULT_CLIENT_SECRET)
