"""Asking both sides, now, why somebody is in a managed group or is not. Writes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.core.explain import Answer, Directories, Finding, Subject, answer, refused
from bridge.core.model import Account, AccountId, DirectoryName, DirectoryRead, Nesting, Person, Selector, email
from bridge.core.nesting import Tracer, goes_by
from bridge.core.people import People
from bridge.cycle.ports import Source
from bridge.cycle.run import Bridge
from bridge.cycle.survey import Survey, read_sides, survey
from bridge.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Identity:
    """How a person of a directory was resolved to an account."""

    person: Person
    account: Account | None
    how: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Who somebody is, and what is to be said of each managed group."""

    identities: tuple[Identity, ...]
    accounts: tuple[Account, ...]
    answers: tuple[Answer, ...]
    unread: Mapping[DirectoryName, str] = field(default_factory=dict)
    """Directories that could not be read, and why."""


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
    found = survey(sides, memory, (bridge.store, bridge.target), bridge.policy, bridge.store.load_intents())
    asked = [person for one in traced for person in one.asked]
    subject = subject_of(text, asked, sides.current.accounts, sides.reads.values(), found.people)
    directories = Directories(sides.reads, {one.name: one.nesting for one in traced})
    answers = list(_answers(found, subject, directories))
    return about(subject, answers, found.people, group, sides.unread)


def about(
    subject: Subject, answers: Sequence[Answer], people: People, group: str, unread: Mapping[DirectoryName, str]
) -> Explanation:
    """Of all answers those that were asked for. Raises BridgeError when there is no such managed group."""
    chosen = [one for one in answers if not group or _is_named(one, group)]
    if group and not chosen:
        raise BridgeError(f"There is no managed group {group!r}; the configuration names them")
    identities = tuple(_identity(person, subject.accounts, people) for person in subject.people)
    told = tuple(one for one in chosen if group or one.concerns)
    return Explanation(identities, subject.accounts, told, unread)


def subject_of(
    text: str, asked: Sequence[Person], accounts: Sequence[Account], reads: Iterable[DirectoryRead], people: People
) -> Subject:
    """The one human who goes by a name: people of directories and accounts that are each other's."""
    named = {account.id: account for account in accounts if _means(account, text)}
    known = {account.id: account for account in accounts}
    mine = {person.id: person for person in asked}
    for person in asked:
        if account := people.accounts.get(person.id):
            named[account] = known[account]
    owners = {person: account for person, account in people.accounts.items() if account in named}
    for read in reads:
        mine |= {one: read.people[one] for one in owners.keys() & read.people.keys() if one not in mine}
    if not named and not mine:
        raise BridgeError(f"Nobody goes by {text!r}, neither in a directory nor in Hyperproof")
    _refuse_several(text, asked)
    return Subject(tuple(sorted(mine.values(), key=lambda one: one.id)), tuple(sorted(named.values(), key=_by_id)))


def _refuse_several(text: str, asked: Sequence[Person]) -> None:
    directories = [person.id.partition(":")[0] for person in asked]
    if len(set(directories)) < len(directories):
        labels = "; ".join(sorted(person.label for person in asked))
        raise BridgeError(f"Several people go by {text!r}: {labels}; name the one that is meant so")


def _by_id(account: Account) -> AccountId:
    return account.id


def _means(account: Account, text: str) -> bool:
    return text in {account.id, account.other_id} or (account.email is not None and account.email == email(text))


def _identity(person: Person, accounts: Sequence[Account], people: People) -> Identity:
    account_id = people.accounts.get(person.id)
    account = next((one for one in accounts if one.id == account_id), None)
    if account and account.email in person.addresses:
        how = f"by the address {account.email}"
    elif account:
        how = "by the link that an earlier run remembered"
    elif unresolved := people.unresolved.get(person.id):
        how = unresolved.reason
    else:
        how = "in no directory group that is mapped" if person.enabled else "disabled in the directory"
    return Identity(person, account, how)


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
            yield refused(binding.mapping, binding.group.id if binding.group else None, binding.refusal)


def _is_named(one: Answer, group: str) -> bool:
    mapping = one.mapping
    return group in {mapping.key, mapping.name, one.group_id}
