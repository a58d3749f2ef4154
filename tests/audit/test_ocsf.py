"""Every record is an event that the published schema of OCSF accepts, and loses nothing on the way."""

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from bridge.audit.chain import unseal
from bridge.audit.events import Event
from bridge.audit.ocsf import SCHEMA_VERSION, ocsf_event, ocsf_line
from tests.audit.chains import MemoryLedger, record
from tests.audit.samples import FACTS, sample_chain


@cache
def validator(class_uid: int) -> Draft202012Validator:
    """What OCSF publishes for a class."""
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=SCHEMA_VERSION))
    name = schema.lookup_class_name_from_uid(class_uid=class_uid)
    return Draft202012Validator(schema.get_class_schema(class_name=name))


def event_of(line: str) -> dict[str, Any]:
    """The event of a sealed line, which is valid."""
    event: dict[str, Any] = json.loads(ocsf_line(line))
    validator(event["class_uid"]).validate(event)
    return event


def of(name: Event, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON can say
    """The event of a record with the facts of its sample, and these."""
    ledger = MemoryLedger()
    ledger.append(record(name, **{**FACTS[name], **facts}))
    return event_of(ledger.rows[0].line)


@pytest.mark.parametrize("line", sample_chain(), ids=list(Event))
def test_every_event_is_valid(line: str) -> None:
    """By the published schema; it is about a group, or a Base Event; and the chain can be proved from it."""
    event = event_of(line)
    told = json.loads(line)
    assert event["metadata"]["event_code"] == told["event"]
    assert event["metadata"]["sequence"] == told["seq"]
    assert event["class_uid"] == (0 if told["event"].partition(".")[0] in {"run", "source"} or
                                  told["event"] == Event.GROUP_READ else 3006)  # fmt: skip
    assert event["raw_data"] == line
    assert unseal(event["raw_data"].encode()) == event["metadata"]["uid"]


def test_a_wrong_event_is_not_valid() -> None:
    """The schema refuses what is not in it: the check checks."""
    event = event_of(sample_chain()[list(Event).index(Event.MEMBER_ADDED)])
    wrongs: tuple[dict[str, Any], ...] = ({"activity_id": 12}, {"group": {}}, {"invented": 1}, {"time": "noon"})
    for wrong in wrongs:
        assert not validator(3006).is_valid({**event, **wrong})
    assert not validator(3006).is_valid({key: value for key, value in event.items() if key != "group"})


def test_somebody_put_in_is_a_user_added() -> None:
    """Who, into which group, why, when; by the bridge."""
    event = of(Event.MEMBER_ADDED)
    assert (event["activity_id"], event["type_uid"], event["activity_name"]) == (3, 300603, "Add User")
    assert event["user"] == {
        "name": "anna.smith@corp.example",
        "email_addr": "anna.smith@corp.example",
        "uid": "acc-1",
    }
    assert event["group"] == {"name": "Auditors", "uid": "g-1"}
    assert (event["status"], event["severity"], event["time"]) == ("Success", "Informational", 1772366400000)
    assert event["unmapped"]["cause"] == "source changed"
    assert event["actor"] == {"app_name": "Hyperproof Bridge"}
    assert event["metadata"]["tenant_uid"] == "acme"
    assert event["metadata"]["correlation_uid"] == "run-1"


@pytest.mark.parametrize(
    ("name", "facts", "type_uid", "status"),
    [
        (Event.MEMBER_REMOVED, {}, 300604, "Success"),
        (Event.GROUP_CREATED, {}, 300606, "Success"),
        (Event.GROUP_RENAMED, {}, 300699, "Success"),
        (Event.LEAD_CHANGED, {}, 300699, "Success"),
        (Event.CHANGE_FAILED, {}, 300603, "Failure"),
        (Event.CHANGE_FAILED, {"action": "rename group"}, 300699, "Failure"),
        (Event.CHANGE_UNTRIED, {"action": "create group"}, 300606, "Failure"),
        (Event.CHANGE_UNCONFIRMED, {"action": "remove members"}, 300604, "Unknown"),
        (Event.CHANGE_HELD, {}, 300699, "Unknown"),
        (Event.RUN_FAILED, {}, 99, "Failure"),
    ],
)
def test_an_event_tells_what_was_done_and_how_it_ended(
    name: Event, facts: dict[str, Any], type_uid: int, status: str
) -> None:
    """What was not done is no change that happened."""
    event = of(name, **facts)
    assert (event["type_uid"], event["status"]) == (type_uid, status)


def test_the_operator_is_the_actor() -> None:
    """Of what is done by hand; and whoever decided of what is held."""
    assert of(Event.MEMBER_ADDED, by="Olga")["actor"]["user"] == {"name": "Olga"}
    assert of(Event.CHANGE_APPROVED)["actor"]["user"] == {"name": "jo"}


def test_several_members_are_no_one_user() -> None:
    """They stand in what is not mapped."""
    one, two = of(Event.CHANGE_FAILED), of(Event.CHANGE_FAILED, members=[{"account": "a"}, {"account": "b"}])
    assert one["user"]["uid"] == "acc-1"
    assert "user" not in two
    assert [member["account"] for member in two["unmapped"]["members"]] == ["a", "b"]


def test_an_event_of_a_newer_bridge_is_a_base_event() -> None:
    """It is handed out all the same."""
    ledger = MemoryLedger()
    ledger.append(record("moon.risen", phase="full"))
    event = event_of(ledger.rows[0].line)
    assert (event["class_uid"], event["activity_name"], event["unmapped"]) == (0, "moon.risen", {"phase": "full"})


@given(st.text(), st.text(), st.dictionaries(st.sampled_from(["email", "account", "by", "mapping"]), st.text()))
def test_no_text_makes_an_event_invalid(group: str, group_id: str, facts: dict[str, str]) -> None:
    """Whatever a name is; and it stays one line."""
    ledger = MemoryLedger()
    ledger.append(record("member.added", 0, "run-1", group=group or "x", group_id=group_id, **facts))
    line = ledger.rows[0].line
    assert "\n" not in ocsf_line(line)
    validator(3006).validate(ocsf_event(json.loads(line), line))
