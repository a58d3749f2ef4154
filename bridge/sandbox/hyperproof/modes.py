"""Every switch for what the API's documentation leaves open: one field each, with the default that comes first.

The figures in brackets are sections of the API reference. A status is written as text, as it would be on the
command line: `name_conflict=400`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bridge.sandbox.modes import Count, Positive, Seconds, changed, choices, parsed


@dataclass(frozen=True, slots=True, kw_only=True)
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


def mode_choices() -> dict[str, str]:
    """Every mode with the values it can have, for messages and help."""
    return choices(Modes)


def parse_modes(settings: Iterable[str]) -> Modes:
    """Read modes from `key=value` texts; those not named have their default. Raises ModeError."""
    return parsed(DEFAULT_MODES, settings, example="id_space=id")


def change_modes(modes: Modes, values: Mapping[str, object]) -> Modes:
    """The same modes but for these values, given as themselves or as text. Raises ModeError."""
    return changed(modes, values)
