"""What the guards ask of directory groups: whether each is still what it was when all was last settled.

One that is empty now may be hidden from us, one that is not found any more may be, too, and one that answers to
another's name may be a stranger's. Each had people, and whoever was in because of them, or kept out, is at stake.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bridge.core.cause import Past, has_same_rule
from bridge.core.change import Finding, GuardKind
from bridge.core.difference import Difference
from bridge.core.mapping import AllOf, AnyOf, Except, From, Rule, selectors
from bridge.core.memory import Baseline
from bridge.core.model import DirectoryGroup

_SHOWN: Final = 5
"""Groups that are named where many are gone at once, as when a whole part of a directory is hidden."""

_GONE: Final = "is not found any more"


@dataclass(frozen=True)
class Sources:
    """The directory groups behind one managed group, now and before."""

    difference: Difference
    past: Past
    sizes: Mapping[str, int]
    """From a directory group's id to how many people it had when last settled; or since, if it was empty then."""

    def against_removals(self) -> tuple[Finding, ...]:
        """Why those who would go may have been lost from sight."""
        return (*self._emptied_sources(), *self._missed(GuardKind.SOURCE_EMPTY, _GONE), *self._replaced())

    def against_additions(self) -> tuple[Finding, ...]:
        """Why those who would come in may have to be kept out, or may be a stranger's people."""
        kept_out = _excludes_a_set(self.difference.mapping.rule)
        missed = self._missed(GuardKind.EXCLUSION_EMPTY, f"{_GONE} and may have kept people out")
        return (*self._emptied_exclusions(), *(missed if kept_out else ()), *self._replaced())

    # ---- what was

    @cached_property
    def _baseline(self) -> Baseline | None:
        return self.past.baselines.get(self.difference.mapping.key)

    @cached_property
    def _same_words(self) -> tuple[str, ...]:
        """The groups that the same rule led to before; none where it was edited since."""
        baseline = self._baseline
        same = baseline and has_same_rule(self.difference.mapping, baseline.mapping_digest)
        return baseline.sources if baseline and same else ()

    @cached_property
    def _gone(self) -> tuple[str, ...]:
        now = {group.id for group in self.difference.desired.groups}
        return tuple(one for one in self._same_words if one not in now and self.sizes.get(one, 1) > 0)

    def _name(self, group: str) -> str:
        known = self.past.sources.get(group)
        return known.name if known else group

    def _before(self, group: str) -> str:
        size = self.sizes.get(group)
        return "and was never read before" if size is None else f"and had {size} people before"

    # ---- one question each

    def _emptied_sources(self) -> Iterator[Finding]:
        """An empty group is believed once a run has settled it so; until then a person is asked."""
        kept_out = {group.id for group in self.difference.desired.excluding}
        for group in self.difference.desired.groups:
            if group.id not in kept_out and not group.members and self.sizes.get(group.id, 1) > 0:
                yield Finding(GuardKind.SOURCE_EMPTY, f"{group.label} is empty, {self._before(group.id)}")

    def _emptied_exclusions(self) -> Iterator[Finding]:
        for group in self.difference.desired.excluding:
            if not group.members and self._kept_somebody_out(group):
                text = f"{group.label} keeps nobody out now, {self._before(group.id)}"
                yield Finding(GuardKind.EXCLUSION_EMPTY, text)

    def _kept_somebody_out(self, group: DirectoryGroup) -> bool:
        """One never read before stands in another's place, but for a new one among those that a filter finds."""
        size = self.sizes.get(group.id)
        if size is None:
            return self._baseline is not None and (
                group.id in self.difference.desired.named or not self._same_words
            )
        return size > 0

    def _missed(self, guard: GuardKind, what: str) -> Iterator[Finding]:
        """The groups that are gone. Which of them kept people out is not remembered: any of them may have."""
        for group in self._gone[:_SHOWN]:
            yield Finding(guard, f"{self._name(group)} {what}, {self._before(group)}")
        if more := len(self._gone[_SHOWN:]):
            yield Finding(
                guard, f"{more} more of its directory groups are not found any more, and had people before"
            )

    def _replaced(self) -> Iterator[Finding]:
        """Whoever may make groups could put one of his own in the place of one that the configuration names."""
        for group in self.difference.desired.groups if self._same_words else ():
            if group.id in self.difference.desired.named and group.id not in self._same_words:
                text = f"{group.label} is another group than before: its id is {group.id} now"
                yield Finding(GuardKind.SOURCE_REPLACED, text)


def _excludes_a_set(rule: Rule) -> bool:
    """Whether people are kept out by whatever groups are found. That one named is missing is a doubt."""
    match rule:
        case From():
            return False
        case AnyOf(parts) | AllOf(parts):
            return any(map(_excludes_a_set, parts))
        case Except(base, minus):
            return _excludes_a_set(base) or any(not selector.names_one for selector in selectors(minus))
