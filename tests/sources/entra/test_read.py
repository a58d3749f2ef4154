"""Whom the groups of a tenant show, and who owns them."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.model import DoubtKind, Owners, Selector
from bridge.sandbox.graph import DEFAULT_CLIENT_ID, HIDDEN, EntraSandbox, Fault, Refuse
from bridge.sources.entra.settings import AddressProperty
from tests.sources.entra.reads import Read, named, names, one

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
