"""What is read of a tenant, and by how many calls."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.core.model import DirectoryGroup, DirectoryRead, DoubtKind, Owners, Selection, Selector, SelectorKind
from bridge.errors import Denied, IncompleteRead
from bridge.sandbox.graph import DEFAULT_CLIENT_ID, HIDDEN, Edit, EntraSandbox, Fault, Meanwhile, Refuse, Tenant
from bridge.sources.entra.settings import AddressProperty
from bridge.sources.entra.source import open_entra
from tests.sources.contract import CORP
from tests.sources.entra.tenants import settings
from tests.transport.virtual import VirtualClock

Read = Callable[..., DirectoryRead]


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


def named(text: str, kind: SelectorKind = SelectorKind.NAME) -> Selector:
    """A selector."""
    return Selector(CORP, kind, text)


def by_id(text: str) -> Selector:
    """A selector by object id."""
    return named(text, SelectorKind.ID)


def one(read: DirectoryRead) -> DirectoryGroup:
    """The one group of a read."""
    (selection,) = read.selections.values()
    (group,) = selection.groups
    return group


def alone(read: DirectoryRead) -> Selection:
    """The answer to its one selector."""
    (selection,) = read.selections.values()
    return selection


def names(read: DirectoryRead, group: DirectoryGroup) -> set[str]:
    """The names of a group's people."""
    return {read.people[person_id].name for person_id in group.members}


# ---- whom a group shows --------------------------------------------------------------------------------------


def test_only_users_are_people(entra: EntraSandbox, read: Read) -> None:
    """Devices, applications and contacts are counted, even a contact with an address; nested groups are not."""
    tenant = entra.tenant
    anna, ben = tenant.add_user("Anna"), tenant.add_user("Ben", accountEnabled=False)
    inner = tenant.add_group("Inner", [tenant.add_user("Carl")])
    things = (
        tenant.add_device("Laptop"),
        tenant.add_service_principal("App"),
        tenant.add_contact("x@partner.example"),
    )
    tenant.add_group("All", [anna, ben, inner, *things])
    found = read(named("All"))
    group = one(found)
    assert names(found, group) == {"Anna", "Carl"}
    assert (group.disabled, group.others, group.doubts) == (1, 3, ())
    assert group.label == f"All ({tenant.find('All').id})"


def test_direct_members_alone_by_choice(entra: EntraSandbox, read: Read) -> None:
    """The people of groups within it are not its own then."""
    tenant = entra.tenant
    inner = tenant.add_group("Inner", [tenant.add_user("Carl")])
    tenant.add_group("All", [tenant.add_user("Anna"), inner])
    found = read(named("All"), nested=False)
    assert names(found, one(found)) == {"Anna"}
    assert one(found).others == 0


def test_guests_by_policy(entra: EntraSandbox, read: Read) -> None:
    """They count as people with their address at home, or with all that is no person."""
    guest = entra.tenant.add_guest("bo@partner.example", "Bo")
    entra.tenant.add_group("All", [entra.tenant.add_user("Anna"), guest])
    found = read(named("All"))
    assert {address for person in found.people.values() for address in person.addresses} == {
        "anna@corp.example",
        "bo@partner.example",
    }
    without = read(named("All"), guests=False)
    assert names(without, one(without)) == {"Anna"}
    assert one(without).others == 1


@pytest.mark.parametrize(
    "kind",
    [
        {"groupTypes": ("Unified",), "mailEnabled": True},
        {"groupTypes": ("DynamicMembership",), "membershipRule": "true"},
        {"mailEnabled": True},
        {"mailEnabled": True, "securityEnabled": False},
        {"isAssignableToRole": True},
    ],
)
def test_every_kind_of_group_is_read_alike(entra: EntraSandbox, read: Read, kind: dict[str, Any]) -> None:
    """Microsoft 365, dynamic, mail-enabled, distribution, assignable to roles."""
    entra.tenant.add_group("All", [entra.tenant.add_user("Anna")], **kind)
    found = read(named("All"))
    assert names(found, one(found)) == {"Anna"}


