"""Every switch for what the API's documentation leaves open: one field each, with the default that comes first.

The figures in brackets are sections of the API reference. A status is written as text, as it would be on the
command line: `name_conflict=400`.
"""

import dataclasses
import difflib
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError

Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(ge=0)]


class ModeError(ValueError):
    """A mode that does not exist, or a value that it cannot have. The text names those it can."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """How this Hyperproof behaves where nobody knows how the real one does."""

    id_space: Literal["userId", "id"] = "userId"
    """Which of a user's two ids the group endpoints speak. One of the other space is an unknown id. [11.1]"""

    unknown_ids: Literal["400", "404", "skip", "partial"] = "400"
    """An add with unknown or deactivated ids: refused whole with 400 or 404; skipping them without a word; or
    applied as far as the ids are good, and yet answered with 400. [11.2]"""

    present_ids: Literal["200", "409"] = "200"
    """Adding somebody who is in already: no change, or a refusal of the whole call. [11.3]"""

    absent_ids: Literal["200", "404"] = "200"
    """Removing somebody who is not in: no change, or a refusal of the whole call. [11.3]"""

    empty_ids: Literal["400", "200"] = "400"
    """An add or remove without any id: a refusal, or no change. [11.3]"""

    write_answer: Literal["full", "sent", "missing"] = "full"
    """The `userIds` that add and remove answer with: all members, those sent, or no such field. [11.4]"""

    batch_limit: Count = 0
    """Ids that one add or remove may hold; 0: any number. [11.5]"""

    batch_limit_status: Literal["400", "413"] = "400"
    """What a batch above the limit draws. [11.5]"""

    batch_breaks_after: Count = 0
    """An add or remove of more ids is applied up to here, then answered with 500; 0: it is atomic. [11.5]"""

    stale_seconds: Seconds = 0.0
    """For so long after a write, reads show the group as it was before. [11.6]"""

    stale_reads: Count = 0
    """So many reads after a write show the group as it was before. [11.6]"""

    list_cap: Count = 0
    """Lists end here without a word; 0: they are whole. [11.7]"""

    page_size: Count = 0
    """Lists come as `{data, nextToken}` with so many entries; 0: as bare arrays. [11.7]"""

    next_page: Literal["advances", "repeats"] = "advances"
    """Whether `nextToken` leads on, or back to the same page for ever. [11.7]"""

    group_members: Literal["expand", "always"] = "expand"
    """When a group object has `userIds`: with `expand=userIds` only, or always. [11.8]"""

    empty_members: Literal["array", "omitted"] = "array"
    """A group without members has `"userIds": []`, or no such field. [11.8]"""

    archived: Literal["400", "writable", "404"] = "400"
    """An archived group: readable and refusing writes; writable as any other; or not there at all by id. [11.9]"""

    archived_names: Literal["taken", "free"] = "taken"
    """Whether an archived group still holds its name. [11.9]"""

    name_conflict: Literal["409", "400", "allowed"] = "409"
    """A name that is taken, but for case and outer spaces: refused, or allowed. [11.10]"""

    lead_removal: Literal["200", "400", "clears"] = "200"
    """Removing the lead from the members: leaves the lead, is refused, or clears the lead. [11.11]"""

    contact_lead: Literal["400", "allowed"] = "400"
    """Whether a contact may lead a group. [11.11]"""

    lead_joins: bool = False
    """Whether a new lead becomes a member as well. [4.4]"""

    contact_members: Literal["allowed", "400"] = "allowed"
    """Whether contacts may be added. [11.12]"""

    service_members: Literal["400", "allowed"] = "400"
    """Whether service accounts may be added. [11.12]"""

    expires_in: Count | None = 3600
    """A token's life in seconds. None (`expires_in=absent`): 3600, and the answer does not say. [11.15]"""

    refused_client: Literal["401", "400", "403"] = "401"
    """What wrong credentials draw at the token endpoint. [11.15]"""

    throttle: Literal["off", "429", "403", "reworded", "html"] = "off"
    """API requests are refused: too many requests; over the quota; the same in other words; an HTML page by a
    firewall. [6, 11.16]"""

    throttle_every: Positive = 1
    """Of so many API requests the last one is throttled; 1: all of them. [6]"""

    retry_after: Literal["seconds", "date", "absent"] = "seconds"
    """How a throttled answer (but for the HTML page) says when to come back. [6, 11.16]"""

    retry_after_seconds: Count = 5
    """When to come back, in Retry-After and in the words of the 429. [6]"""

    write_status: Literal["200", "201", "204"] = "200"
    """What a write that went well is answered with; 204 has no body. [11.18]"""

    trailing_slash: Literal["accepted", "404", "redirect"] = "accepted"
    """`/v1/groups/`: the same as without; unknown; or sent on to the form without. [4.3, 10]"""

    error_body: Literal["json", "text", "empty"] = "json"
    """How the application (not the gateway) words its refusals: `{"error": text}`, plain text, nothing. [7]"""


DEFAULT_MODES: Final = Modes()
_HINTS: Final = get_type_hints(Modes, include_extras=True)
_ABSENT: Final = frozenset({"absent", "none", "null"})


def mode_choices() -> dict[str, str]:
    """Every mode with the values it can have, for messages and help."""
    return {name: _choices(hint) for name, hint in _HINTS.items()}


def parse_modes(settings: Iterable[str]) -> Modes:
    """Read modes from `key=value` texts; those not named have their default. Raises ModeError."""
    values: dict[str, object] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ModeError(f"{setting!r} is not of the form key=value, such as id_space=id.")
        values[name.strip()] = value.strip()
    return change_modes(DEFAULT_MODES, values)


def change_modes(modes: Modes, values: Mapping[str, object]) -> Modes:
    """The same modes but for these values, given as themselves or as text. Raises ModeError."""
    checked: dict[str, Any] = {name: _checked(name, value) for name, value in values.items()}
    return dataclasses.replace(modes, **checked)


def _checked(name: str, value: object) -> object:
    hint = _HINTS.get(name)
    if hint is None:
        raise ModeError(f"There is no mode {name!r}.{_suggestion(name)} The modes are: {', '.join(_HINTS)}.")
    try:
        return TypeAdapter(hint).validate_python(_natural(hint, value))
    except ValidationError:
        raise ModeError(f"The mode {name} cannot be {value!r}; it can be {_choices(hint)}.") from None


def _natural(hint: object, value: object) -> object:
    """The value as its field takes it: statuses as text, `absent` as None where None is possible."""
    if get_origin(hint) is Literal and isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value.casefold() in _ABSENT and type(None) in get_args(hint):
        return None
    return value


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name, _HINTS, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def _choices(hint: object) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    if get_origin(hint) in {Union, types.UnionType}:
        return "a number from 0 up | absent"
    if hint is bool:
        return "true | false"
    return "a number from 1 up" if hint == Positive else "a number from 0 up"
