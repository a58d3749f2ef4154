"""check: everything that would stop a run, found before it does, each with its remedy."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import typer

from bridge.cli.exits import Exit
from bridge.cli.options import DEFAULT_CONFIG, AsJson, ConfigPath, Verbose, configuration
from bridge.cli.words import counted
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.config import Configuration
    from bridge.core.binding import Binding
    from bridge.core.model import DirectoryRead, TargetRead
    from bridge.sources.probe import Directory
    from bridge.targets.hyperproof import Hyperproof
    from bridge.wiring import Wired

T = TypeVar("T")


class Level(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked into."""

    part: str
    level: Level
    text: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False, verbose: Verbose = False) -> Exit:
    """Check configuration and store, then each connection, permission and group, and which ids Hyperproof takes.

    Each failure comes with its remedy. Writes nothing. Ends with 0 only when a run would find all it needs, and
    with 6 otherwise; then look at `plan`.

    Example: hyperproof-bridge check --config bridge.yaml
    """
    from bridge.wiring import wired_for_reading

    loaded = configuration(config, verbose=verbose)
    with wired_for_reading(loaded) as wired:
        found = list(_found(wired))
    _print(found, as_json=as_json)
    return Exit.UNREADABLE if any(one.level is Level.FAILED for one in found) else Exit.OK


def _found(wired: "Wired") -> Iterator[Found]:
    yield from _configuration(wired.configuration)
    yield from _store(wired)
    reads: dict[str, DirectoryRead] = {}
    for source in wired.sources:
        yield from _directory(source, wired, reads)
    target: list[TargetRead] = []
    yield from _hyperproof(wired.target, target)
    if target:
        yield from _groups(wired, reads, target[0])


def _configuration(loaded: "Configuration") -> Iterator[Found]:
    yield Found(
        "configuration",
        Level.OK,
        f"{loaded.path}: {counted(len(loaded.groups), 'group entry', 'group entries')}, "
        f"{counted(len(loaded.directories), 'directory', 'directories')}",
    )
    if not loaded.apply:
        yield Found("configuration", Level.WARNING, "apply is false: runs plan and report, and change nothing")
    for warning in loaded.warnings:
        yield Found("configuration", Level.WARNING, warning)


def _store(wired: "Wired") -> Iterator[Found]:
    from bridge.store.probing import probe

    loaded = wired.configuration
    looked = probe(loaded.store.place, loaded.organization, wired.store.ledger, loaded.audit.file)
    for seen in (yield from _attempt("store", lambda: list(looked))) or ():
        level = Level.FAILED if seen.wrong else Level.WARNING if seen.doubtful else Level.OK
        yield Found("store", level, seen.text)


def _directory(source: "Directory", wired: "Wired", reads: "dict[str, DirectoryRead]") -> Iterator[Found]:
    part = f"directory {source.name}"
    probe = yield from _attempt(part, source.probe)
    if probe is None:
        return
    yield from (Found(part, Level.OK, text) for text in probe.findings)
    yield from (Found(part, Level.WARNING, text) for text in probe.warnings)
    yield from (Found(part, Level.FAILED, text) for text in probe.failures)
    selectors = [selector for selector in wired.bridge.policy.selectors() if selector.directory == source.name]
    read = yield from _attempt(part, lambda: source.read_fully(selectors))
    if read is None:
        return
    reads[source.name] = read
    yield from (Found(part, Level.WARNING, note) for note in read.notes)
    yield from (Found(part, Level.FAILED, str(doubt)) for doubt in read.doubts)
    for selector, selection in read.selections.items():
        people = len(frozenset().union(*(group.members for group in selection.groups)))
        doubts = [*selection.doubts, *(doubt for group in selection.groups for doubt in group.doubts)]
        if selection.groups:
            yield Found(part, Level.OK, f"{selector.text}: {_size(len(selection.groups), people)}")
        yield from (Found(part, Level.FAILED, f"{selector.text}: {doubt}") for doubt in doubts)
        if not selection.groups and not doubts:
            yield Found(part, Level.FAILED, f"{selector.text}: no group answers to it")


def _size(groups: int, people: int) -> str:
    return f"{counted(groups, 'group', 'groups')}, {counted(people, 'person', 'people')}"


def _hyperproof(target: "Hyperproof", found: "list[TargetRead]") -> Iterator[Found]:
    part = "hyperproof"
    probe = yield from _attempt(part, target.probe)
    if probe is None:
        return
    yield Found(part, Level.OK, f"signed in as {probe.who}")
    yield from (Found(part, Level.FAILED, refusal) for refusal in probe.refusals)
    if probe.read is None:
        return
    found.append(probe.read)
    if probe.users is not None and probe.groups is not None:
        groups = counted(probe.groups, "active group", "active groups")
        yield Found(part, Level.OK, f"{counted(probe.users, 'user', 'users')}, {groups}")
    space = probe.read.id_space
    yield Found(part, Level.OK if space.proved else Level.FAILED, f"ids are {space.space.value}: {space.evidence}")
    yield from (Found(part, Level.WARNING, note) for note in probe.read.notes)


def _groups(wired: "Wired", reads: "dict[str, DirectoryRead]", target: "TargetRead") -> Iterator[Found]:
    from bridge.core.model import DirectoryName, Doubt, DoubtKind
    from bridge.core.model import DirectoryRead as Read
    from bridge.cycle.survey import bind_all

    unread = Doubt(DoubtKind.UNREADABLE, "not read")
    names = [DirectoryName(name) for name in wired.configuration.directories]
    sides = {name: reads.get(name) or Read(name, "", doubts=(unread,)) for name in names}
    memory = wired.store.load()
    bindings = yield from _attempt(
        "managed groups", lambda: bind_all(wired.bridge.policy, sides, target.groups, memory, wired.target)
    )
    for binding in bindings or ():
        yield _binding(binding)


def _binding(binding: "Binding") -> Found:
    part = f"managed group {binding.mapping.name}"
    if binding.refusal:
        return Found(part, Level.FAILED, f"{binding.refusal} ({binding.mapping.where})")
    if binding.group is None:
        return Found(part, Level.OK, "will be created")
    return Found(part, Level.OK, f"is the group {binding.group.id}")


def _attempt(part: str, act: Callable[[], T]) -> Generator[Found, None, T | None]:
    """Do it; what keeps it from being done is a finding."""
    try:
        return act()
    except BridgeError as error:
        yield Found(part, Level.FAILED, str(error))
        return None


def _print(found: list[Found], *, as_json: bool) -> None:
    from rich.text import Text

    from bridge.cli.screen import console, print_json, table

    if as_json:
        print_json([{"part": one.part, "level": one.level.value, "text": one.text} for one in found])
        return
    styles = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILED: "red"}
    rows = [(Text(one.level.value, styles[one.level]), one.part, one.text) for one in found]
    console().print(table(("", "part", "found"), rows))
    failed = sum(one.level is Level.FAILED for one in found)
    console().print(
        f"{counted(failed, 'failure', 'failures')}: mend what is named, and check again"
        if failed
        else "a run finds all it needs; see `plan`"
    )
