"""What a report states, gathered from the store and from its chain, as of one moment."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bridge.audit.chain import Tip
from bridge.audit.events import Event
from bridge.audit.verify import Verification, verify_part
from bridge.config import Configuration
from bridge.config.policy import policy
from bridge.core.change import Skip, SkipKind
from bridge.core.mapping import From, Policy, Rule, Settings
from bridge.core.quarantine import Trouble
from bridge.core.sight import Sight
from bridge.errors import BridgeError
from bridge.report.chronicle import Chronicle, Fact, Span, chronicle
from bridge.report.membership import Membership, account_addresses, membership
from bridge.report.period import Period
from bridge.standing.overview import UNRESOLVED, State, States, Unlinked, unlinked
from bridge.store.held import HeldCase, HeldStatus
from bridge.store.moment import Moment
from bridge.store.store import DatabaseStore


@dataclass(frozen=True, slots=True)
class Source:
    """How the configuration feeds a managed group."""

    rule: Rule
    settings: Settings


@dataclass(frozen=True, slots=True)
class Group:
    """One managed group."""

    sight: Sight
    state: State
    source: Source | None
    """None: the configuration has it no more."""
    membership: Membership
    is_known: bool
    """Whether its members could be read at all."""
    left: tuple[Skip, ...]
    """What is left as it is there, but for people without a clear account."""
    lead: Fact | None
    changes: tuple[Fact, ...]
    """Of the period."""

    def number(self, event: Event) -> int:
        """How many changes of this kind the period has."""
        return sum(record["event"] == event for record in self.changes)

    @property
    def added(self) -> int:
        """Members put in, in the period."""
        return self.number(Event.MEMBER_ADDED)

    @property
    def removed(self) -> int:
        """Members taken out, in the period."""
        return self.number(Event.MEMBER_REMOVED)


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator did by hand."""

    started: Fact
    deeds: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """All of it."""

    organization: str
    period: Period
    only: str
    """The one group that was asked for, or empty."""
    apply: bool
    """Whether the configuration lets anything be written."""
    proof: Verification
    tip: Tip
    """Of the chain, when it was looked at. What is stated rests on records up to it, as far as they are sound."""
    told: Chronicle
    groups: tuple[Group, ...]
    elsewhere: tuple[Fact, ...]
    """Changes of the period to groups that are not managed any more, or never were."""
    people: tuple[Unlinked, ...]
    held: tuple[HeldCase, ...]
    troubles: tuple[Trouble, ...]
    decisions: tuple[Fact, ...]
    orders: tuple[Order, ...]
    settled: tuple[Fact, ...]
    failures: Mapping[tuple[str, ...], Span]
    doubts: Mapping[tuple[str, ...], Span]
    addresses: Mapping[str, str]
    """By account, as far as records tell."""

    @property
    def is_proved(self) -> bool:
        """Whether all of the chain was verified; where there is no record, nothing is."""
        return self.proof.sound and self.tip.seq > 0

    @property
    def members(self) -> int:
        """Memberships of all groups."""
        return sum(len(group.membership.members) for group in self.groups)

    @property
    def pending(self) -> int:
        """Groups of which something that was planned is still to be done."""
        return sum(bool(group.sight.pending) for group in self.groups)

    def rejected(self, key: str) -> tuple[HeldCase, ...]:
        """What somebody rejected of one mapping, so that it is not done."""
        return tuple(c for c in self.held if c.held.key == key and c.status is HeldStatus.REJECTED)

    def total(self, event: Event) -> int:
        """How many changes of this kind the period has, in all groups."""
        return sum(record["event"] == event for record in self._changes())

    def _changes(self) -> Iterator[Fact]:
        for group in self.groups:
            yield from group.changes
        yield from self.elsewhere

    def skip_record(self, person: Unlinked, group: Sight) -> Fact | None:
        """The record of having left somebody out of a group."""
        return self.told.skipped.get((group.key, person.subject, person.kind.value))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a statement rests on."""

    configuration: Configuration
    moment: Moment
    proof: Verification
    told: Chronicle


def load_statement(store: DatabaseStore, configuration: Configuration, period: Period, only: str) -> Statement:
    """Gather it. Raises StoreError, and BridgeError for a group that is not managed."""
    moment = store.load_moment(0, members=True)
    proof = verify_part(store.ledger, moment.tip)
    sound = takewhile(lambda entry: entry.seq <= proof.tip.seq, store.ledger.entries())
    ground = _Ground(configuration, moment, proof, chronicle(sound, period))
    return _stated(ground, _chosen(moment.sights, only), only)


def _chosen(sights: Sequence[Sight], only: str) -> tuple[Sight, ...]:
    found = tuple(one for one in sights if not only or only in {one.name, one.key, one.group_id})
    if only and not found:
        raise BridgeError(
            f"No managed group {only} was seen by a run; see `status`, or name it as the report does"
        )
    return found


def _stated(ground: _Ground, sights: tuple[Sight, ...], only: str) -> Statement:
    moment, told = ground.moment, ground.told
    about = _About(sights, everything=not only)
    changes, elsewhere = _sorted_out(told.changes, sights)
    return Statement(
        organization=ground.configuration.organization,
        period=told.period,
        only=only,
        apply=ground.configuration.apply,
        proof=ground.proof,
        tip=moment.tip,
        told=told,
        groups=tuple(_groups(ground, sights, changes)),
        elsewhere=() if only else elsewhere,
        people=unlinked(sights),
        held=tuple(case for case in moment.held if about.key(case.held.key)),
        troubles=tuple(one for one in moment.troubles if about.key(one.failure.key)),
        decisions=tuple(filter(about.record, told.decisions)),
        orders=tuple(_orders(told, about)),
        settled=tuple(filter(about.record, told.settled)),
        failures={key: span for key, span in told.failures.items() if about.record(span.last)},
        doubts={key: span for key, span in told.doubts.items() if about.doubt(span.last)},
        addresses=account_addresses(told),
    )


def _sorted_out(
    changes: Sequence[Fact], sights: Sequence[Sight]
) -> tuple[Mapping[str, tuple[Fact, ...]], tuple[Fact, ...]]:
    """Changes by the key of the group that they are about, and those that are about none of these."""
    by_id = {sight.group_id: sight.key for sight in sights if sight.group_id}
    keys = {sight.key for sight in sights}
    found: dict[str, list[Fact]] = defaultdict(list)
    elsewhere: list[Fact] = []
    for record in changes:
        key = by_id.get(record["group_id"], record["mapping"])
        (found[key] if key in keys else elsewhere).append(record)
    return {key: tuple(records) for key, records in found.items()}, tuple(elsewhere)


class _About:
    """Whether something is about the groups that were asked for."""

    def __init__(self, sights: Sequence[Sight], *, everything: bool) -> None:
        self._everything = everything
        self._keys = {sight.key for sight in sights}
        self._ids = {sight.group_id for sight in sights if sight.group_id}
        self._feeds = {feed.id for sight in sights for feed in sight.feeds}

    def key(self, key: str) -> bool:
        """By a mapping's key."""
        return self._everything or key in self._keys

    def record(self, record: Fact) -> bool:
        """By the group that a record names."""
        return self.key(record.get("mapping", "")) or record.get("group_id") in self._ids

    def doubt(self, record: Fact) -> bool:
        """A directory's doubt concerns all; a group's those that it feeds."""
        if "mapping" in record:
            return self.record(record)
        return self._everything or record.get("source_id", "") in self._feeds or "source_id" not in record


