"""Records as events of the Open Cybersecurity Schema Framework (https://schema.ocsf.io/1.6.0). Pure.

What concerns a group of Hyperproof is Group Management (3006); everything else, a run or a read of a directory, is
a Base Event (0). Each has the sealed line under `raw_data`, so that the chain can still be proved.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from bridge.audit.events import Event
from bridge.audit.siem import PRODUCT, VENDOR, VERSION, Essence, Result, Weight, essence, text
from bridge.audit.timestamp import moment

SCHEMA_VERSION: Final = "1.6.0"

_GROUP_MANAGEMENT: Final = 3006
_IDENTITY: Final = 3
"""The category Identity & Access Management."""
_ADD, _REMOVE, _CREATE, _OTHER = 3, 4, 6, 99
_CAPTIONS: Final = {_ADD: "Add User", _REMOVE: "Remove User", _CREATE: "Create"}

_BY_EVENT: Final[Mapping[str, int]] = {
    Event.MEMBER_ADDED: _ADD,
    Event.MEMBER_REMOVED: _REMOVE,
    Event.GROUP_CREATED: _CREATE,
}
_BY_ACTION: Final[Mapping[str, int]] = {"add members": _ADD, "remove members": _REMOVE, "create group": _CREATE}
"""For changes that were not done."""
_TRIED: Final = frozenset({Event.CHANGE_FAILED, Event.CHANGE_UNCONFIRMED, Event.CHANGE_UNTRIED})
_OF_GROUPS: Final = frozenset(Event) - {
    Event.RUN_STARTED,
    Event.RUN_FINISHED,
    Event.RUN_FAILED,
    Event.SOURCE_READ,
    Event.SOURCE_FAILED,
    Event.GROUP_READ,  # a group of a directory, which is looked at and not managed
}

_SEVERITIES: Final = {
    Weight.ROUTINE: (1, "Informational"),
    Weight.NOTABLE: (2, "Low"),
    Weight.WRONG: (3, "Medium"),
}
_STATUSES: Final = {Result.SUCCESS: (1, "Success"), Result.FAILURE: (2, "Failure"), Result.OPEN: (0, "Unknown")}

_ADDRESS: Final = re.compile(r"^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$")
"""What the schema takes for an e-mail address; a directory may have others."""

_ELSEWHERE: Final = frozenset(
    {"schema", "seq", "at", "event", "run", "organization", "prev", "hash",
     "group", "group_id", "account", "email", "reason", "by"}
)  # fmt: skip
"""Facts that have a place of their own in an event."""


def ocsf_line(line: str) -> str:
    """A sealed line as an event, in one line."""
    return json.dumps(ocsf_event(json.loads(line), line), ensure_ascii=False, separators=(",", ":"))


def ocsf_event(record: Mapping[str, Any], line: str) -> dict[str, Any]:
    """A record and its sealed line as an event."""
    told = essence(record)
    severity_id, severity = _SEVERITIES[told.weight]
    status_id, status = _STATUSES[told.result]
    event = {
        **_class(record, told),
        "time": int(moment(record["at"]).timestamp() * 1000),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "status_detail": text(record.get("reason")),
        "message": told.message,
        "metadata": _metadata(record),
        "unmapped": {key: value for key, value in record.items() if key not in _ELSEWHERE},
        "raw_data": line,
    }
    return {key: value for key, value in event.items() if value not in ("", {})}


def _class(record: Mapping[str, Any], told: Essence) -> dict[str, Any]:
    """Which kind of event it is, and what that kind has beyond the others."""
    if told.event not in _OF_GROUPS:
        return {
            "category_uid": 0,
            "category_name": "Uncategorized",
            "class_uid": 0,
            "class_name": "Base Event",
            "activity_id": _OTHER,
            "activity_name": told.event,
            "type_uid": _OTHER,
        }
    action = text(record.get("action")) if told.event in _TRIED else ""
    activity = _BY_EVENT.get(told.event) or _BY_ACTION.get(action, _OTHER)
    return {
        "category_uid": _IDENTITY,
        "category_name": "Identity & Access Management",
        "class_uid": _GROUP_MANAGEMENT,
        "class_name": "Group Management",
        "activity_id": activity,
        "activity_name": _CAPTIONS.get(activity, told.event),
        "type_uid": _GROUP_MANAGEMENT * 100 + activity,
        "group": _filled(name=text(record.get("group")), uid=text(record.get("group_id"))),
        "user": _filled(
            name=told.email,
            email_addr=told.email if _ADDRESS.search(told.email) else "",
            uid=told.account,
        ),
        "actor": _actor(record),
    }


def _actor(record: Mapping[str, Any]) -> dict[str, Any]:
    """The bridge; and the person in whose name it did it, or who decided."""
    by = text(record.get("by"))
    return {"app_name": PRODUCT, **({"user": {"name": by}} if by else {})}


def _metadata(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": SCHEMA_VERSION,
        "product": {"name": PRODUCT, "vendor_name": VENDOR, "version": VERSION},
        "log_name": "audit",
        "uid": text(record.get("hash")),
        "sequence": record["seq"],
        "event_code": record["event"],
        "correlation_uid": record["run"],
        "tenant_uid": record["organization"],
    }


def _filled(**facts: str) -> dict[str, str]:
    return {key: value for key, value in facts.items() if value}
