"""What is remembered from run to run. A hint that sharpens guards and causes; never the truth about a group."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.change import Approval, Held
from bridge.core.listed import Listed
from bridge.core.model import AccountId, GroupId, PersonId
from bridge.core.picture import Kept
from bridge.core.quarantine import Trouble


@dataclass(frozen=True, slots=True)
class TargetSizes:
    """How much Hyperproof showed in the last run that read it."""

    users: int
    groups: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What every run begins with; small, whatever the size of the groups."""

    links: Mapping[PersonId, AccountId] = field(default_factory=dict)
    listed: Listed = field(default_factory=dict)
    """Whom the addresses of the lists `keep` and `ignore` mean."""
    bindings: Mapping[str, GroupId] = field(default_factory=dict)
    """From a mapping's key to the group it serves."""
    source_sizes: Mapping[str, int] = field(default_factory=dict)
    """From a directory group's id to how many people it had when last settled; or since, if it was empty then."""
    source_digests: Mapping[str, str] = field(default_factory=dict)
    """From a directory group's id to the digest of those people."""
    baseline_digests: Mapping[str, str] = field(default_factory=dict)
    """From a mapping's key to the digest of its baseline."""
    target_sizes: TargetSizes | None = None
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    """By digest; only those still valid."""
    rejections: tuple[Held, ...] = ()
    """What a person refused, and did not approve since."""
    held: frozenset[str] = frozenset()
    """Digests of all changes held at the end of the last run; they are recorded already."""
    skips: Mapping[str, str] = field(default_factory=dict)
    """From a mapping's key to the digest of what was skipped there in the last run; that is recorded already."""
    names: Mapping[str, str] = field(default_factory=dict)
    """From the name of a directory group (`bridge.core.naming.name_key`) to the id that it led to."""
    sights: Mapping[str, str] = field(default_factory=dict)
    """From a mapping's key to the digest of what the last run saw of its group; that is kept already."""
    pictures: Mapping[str, Kept] = field(default_factory=dict)
    """What is kept of each side for whoever asks why; by `bridge.core.picture.Picture.side`."""
    resting: Mapping[str, Trouble] = field(default_factory=dict)
    """The mappings that are in quarantine now, by key."""
    writes_proved: bool = False
    """Whether the members that the bridge put in were ever read back: the ids it sends mean what it thinks."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How one managed group stood at the end of the last run that settled it."""

    mapping_digest: str
    """Of the rule and settings then in force, by `bridge.core.cause.mapping_digest`."""
    desired: frozenset[AccountId]
    members: frozenset[AccountId]
    """As confirmed by the last read of the group."""
    sources: tuple[str, ...] = ()
    """Ids of the directory groups that fed it."""

    digest: str = ""


@dataclass(frozen=True, slots=True)
class SourceBaseline:
    """Who was in a directory group at the last read without doubt."""

    group: str
    name: str
    people: frozenset[PersonId]
    digest: str
