"""The events that evidence consists of. Their names are fixed: reports and alerts rest on them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Event(StrEnum):
    """What an audit record tells of."""

    RUN_STARTED = "run.started"
    RUN_FINISHED = "run.finished"
    RUN_FAILED = "run.failed"
    SOURCE_READ = "source.read"
    SOURCE_FAILED = "source.failed"
    GROUP_READ = "group.read"
    GROUP_BOUND = "group.bound"
    MEMBER_ADDED = "member.added"
    MEMBER_REMOVED = "member.removed"
    GROUP_CREATED = "group.created"
    GROUP_RENAMED = "group.renamed"
    LEAD_CHANGED = "lead.changed"
    CHANGE_FAILED = "change.failed"
    CHANGE_UNCONFIRMED = "change.unconfirmed"
    CHANGE_UNTRIED = "change.untried"
    CHANGE_HELD = "change.held"
    CHANGE_APPROVED = "change.approved"
    CHANGE_REJECTED = "change.rejected"
    MAPPING_RELEASED = "mapping.released"
    MEMBER_SKIPPED = "member.skipped"
    GROUP_SKIPPED = "group.skipped"
    INTENT_SETTLED = "intent.settled"


MEANING: Final[Mapping[Event, str]] = {
    Event.RUN_STARTED: "A run began, under the configuration with this hash.",
    Event.RUN_FINISHED: "A run came to its end, with these counts.",
    Event.RUN_FAILED: "A run ended before its end, for this reason.",
    Event.SOURCE_READ: "A directory was read: from which server, by which searches, with which doubts.",
    Event.SOURCE_FAILED: "A directory could not be read at all.",
    Event.GROUP_READ: "A directory group was read: how many people are in it, and what is doubtful about that.",
    Event.GROUP_BOUND: "A managed group was tied to the id of the Hyperproof group it serves from now on.",
    Event.MEMBER_ADDED: "An account was put into a group, and seen there when the group was read back.",
    Event.MEMBER_REMOVED: "An account was taken out of a group, and no longer seen when the group was read back.",
    Event.GROUP_CREATED: "A group was created in Hyperproof.",
    Event.GROUP_RENAMED: "A group was given another name.",
    Event.LEAD_CHANGED: "A group's lead was set or cleared.",
    Event.CHANGE_FAILED: "Hyperproof refused a change; nothing was changed by it.",
    Event.CHANGE_UNCONFIRMED: "A change was sent, but reading the group back did not show it.",
    Event.CHANGE_UNTRIED: "A change was due and not sent: the run stopped before it, or its approval had ended.",
    Event.CHANGE_HELD: "A guard stopped changes to a group; they wait for a person.",
    Event.CHANGE_APPROVED: "A person approved exactly these held changes.",
    Event.CHANGE_REJECTED: "A person rejected these held changes, or took an approval back.",
    Event.MAPPING_RELEASED: "A person let a mapping out of quarantine; its changes are tried again.",
    Event.MEMBER_SKIPPED: "Somebody was left as they were although the rule says otherwise, for this reason.",
    Event.GROUP_SKIPPED: "A managed group was left as it was, for this reason.",
    Event.INTENT_SETTLED: "A write that an earlier run left open was looked into, and what came of it was found.",
}
"""One sentence for each event, as in docs/evidence.md."""
