"""A directory of the mind: people and groups that change, with a memory of what changed when.

It tells what a real one tells, no more: whoever is deleted or renamed goes from the groups without a word about
these (as OpenLDAP's refint overlay and Active Directory do it).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bridge.core.model import (
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    DoubtKind,
    Email,
    Person,
    PersonId,
    Search,
    Selection,
    Selector,
    SelectorKind,
)
from bridge.core.snapshot import Footing, News, Snapshot
from bridge.sources.probe import Probe
from bridge.sources.recalling import Marked

CORP = DirectoryName("corp")
STAFF = Selector(CORP, SelectorKind.NAME, "staff")
TEAMS = Selector(CORP, SelectorKind.PATTERN, "hp-.+")


@dataclass
class Town:
    """The directory. Ids are `corp:...`; a member is the id of a person or a group."""

    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    """Name and members."""
    log: list[tuple[str, str]] = field(default_factory=list)
    """`touched` or `gone`, and whom it concerns. A mark is a number of entries."""
    asked: list[str] = field(default_factory=list)
    """`full` and `news`, as they were asked for."""
    meanwhile: Iterator[Callable[[], None]] = field(default_factory=lambda: iter(()))
    """What happens while a read is under way, step by step."""
    due: str = ""
    markless: bool = False
    name: DirectoryName = CORP
    settings_digest: str = "settings"

    # ---- what happens in it ----

    def put_person(self, key: str, **changes: object) -> None:
        """A person comes, or is changed."""
        known = self.people.get(f"corp:{key}") or _person(key)
        self.people[f"corp:{key}"] = known._replace(**changes)  # type: ignore[arg-type]  # the tests name the fields
        self.log.append(("touched", f"corp:{key}"))

    def put_group(self, key: str, name: str, *members: str) -> None:
        """A group comes, or is changed."""
        self.groups[f"corp:{key}"] = (name, frozenset(f"corp:{member}" for member in members))
        self.log.append(("touched", f"corp:{key}"))

    def move_member(self, group: str, member: str) -> None:
        """A member comes or goes."""
        name, members = self.groups[f"corp:{group}"]
        self.groups[f"corp:{group}"] = (name, members ^ {f"corp:{member}"})
        self.log.append(("touched", f"corp:{group}"))

    def delete(self, key: str) -> None:
        """Somebody, or a group, is deleted; nothing is said of the groups that lose a member by it."""
        one = f"corp:{key}"
        self.people.pop(one, None)
        self.groups.pop(one, None)
        self.groups = {group: (name, members - {one}) for group, (name, members) in self.groups.items()}
        self.log.append(("gone", one))

    # ---- what it tells ----

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read in full."""
        return self._read(selectors)[0]

    def probe(self) -> Probe:
        """Nobody looks."""
        return Probe("ldap://corp", ())

    def read_marked(self, selectors: Sequence[Selector]) -> Marked:
        """The same, with a mark."""
        mark = str(len(self.log))
        self._pass()
        read, footing = self._read(selectors)
        return Marked(read, footing, "" if self.markless else mark)

    def read_news(self, snapshot: Snapshot, selectors: Sequence[Selector]) -> News:
        """What was logged since."""
        self.asked.append("news")
        since = self.log[int(snapshot.mark) :]
        touched = frozenset(one for what, one in since if what == "touched")
        entering = frozenset(
            one
            for one in touched & self.groups.keys()
            if any(_answers(self.groups[one][0], selector) for selector in selectors)
        )
        seen = {person_id: self.people[person_id] for person_id in map(PersonId, touched & self.people.keys())}
        return News(
            mark=str(len(self.log)),
            touched=touched,
            gone=frozenset(one for what, one in since if what == "gone"),
            entering=entering,
            seen={person_id: person for person_id, person in seen.items() if person.enabled},
            due=self.due,
            searches=(Search("news", 1, len(since), "0 success"),),
        )

    def _read(self, selectors: Sequence[Selector]) -> tuple[DirectoryRead, Footing]:
        self.asked.append("full")
        people = dict(self.people)
        self._pass()
        groups = dict(self.groups)
        found = {selector: self._select(selector, groups) for selector in selectors}
        met = {inner for ids in found.values() for one in ids for inner in _reach(one, groups)}
        members = frozenset[str]().union(*(groups[one][1] for one in met)) & people.keys()
        built = {one: self._build(one, groups, people) for ids in found.values() for one in ids}
        enabled = sorted(one for one in members if people[one].enabled)
        read = DirectoryRead(
            CORP,
            "ldap://corp",
            {people[one].id: people[one] for one in enabled},
            {selector: _selection(selector, [built[one] for one in ids]) for selector, ids in found.items()},
            searches=(Search("everything", 1, len(people) + len(groups), "0 success"),),
        )
        involved = members | met
        footing = Footing(involved, frozenset((*people, *groups)) - involved)
        return read, footing

    @staticmethod
    def _select(selector: Selector, groups: dict[str, tuple[str, frozenset[str]]]) -> list[str]:
        found = sorted(one for one, (name, _) in groups.items() if _answers(name, selector))
        return found if len(found) < 2 or not selector.names_one else []

    @staticmethod
    def _build(
        group: str, groups: dict[str, tuple[str, frozenset[str]]], people: dict[str, Person]
    ) -> DirectoryGroup:
        everybody = frozenset[str]().union(*(groups[inner][1] for inner in _reach(group, groups)))
        persons = everybody & people.keys()
        disabled = {one for one in persons if not people[one].enabled}
        dangling = everybody - people.keys() - groups.keys()
        doubts = tuple(Doubt(DoubtKind.UNRESOLVED, one) for one in sorted(dangling))
        name = groups[group][0]
        members = frozenset(people[one].id for one in persons - disabled)
        return DirectoryGroup(group, name, f"cn={name}", members, disabled=len(disabled), doubts=doubts)

    def _pass(self) -> None:
        """Let something happen, if something is to."""
        if happening := next(self.meanwhile, None):
            happening()


def _person(key: str) -> Person:
    return Person(PersonId(f"corp:{key}"), (Email(f"{key}@corp.example"),), key, f"uid={key}")


def _answers(name: str, selector: Selector) -> bool:
    return name.startswith("hp-") if selector == TEAMS else name == selector.text


def _reach(group: str, groups: dict[str, tuple[str, frozenset[str]]]) -> frozenset[str]:
    """A group and all groups in it."""
    met = {group}
    waiting = [group]
    while waiting:
        fresh = (groups[waiting.pop()][1] & groups.keys()) - met
        met |= fresh
        waiting += fresh
    return frozenset(met)


def _selection(selector: Selector, groups: list[DirectoryGroup]) -> Selection:
    missing = selector.names_one and not groups
    return Selection(tuple(groups), (Doubt(DoubtKind.MISSING, selector.text),) if missing else ())
