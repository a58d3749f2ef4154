"""Which groups of a tenant a selector means."""

from pathlib import Path

import pytest

from bridge.core.model import DoubtKind, Selection, Selector, SelectorKind
from bridge.errors import Denied, IncompleteRead
from bridge.sandbox.graph import DEFAULT_CLIENT_ID, Edit, EntraSandbox, Fault, Meanwhile, Refuse, Tenant
from bridge.sources.entra.source import open_entra
from tests.sources.entra.reads import Read, alone, by_id, named, one
from tests.sources.entra.tenants import settings
from tests.transport.virtual import VirtualClock


def test_a_name_means_one_group_whatever_its_case(entra: EntraSandbox, read: Read) -> None:
    """Graph compares so, and two that differ in case alone are two."""
    entra.tenant.add_group("O'Brien & Söhne", [entra.tenant.add_user("Anna")])
    assert one(read(named("o'brien & SÖHNE"))).name == "O'Brien & Söhne"
    entra.tenant.add_group("O'BRIEN & Söhne")
    (doubt,) = alone(read(named("O'Brien & Söhne"))).doubts
    assert doubt.kind is DoubtKind.AMBIGUOUS
    twins = [
        one.id for one in entra.tenant.objects.values() if "BRIEN" in str(one.properties["displayName"]).upper()
    ]
    assert len(twins) == 2
    assert all(twin in doubt.text for twin in twins)


def test_a_mail_nickname_means_one_group(entra: EntraSandbox, read: Read) -> None:
    """As a name does; a group without one has none, and not an empty one."""
    entra.tenant.add_group("Audit", [entra.tenant.add_user("Anna")], mailNickname="aud")
    entra.tenant.add_group("Other", mailNickname=None)
    assert one(read(named("AUD", SelectorKind.MAIL_NICKNAME))).name == "Audit"
    (doubt,) = alone(read(named("Audit", SelectorKind.MAIL_NICKNAME))).doubts
    assert doubt.kind is DoubtKind.MISSING


@pytest.mark.parametrize("selector", [by_id("no id"), by_id("../users"), named("cn=x", SelectorKind.DN)])
def test_what_no_group_can_be_called_is_not_asked(entra: EntraSandbox, read: Read, selector: Selector) -> None:
    """It is a doubt without a call."""
    (doubt,) = alone(read(selector)).doubts
    assert doubt.kind is DoubtKind.MISSING
    assert entra.requests == ()


def test_a_filter_is_graphs_to_apply(entra: EntraSandbox, read: Read) -> None:
    """All groups that match, and none that does not; none at all is no doubt of the read."""
    for name in ("grc-a", "grc-b", "other"):
        entra.tenant.add_group(name)
    chosen = named("startswith(displayName,'grc-')", SelectorKind.FILTER)
    assert {group.name for group in alone(read(chosen)).groups} == {"grc-a", "grc-b"}
    assert alone(read(named("displayName eq 'x'", SelectorKind.FILTER))) == Selection()


def test_a_filter_that_needs_the_other_index_is_put_to_it(entra: EntraSandbox, read: Read) -> None:
    """Only then, as that one lags behind; each of its pages says so, or the second would be refused."""
    entra.set_modes(page_cap=1)
    for name in ("a-grc", "b-grc", "other"):
        entra.tenant.add_group(name)
    chosen = named("endswith(displayName,'-grc')", SelectorKind.FILTER)
    found = alone(read(chosen))
    assert ({group.name for group in found.groups}, found.doubts) == ({"a-grc", "b-grc"}, ())
    plain = named("startswith(displayName,'a')", SelectorKind.FILTER)
    entra.clear_log()
    read(plain)
    assert not any("consistencylevel" in one.headers for one in entra.requests)


def test_a_filter_that_is_none_is_a_doubt_in_graphs_words(entra: EntraSandbox, read: Read) -> None:
    """About its own selector alone."""
    entra.tenant.add_group("Audit")
    bad, good = named("displayName like 'x'", SelectorKind.FILTER), named("Audit")
    found = read(bad, good)
    assert found.selections[bad].groups == ()
    assert len(found.selections[bad].doubts) == 1
    assert found.selections[good].doubts == ()


