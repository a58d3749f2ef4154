"""One record of every event, with the facts that it has in real life."""

from collections.abc import Mapping
from typing import Final

from bridge.audit.chain import ORIGIN, seal_all
from bridge.audit.events import Event
from bridge.core.journal import JsonValue, Record
from tests.audit.chains import ACME, NOON

_GROUP: Final[Mapping[str, JsonValue]] = {"mapping": "Auditors", "group": "Auditors", "group_id": "g-1"}
_WRITE: Final[Mapping[str, JsonValue]] = {**_GROUP, "intent": "intent-1"}
_ANNA: Final[Mapping[str, JsonValue]] = {
    "account": "acc-1",
    "email": "anna.smith@corp.example",
    "cause": "source changed",
    "people": ["corp:6f9619ff"],
}
_DECISION: Final[Mapping[str, JsonValue]] = {
    **_GROUP,
    "digest": "d" * 64,
    "by": "jo",
    "reason": "asked the team",
    "adds": 0,
    "removals": 30,
}
_NOT_DONE: Final[Mapping[str, JsonValue]] = {
    **_WRITE,
    "action": "add members",
    "members": [_ANNA],
    "reason": "the server said no",
}

FACTS: Final[Mapping[Event, Mapping[str, JsonValue]]] = {
    Event.RUN_STARTED: {"kind": "sync", "config_hash": "c" * 64, "version": "0.1.0", "apply": True},
    Event.RUN_FINISHED: {"outcome": "changes applied", "counts": {"added": 1, "removed": 0}},
    Event.RUN_FAILED: {"reason": "Hyperproof is out of reach"},
    Event.SOURCE_READ: {
        "directory": "corp",
        "server": "ldaps://dc1.corp.example",
        "groups": 2,
        "people": 31,
        "searches": [{"what": "dc=corp (cn=*)", "pages": 1, "entries": 2, "result": "0 success"}],
        "recalled": "2026-03-01T11:00:00.000000Z",
    },
    Event.SOURCE_FAILED: {"directory": "corp", "reason": "unreadable: no server answered"},
    Event.GROUP_READ: {
        "directory": "corp",
        "server": "ldaps://dc1.corp.example",
        "group": "cn=auditors,dc=corp",
        "source_id": "corp:0b1c",
        "people": 31,
        "disabled": 1,
        "others": 0,
        "doubts": ["unresolved: uid=gone"],
    },
    Event.GROUP_BOUND: _GROUP,
    Event.MEMBER_ADDED: {**_WRITE, **_ANNA},
    Event.MEMBER_REMOVED: {
        **_WRITE,
        **_ANNA,
        "approval": {"digest": "d" * 64, "by": "jo", "reason": "asked the team"},
    },
    Event.GROUP_CREATED: {**_WRITE, "cause": "first sync"},
    Event.GROUP_RENAMED: {**_WRITE, "name": "Internal Auditors", "cause": "configuration changed"},
    Event.LEAD_CHANGED: {**_WRITE, "lead": "acc-1", "cause": "configuration changed"},
    Event.CHANGE_FAILED: {**_NOT_DONE, "status": 400},
    Event.CHANGE_UNCONFIRMED: _NOT_DONE,
    Event.CHANGE_UNTRIED: _NOT_DONE,
    Event.CHANGE_HELD: {
        **_GROUP,
        "digest": "d" * 64,
        "findings": [{"guard": "removals per group", "text": "30 of 31 would go; 10 may"}],
        "changes": [{"action": "remove members", "members": [_ANNA]}],
    },
    Event.CHANGE_APPROVED: {**_DECISION, "expires": "2026-03-02T12:00:00.000000Z"},
    Event.CHANGE_REJECTED: {**_DECISION, "was": "pending"},
    Event.MAPPING_RELEASED: {
        "mapping": "Auditors",
        "group": "Auditors",
        "by": "jo",
        "failure": "PUT /groups/g-1/users/add was answered 400",
        "failed_runs": 3,
        "reason": "the group was archived",
    },
    Event.MEMBER_SKIPPED: {
        **_GROUP,
        "subject": "ben@corp.example",
        "kind": "no account",
        "reason": "no account in Hyperproof has this address",
    },
    Event.GROUP_SKIPPED: {**_GROUP, "reason": "nobody is removed in doubt", "doubts": ["truncated: page 2"]},
    Event.INTENT_SETTLED: {
        **_WRITE,
        "action": "add members",
        "intended_by": "run-0",
        "done": 1,
        "of": 1,
        "reason": "found by reading the group",
    },
}  # fmt: skip


def sample_chain() -> tuple[str, ...]:
    """The lines of a chain with one record of each event."""
    records = [Record(event, NOON, "run-1", facts) for event, facts in FACTS.items()]
    return tuple(one.line for one in seal_all(records, ACME, ORIGIN))
