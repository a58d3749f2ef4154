"""The example in each command's help, with what has to be so before it, and what it says and does.

One table, `EXAMPLES`, by command; a second example of a command has a row of its own, by the whole call. A command
that is not in it fails a test: write its line here. `stage` brings Example Corp to where the example makes sense;
`says` stands in the output; `done` looks at what came of it.
"""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

from bridge.cli.exits import Exit
from bridge.sandbox import company
from bridge.sandbox.hyperproof import Act, Fault, json_answer
from tests.cli.befores import say_yes
from tests.cli.scene import Scene
from tests.daemon.serving import configure, serving

ANNA: Final = "anna.smith"
BEN: Final = "ben.okafor"
DIGEST: Final = "3fa9c1d20b77"
"""What examples call a digest."""


@dataclass(frozen=True, slots=True)
class Example:
    """One command's example."""

    says: tuple[str, ...]
    """All of these stand in what it prints."""
    stage: Callable[[Scene], None] = lambda _: None
    code: Exit = Exit.OK
    done: Callable[[Scene], bool] = lambda _: True
    before: Callable[[], None] | None = None
    """In its process, ahead of it."""
    stays: signal.Signals | None = None
    """What ends a command that serves until it is told to stop."""
    beside: Callable[[Scene], AbstractContextManager[object]] = lambda _: nullcontext()
    """What runs meanwhile."""


# ---- stages --------------------------------------------------------------------------------------------


def settled(s: Scene) -> None:
    """A first sync is done."""
    assert s.run("sync").code == Exit.OK


def edited(s: Scene) -> None:
    """A mapping is edited after a first sync; how it was before stands beside."""
    settled(s)
    (s.folder / "main.yaml").write_text(s.config.read_text())
    s.edit("{corp: Internal Audit}, ", "")


def empty(s: Scene) -> None:
    """There is no configuration yet."""
    s.config.unlink()


def held(s: Scene) -> None:
    """A mass removal waits for a person."""
    settled(s)
    s.ldap.directory.modify(company.group_dn("GRC Managers"), "member", [company.person_dn("Anna Smith")])
    assert s.run("sync").code == Exit.HELD


def failing(s: Scene) -> None:
    """A group could not be made in three runs, and its mapping is in quarantine."""
    refusal = json_answer({"message": "no"}, 400)
    s.hyperproof.faults.add(Fault(Act.ANSWER, method="POST", path="/groups$", count=0, answer=refusal))
    for _ in range(3):
        assert s.run("sync").code == Exit.PARTLY_FAILED


def pilots(s: Scene, *members: str) -> None:
    """A group that no mapping manages."""
    organization = s.hyperproof.organization
    users = {user.email: user for user in organization.users}
    organization.add_group("Pilots", members=[users[f"{name}@example.test"] for name in members])
    organization.add_group("Old Pilots", archived=True)


def pilot_ben(s: Scene) -> None:
    """Ben is in it."""
    pilots(s, BEN)


def moving(s: Scene) -> None:
    """The configuration names another database, which is empty."""
    settled(s)
    s.edit("bridge.db", "new.db")


@contextmanager
def served(s: Scene) -> Iterator[None]:
    """The service runs."""
    with serving(s) as service:
        service.until_run()
        s.environ["PORT"] = service.until_told("service.started")["address"].rpartition(":")[2]
        yield


def _lead(s: Scene, group: str) -> str | None:
    lead = s.hyperproof.organization.find_group(group).lead
    return s.hyperproof.organization.find_user(lead).email if lead else None


def _status(s: Scene) -> str:
    (case,) = s.told("held")
    return str(case["status"])


# ---- the table -----------------------------------------------------------------------------------------

EXAMPLES: Final = {
    "init": Example(("say it with --kind",), empty, code=Exit.USAGE),  # nobody is at a terminal to be asked
    "hyperproof-bridge init --sandbox": Example(
        ("bridge.yaml is written",), empty, done=lambda s: "apply: false" in s.config.read_text()
    ),
    "check": Example(("a run finds all it needs",)),
    "plan": Example(("Changes, if this plan is applied", "changes pending"), code=Exit.PENDING),
    "hyperproof-bridge plan --config bridge.yaml --against main.yaml --format markdown": Example(
        ("3 changes", "would go"), edited, code=Exit.LOSING
    ),
    "sync": Example(
        ("Changes", "changes applied: "), done=lambda s: s.members("Team risk") == {ANNA, "grace.lee"}
    ),
    "backfill": Example(
        ("report: backfill.json",),
        done=lambda s: json.loads((s.folder / "backfill.json").read_text())["done"]["group.created"] == 1,
    ),
    "explain": Example(("Anna Smith", "Auditors: is not a member", "Internal Audit"), settled),
    "status": Example(("audit chain", "3 managed", "Directories"), settled),
    "report": Example((), settled, done=lambda s: "Team risk" in (s.folder / "access-2026-q1.html").read_text()),
    "run": Example(
        ("service.started",), stage=configure, stays=signal.SIGTERM, done=lambda s: ANNA in s.members("Team risk")
    ),
    "trigger": Example(("asked ", " for a run"), stage=configure, beside=served),
    "health": Example(("all is well",), stage=configure, beside=served),
    "held": Example(("digest", "Compliance Managers", "pending"), held),
    "held show": Example(("Compliance Managers", "removals per group: ", f"{BEN}@example.test"), held),
    "held approve": Example(("approved until ", "by Ann Smith"), held, done=lambda s: _status(s) == "approved"),
    "held reject": Example(("rejected, by ",), held, done=lambda s: _status(s) == "rejected"),
    "quarantine": Example(("Team risk", "400"), failing),
    "quarantine release": Example(("Team risk: released",), failing),
    "audit show": Example(("member.added", f"{ANNA}@example.test", "Team risk"), settled),
    "audit verify": Example(("sound: ", "audit.jsonl"), settled),
    "audit export": Example(
        ("records in evidence.csv",),
        settled,
        done=lambda s: "member.added" in (s.folder / "evidence.csv").read_text(),
    ),
    "store migrate": Example(
        ("default: ", "sound", "new.db now"), moving, done=lambda s: s.run("audit", "verify").code == Exit.OK
    ),
    "hyperproof groups list": Example(("Old Pilots",), pilots),
    "hyperproof groups get": Example(("Auditors",)),
    "hyperproof groups members": Example(("grace.lee@example.test",)),
    "hyperproof groups create": Example(
        ("create", "changes applied"), before=say_yes, done=lambda s: s.members("Pilots") == {ANNA}
    ),
    "hyperproof groups rename": Example(
        ("rename to Pilots 2026",), pilot_ben, before=say_yes, done=lambda s: s.members("Pilots 2026") == {BEN}
    ),
    "hyperproof groups lead": Example(
        ("set lead ",), pilots, before=say_yes, done=lambda s: _lead(s, "Pilots") == f"{ANNA}@example.test"
    ),
    "hyperproof groups add": Example(
        (f"{BEN}@example.test",), pilots, before=say_yes, done=lambda s: s.members("Pilots") == {BEN}
    ),
    "hyperproof groups remove": Example(
        (f"{BEN}@example.test",), pilot_ben, done=lambda s: s.members("Pilots") == set()
    ),
    "hyperproof users list": Example((f"{ANNA}@example.test",)),
    "hyperproof users me": Example(("name",)),
    "sandbox": Example(("api_url: ", "client_secret: ", "Ctrl-C ends it."), stays=signal.SIGINT),
    "demo": Example(("nothing is left on this machine",)),
    "schema": Example(('"$schema"',)),
}
