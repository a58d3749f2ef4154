"""The history: one event for each thing that truly happened."""

from bridge.sandbox.hyperproof import UI, Act, Event, EventKind, Fault, Organization
from tests.sandbox.hyperproof.api import Api, Clock, rehearse


def told(event: Event) -> tuple[EventKind, str, str, str]:
    """What an event says, without its number, time and actor."""
    return event.kind, event.group_name, event.email.partition(".")[0], event.detail


def test_setting_the_scene_is_no_event(api: Api) -> None:
    """What is seeded leaves no trace."""
    assert api.sandbox.history == ()


def test_one_event_a_person(api: Api) -> None:
    """An add of two and a remove of one are three events."""
    api.add("Newcomers", api.user_id("Erik"), api.user_id("Fatima"))
    api.remove("Newcomers", api.user_id("Erik"))
    assert [told(event) for event in api.sandbox.history] == [
        (EventKind.MEMBER_ADDED, "Newcomers", "erik", ""),
        (EventKind.MEMBER_ADDED, "Newcomers", "fatima", ""),
        (EventKind.MEMBER_REMOVED, "Newcomers", "erik", ""),
    ]


def test_event_names_everything() -> None:
    """An event has its number, its moment, its actor, its group, and both ids of its user."""
    clock = Clock()
    with rehearse(Organization.small(clock=clock)) as api:
        api.add("Newcomers", api.user_id("Erik"))
        assert api.sandbox.history == (
            Event(
                sequence=1,
                time=clock.now,
                actor=api.client.id,
                kind=EventKind.MEMBER_ADDED,
                group_id=api.group_id("Newcomers"),
                group_name="Newcomers",
                id=api.user("Erik").id,
                user_id=api.user("Erik").user_id,
                email="erik.berg@corp.example",
            ),
        )


def test_creation_with_lead_and_member(api: Api) -> None:
    """A creation is an event, and so are the lead and each member that come with it."""
    body = {"name": "Risk", "groupLeadId": api.user_id("Ben"), "userIds": [api.user_id("Erik")]}
    api.call("POST", "/groups", body)
    assert [told(event) for event in api.sandbox.history] == [
        (EventKind.GROUP_CREATED, "Risk", "", ""),
        (EventKind.LEAD_CHANGED, "Risk", "ben", ""),
        (EventKind.MEMBER_ADDED, "Risk", "erik", ""),
    ]


def test_rename_and_lead(api: Api) -> None:
    """A rename remembers the former name, a changed lead the former lead."""
    body = {"name": "Compliance", "clearGroupLead": True}
    api.call("PATCH", f"/groups/{api.group_id('Compliance Managers')}", body)
    assert [told(event) for event in api.sandbox.history] == [
        (EventKind.GROUP_RENAMED, "Compliance", "", "Compliance Managers"),
        (EventKind.LEAD_CHANGED, "Compliance", "", api.user_id("Anna")),
    ]


def test_nothing_changed_is_no_event(api: Api) -> None:
    """What was so before is no event."""
    group = f"/groups/{api.group_id('Compliance Managers')}"
    api.call("PATCH", group, {"name": "Compliance Managers", "groupLeadId": api.user_id("Anna")})
    api.add("Compliance Managers", api.user_id("Anna"))
    assert api.sandbox.history == ()


def test_unanswered_write_is_in_the_history(api: Api) -> None:
    """What was done is in the history, whatever the client was told."""
    api.sandbox.faults.add(Fault(Act.HALF))
    api.add("Newcomers", api.user_id("Erik"), api.user_id("Fatima"))
    assert [told(event)[2] for event in api.sandbox.history] == ["erik"]


def test_actor_at_the_web_application(api: Api) -> None:
    """What people do is told from what clients do, and the sequence has no gaps."""
    api.sandbox.ui.add_members("Newcomers", ["erik.berg@corp.example"])
    api.add("Newcomers", api.user_id("Fatima"))
    assert [(event.sequence, event.actor) for event in api.sandbox.history] == [(1, UI), (2, api.client.id)]


def test_clearing_the_log_leaves_the_history(api: Api) -> None:
    """The history cannot be cleared."""
    api.add("Newcomers", api.user_id("Erik"))
    api.sandbox.clear_log()
    assert len(api.sandbox.history) == 1
