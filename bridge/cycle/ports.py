"""What the cycle needs of the two ends, of the store and of time. Adapters fit these without importing them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bridge.core.change import Consent
from bridge.core.journal import (
    NO_TIES,
    Effects,
    Intent,
    JsonValue,
    Recollection,
    Record,
    Run,
    RunKind,
    Ties,
)
from bridge.core.memory import Baseline, Memory, SourceBaseline
from bridge.core.model import (
    AccountId,
    DirectoryName,
    DirectoryRead,
    Group,
    GroupId,
    Selector,
    TargetRead,
)

__all__ = [  # the values stand in the core, where adapters may import them too
    "Clock",
    "Effects",
    "History",
    "Intent",
    "JsonValue",
    "Readable",
    "Recollection",
    "Record",
    "Run",
    "RunKind",
    "Source",
    "Store",
    "Target",
]


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """Tell the wall-clock time, in UTC."""

    def monotonic(self) -> float:
        """Tell seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Source(Protocol):
    """A directory."""

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the groups that these selectors of this directory name, with all their people.

        What is missing is a doubt in the answer. Raises RemoteError when there is no answer at all. The answer
        may be an earlier one, recalled because nothing changed since that it rests on; then it says so.
        """

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the same anew, whatever was read before."""


class Readable(Protocol):
    """Hyperproof as far as it is read."""

    def read(self) -> TargetRead:
        """Read all accounts, active groups and members: three calls."""

    def read_members(self, group: GroupId) -> frozenset[AccountId]:
        """Read one group's members now: one call."""

    def read_groups(self, *, archived: bool) -> Mapping[GroupId, str]:
        """Read the ids and names of all active, or of all archived, groups: one call."""


class Target(Readable, Protocol):
    """Hyperproof. Every write is one call to the API, and decides nothing."""

    def read_group(self, group: GroupId) -> Group | None:
        """Read one active group by id, its members untold: one call. None when there is no such group."""

    def create_group(self, name: str, members: Sequence[AccountId]) -> GroupId:
        """Create a group with members, and tell its id."""

    def rename_group(self, group: GroupId, name: str) -> None:
        """Give a group another name."""

    def set_lead(self, group: GroupId, lead: AccountId | None) -> None:
        """Set or clear a group's lead."""

    def add_members(self, group: GroupId, members: Sequence[AccountId]) -> None:
        """Put accounts into a group: one call."""

    def remove_members(self, group: GroupId, members: Sequence[AccountId]) -> None:
        """Take accounts out of a group: one call."""


class History(Protocol):
    """What was settled before."""

    def load_baselines(self, keys: Iterable[str]) -> Mapping[str, Baseline]:
        """Load the baselines of these mappings; unknown keys are left out."""

    def load_sources(self, groups: Iterable[str]) -> Mapping[str, SourceBaseline]:
        """Load who was in these directory groups; unknown ids are left out."""

    def load_placements(self, groups: Iterable[GroupId]) -> Mapping[GroupId, frozenset[AccountId]]:
        """Load whom the bridge itself put into these groups."""


class Store(History, Protocol):
    """What outlives a run: memory, intents, held changes, and the audit chain, in one database.

    Every method is one transaction and raises StoreError; what it returned from is on disk.
    """

    def load(self) -> Memory:
        """Load what every run begins with."""

    def load_intents(self) -> tuple[Intent, ...]:
        """Load the writes whose outcome is not recorded, oldest first."""

    def load_consents(self) -> tuple[Consent, ...]:
        """Load what approvals allow, and when they held: also of those that have run out since."""

    def load_unfinished(self, kind: RunKind, config_hash: str) -> Run | None:
        """Load the latest run of this kind and configuration, if it never finished."""

    def record_start(self, run: Run, records: Sequence[Record]) -> None:
        """Open a run."""

    def record_intent(self, intent: Intent, approvals: Collection[str] = ()) -> None:
        """Put a write that is about to happen on disk. Raises Withdrawn if an approval of it holds no more."""

    def record_created(self, intent: Intent, group: GroupId) -> None:
        """Keep the id that a creation was answered with."""

    def record_outcome(
        self, intent: Intent, effects: Effects, records: Sequence[Record], left: Intent | None = None
    ) -> None:
        """Settle an intent with its evidence and what it leaves in memory; `left` of it stays open."""

    def record(self, records: Sequence[Record], ties: Ties = NO_TIES) -> None:
        """Append evidence, with what names led to."""

    def record_end(self, run: Run, outcome: str, left: Recollection | None, records: Sequence[Record]) -> None:
        """Close a run and keep what the next one shall know; nothing new when the run failed."""