@pytest.mark.parametrize("mode", ["403", "empty"])
def test_a_hidden_membership_is_never_taken_for_an_empty_one(entra: EntraSandbox, read: Read, mode: str) -> None:
    """With the permission it is read; without it is a doubt, whichever way Graph keeps it back."""
    entra.set_modes(hidden_members=mode)
    members = [entra.tenant.add_user("Anna")]
    entra.tenant.add_group("All", members, groupTypes=("Unified",), visibility="Hiddenmembership")
    assert one(read(named("All"))).doubts == ()
    entra.applications.consent(DEFAULT_CLIENT_ID, HIDDEN, granted=False)
    (doubt,) = one(read(named("All"))).doubts
    assert doubt.kind is DoubtKind.UNREADABLE
    assert HIDDEN in doubt.text


def test_an_empty_hidden_group_is_unknown(entra: EntraSandbox, read: Read) -> None:
    """Even with the permission nobody can tell it from one that is kept back; an open one is simply empty."""
    entra.tenant.add_group("All", visibility="HiddenMembership", groupTypes=("Unified",))
    entra.tenant.add_group("Open")
    (doubt,) = one(read(named("All"))).doubts
    assert "Member.Read.Hidden" in doubt.text
    assert one(read(named("Open"))).doubts == ()


def test_addresses_come_from_where_they_are_looked_for(entra: EntraSandbox, read: Read) -> None:
    """In the order of preference."""
    anna = entra.tenant.add_user("Anna", mail=None, proxyAddresses=("smtp:b@x.example", "SMTP:a@x.example"))
    entra.tenant.add_group("All", [anna])
    found = read(named("All"), addresses=(AddressProperty.MAIL, AddressProperty.PROXY_ADDRESSES))
    (person,) = found.people.values()
    assert person.addresses == ("a@x.example", "b@x.example")


# ---- which groups --------------------------------------------------------------------------------------------


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


# ---- calls ---------------------------------------------------------------------------------------------------


def test_first_pages_come_twenty_at_a_time(entra: EntraSandbox, read: Read) -> None:
    """300 groups: one glance at what there is, and their members in fifteen batches."""
    ids = [entra.tenant.add_group(f"G{number}").id for number in range(300)]
    found = read(*map(by_id, ids))
    assert sum(len(selection.groups) for selection in found.selections.values()) == 300
    assert (entra.calls.direct, entra.calls.batches, entra.calls.inner) == (16, 15, 300)


def test_what_a_glance_does_not_show_is_asked_for(entra: EntraSandbox, read: Read) -> None:
    """Where there are more groups than fit a page, the ids on it are known, and of names nothing is."""
    entra.set_modes(page_cap=100)
    ids = [entra.tenant.add_group(f"G{number}").id for number in range(250)]
    twins = [entra.tenant.add_group("Twin").id for _ in range(2)]
    found = read(*map(by_id, ids), named("G7"), named("Twin"), by_id("00000000-0000-0000-0000-000000000000"))
    assert sum(len(selection.groups) for selection in found.selections.values()) == 251
    assert [doubt.kind for doubt in found.selections[named("Twin")].doubts] == [DoubtKind.AMBIGUOUS]
    assert all(twin in found.selections[named("Twin")].doubts[0].text for twin in twins)
    (missing,) = found.selections[by_id("00000000-0000-0000-0000-000000000000")].doubts
    assert missing.kind is DoubtKind.MISSING
    assert entra.calls.direct == 1 + 1 + 13


def test_a_glance_that_fails_is_done_without(entra: EntraSandbox, read: Read) -> None:
    """All that it would have answered is asked for."""
    ids = [entra.tenant.add_group(f"G{number}").id for number in range(200)]
    entra.faults.add(Fault(Refuse(400, "Request_BadRequest"), path="/groups$", inside=False, count=0))
    found = read(*map(by_id, ids))
    assert sum(len(selection.groups) for selection in found.selections.values()) == 200
    assert all(selection.doubts == () for selection in found.selections.values())


def test_a_glance_at_all_groups_answers_everything_but_filters(entra: EntraSandbox, read: Read) -> None:
    """Names, nicknames, patterns, and what is not there."""
    for number in range(170):
        entra.tenant.add_group(f"G{number}", mailNickname=f"n{number}")
    patterns = [named(f"G{number}[05]", SelectorKind.PATTERN) for number in range(1, 11)]
    nicknames = [named(f"n{number}", SelectorKind.MAIL_NICKNAME) for number in range(5)]
    chosen = named("startswith(displayName,'G16')", SelectorKind.FILTER)
    found = read(*patterns, *nicknames, chosen, named("nobody"))
    sizes = [len(found.selections[one].groups) for one in (*patterns[:2], *nicknames[:2], chosen)]
    assert sizes == [2, 2, 1, 1, 11]
    assert [doubt.kind for doubt in found.selections[named("nobody")].doubts] == [DoubtKind.MISSING]
    assert sum(one.path.endswith("/groups") for one in entra.requests) == 2


