"""The reading and thinking half of a run: both sides as they are now, and the plan that would make them equal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, replace
from typing import Self

from bridge.core.binding import (
    Binding,
    bind,
    depends_on_archived,
    handed_on,
    namesakes,
    no_longer_configured,
    released,
)
from bridge.core.cause import Past
from bridge.core.change import Plan, Verdict
from bridge.core.desired import Reads, desired
from bridge.core.difference import Accounts, Difference, Surroundings, differ
from bridge.core.expand import expand, folded
from bridge.core.guards import Case, judge
from bridge.core.jobs import EVERY, put_off, waiting
from bridge.core.listed import astray, listed_addresses
from bridge.core.mapping import GroupMapping, Mode, PatternMapping, Policy
from bridge.core.memory import Memory, TargetSizes
from bridge.core.model import (
    AccountId,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Group,
    GroupId,
    Selector,
    TargetRead,
    Untold,
)
from bridge.core.people import People, resolve
from bridge.core.plan import Identities, make_plan
from bridge.core.quarantine import left_alone
from bridge.core.under_way import Open, left_to_land, touched
from bridge.cycle.ports import Clock, History, Readable, Source, Store
from bridge.cycle.progress import Steps, untold
from bridge.errors import IncompleteRead, RemoteError


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides as read in this run."""

    reads: Reads
    current: TargetRead
    read_at: float
    """Monotonic seconds at which the read of Hyperproof began."""

    @property
    def unread(self) -> Mapping[DirectoryName, str]:
        """Directories that gave no answer at all, and why."""
        return {name: read.doubts[0].text for name, read in self.reads.items() if _is_unread(read)}

    @property
    def recalled(self) -> frozenset[DirectoryName]:
        """Directories that were not read anew, for nothing changed since they were."""
        return frozenset(name for name, read in self.reads.items() if read.recalled)

    @property
    def sizes(self) -> TargetSizes:
        """How much Hyperproof showed."""
        return TargetSizes(len(self.current.accounts), len(self.current.groups))

    @property
    def has_known_members(self) -> bool:
        """Whether some group has a member whom the list of users knows by that very id."""
        known = {account.id for account in self.current.accounts}
        told = (group.members for group in self.current.groups if not isinstance(group.members, Untold))
        return any(not members.isdisjoint(known) for members in told)


@dataclass(frozen=True, slots=True)
class Survey:
    """What was thought of both sides."""

    people: People
    bindings: tuple[Binding, ...]
    differences: tuple[Difference, ...]
    plan: Plan
    verdict: Verdict
    around: Surroundings
    under_way: frozenset[str] = frozenset()
    """Keys of mappings of which something is left alone, as an earlier write may still arrive there."""
    notes: tuple[str, ...] = ()
    """Things worth a warning."""
    waiting: frozenset[str] = frozenset()
    """Keys of the managed groups whose changes are not this run's to make."""

    def wants(self, memory: Memory) -> bool:
        """Whether there is something to do, or to hold that was not held before."""
        return bool(self.verdict.allowed.changed) or any(
            held.digest not in memory.held for held in self.verdict.held
        )

    def of(self, job: str) -> Self:
        """The same for a run of this job, which leaves the other jobs' managed groups to their runs."""
        others = waiting(self.plan, (difference.mapping for difference in self.differences), job)
        return replace(self, verdict=put_off(self.verdict, others), waiting=others)


def read_sides(
    sources: Sequence[Source], target: Readable, policy: Policy, clock: Clock, step: Steps = untold
) -> Sides:
    """Read all directories and Hyperproof, side by side. Raises RemoteError when Hyperproof cannot be read."""
    with _readers(len(sources) + 1) as pool:
        read_at = clock.monotonic()
        current = pool.submit(_read_target, target, step)
        reads = pool.map(lambda source: _read(source, source.read, policy, step), sources)
        return Sides({read.directory: read for read in reads}, current.result(), read_at)


