"""What no single value shows: words that name nothing, rules that say nothing, groups defined twice.

Works on the plain document, so that it finds what it can also where other values are wrong.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from pydantic import TypeAdapter, ValidationError

from bridge.config.choices import misfits
from bridge.config.directories import RESERVED
from bridge.config.document import Document, Flaw, Place, Plain, key_path
from bridge.config.groups import GroupChoice
from bridge.config.problems import did_you_mean
from bridge.config.references import Surroundings
from bridge.config.values import Text


def crosscheck(document: Document, surroundings: Surroundings) -> Iterator[Flaw]:
    """Every such flaw."""
    yield from nothings(document.data, ())
    yield from unnamed(document)
    yield from jobless(document, surroundings)
    yield from twice(document, surroundings)


def nothings(value: Plain, place: Place) -> Iterator[Flaw]:
    """Keys with nothing behind them: nobody can tell whether empty, unset or forgotten is meant."""
    if value is None:
        is_lead = place[:1] == ("groups",) and place[-1] == "lead"
        remedy = (
            "Write an e-mail address, `owner`, or `none` for no lead."
            if is_lead
            else "Write a value, or leave it out."
        )
        yield Flaw(place, "Nothing stands here.", remedy)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from nothings(item, (*place, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from nothings(item, (*place, position))


# ---- words that name nothing ---------------------------------------------------------------------------

_Types: TypeAlias = Mapping[str, str]
"""The directories of the file, each with its type."""


def unnamed(document: Document) -> Iterator[Flaw]:
    """Directories that groups name and the file does not define; rules that leave open who is meant."""
    directories = document.data.get("directories")
    known = (
        {name: _type_of(value) for name, value in directories.items()} if isinstance(directories, dict) else None
    )
    for position, group in _groups(document):
        place: Place = ("groups", position)
        yield from _members(group.get("members"), (*place, "members"), known)
        yield from _undefined(group.get("for_each"), (*place, "for_each"), known, frozenset())


def _type_of(directory: Plain) -> str:
    kind = directory.get("type") if isinstance(directory, dict) else None
    return kind if isinstance(kind, str) else ""


def _groups(document: Document) -> Iterator[tuple[int, dict[str, Plain]]]:
    groups = document.data.get("groups")
    for position, group in enumerate(groups if isinstance(groups, list) else ()):
        if isinstance(group, dict):
            yield position, group


def _members(value: Plain, place: Place, known: _Types | None) -> Iterator[Flaw]:
    if isinstance(value, list):
        for position, part in enumerate(value):
            yield from _members(part, (*place, position), known)
    if isinstance(value, dict):
        yield from _undefined(value, place, known, RESERVED)
        yield from _unclear(value, place, known)
        for word in RESERVED & value.keys():
            yield from _members(value[word], (*place, word), known)


def _undefined(value: Plain, place: Place, known: _Types | None, words: frozenset[str]) -> Iterator[Flaw]:
    if known is None or not isinstance(value, dict):
        return
    for name in value:
        if name not in known.keys() | words:
            remedy = did_you_mean(name, sorted(known.keys() | words))
            yield Flaw((*place, name), "There is no directory of this name.", remedy)


def _unclear(value: dict[str, Plain], place: Place, known: _Types | None) -> Iterator[Flaw]:
    """A rule begins with one thing: any, all, or one directory; and a directory's groups are named in one way."""
    if known is not None and not value.keys() <= known.keys() | RESERVED:
        return
    beginnings = [key for key in value if key != "except"]
    if not beginnings:
        yield Flaw(place, "It is not said who is in it.", "Add a directory, `any` or `all`.")
    if len(beginnings) > 1:
        parts = ", ".join(f"{{{key}: ...}}" for key in beginnings)
        remedy = f"Write `any: [{parts}]` for everybody in one of them, `all: [{parts}]` for those in every one."
        yield Flaw(place, f"It is not said how {' and '.join(beginnings)} go together.", remedy)
    for key in beginnings:
        if key not in RESERVED:
            yield from _several_ways(value[key], (*place, key))
            yield from misfits(value[key], (*place, key), known[key] if known else "")


_WAYS: Final = frozenset(GroupChoice.model_fields)


def _several_ways(value: Plain, place: Place) -> Iterator[Flaw]:
    if isinstance(value, dict) and len(_WAYS & value.keys()) != 1 and value.keys() <= _WAYS:
        remedy = (
            "Keep exactly one of dn, name, mail_nickname, id, filter, pattern; several groups are parts of `any`."
        )
        yield Flaw(place, "Groups are named in exactly one way.", remedy)


# ---- jobs -----------------------------------------------------------------------------------------------


def jobless(document: Document, surroundings: Surroundings) -> Iterator[Flaw]:
    """Groups of a job that is not there, and jobs without any group: nothing would ever be written for them."""
    schedule = document.data.get("schedule")
    stated = schedule.get("jobs") if isinstance(schedule, dict) else None
    jobs = list(stated) if isinstance(stated, dict) else []
    named = {
        position: _plain_text(group["job"], surroundings)
        for position, group in _groups(document)
        if group.get("job") is not None
    }
    for position, name in named.items():
        if name and name not in jobs:
            remedy = did_you_mean(name, jobs) if jobs else "Define it under `schedule.jobs`, or leave `job` out."
            yield Flaw(("groups", position, "job"), "There is no job of this name.", remedy)
    for job in jobs:
        if job not in named.values():
            yield Flaw(
                ("schedule", "jobs", job),
                "No group names this job.",
                f"Say `job: {job}` in a group, or leave it out.",
            )


# ---- groups defined twice ------------------------------------------------------------------------------


def twice(document: Document, surroundings: Surroundings) -> Iterator[Flaw]:
    """Two entries for one managed group: by name, by id, or by the key that it is remembered under."""
    seen: dict[tuple[str, str], Place] = {}
    for position, group in _groups(document):
        texts = {key: _plain_text(group.get(key), surroundings) for key in ("name", "id", "key")}
        for identity, key in _identities(texts, is_pattern="for_each" in group):
            place: Place = ("groups", position, key)
            first = seen.setdefault(identity, place)
            if first != place:
                line = document.line(first)
                what = f"{key_path(first[:2])} in line {line} has the same {identity[0]}."
                yield Flaw(place, what, "A managed group is defined once: join them, or give each its own.")
                break


def _identities(texts: dict[str, str], *, is_pattern: bool) -> Iterator[tuple[tuple[str, str], str]]:
    """What a group is known by, and the key that says so."""
    if texts["name"] and not is_pattern:
        yield ("name", texts["name"].casefold()), "name"
    if texts["id"]:
        yield ("id", texts["id"]), "id"
    if texts["key"] or texts["name"]:
        yield ("key", texts["key"] or texts["name"]), "key" if texts["key"] else "name"


_TEXT: Final = TypeAdapter[str](Text)


def _plain_text(value: Plain, surroundings: Surroundings) -> str:
    """A text as it will count, or nothing if it is wrong, which is told elsewhere."""
    try:
        return _TEXT.validate_python(value, context=surroundings)
    except ValidationError:
        return ""
