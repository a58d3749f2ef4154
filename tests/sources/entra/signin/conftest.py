"""A tenant whose application proves itself in every way."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.sandbox.certificates import Authority, KeyPair
from bridge.sandbox.graph import BRIDGE, EntraSandbox, Tenant


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Signs what the sandboxes show, and what applications sign in with."""
    return Authority()


@pytest.fixture(scope="module")
def pair(authority: Authority) -> KeyPair:
    """The application's certificate with its key."""
    return authority.issue("bridge")


@pytest.fixture
def entra(authority: Authority, pair: KeyPair, tmp_path: Path) -> Iterator[EntraSandbox]:
    """A tenant with one group, whose application proves itself in every way."""
    tenant = Tenant()
    tenant.add_group("Audit", [tenant.add_user("Anna Smith")])
    arc = tmp_path / "arc"
    arc.mkdir()
    with EntraSandbox(tenant, certificates=authority, arc_folder=arc) as sandbox:
        sandbox.applications.put(replace(BRIDGE, certificates=(pair.certificate,)))
        yield sandbox
