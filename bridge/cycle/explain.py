"""Asking both sides, now, why somebody is in a managed group or is not. Writes nothing."""

from collections.abc import Iterator, Mapping, Sequence

from bridge.core.explain import Answer, Directories, Finding, Subject, answer, refused
from bridge.core.model import DirectoryName, DirectoryRead, Nesting, Person, Selector
from bridge.core.nesting import Tracer, goes_by
from bridge.cycle.explanation import Explanation, about, subject_of
from bridge.cycle.ports import Source
from bridge.cycle.run import Bridge
from bridge.cycle.settle import foresee
from bridge.cycle.survey import Survey, read_sides, survey
from bridge.errors import BridgeError, Unavailable


class _Traced:
    """A source that keeps what a trace tells beyond the read."""

    def __init__(self, source: Source, text: str) -> None:
        self._source = source
        self._text = text
        self.nesting = Nesting()
        self.asked: tuple[Person, ...] = ()

    @property
    def name(self) -> DirectoryName:
        return self._source.name

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        if isinstance(self._source, Tracer):
            found = self._source.trace(selectors, self._text)
            self.nesting, self.asked = found.nesting, found.asked
            return found.read
        read = self._source.read_fully(selectors)
        self.asked = tuple(person for person in read.people.values() if goes_by(person, self._text))
        return read

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        return self.read(selectors)


def explain(bridge: Bridge, sources: Sequence[Source], text: str, group: str = "") -> Explanation:
    """Read both sides and say all about whoever goes by this name: an address, an id, a DN, a name.

    `group` is a managed group's name, key or id; without one all are told that have to do with them. Raises
    BridgeError when nobody goes by the name, several do, or there is no such group; RemoteError as a run does.
    """
    traced = [_Traced(source, text) for source in sources]
    memory = bridge.store.load()
    sides = read_sides(traced, bridge.target, bridge.policy, bridge.clock)
    open_ = foresee(bridge.store, bridge.scene(sides.current.groups)).open
    found = survey(sides, memory, (bridge.store, bridge.target), bridge.policy, open_)
    asked = [person for one in traced for person in one.asked]
    subject = subject_of(text, asked, sides.current.accounts, sides.reads.values(), found.people)
    if subject is None:
        raise _nobody(text, sides.unread)
    directories = Directories(sides.reads, {one.name: one.nesting for one in traced})
    answers = list(_answers(found, subject, directories))
    return about(subject, answers, found.people, group, sides.unread)


def _answers(found: Survey, subject: Subject, directories: Directories) -> Iterator[Answer]:
    allowed = {plan.key: plan for plan in found.verdict.allowed.groups}
    plans = {plan.key: plan for plan in found.plan.groups}
    for difference in found.differences:
        key = difference.mapping.key
        held = tuple(one for one in found.verdict.held if one.key == key)
        finding = Finding(difference, plans[key], allowed.get(key), held, found.verdict.refusal)
        yield answer(finding, subject, directories)
    for binding in found.bindings:
        if binding.refusal:
            group = binding.group.id if binding.group else None
            ways = directories.ways(binding.mapping.rule, subject.people)
            yield refused(binding.mapping, group, binding.refusal, ways)


def _nobody(text: str, unread: Mapping[DirectoryName, str]) -> BridgeError:
    """Whom nobody knows may be in a directory that was not read."""
    if unread:
        return Unavailable(", ".join(sorted(unread)), f"not read, and nobody else goes by {text!r}")
    return BridgeError(f"Nobody goes by {text!r}, neither in a directory nor in Hyperproof")