def test_one_group_takes_two_calls(entra: EntraSandbox, read: Read) -> None:
    """No batch for one request: one to find it, one for its members."""
    entra.tenant.add_group("All", [entra.tenant.add_user("Anna")])
    read(named("All"))
    assert entra.calls.batches == 0
    assert [one.path.rpartition("/")[2] for one in entra.requests if one.graph] == ["groups", "transitiveMembers"]


def test_a_group_that_two_selectors_name_is_read_once(entra: EntraSandbox, read: Read) -> None:
    """By name, by id, or by both."""
    made = entra.tenant.add_group("All", [entra.tenant.add_user("Anna")])
    found = read(named("All"), by_id(made.id), named("A.*", SelectorKind.PATTERN))
    assert len({selection.groups for selection in found.selections.values()}) == 1
    assert sum("transitiveMembers" in one.path for one in entra.requests) == 1


def test_pages_are_as_large_as_may_be(entra: EntraSandbox, read: Read) -> None:
    """999, and properties are named: both make it cheaper."""
    entra.tenant.add_group("All")
    read(named("All"))
    assert all("top=999" in one.query.replace("%24", "$") for one in entra.requests if one.graph)
    assert all("select=" in one.query for one in entra.requests if one.graph)


def test_every_call_carries_an_id_of_its_own(entra: EntraSandbox, read: Read) -> None:
    """The record of completeness says from which to which."""
    for number in range(3):
        entra.tenant.add_group(f"G{number}")
    found = read(named("G.", SelectorKind.PATTERN))
    told = [one.headers["client-request-id"] for one in entra.requests if one.graph]
    assert all(told)
    assert all(told[0][:28] in search.result for search in found.searches)
    assert [search.what for search in found.searches] == ["groups: 1 of 1 lists", "members: 3 of 3 lists"]


# ---- who owns a group ----------------------------------------------------------------------------------------


def owned(text: str) -> Selector:
    """A selector by display name that asks for owners, too."""
    return replace(named(text), owners=True)


def test_owners_come_in_the_same_batches_and_only_where_they_are_asked_for(
    entra: EntraSandbox, read: Read
) -> None:
    """Ten groups, of which one is asked for its owners, are one batch of eleven lists."""
    anna = entra.tenant.add_user("Anna")
    for number in range(10):
        entra.tenant.add_group(f"G{number}", [anna], [anna])
    found = read(owned("G0"), *(named(f"G{number}") for number in range(1, 10)))
    assert (entra.calls.direct, entra.calls.batches, entra.calls.inner) == (2, 1, 11)
    groups = {group.name: group for selection in found.selections.values() for group in selection.groups}
    assert {name for name, group in groups.items() if group.owners} == {"G0"}
    assert groups["G0"].owners == Owners(groups["G0"].members)


def test_all_owners_are_told_and_those_who_cannot_lead_in_words(entra: EntraSandbox, read: Read) -> None:
    """Several people, somebody disabled, an application; the members are none of their business."""
    tenant = entra.tenant
    anna, ben, gus = tenant.add_user("Anna"), tenant.add_user("Ben"), tenant.add_user("Gus", accountEnabled=False)
    app = tenant.add_service_principal("App")
    entra.set_modes(principals="listed")
    tenant.add_group("All", [], [anna, ben, gus, app])
    found = read(owned("All"))
    group = one(found)
    assert group.owners
    assert {found.people[person].name for person in group.owners.people} == {"Anna", "Ben"}
    assert group.owners.others == (f"the owner {gus.id} is disabled", f"the owner {app.id} is no user")
    assert (group.members, group.doubts) == (frozenset(), ())


def test_a_list_of_owners_that_cannot_be_read_is_told_and_no_doubt_about_members(
    entra: EntraSandbox, read: Read
) -> None:
    """Who is in the group is known all the same."""
    anna = entra.tenant.add_user("Anna")
    entra.tenant.add_group("All", [anna], [anna])
    entra.faults.add(Fault(Refuse(403, "Authorization_RequestDenied"), path="/owners$", count=0))
    group = one(read(owned("All")))
    assert (len(group.members), group.doubts) == (1, ())
    assert group.owners
    assert "the list of owners of All" in group.owners.others[0]


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
