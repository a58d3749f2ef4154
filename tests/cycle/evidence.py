"""The oath: what the audit says was done is what the sandbox itself says was done, no more and no less."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

from bridge.sandbox.hyperproof import DEFAULT_CLIENT_ID, Event, EventKind
from bridge.store.store import DatabaseStore

Deed = tuple[str, str, str]
"""What happened, to which group, and whom or what it concerned."""

_TOLD = {
    "member.added": "account",
    "member.removed": "account",
    "group.created": "",
    "group.renamed": "name",
    "lead.changed": "lead",
}


def audit_records(store: DatabaseStore) -> list[dict[str, Any]]:
    """Every record of the chain."""
    return [json.loads(entry.line) for entry in store.ledger.entries()]


def told_deeds(records: Iterable[dict[str, Any]]) -> Counter[Deed]:
    """What the audit says was done in Hyperproof."""
    return Counter(
        (record["event"], record["group_id"], (record.get(_TOLD[record["event"]]) or ""))
        for record in records
        if record["event"] in _TOLD
    )


def true_deeds(
    history: Iterable[Event], *, id_space: Literal["userId", "id"] = "userId", actor: str = DEFAULT_CLIENT_ID
) -> Counter[Deed]:
    """What the bridge's client truly did in the sandbox."""
    return Counter(
        (event.kind.value, event.group_id, _object(event, id_space))
        for event in history
        if event.actor == actor and event.kind.value in _TOLD
    )


def _object(event: Event, id_space: Literal["userId", "id"]) -> str:
    match event.kind:
        case EventKind.GROUP_CREATED:
            return ""
        case EventKind.GROUP_RENAMED:
            return event.group_name
        case _:
            return event.user_id if id_space == "userId" else event.id


def assert_audit_equals_history(
    records: Iterable[dict[str, Any]], history: Iterable[Event], *, id_space: Literal["userId", "id"] = "userId"
) -> None:
    """Every deed of the bridge has exactly one record, and every record its deed."""
    told, true = told_deeds(records), true_deeds(history, id_space=id_space)
    unrecorded, invented = sorted((true - told).elements()), sorted((told - true).elements())
    assert not unrecorded, f"done without a record: {unrecorded}"
    assert not invented, f"recorded without being done: {invented}"
