"""A whole organization on a stage: a scripted directory, the sandbox, the real target and store, virtual time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

from bridge.core.jobs import EVERY
from bridge.core.mapping import From, GroupMapping, Policy, Settings
from bridge.core.model import (
    DirectoryGroup,
    DirectoryName,
    DirectoryRead,
    Doubt,
    Person,
    PersonId,
    Selection,
    Selector,
    SelectorKind,
    email,
)
from bridge.cycle.outcome import Report
from bridge.cycle.ports import RunKind, Source, Store, Target
from bridge.cycle.run import Bridge, run_cycle
from bridge.errors import RemoteError
from bridge.sandbox.hyperproof import BRIDGE, Event, EventKind, HyperproofSandbox, Modes, Organization
from bridge.store.store import DatabaseStore, open_store
from bridge.targets.hyperproof import Hyperproof, open_hyperproof
from bridge.targets.settings import HyperproofSettings, IdSpaceSetting
from bridge.transport.client import Patience
from bridge.transport.settings import Route
from tests.cycle.evidence import assert_audit_equals_history, audit_records
from tests.transport.virtual import VirtualClock

CORP = DirectoryName("corp")


def selector(name: str) -> Selector:
    """Names the directory group of this name."""
    return Selector(CORP, SelectorKind.NAME, name)


def managed(name: str, *, key: str = "", **settings: object) -> GroupMapping:
    """A managed group that is fed by the directory group called by its key, which is its name unless given."""
    chosen = Settings(**settings)  # type: ignore[arg-type]  # the tests name the fields
    return GroupMapping(key or name, name, From(selector(key or name)), chosen)


@dataclass
class ScriptedDirectory:
    """A directory that says what it is told to. `groups`: the first parts of its members' addresses."""

    groups: dict[str, set[str]] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    group_doubts: dict[str, tuple[Doubt, ...]] = field(default_factory=dict)
    failure: RemoteError | None = None
    name: DirectoryName = CORP

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Tell of these groups."""
        if self.failure:
            raise self.failure
        selections = {one: Selection((self._group(one.text),)) for one in selectors if one.text in self.groups}
        names = {name for one in selectors for name in self.groups.get(one.text, ())}
        people = [Person(_person_id(name), (email(_address(name)),), name, f"cn={name}") for name in sorted(names)]
        return DirectoryRead(CORP, "ldap://corp", {one.id: one for one in people}, selections, self.doubts)

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """The same: nothing is remembered here."""
        return self.read(selectors)

    def _group(self, name: str) -> DirectoryGroup:
        members = frozenset(map(_person_id, self.groups[name]))
        return DirectoryGroup(f"corp:{name}", name, f"cn={name}", members, doubts=self.group_doubts.get(name, ()))


def _person_id(name: str) -> PersonId:
    return PersonId(f"corp:{name}")


def _address(name: str) -> str:
    return f"{name}@corp.example"


@dataclass
class Stage:
    """One organization, and run after run of its bridge."""

    sandbox: HyperproofSandbox
    directory: ScriptedDirectory
    clock: VirtualClock
    policy: Policy
    database: Path
    id_space: IdSpaceSetting = IdSpaceSetting.AUTO
    apply: bool = True
    chunk: int = 100
    permit: Callable[[], None] = lambda: None
    job: str = EVERY
    source: Source | None = None
    """Another directory than the scripted one."""
    seam: Callable[[Target, Store], tuple[Target, Store]] = lambda target, store: (target, store)
    """What stands between the cycle and its ends."""
    numbers: Iterator[int] = field(default_factory=count)
    process: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """End the process and begin another: nothing is left but what is on disk."""
        self.process.close()
        self.store: DatabaseStore = self.process.enter_context(
            open_store(self.database, "organization", self.clock.now)
        )
        self.target: Hyperproof = self.process.enter_context(self._opened_target())

    def run(self, kind: RunKind = RunKind.SYNC) -> Report:
        """One run."""
        return run_cycle(self.bridge, kind)

    @property
    def bridge(self) -> Bridge:
        """The bridge as it is configured now."""
        target, store = self.seam(self.target, self.store)
        return Bridge(
            sources=[self.source or self.directory],
            target=target,
            store=store,
            policy=self.policy,
            clock=self.clock,
            new_id=self.new_id,
            permit=self.permit,
            apply=self.apply,
            chunk=self.chunk,
            job=self.job,
        )

    def new_id(self) -> str:
        """Ids in order."""
        return f"id-{next(self.numbers):06}"

    def _opened_target(self) -> Hyperproof:
        settings = HyperproofSettings(
            client_id=BRIDGE.id,
            client_secret=lambda: BRIDGE.secret,
            api_url=self.sandbox.api_url,
            token_url=self.sandbox.token_url,
            user_id_space=self.id_space,
            route=Route(ca_file=self.database.with_name("ca.pem")),
        )
        return open_hyperproof(settings, Patience.of(self.clock, lambda: 0.5))

    def change_policy(self, **values: object) -> None:
        """Edit the configuration."""
        self.policy = replace(self.policy, **values)  # type: ignore[arg-type]  # the tests name the fields

    # ---- what can be seen ----

    @property
    def records(self) -> list[dict[str, object]]:
        """The audit chain."""
        return audit_records(self.store)

    @property
    def events(self) -> list[object]:
        """The audit chain's events."""
        return [record["event"] for record in self.records]

    def members(self, group: str) -> set[str]:
        """Who is in a group, by the first part of the address."""
        return {address.partition("@")[0] for address in self.sandbox.organization.member_emails(group)}

    @property
    def calls(self) -> list[tuple[str, str]]:
        """What was asked of the API, without tokens, since the log was cleared."""
        return [(one.method, one.path) for one in self.sandbox.requests if one.path.startswith("/v1")]

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The calls that write."""
        return [call for call in self.calls if call[0] != "GET"]

    @property
    def removals(self) -> list[Event]:
        """Whom the bridge took out."""
        return [e for e in self.sandbox.history if e.kind is EventKind.MEMBER_REMOVED and e.actor == BRIDGE.id]

    def assert_true_to_history(self) -> None:
        """The audit tells exactly what the bridge did."""
        assert_audit_equals_history(self.records, self.sandbox.history, id_space=self.sandbox.modes.id_space)


@cache
def empty_database() -> bytes:
    """A store without anything in it; making one anew takes as long as a run."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        open_store(path, "organization", VirtualClock().now).close()
        return path.read_bytes()