def test_a_pattern_lists_no_more_than_it_must(entra: EntraSandbox, read: Read) -> None:
    """Groups that begin as all matches do; the rest of the pattern is ours."""
    for name in ("hp-risk", "HP-audit", "hp-", "other"):
        entra.tenant.add_group(name)
    found = alone(read(named("hp-(?P<team>.+)", SelectorKind.PATTERN)))
    assert [group.name for group in found.groups] == ["hp-risk"]
    asked = [one.query for one in entra.requests if one.path.endswith("/groups")]
    assert len(asked) == 1
    assert "startswith" in asked[0]
    everything = alone(read(named(".*", SelectorKind.PATTERN)))
    assert len(everything.groups) == 4


def test_a_list_of_groups_that_breaks_off_is_a_doubt(entra: EntraSandbox, read: Read) -> None:
    """About the pattern: what it found is handed on, and nobody takes the rest for gone."""
    entra.set_modes(page_cap=1)
    for name in ("hp-a", "hp-b", "hp-c"):
        entra.tenant.add_group(name)
    entra.faults.add(Fault(Refuse(400, "Request_BadRequest"), path="/groups$", page=2, count=0))
    found = alone(read(named("hp-.+", SelectorKind.PATTERN)))
    assert len(found.groups) == 1
    assert [doubt.kind for doubt in found.doubts] == [DoubtKind.TRUNCATED]


def test_a_group_that_vanishes_meanwhile_is_its_own_doubt(entra: EntraSandbox, read: Read) -> None:
    """The others are read."""
    entra.tenant.add_group("Gone")
    entra.tenant.add_group("Stays", [entra.tenant.add_user("Anna")])
    gone = Meanwhile(lambda tenant: tenant.purge("Gone") if "Gone" in _names(tenant) else None)
    entra.faults.add(Fault(gone, path="/transitiveMembers$", count=0))
    found = read(named("Gone"), named("Stays"))
    (lost,) = found.selections[named("Gone")].groups
    assert [doubt.kind for doubt in lost.doubts] == [DoubtKind.MISSING]
    (stays,) = found.selections[named("Stays")].groups
    assert stays.doubts == ()


def _names(tenant: Tenant) -> set[object]:
    return {one.properties.get("displayName") for one in tenant.objects.values()}


def test_a_count_that_is_told_has_to_be_met(entra: EntraSandbox, read: Read) -> None:
    """Where Graph says how many there are, fewer are not all."""
    entra.tenant.add_group("All", [entra.tenant.add_user("Anna")])
    short = Edit(lambda page: page.update({"@odata.count": 2}))
    entra.faults.add(Fault(short, path="/transitiveMembers$", count=0))
    (doubt,) = one(read(named("All"))).doubts
    assert doubt.kind is DoubtKind.TRUNCATED
    assert "Graph counts 2" in doubt.text


def test_a_refused_tenant_is_no_read(entra: EntraSandbox, read: Read) -> None:
    """Where nothing at all comes, it is an error, with the remedy."""
    entra.tenant.add_group("All")
    entra.applications.consent(DEFAULT_CLIENT_ID, "GroupMember.Read.All", granted=False)
    with pytest.raises(Denied, match=r"GroupMember\.Read\.All"):
        read(named("All"))


def test_groups_are_listed_without_their_members(entra: EntraSandbox, tmp_path: Path) -> None:
    """All pages of them, in order of their names; where a page does not come there is no list."""
    for name in ("Staff", "Audit", "Board"):
        entra.tenant.add_group(name, [entra.tenant.add_user(name.lower())])
    entra.set_modes(page_cap=1)
    with open_entra(settings(entra, tmp_path), VirtualClock()) as source:
        assert [group.name for group in source.list_groups()] == ["Audit", "Board", "Staff"]
        assert not [request for request in entra.requests if "embers" in request.path]
        entra.faults.add(Fault(Refuse(400, "Request_BadRequest"), path="/groups$", page=2, count=0))
        with pytest.raises(IncompleteRead):
            source.list_groups()
