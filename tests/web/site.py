"""A status page over a real store and a real socket, without a service behind it."""

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import Message
from pathlib import Path

from bridge.audit.events import Event
from bridge.core.change import Skip, SkipKind
from bridge.core.journal import Recollection, Record
from bridge.core.model import GroupId
from bridge.core.quarantine import Failure
from bridge.core.sight import Feed, Sight
from bridge.notices.matter import JobStanding
from bridge.standing.job import Job
from bridge.store.store import DatabaseStore
from bridge.web.app import build_app
from bridge.web.pages import page_routes
from bridge.web.server import Site, WebServer
from tests.store.stores import NOON, Watch, a_run, held_removals, opened

JOB = Job(
    organization="acme",
    config="/etc/hyperproof-bridge/config.yaml",
    apply=True,
    config_hash=a_run().config_hash,
    now=NOON + timedelta(minutes=10),
    jobs=(
        JobStanding(
            name="main",
            schedule="every 15 min",
            next_run=NOON + timedelta(minutes=19),
            last_complete=NOON + timedelta(minutes=4),
            stale_after=timedelta(minutes=45),
        ),
    ),
    running=False,
)

COUNTS = {"added": 3, "removed": 1, "held": 0, "doubts": 0, "failed": 0}


def sight(number: int, name: str, **other: object) -> Sight:
    """A managed group with three members."""
    made = Sight(
        key=name,
        name=name,
        group_id=GroupId(f"3f2a0c{number:02}-77d1-4a51-9d0e-0242ac120002"),
        size=3,
        digest=str(number),
        feeds=(Feed(f"corp:{number}", f"CN={name},OU=Groups,DC=corp,DC=example", 3, excluding=False),),
        members=tuple(f"{who}@corp.example" for who in ("ann.smith", "bo.li", "cy.young")),
    )
    return replace(made, **other)  # type: ignore[arg-type]  # whatever a test says


@dataclass
class Page:
    """Fits `bridge.web.standing.Served`: a service of which every answer is stated."""

    kept: DatabaseStore
    work: Job = JOB
    shown: str = ""
    silent: tuple[str, ...] = ()
    port: int = 0
    answers: Message = field(default_factory=Message)

    def not_live(self) -> tuple[str, ...]:
        return self.silent

    def not_ready(self) -> tuple[str, ...]:
        return ()

    def token(self) -> str:
        return self.shown

    def metrics(self) -> bytes:
        return b""

    def job(self) -> Job:
        return self.work

    def store(self) -> DatabaseStore:
        return self.kept

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str = "/", headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body of an answer; its headers stay in `answers`."""
        request = urllib.request.Request(self.address + path, headers=dict(headers or {}))  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
                self.answers = answer.headers
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                self.answers = error.headers
                return error.code, error.read().decode()


@contextmanager
def served(folder: Path, work: Job = JOB, token: str = "") -> Iterator[Page]:
    """A page over the store in a folder."""
    with opened(folder, watch=Watch()) as store:
        page = Page(store, work, token)
        with WebServer(build_app(page, page_routes(page)), Site("127.0.0.1", 0)) as server:
            page.port = server.port
            yield page


def let_run(
    store: DatabaseStore, number: int, left: Recollection, outcome: str = "changes applied", **counts: int
) -> None:
    """Let a run begin and end."""
    finished = Record(
        Event.RUN_FINISHED.value, NOON, f"run-{number}", {"outcome": outcome, "counts": {**COUNTS, **counts}}
    )
    store.record_start(a_run(number), [Record(Event.RUN_STARTED.value, NOON, f"run-{number}", {"kind": "sync"})])
    store.record_end(a_run(number), outcome, left, [finished])


GROUPS = tuple(
    sight(n, name) for n, name in enumerate(("Auditors", "Compliance Managers", "Control Owners", "Legal"))
)
NOBODY = Skip(
    SkipKind.NO_ACCOUNT,
    "CN=Zoe Adler,OU=People,DC=corp,DC=example",
    "no account has the address zoe.adler@corp.example",
)
CUT = "truncated: the search for its members ended at 1000 of them (4 sizeLimitExceeded)"


def fill_well(store: DatabaseStore) -> None:
    """Runs after which all is well."""
    for number in range(1, 4):
        let_run(store, number, Recollection(sights=GROUPS))


def fill_badly(store: DatabaseStore) -> None:
    """Runs that left something of every kind for a person to see to."""
    doubted = replace(GROUPS[2], doubts=(CUT,), digest="d", skips=(NOBODY,))
    doubted = replace(
        doubted, feeds=(replace(doubted.feeds[0], doubts=(CUT,)), replace(doubted.feeds[0], excluding=True))
    )
    lost = sight(
        9,
        "Risk",
        group_id=None,
        size=0,
        members=(),
        skips=(
            Skip(
                SkipKind.GROUP, "Risk", "no group in Hyperproof has this name; create it, or state `create: true`"
            ),
        ),
    )
    fill_well(store)
    failure = Failure("Legal", "Legal", "Hyperproof refused it (403 Forbidden)")
    left = Recollection(
        sights=(replace(GROUPS[0], skips=(NOBODY,), digest="s"), doubted, lost),
        held=(held_removals(14, "Auditors"),),
        failures=(failure,),
    )
    for number in range(4, 8):
        let_run(store, number, left, "partly failed", held=14, doubts=1, failed=2, added=0, removed=0)
