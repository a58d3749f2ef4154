"""The published schema of audit records, docs/audit-record.schema.json."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from bridge.audit.chain import RESERVED, SCHEMA_VERSION
from bridge.audit.events import MEANING, Event
from bridge.core.change import Action, Cause
from tests.audit.samples import FACTS, sample_chain

SCHEMA: Final[dict[str, Any]] = json.loads(Path("docs/audit-record.schema.json").read_text(encoding="utf-8"))
VALIDATOR: Final = Draft202012Validator(SCHEMA)
REQUIRED: Final[dict[str, list[str]]] = {
    rule["if"]["properties"]["event"]["const"]: rule["then"]["required"] for rule in SCHEMA["allOf"]
}


def test_the_schema_is_one() -> None:
    """It is valid itself, and of the version that records bear."""
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema"]["const"] == SCHEMA_VERSION
    assert SCHEMA["$id"].endswith(f":{SCHEMA_VERSION}")


def test_every_event_has_its_facts_a_meaning_and_a_sample() -> None:
    """No event is forgotten, none is invented."""
    events = set(Event)
    assert set(REQUIRED) == set(SCHEMA["$defs"]["event"]["enum"]) == events
    assert set(MEANING) == set(FACTS) == events


def test_every_fact_is_described() -> None:
    """Each key has a sentence; every required fact is among them, and none has a name of the chain's own."""
    assert all(fact["description"].endswith(".") for fact in SCHEMA["properties"].values())
    assert set(SCHEMA["required"]) == RESERVED | {"hash"}
    for facts in REQUIRED.values():
        assert set(facts) <= set(SCHEMA["properties"]) - RESERVED


def test_causes_and_actions_are_those_of_the_core() -> None:
    """What the schema lists is what the program knows."""
    assert SCHEMA["$defs"]["cause"]["enum"] == [cause.value for cause in Cause]
    assert SCHEMA["properties"]["action"]["enum"] == [action.value for action in Action]


@pytest.mark.parametrize("line", sample_chain(), ids=list(Event))
def test_a_record_of_every_event_fits(line: str) -> None:
    """Each sealed record is valid, and stops being so when a required fact is missing."""
    record = json.loads(line)
    VALIDATOR.validate(record)
    for fact in REQUIRED[record["event"]] + SCHEMA["required"]:
        assert not VALIDATOR.is_valid({key: value for key, value in record.items() if key != fact}), fact


@pytest.mark.parametrize(
    "wrong",
    [{"event": "member.invented"}, {"at": "yesterday"}, {"schema": 2}, {"hash": "short"}, {"cause": "because"},
     {"status": "400"}, {"seq": 0}],
    ids=str,
)  # fmt: skip
def test_a_wrong_record_does_not_fit(wrong: dict[str, object]) -> None:
    """The schema refuses what no record may say."""
    record = json.loads(sample_chain()[list(Event).index(Event.MEMBER_ADDED)])
    VALIDATOR.validate(record)
    assert not VALIDATOR.is_valid({**record, **wrong})
