"""What is shown first: read from the store at one moment, and put in order. Nothing is asked of a server."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

from bridge.core.change import SkipKind
from bridge.core.journal import Intent
from bridge.core.quarantine import Trouble
from bridge.core.sight import Sight
from bridge.notices.matter import Facts, Matter, approval, matters
from bridge.standing.job import Job
from bridge.store.held import HeldCase, HeldStatus
from bridge.store.moment import Moment
from bridge.store.runs import PastRun
from bridge.store.store import DatabaseStore

RUNS = 12
"""Shown on the first page."""

UNRESOLVED = (SkipKind.NO_ACCOUNT, SkipKind.AMBIGUOUS, SkipKind.INELIGIBLE)


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A person of managed groups who has no account that could be put into them."""

    subject: str
    kind: SkipKind
    reason: str
    groups: tuple[Sight, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Held changes, and what to type to approve them."""

    case: HeldCase
    awaits: bool
    command: str


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it."""

    job: Job
    matters: tuple[Matter, ...]
    runs: tuple[PastRun, ...]
    groups: tuple[Sight, ...]
    """Those that something is to be seen to in come first."""
    held: tuple[Waiting, ...]
    people: tuple[Unlinked, ...]
    troubles: tuple[Trouble, ...]
    intents: tuple[Intent, ...]
    """Writes whose outcome is not recorded; while a run is under way there may well be some."""
    state: "States"

    @property
    def is_grave(self) -> bool:
        """Whether the bridge does not do its work."""
        return any(matter.kind.is_grave for matter in self.matters) or bool(self.job.refusal)

    @property
    def members(self) -> int:
        """Memberships of all managed groups."""
        return sum(group.size for group in self.groups)


def load_overview(store: DatabaseStore, job: Job, silent: tuple[str, ...]) -> Overview:
    """Read it. Raises StoreError."""
    moment = store.load_moment(RUNS)
    sights, cases, troubles = moment.sights, moment.held, moment.troubles
    state = States.of(cases, troubles)
    return Overview(
        job=job,
        matters=matters(_facts(moment, job, silent)),
        runs=moment.runs,
        groups=tuple(sorted(sights, key=lambda one: (state(one) is State.WELL, one.name.casefold(), one.key))),
        held=tuple(Waiting(case, case.awaits(job.now), approval(case, job.config)) for case in cases),
        people=unlinked(sights),
        troubles=troubles,
        intents=moment.intents,
        state=state,
    )


def load_facts(store: DatabaseStore, job: Job, silent: tuple[str, ...]) -> Facts:
    """What matters are found in. Raises StoreError."""
    return _facts(store.load_moment(RUNS), job, silent)


def _facts(moment: Moment, job: Job, silent: tuple[str, ...]) -> Facts:
    return Facts(
        now=job.now,
        config=job.config,
        jobs=job.jobs,
        last=next((run for run in moment.runs if run.ended and run.run.started <= job.now), None),
        silent=silent,
        chain=job.chain,
        held=moment.held,
        troubles=moment.troubles,
        sights=moment.sights,
        apply=job.apply,
        intents=() if job.running else moment.intents,
    )


class State(StrEnum):
    """How a managed group is, the worst first."""

    UNSERVED = "not served"
    FAILING = "failing"
    DOUBTED = "in doubt"
    HELD = "held"
    PENDING = "changes pending"
    REJECTED = "changes rejected"
    WELL = "as it should be"


def load_states(store: DatabaseStore) -> "States":
    """What tells how groups are, beside what runs saw of them. Raises StoreError."""
    return States.of(store.list_held(), store.list_troubles())


@dataclass(frozen=True, slots=True)
class States:
    """How managed groups are."""

    held: frozenset[str]
    """Keys of mappings of which something is held, whether or not somebody has approved it."""
    rejected: frozenset[str]
    """Keys of mappings of which somebody rejected what was held: the group stays as nobody planned it."""
    failing: frozenset[str]
    """Keys of mappings whose changes failed last."""

    @classmethod
    def of(cls, cases: Iterable[HeldCase], troubles: Iterable[Trouble]) -> Self:
        """From what the store knows."""
        keys: tuple[set[str], set[str]] = set(), set()
        for case in cases:
            keys[case.status is HeldStatus.REJECTED].add(case.held.key)
        held, rejected = map(frozenset, keys)
        return cls(held, rejected, frozenset(one.failure.key for one in troubles))

    def __call__(self, sight: Sight) -> State:
        """How one is."""
        cases = (
            (sight.key in self.failing, State.FAILING),
            (any(skip.kind is SkipKind.GROUP for skip in sight.skips), State.UNSERVED),
            (bool(sight.doubts), State.DOUBTED),
            (sight.key in self.held, State.HELD),
            (bool(sight.pending), State.PENDING),
            (sight.key in self.rejected, State.REJECTED),
        )
        return next((state for applies, state in cases if applies), State.WELL)


def unlinked(sights: tuple[Sight, ...]) -> tuple[Unlinked, ...]:
    """Everybody without a clear account, once, with all groups that they should be in."""
    found: dict[tuple[str, SkipKind, str], list[Sight]] = defaultdict(list)
    for sight in sights:
        for skip in sight.skips:
            if skip.kind in UNRESOLVED:
                found[skip.subject, skip.kind, skip.reason].append(sight)
    people = (Unlinked(*about, tuple(groups)) for about, groups in found.items())
    return tuple(sorted(people, key=lambda person: (person.subject.casefold(), person.kind)))


def duration(time: timedelta) -> str:
    """How long, in the two units that matter."""
    seconds = max(int(time.total_seconds()), 0)
    for unit, size, smaller, rest in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "", 1)):
        if seconds >= size:
            number, left = divmod(seconds, size)
            return f"{number} {unit} {left // rest} {smaller}" if smaller and left // rest else f"{number} {unit}"
    return f"{seconds} s"
