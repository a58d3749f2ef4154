"""Why a change is in the plan: one cause for each, found by comparing with the last settled state.

put in                                                         cause
the group was never settled before                             first sync
was desired and in it last time, and is not in it now           drift undone
the person joined or left one of the directory groups since    source changed
the mapping was edited since, or draws on other groups         configuration changed
else: an account appeared, became eligible, changed hands      identity changed

taken out
the group was never settled before                             first sync
the person joined or left one of the directory groups since    source changed
the mapping was edited since, or drew on other groups          configuration changed
was not in it last time, and the bridge did not put them in    drift undone
else                                                           identity changed
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.core.change import Cause
from bridge.core.difference import Difference
from bridge.core.mapping import AllOf, AnyOf, Except, From, GroupMapping, Rule
from bridge.core.memory import Baseline, SourceBaseline
from bridge.core.model import AccountId, GroupId, PersonId


@dataclass(frozen=True, slots=True)
class Past:
    """What was settled before this run, as far as this run's changes need it."""

    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    sources: Mapping[str, SourceBaseline] = field(default_factory=dict)
    placed: Mapping[GroupId, frozenset[AccountId]] = field(default_factory=dict)


class Causes:
    """The causes of one managed group's changes."""

    def __init__(self, difference: Difference, past: Past) -> None:
        self._baseline = past.baselines.get(difference.mapping.key)
        self._placed = past.placed.get(difference.group.id, frozenset()) if difference.group else frozenset()
        self._moved = _moved(difference, past.sources)
        self._reconfigured = self._baseline is not None and (
            is_edited(difference.mapping, self._baseline.mapping_digest)
            or set(self._baseline.sources) != {group.id for group in difference.desired.groups}
        )

    def of_add(self, account: AccountId, people: Iterable[PersonId]) -> Cause:
        """Tell why an account is put in."""
        if self._baseline is None:
            return Cause.FIRST_SYNC
        if account in self._baseline.desired and account in self._baseline.members:
            return Cause.DRIFT
        return self._of_directory(people) or Cause.IDENTITY

    def of_removal(self, account: AccountId, people: Iterable[PersonId]) -> Cause:
        """Tell why an account is taken out."""
        if self._baseline is None:
            return Cause.SOURCE if account in self._placed else Cause.FIRST_SYNC
        if account not in self._baseline.members and account not in self._placed:
            return self._of_source(people) or Cause.DRIFT
        return self._of_directory(people) or Cause.IDENTITY

    def of_group(self) -> Cause:
        """Tell why the group itself is created, renamed, or led by another."""
        if self._baseline is None:
            return Cause.FIRST_SYNC
        return Cause.CONFIGURATION if self._reconfigured else Cause.DRIFT

    def of_owner(self) -> Cause:
        """Tell why the group is led by another who owns its directory groups: who owned them is not remembered."""
        own = self.of_group()
        return Cause.SOURCE if own is Cause.DRIFT else own

    def _of_directory(self, people: Iterable[PersonId]) -> Cause | None:
        return self._of_source(people) or (Cause.CONFIGURATION if self._reconfigured else None)

    def _of_source(self, people: Iterable[PersonId]) -> Cause | None:
        return Cause.SOURCE if not self._moved.isdisjoint(people) else None


def _moved(difference: Difference, sources: Mapping[str, SourceBaseline]) -> frozenset[PersonId]:
    """Everybody who joined or left one of the directory groups since its last settled read."""
    pairs = (
        (group.members, sources[group.id].people) for group in difference.desired.groups if group.id in sources
    )
    return frozenset().union(*(now ^ before for now, before in pairs))


def mapping_digest(mapping: GroupMapping) -> str:
    """Name what a mapping says, and behind a dash its rule alone: the same words are the same on every machine."""
    settings = mapping.settings
    said = [
        mapping.name,
        mapping.group_id,
        _said(mapping.rule),
        [settings.mode, settings.lead.action, settings.lead.address, settings.rename],
        sorted(settings.keep),
        sorted(settings.ignore),
    ]
    return f"{_digest(said)}-{_digest(_said(mapping.rule))}"


def is_edited(mapping: GroupMapping, before: str) -> bool:
    """Whether a mapping says anything else than the one of this digest did."""
    return mapping_digest(mapping).partition("-")[0] != before.partition("-")[0]


def has_same_rule(mapping: GroupMapping, before: str) -> bool:
    """Whether a mapping draws on directory groups by the same words as the one of this digest did."""
    _, _, rule = before.partition("-")
    if not rule:  # kept by a version that named no rule by itself
        return not is_edited(mapping, before)
    return mapping_digest(mapping).partition("-")[2] == rule


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def _said(rule: Rule) -> list[object]:
    match rule:
        case From(selector, only):
            return ["from", selector.directory, selector.kind, selector.text, only]
        case AnyOf(parts):
            return ["any", *map(_said, parts)]
        case AllOf(parts):
            return ["all", *map(_said, parts)]
        case Except(base, minus):
            return ["except", _said(base), _said(minus)]
