"""Records in the Common Event Format, version 0 (ArcSight, "Implementing ArcSight Common Event Format"). Pure.

    CEF:0|vendor|product|version|event|what happened|severity|key=value key=value ...

A header escapes backslash and pipe, an extension backslash, equals sign and line ends; nothing else. What could
end a line, or hide in one, is written as an escape of ours, so that no name forges an event.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from bridge.audit.siem import PRODUCT, VENDOR, VERSION, Weight, essence, text
from bridge.audit.timestamp import moment

_SEVERITIES: Final = {Weight.ROUTINE: 3, Weight.NOTABLE: 5, Weight.WRONG: 7}
"""Of 0 to 10."""

_LABELLED: Final = (
    ("cs1", "group", "group"),
    ("cs2", "groupId", "group_id"),
    ("cs3", "mapping", "mapping"),
    ("cs4", "cause", "cause"),
    ("cs5", "run", "run"),
    ("cs6", "hash", "hash"),
)
"""Fields for what the format has no word of its own: key, label and fact."""


def cef_line(line: str) -> str:
    """A sealed line as an event."""
    return cef_event(json.loads(line))


def cef_event(record: Mapping[str, Any]) -> str:
    """A record as an event."""
    told = essence(record)
    header = (VENDOR, PRODUCT, VERSION, told.event, told.message)
    fields = {
        "rt": str(int(moment(record["at"]).timestamp() * 1000)),
        "externalId": str(record["seq"]),
        "act": text(record.get("action")),
        "outcome": told.result.value,
        "duid": told.account,
        "duser": told.email,
        "suser": text(record.get("by")),
        "reason": text(record.get("reason")),
        "dvchost": text(record.get("server")),
        "deviceFacility": record["organization"],
        "cat": told.event.partition(".")[0],
    }
    for key, label, fact in _LABELLED:
        if value := text(record.get(fact)):
            fields |= {f"{key}Label": label, key: value}
    extension = " ".join(f"{key}={_extension(value)}" for key, value in fields.items() if value)
    return f"CEF:0|{'|'.join(map(_header, header))}|{_SEVERITIES[told.weight]}|{extension}"


def _header(value: str) -> str:
    return re.sub(r"[\\|]", r"\\\g<0>", _visible(re.sub(r"\s+", " ", value)))


def _extension(value: str) -> str:
    escaped = re.sub(r"[\\=]", r"\\\g<0>", value).replace("\r\n", "\n")
    return _visible(escaped.replace("\n", r"\n").replace("\r", r"\r"))


def _visible(value: str) -> str:
    """A text in which nothing moves, ends or hides a line."""
    return "".join(f"<U+{ord(char):04X}>" if _is_invisible(char) else char for char in value)


def _is_invisible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or category in {"Zl", "Zp"}
