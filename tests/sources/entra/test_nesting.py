"""Through which groups somebody is in a group of a tenant: walked down by direct members, and by ids."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bridge.core.model import PersonId, Selector, SelectorKind
from bridge.core.naming import name_key
from bridge.core.nesting import TracedRead
from bridge.sandbox.graph import EntraSandbox, Fault, Refuse, Tenant
from bridge.sources.bound import BoundSource
from bridge.sources.entra.source import open_entra
from tests.sources.contract import CORP
from tests.sources.entra.tenants import settings
from tests.transport.virtual import VirtualClock

TOP = Selector(CORP, SelectorKind.NAME, "Top")


@pytest.fixture
def entra() -> Iterator[EntraSandbox]:
    """Top holds Middle, which holds Inner and, in a circle, Top; Carl is in Inner alone, Anna in Top and Inner."""
    with EntraSandbox(Tenant()) as sandbox:
        tenant = sandbox.tenant
        anna, carl = tenant.add_user("Anna"), tenant.add_user("Carl")
        inner = tenant.add_group("Inner", [anna, carl])
        middle = tenant.add_group("Middle", [inner])
        top = tenant.add_group("Top", [anna, middle])
        tenant.add_members(middle, top)
        tenant.add_group("Other", [tenant.add_user("Ben")])
        yield sandbox


def traced(entra: EntraSandbox, folder: Path, text: str, bound: Mapping[str, str] | None = None) -> TracedRead:
    """A read of Top for somebody."""
    with open_entra(settings(entra, folder), VirtualClock()) as source:
        return BoundSource(source, lambda: bound or {}).trace([TOP], text)


def ways(found: TracedRead) -> list[tuple[str, ...]]:
    """How everybody who was asked for is in Top, by the names of the groups."""
    (group,) = found.read.selections[TOP].groups
    return [_names(found.nesting.chain(group.id, person.id)) for person in found.asked]


def _names(labels: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(label.partition(" (")[0] for label in labels)


def test_a_way_leads_through_the_groups_between(entra: EntraSandbox, tmp_path: Path) -> None:
    """The shortest of them, also where groups are in each other in a circle."""
    assert ways(traced(entra, tmp_path, "carl@corp.example")) == [("Top", "Middle", "Inner")]
    assert ways(traced(entra, tmp_path, "Anna")) == [("Top",)]


def test_nobody_is_walked_down_for_who_is_in_no_group(entra: EntraSandbox, tmp_path: Path) -> None:
    """It costs the read alone."""
    found = traced(entra, tmp_path, "Ben")
    assert (found.asked, dict(found.nesting.groups)) == ((), {})


def test_what_does_not_let_itself_be_read_leaves_no_way(entra: EntraSandbox, tmp_path: Path) -> None:
    """The read itself is whole: only the way is not known."""
    inner = entra.tenant.find("Inner")
    entra.faults.add(Fault(Refuse(404), path=f"/groups/{inner.id}/members", count=0))
    found = traced(entra, tmp_path, "Carl")
    assert ways(found) == [()]
    (group,) = found.read.selections[TOP].groups
    assert PersonId(f"{CORP}:{entra.tenant.find('Carl').id}") in group.members


def test_a_group_that_was_renamed_is_walked_by_its_id(entra: EntraSandbox, tmp_path: Path) -> None:
    """As it is read."""
    top = entra.tenant.find("Top")
    bound = {name_key(TOP): f"{CORP}:{top.id}"}
    entra.tenant.change(top, displayName="Renamed")
    assert ways(traced(entra, tmp_path, "Carl", bound)) == [("Renamed", "Middle", "Inner")]