def _groups(ground: _Ground, sights: Sequence[Sight], changes: Mapping[str, tuple[Fact, ...]]) -> Iterator[Group]:
    states = States.of(ground.moment.held, ground.moment.troubles)
    rules = policy(ground.configuration)
    for sight in sights:
        is_unserved = any(skip.kind is SkipKind.GROUP for skip in sight.skips)
        yield Group(
            sight=sight,
            state=states(sight),
            source=_source(sight.key, rules),
            membership=membership(sight, ground.told),
            is_known=bool(sight.group_id) and not (is_unserved and not sight.feeds),
            left=tuple(skip for skip in sight.skips if skip.kind not in UNRESOLVED),
            lead=ground.told.lead.get(sight.group_id or ""),
            changes=changes.get(sight.key, ()),
        )


def _source(key: str, rules: Policy) -> Source | None:
    for mapping in rules.mappings:
        if mapping.key == key:
            return Source(mapping.rule, mapping.settings)
    patterns = [one for one in rules.patterns if key.startswith(f"{one.key}/")]
    pattern = max(patterns, key=lambda one: len(one.key), default=None)
    return Source(From(pattern.selector), pattern.settings) if pattern else None


def _orders(told: Chronicle, about: _About) -> Iterator[Order]:
    for started in told.orders:
        deeds = tuple(r for r in told.changes if r["run"] == started["run"] and about.record(r))
        if deeds or about.key(""):
            yield Order(started, deeds)
