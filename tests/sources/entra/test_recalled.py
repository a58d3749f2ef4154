"""A tenant's full read, recalled for as long as Graph says that nothing changed that it rests on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.core.model import DirectoryRead
from bridge.sandbox.graph import EntraSandbox, Fault, Refuse, Tenant
from bridge.sources.entra.marking import MarkingTenant
from bridge.sources.entra.source import EntraSource, open_entra
from bridge.sources.recalling import RecallingSource
from tests.sources.entra.tenants import settings
from tests.sources.entra.test_changes import ASIDE, CHANGES, SELECTORS, found
from tests.sources.test_recalling import Drawer
from tests.transport.virtual import VirtualClock


class Office:
    """A tenant, read by a source that recalls and by one that does not."""

    def __init__(self, entra: EntraSandbox, source: EntraSource) -> None:
        self.entra = entra
        self.source = source
        self.drawer = Drawer()
        self.clock = VirtualClock()

    def read(self) -> DirectoryRead:
        """Read as a run does; it has to say what a full read says."""
        tenant = MarkingTenant(self.source)
        recalling = RecallingSource(tenant, self.drawer, self.clock.now, timedelta(hours=1), keeps=True)
        read = recalling.read(SELECTORS)
        assert found(read) == found(self.source.read_fully(SELECTORS))
        return read


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A tenant that was read once: groups that are asked for, groups within them, and others."""
    tenant = Tenant()
    anna, ben, carl, dora = (tenant.add_user(name) for name in ("Anna", "Ben", "Carl", "Dora"))
    gus = tenant.add_user("Gus", accountEnabled=False)
    tenant.add_group("Staff", [anna, tenant.add_group("Inner", [ben, gus])])
    tenant.add_group("Auditors", [carl], mailNickname="audit")
    tenant.add_group("hp-risk", [anna])
    tenant.add_group("Other", [dora, tenant.add_group("Deeper", [carl])])
    with EntraSandbox(tenant) as entra, open_entra(settings(entra, tmp_path), VirtualClock()) as source:
        made = Office(entra, source)
        assert made.read().recalled is None
        yield made


def test_a_tenant_that_is_still_is_recalled(office: Office) -> None:
    """With the lists of changes as its only searches; once an hour it is read in full."""
    taken = office.clock.now()
    for _ in range(3):
        read = office.read()
        assert read.recalled == taken
        assert [search.entries for search in read.searches] == [0, 0]
    office.clock.pass_(3600)
    assert office.read().recalled is None


@pytest.mark.parametrize("kind", CHANGES)
def test_what_matters_is_read_in_full(office: Office, kind: str) -> None:
    """And said truly."""
    CHANGES[kind](office.entra.tenant)
    assert office.read().recalled is None


@pytest.mark.parametrize("kind", ASIDE)
def test_what_does_not_matter_is_recalled(office: Office, kind: str) -> None:
    """Once and again; the mark moves past it."""
    ASIDE[kind](office.entra.tenant)
    for _ in range(2):
        assert office.read().recalled
    office.entra.tenant.remove_members("Staff", "Anna")
    assert office.read().recalled is None


def test_a_tenant_without_lists_of_changes_is_read_in_full(office: Office) -> None:
    """In every run, and the note says why."""
    office.entra.faults.add(Fault(Refuse(403, "Authorization_RequestDenied"), path="/delta$", count=0))
    for _ in range(2):
        read = office.read()
        assert read.recalled is None
        assert "Graph does not let the bridge ask what changed" in read.notes[0]


def test_a_look_at_the_tenant_goes_through(office: Office) -> None:
    """`check` sees the tenant itself."""
    tenant = MarkingTenant(office.source)
    recalling = RecallingSource(tenant, office.drawer, office.clock.now, timedelta(hours=1), keeps=False)
    assert recalling.name == tenant.name
    assert recalling.probe() == office.source.probe()