def read_directories(sources: Sequence[Source], policy: Policy) -> Reads:
    """Read these directories alone."""
    if not sources:
        return {}
    with _readers(len(sources)) as pool:
        return {
            read.directory: read for read in pool.map(lambda one: _read(one, one.read, policy, untold), sources)
        }


def read_recalled(sides: Sides, sources: Sequence[Source], policy: Policy, step: Steps = untold) -> Sides:
    """The same sides, with everything read in full that was not read anew."""
    left = [source for source in sources if source.name in sides.recalled]
    with _readers(len(left)) as pool:
        reads = pool.map(lambda source: _read(source, source.read_fully, policy, step), left)
        return replace(sides, reads={**sides.reads, **{read.directory: read for read in reads}})


@contextmanager
def _readers(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads to read in, each in our own context. Whoever interrupts us does not wait for a silent server."""
    pool = ThreadPoolExecutor(count, "read", initializer=_go_on_in, initargs=(copy_context(),))
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _go_on_in(context: Context) -> None:
    for variable, value in context.items():
        variable.set(value)


def _read_target(target: Readable, step: Steps) -> TargetRead:
    with step("read Hyperproof") as told:
        read = target.read()
        told.tell(accounts=len(read.accounts), groups=len(read.groups))
        return read


def _read(
    source: Source, read: Callable[[Sequence[Selector]], DirectoryRead], policy: Policy, step: Steps
) -> DirectoryRead:
    """Read one directory. One that gives no answer is a doubt about all its groups, and stops no other."""
    asked = tuple(selector for selector in policy.selectors() if selector.directory == source.name)
    try:
        with step("read directory", directory=source.name) as told:
            found = read(asked)
            told.tell(people=len(found.people), doubts=len(found.doubts), recalled=found.recalled is not None)
            return found
    except RemoteError as error:
        return DirectoryRead(source.name, server="", doubts=(Doubt(DoubtKind.UNREADABLE, error.what),))


def _is_unread(read: DirectoryRead) -> bool:
    return any(doubt.kind is DoubtKind.UNREADABLE for doubt in read.doubts)


def survey(  # noqa: PLR0913 - the last two are what a run has beside the two sides
    sides: Sides,
    memory: Memory,
    ends: tuple[Store, Readable],
    policy: Policy,
    open_: Sequence[Open] = (),
    *,
    job: str = EVERY,
) -> Survey:
    """Think: who is who, what should be, what differs, why, and whether it may be in a run of this job.

    `open_` are writes of which nobody knows yet what came of them: what they are about is left alone.
    """
    store, target = ends
    current = sides.current
    bindings = bind_all(policy, sides.reads, current.groups, memory, target)
    thought = think(sides.reads, current, bindings, Remembered(memory, store), policy)
    under_way = touched(thought.plan, open_)
    plan = left_to_land(thought.plan, open_)
    case = Case(
        differences={difference.mapping.key: difference for difference in thought.differences},
        accounts=thought.accounts,
        sizes=sides.sizes,
        id_space=current.id_space,
        memory=memory,
        limits=policy.limits,
        past=thought.past,
        job=job,
    )
    plan, verdict = left_alone(plan, judge(plan, case), memory.resting)
    on_lists = listed_addresses(binding.mapping for binding in bindings)
    known = (account.email for account in current.accounts if account.email)
    astrays = astray(on_lists, known, memory.listed) if on_lists else ()
    notes = (*astrays, *namesakes(bindings, current.groups))
    found = Survey(thought.people, bindings, thought.differences, plan, verdict, thought.around, under_way, notes)
    return found.of(job)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What thinking needs of earlier runs: some of it at once, the rest when asked."""

    memory: Memory
    history: History


@dataclass(frozen=True, slots=True)
class Thought:
    """What is thought of both sides before anybody judges whether it may be."""

    accounts: Accounts
    people: People
    differences: tuple[Difference, ...]
    plan: Plan
    past: Past
    around: Surroundings


def think(
    reads: Reads, current: TargetRead, bindings: Sequence[Binding], past: Remembered, policy: Policy
) -> Thought:
    """Tell who is who, what should be, what differs and why, of mappings that are bound."""
    memory, store = past.memory, past.history
    accounts = Accounts(current.accounts, memory.listed)
    everybody = (person for read in reads.values() for person in read.people.values())
    people = resolve(everybody, current.accounts, memory.links, policy.eligible)
    served = [binding for binding in bindings if not binding.refusal]
    names = {folded(group.name): group.id for group in current.groups}
    around = Surroundings(accounts, policy, _placed(served, store), names, people)
    differences = tuple(differ(b, desired(b.mapping.rule, reads, people), around) for b in served)
    unserved = [binding for binding in bindings if binding.refusal]
    settled = _past(differences, store)
    plan = make_plan(differences, unserved, settled, Identities(accounts, people, memory.links))
    return Thought(accounts, people, differences, plan, settled, around)


def bind_all(
    policy: Policy, reads: Reads, groups: Sequence[Group], memory: Memory, target: Readable
) -> tuple[Binding, ...]:
    """Bind all mappings; the archived groups, and members that were untold, are read only where needed."""
    expansion = expand(policy, reads)
    mappings = expansion.mappings
    gone = no_longer_configured(memory.bindings, policy)
    known = {key: group for key, group in memory.bindings.items() if key not in gone}
    remembered = handed_on(known, expansion.yielded)
    archived: Mapping[GroupId, str] = {}
    if depends_on_archived(mappings, groups, remembered):
        archived = target.read_groups(archived=True)
    refused = tuple(Binding(mapping, refusal=reason) for mapping, reason in expansion.refusals)
    handed = remembered.keys() - known.keys()
    bound = [
        replace(one, new=True) if one.group and one.mapping.key in handed else one
        for one in bind(mappings, groups, remembered, archived)
    ]
    left = released(
        _trusted(policy.patterns, reads), (*mappings, *(b.mapping for b in refused)), groups, remembered
    )
    return (*(_told(binding, target) for binding in bound), *refused, *left)


def _trusted(patterns: Sequence[PatternMapping], reads: Reads) -> tuple[PatternMapping, ...]:
    """The patterns whose directories were read without doubt: of the others nobody knows what is gone."""
    return tuple(p for p in patterns if not _doubtful(p.selector, reads))


def _doubtful(selector: Selector, reads: Reads) -> bool:
    read = reads[selector.directory]
    selection = read.selections.get(selector)
    return bool(read.doubts or selection is None or selection.doubts)


def _told(binding: Binding, target: Readable) -> Binding:
    """Ask again, by itself, for a group whose members were untold. Told neither way, it can't be served."""
    if binding.group is None or not isinstance(binding.group.members, Untold):
        return binding
    try:
        return replace(binding, group=replace(binding.group, members=target.read_members(binding.group.id)))
    except IncompleteRead as error:
        return Binding(binding.mapping, refusal=f"its members are not told: {error.what}")


def _placed(served: Sequence[Binding], store: History) -> Mapping[GroupId, frozenset[AccountId]]:
    """Whom the bridge put into the groups of which it owns only those."""
    owned = [b.group.id for b in served if b.group and _owns_some(b.mapping)]
    return store.load_placements(owned) if owned else {}


def _owns_some(mapping: GroupMapping) -> bool:
    return mapping.settings.mode is Mode.OWNED


def _past(differences: Sequence[Difference], store: History) -> Past:
    """What was settled before, of the groups that change: nothing is loaded for a run that changes nothing."""
    changing = [difference for difference in differences if difference.any]
    if not changing:
        return Past()
    baselines = store.load_baselines(difference.mapping.key for difference in changing)
    now = {group.id for difference in changing for group in difference.desired.groups}
    return Past(
        baselines=baselines,
        sources=store.load_sources(now.union(*(baseline.sources for baseline in baselines.values()))),
        placed=store.load_placements(d.group.id for d in changing if d.group and d.removals),
    )
