"""What a run saw, as records: how complete its reads were, what is bound, held and left undone.

An idle run repeats nothing: what is skipped and held is recorded when it begins or changes, and a directory
group when its people changed, when it feeds a change, or when there is doubt about it.
"""

from collections.abc import Iterator

from bridge.core.change import skips_digest
from bridge.core.fingerprint import Fingerprints
from bridge.core.journal import Record
from bridge.core.memory import Memory
from bridge.core.model import DirectoryRead, Doubt
from bridge.cycle.records import Recorder
from bridge.cycle.survey import Sides, Survey


def observations(sides: Sides, found: Survey, memory: Memory, recorder: Recorder) -> tuple[Record, ...]:
    """Everything worth recording before anything is written."""
    return (
        *_reads(sides, found, memory, recorder),
        *(recorder.bound(b.mapping.key, b.group.id, b.group.name) for b in found.bindings if b.group and b.new),
        *_skips(found, memory, recorder),
        *(recorder.held(held) for held in found.verdict.held if held.digest not in memory.held),
    )


def _reads(sides: Sides, found: Survey, memory: Memory, recorder: Recorder) -> Iterator[Record]:
    feeding = {group.id for d in found.differences if d.any for group in d.desired.groups}
    for read in sides.reads.values():
        yield recorder.directory(read, failed=read.directory in sides.unread)
        yield from _groups(read, feeding, memory, recorder)


def _groups(read: DirectoryRead, feeding: set[str], memory: Memory, recorder: Recorder) -> Iterator[Record]:
    fingerprints = Fingerprints()
    told: set[str] = set()
    for selection in read.selections.values():
        for group in selection.groups:
            doubts: tuple[Doubt, ...] = (*selection.doubts, *group.doubts)
            known = memory.source_digests.get(group.id) == fingerprints.of(group.members)
            if group.id not in told and (doubts or group.id in feeding or not known):
                told.add(group.id)
                yield recorder.directory_group(read, group, doubts)


def _skips(found: Survey, memory: Memory, recorder: Recorder) -> Iterator[Record]:
    for plan in found.plan.groups:
        known = memory.skips.get(plan.key)
        if (plan.skips or plan.doubts) and known != skips_digest(plan.skips, plan.doubts):
            yield from recorder.skipped(plan)
