"""Jobs: managed groups that are written at times of their own. Pure.

Every run reads and plans everything, whichever job it is of, so that what is held, skipped and remembered is of
the whole. It writes the groups of its job; what it finds of the others waits for theirs.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bridge.core.change import Plan, Verdict
from bridge.core.mapping import GroupMapping

EVERY: Final = ""
"""The job of a run that writes all managed groups."""


def waiting(plan: Plan, mappings: Iterable[GroupMapping], job: str) -> frozenset[str]:
    """The keys of the managed groups with something to do that is not this job's to do."""
    if job == EVERY:
        return frozenset()
    others = {mapping.key for mapping in mappings if mapping.settings.job != job}
    return frozenset(group.key for group in plan.changed if group.key in others)


def written_with(plan: Plan, mappings: Iterable[GroupMapping], job: str) -> tuple[frozenset[str], ...]:
    """The keys of the managed groups that are written together, in a run of this job or in those of the others."""
    keys = frozenset(group.key for group in plan.groups)
    if job == EVERY:
        return (keys,)
    jobs = {mapping.key: mapping.settings.job for mapping in mappings}
    parts = (frozenset(key for key in keys if jobs.get(key) == one) for one in sorted(set(jobs.values())))
    return tuple(part for part in parts if part)


def put_off(verdict: Verdict, keys: frozenset[str]) -> Verdict:
    """The same verdict, letting nothing happen to these. What is held stays held."""
    if not keys:
        return verdict
    allowed = (replace(group, changes=()) if group.key in keys else group for group in verdict.allowed.groups)
    return replace(verdict, allowed=Plan(tuple(allowed)))
