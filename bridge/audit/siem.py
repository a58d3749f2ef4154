"""What a SIEM asks of a record first: how it ended, how much it matters, whom it is about. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

from bridge import __version__
from bridge.audit.events import MEANING, Event

VENDOR: Final = "Hyperproof Bridge"
PRODUCT: Final = "Hyperproof Bridge"
VERSION: Final = __version__


class Weight(IntEnum):
    """How much an event matters."""

    ROUTINE = 0
    """All is well."""
    NOTABLE = 1
    """A person should know of it."""
    WRONG = 2
    """A person has to see to it."""


class Result(StrEnum):
    """How what the record tells of ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    OPEN = "unknown"


_NOTABLE: Final = frozenset(
    {
        Event.CHANGE_HELD,
        Event.CHANGE_APPROVED,
        Event.CHANGE_REJECTED,
        Event.MAPPING_RELEASED,
        Event.GROUP_SKIPPED,
        Event.INTENT_SETTLED,
    }
)
_WRONG: Final = frozenset(
    {
        Event.RUN_FAILED,
        Event.SOURCE_FAILED,
        Event.CHANGE_FAILED,
        Event.CHANGE_UNCONFIRMED,
        Event.CHANGE_UNTRIED,
    }
)
_OPEN: Final = frozenset({Event.CHANGE_UNCONFIRMED, Event.CHANGE_HELD})


@dataclass(frozen=True, slots=True)
class Essence:
    """What both formats say of a record."""

    event: str
    weight: Weight
    result: Result
    message: str
    account: str
    """Of the one account that the record is about; empty: of none, or of several."""
    email: str


def essence(record: Mapping[str, Any]) -> Essence:
    """What a record comes to. One of an event that is not known, from a newer bridge, is told all the same."""
    event = record["event"]
    who = _one_member(record)
    result = Result.OPEN if event in _OPEN else Result.FAILURE if event in _WRONG else Result.SUCCESS
    weight = Weight.WRONG if event in _WRONG else Weight.NOTABLE if event in _NOTABLE else Weight.ROUTINE
    message = MEANING.get(event, f"The event {event}.")
    return Essence(event, weight, result, message, text(who.get("account")), text(who.get("email")))


def text(value: object) -> str:
    """A fact that is text; anything else counts as missing."""
    return value if isinstance(value, str) else ""


def _one_member(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whom a record is about: a lead too, and the one member of a write that carried one."""
    if record.get("account") or record.get("email"):
        return record
    if record.get("lead"):
        return {"account": record["lead"]}
    members = record.get("members")
    return members[0] if isinstance(members, list) and len(members) == 1 else {}
