"""Finding records again: by event, group, person, run and time."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from bridge.audit.events import Event
from bridge.audit.ledger import Entry, Ledger
from bridge.audit.timestamp import stamp
from bridge.core.model import email
from bridge.errors import StoreError

GROUP_KEYS: Final = ("group", "group_id", "mapping", "source_id")
"""Facts that say which group a record is about."""

PERSON_KEYS: Final = ("account", "email", "lead", "subject")
"""Facts that say whom a record is about, besides `people`."""

_CHANGES: Final = (Event.MEMBER_ADDED, Event.MEMBER_REMOVED)

NESTED_KEYS: Final = ("members", "changes")
"""Facts that are lists of objects, which say in turn whom a record is about."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are asked for. What is left empty does not matter."""

    event: str = ""
    """`member.added`, or `member` for all events of that noun."""
    group: str = ""
    """A group's name, its id in Hyperproof, the id of a directory group, or a mapping's key."""
    person: str = ""
    """An address, an account's id, or a person's id in a directory."""
    run: str = ""
    since: datetime | None = None
    """From this moment on."""
    until: datetime | None = None
    """Before this moment."""
    limit: int | None = None
    """So many at most: the newest."""

    def accepts(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is asked for."""
        return (
            (not self.event or _is_of(record["event"], self.event))
            and (not self.run or record["run"] == self.run)
            and (not self.group or self.group in _groups(record))
            and (not self.person or not _people(record).isdisjoint({self.person, email(self.person)}))
            and (self.since is None or record["at"] >= stamp(self.since))
            and (self.until is None or record["at"] < stamp(self.until))
        )

    def needles(self) -> tuple[str, ...]:
        """Texts that occur in the line of every record that is asked for: the database looks for these alone."""
        texts = [_written(text) for text in (self.event, self.group, self.run) if text]
        if self.person and self.person == email(self.person):
            texts.append(_written(self.person))
        return tuple(texts)


@dataclass(frozen=True, slots=True)
class Found:
    """A record, read, and its line as it was sealed."""

    record: Mapping[str, Any]
    line: str


def find_records(ledger: Ledger, asked: Filter) -> Iterator[Found]:
    """Read the records asked for, oldest first. Raises StoreError, also for a line that is no record any more."""
    if asked.limit is None:
        return _matches(ledger, asked, newest_first=False)
    newest = list(islice(_matches(ledger, asked, newest_first=True), asked.limit))
    return reversed(newest)


def last_changes(ledger: Ledger, account: str, group_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    """By id of those groups, the last time that the bridge put an account into one, or took it out, if ever."""
    found: dict[str, Mapping[str, Any]] = {}
    left = set(group_ids)
    for record in map(read_entry, ledger.of_account(account) if left else ()):
        if record["event"] in _CHANGES and (group := record.get("group_id")) in left:
            left.remove(group)
            found[group] = record
            if not left:
                break
    return found


def _matches(ledger: Ledger, asked: Filter, *, newest_first: bool) -> Iterator[Found]:
    for entry in ledger.search(asked.needles(), newest_first=newest_first):
        record = read_entry(entry)
        if asked.accepts(record):
            yield Found(record, entry.line)


def read_entry(entry: Entry) -> Mapping[str, Any]:
    """A record, read. Raises StoreError for a line that is none any more."""
    try:
        record = json.loads(entry.line)
    except ValueError:
        record = None
    if not isinstance(record, dict) or not {"event", "run", "at"} <= record.keys():
        raise StoreError(f"Audit record {entry.seq} is damaged in the database; see `audit verify`")
    return record


def _is_of(event: str, asked: str) -> bool:
    return event == asked or event.startswith(asked + ".")


def _groups(record: Mapping[str, Any]) -> set[object]:
    return {record.get(key) for key in GROUP_KEYS}


def _people(record: Mapping[str, Any]) -> set[str]:
    """Everybody whom a record is about, by every name it has for them."""
    named = [record.get(key) for key in PERSON_KEYS] + _listed(record, "people")
    inner = (one for key in NESTED_KEYS for one in _listed(record, key) if isinstance(one, Mapping))
    return {text for text in named if isinstance(text, str)}.union(*map(_people, inner))


def _listed(record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else []  # `group.read` counts people under the same key


def _written(text: str) -> str:
    """A text as it stands inside a line."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