@cache
def trustme_pem() -> trustme.Blob:
    """One certificate authority; reading all that the machine trusts takes as long as a run."""
    return trustme.CA().cert_pem


@contextmanager
def stage(
    database: Path,
    organization: Organization,
    mappings: Iterable[GroupMapping],
    directory: Mapping[str, Iterable[str]],
    modes: Modes | None = None,
    *,
    clock: VirtualClock | None = None,
) -> Iterator[Stage]:
    """Set the stage. `clock`: the organization's, where its time matters."""
    clock = clock or VirtualClock()
    organization.clock = clock.now
    database.write_bytes(empty_database())
    trustme_pem().write_to_path(database.with_name("ca.pem"))
    policy = Policy(mappings=tuple(mappings), config_hash="hash")
    with HyperproofSandbox(organization, modes=modes or Modes()) as sandbox:
        groups = {name: set(members) for name, members in directory.items()}
        set_up = Stage(sandbox, ScriptedDirectory(groups), clock, policy, database)
        with set_up.process:
            yield set_up


def organization(
    people: Iterable[str], groups: Mapping[str, Iterable[str]], clock: VirtualClock | None = None
) -> Organization:
    """An organization with these people, `p@corp.example` each, in these groups."""
    made = Organization(clock=(clock or VirtualClock()).now)
    users = {name: made.add_user(email=_address(name), name=name) for name in people}
    for name, members in groups.items():
        made.add_group(name, [users[member] for member in members])
    return made
