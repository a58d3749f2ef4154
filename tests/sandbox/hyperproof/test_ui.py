"""What people do in the web application."""

import pytest

from bridge.sandbox.hyperproof import Deed, EventKind, Organization, UiAction, UnknownReference
from bridge.sandbox.hyperproof.ui import UserInterface

ERIK = "erik.berg@corp.example"
DAVID = "david.lee@corp.example"
JULIA = "julia.costa@partner.example"


@pytest.fixture
def organization() -> Organization:
    """The small organization."""
    return Organization.small()


@pytest.fixture
def ui(organization: Organization) -> UserInterface:
    """A person at its web application."""
    return UserInterface(organization)


def kinds(organization: Organization) -> list[EventKind]:
    """What the history says has happened."""
    return [event.kind for event in organization.history]


def test_members(organization: Organization, ui: UserInterface) -> None:
    """People put others in and take them out."""
    ui.add_members("Auditors", [ERIK])
    ui.remove_members("Auditors", [DAVID])
    assert organization.member_emails("Auditors") == {"carla.diaz@corp.example", ERIK}


def test_groups(organization: Organization, ui: UserInterface) -> None:
    """People make, rename and archive groups, and bring them back."""
    ui.create_group("Risk", [ERIK])
    ui.rename_group("Risk", "Risks")
    ui.archive_group("Risks")
    assert organization.find_group("Risks").archived
    ui.archive_group("Risks", archived=False)
    assert not organization.find_group("Risks").archived


def test_lead(organization: Organization, ui: UserInterface) -> None:
    """People set and clear leads."""
    assert ui.set_lead("Auditors", ERIK).lead == organization.find_user(ERIK).user_id
    assert ui.set_lead("Auditors").lead is None


def test_invite(organization: Organization, ui: UserInterface) -> None:
    """An invited person is pending until the invitation is accepted."""
    assert ui.invite("new.face@corp.example", "New Face").status == "pending"
    assert ui.accept("new.face@corp.example").status == "active"
    assert kinds(organization) == [EventKind.USER_INVITED, EventKind.USER_ACTIVATED]


def test_invite_a_contact(organization: Organization, ui: UserInterface) -> None:
    """An invited contact keeps the ids, and so the memberships."""
    before = organization.find_user(JULIA)
    after = ui.invite(JULIA)
    assert (after.id, after.user_id, after.type) == (before.id, before.user_id, "activeUser")


def test_deactivate(organization: Organization, ui: UserInterface) -> None:
    """A deactivated person stays in the groups."""
    assert ui.deactivate(DAVID).type == "deactivatedUser"
    assert DAVID in organization.member_emails("Auditors")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("contact", "deactivatedUser"),
        ("serviceAccount", "deactivatedServiceAccount"),
        ("syncServiceAccount", "deactivatedSyncServiceAccount"),
        ("deactivatedUser", "deactivatedUser"),
    ],
)
def test_deactivated_types(organization: Organization, ui: UserInterface, before: str, after: str) -> None:
    """Each type has its deactivated one."""
    user = organization.add_user(type=before)
    assert ui.deactivate(user.id).type == after


def test_reactivate(ui: UserInterface) -> None:
    """A reactivated person is a contact."""
    ui.deactivate(DAVID)
    assert ui.reactivate(DAVID).type == "contact"


def test_reassign(organization: Organization, ui: UserInterface) -> None:
    """A deactivated person's memberships go to another together with the work."""
    ui.deactivate(DAVID)
    ui.reassign(DAVID, ERIK)
    assert organization.member_emails("Auditors") == {"carla.diaz@corp.example", ERIK}


def test_change_email(organization: Organization, ui: UserInterface) -> None:
    """Another address is another account with other ids; the old one is deactivated and keeps the memberships."""
    old = organization.find_user(DAVID)
    new = ui.change_email(DAVID, "david.lee-ito@corp.example")
    assert {new.id, new.user_id}.isdisjoint({old.id, old.user_id})
    assert (new.given_name, new.surname, new.type) == ("David", "Lee", "activeUser")
    assert organization.find_user(DAVID).type == "deactivatedUser"
    assert DAVID in organization.member_emails("Auditors")


def test_people_by_either_id(organization: Organization, ui: UserInterface) -> None:
    """People are named by address, `id` or `userId`, groups by name or id."""
    erik = organization.find_user(ERIK)
    ui.add_members(organization.find_group("Newcomers").id, [erik.id, erik.user_id, ERIK.upper()])
    assert organization.member_emails("Newcomers") == {ERIK}


def test_the_living_before_the_deactivated(organization: Organization) -> None:
    """Of several users with one address the one who is not deactivated is meant."""
    again = organization.add_user(email="heidi.vogel@corp.example")
    assert organization.find_user("heidi.vogel@corp.example") == again


@pytest.mark.parametrize("user", ["", "nobody"])
def test_nobody(ui: UserInterface, user: str) -> None:
    """An unknown person is an error, also without any name at all."""
    with pytest.raises(UnknownReference, match="no user has the address or id"):
        ui.deactivate(user)


def test_no_group(ui: UserInterface) -> None:
    """An unknown group is an error."""
    with pytest.raises(UnknownReference, match="no group has the name or id 'None'"):
        ui.archive_group("None")


ACTIONS = {
    Deed.CREATE_GROUP: (UiAction(Deed.CREATE_GROUP, name="Risk", users=(ERIK,)), "group.created member.added"),
    Deed.RENAME_GROUP: (UiAction(Deed.RENAME_GROUP, "Auditors", name="Inspectors"), "group.renamed"),
    Deed.ARCHIVE_GROUP: (UiAction(Deed.ARCHIVE_GROUP, "Auditors"), "group.archived"),
    Deed.UNARCHIVE_GROUP: (UiAction(Deed.UNARCHIVE_GROUP, "Auditors 2019"), "group.unarchived"),
    Deed.SET_LEAD: (UiAction(Deed.SET_LEAD, "Auditors", (ERIK,)), "lead.changed"),
    Deed.CLEAR_LEAD: (UiAction(Deed.CLEAR_LEAD, "Compliance Managers"), "lead.changed"),
    Deed.ADD_MEMBERS: (UiAction(Deed.ADD_MEMBERS, "Auditors", (ERIK,)), "member.added"),
    Deed.REMOVE_MEMBERS: (UiAction(Deed.REMOVE_MEMBERS, "Auditors", (DAVID,)), "member.removed"),
    Deed.INVITE: (UiAction(Deed.INVITE, email="new@corp.example"), "user.invited"),
    Deed.ACCEPT: (UiAction(Deed.ACCEPT, users=("ivan.petrov@corp.example",)), "user.activated"),
    Deed.DEACTIVATE: (UiAction(Deed.DEACTIVATE, users=(ERIK,)), "user.deactivated"),
    Deed.REACTIVATE: (UiAction(Deed.REACTIVATE, users=("heidi.vogel@corp.example",)), "user.became_contact"),
    Deed.REASSIGN: (
        UiAction(Deed.REASSIGN, users=(DAVID, ERIK)),
        "member.added member.removed member.added member.removed",
    ),
    Deed.CHANGE_EMAIL: (
        UiAction(Deed.CHANGE_EMAIL, users=(ERIK,), email="erik@corp.example"),
        "user.invited user.deactivated user.activated",
    ),
}


@pytest.mark.parametrize("deed", Deed)
def test_every_deed(organization: Organization, ui: UserInterface, deed: Deed) -> None:
    """Every deed can be written as an action, and leaves its events."""
    action, events = ACTIONS[deed]
    ui.perform(action)
    assert " ".join(kinds(organization)) == events
