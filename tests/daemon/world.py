"""A company over days: time that is moved, people who come and go, servers that fail, services that end."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

import time_machine
from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.schedulers.base import BaseScheduler

from bridge.config import load
from bridge.daemon.clock import StoppableClock
from bridge.daemon.signs import Signs
from bridge.daemon.timetable import Runs, Timetable
from bridge.daemon.works import Works
from bridge.sandbox import company
from bridge.sandbox.hyperproof import (
    BRIDGE,
    Act,
    Fault,
    HyperproofSandbox,
    Organization,
    json_answer,
    throttle_answer,
)
from bridge.sandbox.ldap import Code, Directory, Drop, LdapSandbox, Refuse, Truncate
from tests.cli.scene import SECRETS, Scene, with_groups

START: Final = datetime(2026, 3, 27, 12, tzinfo=UTC)
"""Two days before the clocks change in Europe."""

PEOPLE: Final = tuple(f"Person P{number:02}" for number in range(40))
TEAMS: Final = tuple(f"Team {letter}" for letter in "ABCDEF")
LEAST: Final = 5
"""People in each team at least: one that is emptied would be held, and wait for a person."""

_GENEROUS: Final = """
limits:
  removals_per_group: {count: 1000, percent: 100}
  removals_per_run: {count: 1000, percent: 100}
schedule: {every: 15m}
web: {listen: none}
"""


class Stepped(BaseScheduler):  # type: ignore[misc]  # it has no types
    """APScheduler without a thread of its own: it looks for due jobs when told to."""

    def wakeup(self) -> None:
        """Whoever moves the time looks anyway."""

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002 - APScheduler's own
        """Hand out nothing more."""
        super().shutdown(wait)


class InTurn(BaseExecutor):  # type: ignore[misc]  # as above
    """Runs what is due in the caller's thread, once the scheduler has handed it out."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[Any, Any]] = []

    def _do_submit_job(self, job: Any, run_times: Any) -> None:  # noqa: ANN401 - APScheduler's own
        self._due.append((job, run_times))

    def drain(self) -> None:
        """Run all of them."""
        while self._due:
            job, run_times = self._due.pop(0)
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
            self._run_job_success(job.id, events)


class MovedClock(StoppableClock):
    """Time that passes when somebody waits. `left`: after so many writes the service is told to stop."""

    def __init__(self, travel: time_machine.Traveller, left: int | None = None) -> None:
        super().__init__()
        self._travel = travel
        self._turn = Lock()
        self.left = left

    def monotonic(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        self.permit()
        with self._turn:
            self._travel.shift(seconds)

    def permit(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.stop()
        super().permit()


@dataclass
class Process:
    """One service between two restarts, without the loop that takes signals."""

    config: Path
    travel: time_machine.Traveller
    left: int | None = None
    executor: InTurn = field(default_factory=InTurn)
    scheduler: Stepped = field(default_factory=Stepped)

    def __post_init__(self) -> None:
        self.clock = MovedClock(self.travel, self.left)
        signs = Signs(self.clock.monotonic, 1800)
        self.works = Works(self.clock, signs, lambda: 0.5, self._timetable)
        self.works.take_up(self.load())
        self.works.timetable.start()

    def load(self) -> Any:  # noqa: ANN401 - a Configuration
        """The configuration as it is now."""
        return load(self.config, SECRETS)

    def _timetable(self, runs: Runs, beat: Callable[[], None]) -> Timetable:
        return Timetable(runs, beat, self.scheduler, self.executor)

    def step(self) -> None:
        """Move on to the next run, and make it."""
        due = self.works.timetable.next_run()
        assert due is not None, "no run is planned any more"
        self.travel.move_to(max(due, datetime.now(UTC)))
        self.scheduler._process_jobs()
        self.executor.drain()

    def end(self) -> int:
        """End it, and tell how many runs it counted."""
        self.works.timetable.stop()
        runs = sum(
            sample.value
            for metric in self.works.metrics.registry.collect()
            for sample in metric.samples
            if sample.name == "hyperproof_bridge_runs_total"
        )
        self.works.close()
        return int(runs)


@dataclass
class World:
    """Both sides, the service between them, and the dice."""

    scene: Scene
    travel: time_machine.Traveller
    dice: random.Random
    counted: int = 0
    """Runs that the services counted which have ended."""
    restarts: int = 0

    def __post_init__(self) -> None:
        self.process = Process(self.scene.config, self.travel)
        self.reachable = True

    @property
    def teams(self) -> dict[str, frozenset[str]]:
        """Who belongs to each team, as the directory has it."""
        directory = self.scene.ldap.directory
        return {
            team: frozenset(
                value.decode().partition(",")[0].removeprefix("uid=")
                for value in directory.get(dn(team)).values("member")
            )
            for team in TEAMS
        }

    def chance(self, of: float) -> bool:
        """Whether something happens now."""
        return self.dice.random() < of

    def happen(self) -> None:
        """Whatever happens in a quarter of an hour."""
        if self.chance(0.6):
            self.scene.hyperproof.faults.clear()
            self.scene.ldap.faults.clear()
        if self.chance(0.5):
            self._move_somebody()
        if self.chance(0.15) and not self.process.works.wired.store.load_intents():
            self._meddle()
        if self.chance(0.3):
            self._fail_at_hyperproof()
        if self.chance(0.15):
            self._fail_at_the_directory()
        if self.chance(0.05):
            self._edit()
        if self.chance(0.06):
            self.restart(self.dice.randrange(6) if self.chance(0.5) else None)
        if self.process.clock.stopping:
            self.restart()
        if self.chance(0.05):
            self.process.works.request()

    def restart(self, left: int | None = None) -> None:
        """End the service and begin another, which is told to stop after so many writes."""
        self.counted += self.process.end()
        self.restarts += 1
        self.process = Process(self.scene.config, self.travel, left)

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.scene.hyperproof.faults.clear()
        self.scene.ldap.faults.clear()
        if not self.reachable:
            self.scene.ldap.start()
            self.reachable = True
        self.restart()
        store = self.process.works.wired.store
        for trouble in store.list_troubles():
            store.release(trouble.failure.key, by="jo")

    def _move_somebody(self) -> None:
        team, person = self.dice.choice(TEAMS), self.dice.choice(PEOPLE)
        members, directory = self.teams[team], self.scene.ldap.directory
        if company.login(person) not in members:
            directory.add_values(dn(team), "member", [company.person_dn(person)])
        elif len(members) > LEAST:
            directory.remove_values(dn(team), "member", [company.person_dn(person)])

    def _meddle(self) -> None:
        """Somebody changes a group by hand in Hyperproof."""
        team, person = self.dice.choice(TEAMS), company.address(self.dice.choice(PEOPLE))
        ui = self.scene.hyperproof.ui
        (ui.remove_members if company.login(person) in self.scene.members(team) else ui.add_members)(
            team, [person]
        )

    def _fail_at_hyperproof(self) -> None:
        answers = (
            json_answer({"message": "out of order"}, 500), json_answer({"message": "no"}, 400),
            throttle_answer("429", 40), throttle_answer("429", 120), throttle_answer("403", 0),
        )  # fmt: skip
        acts = (Act.RESET_BEFORE, Act.RESET_AFTER, Act.DROP, Act.DROP_AFTER, Act.HALF, Act.TRUNCATE, Act.ANSWER)
        act, nth, count = self.dice.choice(acts), self.dice.randrange(1, 8), self.dice.choice((1, 1, 2, 8))
        answer = self.dice.choice(answers) if act is Act.ANSWER else None
        method = self.dice.choice(("GET", "POST", "PUT"))
        self.scene.hyperproof.faults.add(Fault(act, method=method, nth=nth, count=count, answer=answer))
        if self.chance(0.2):
            self.scene.hyperproof.revoke_tokens()

    def _fail_at_the_directory(self) -> None:
        if not self.reachable:
            self.scene.ldap.start()
        elif self.chance(0.3):
            self.scene.ldap.stop()
        else:
            self.scene.ldap.faults.add(self.dice.choice((Drop(3), Truncate(3), Refuse(Code.BUSY, after=3))))
            return
        self.reachable = not self.reachable

    def _edit(self) -> None:
        chunk = self.dice.choice((1, 3, 100))
        text = self.scene.config.read_text()
        before, _, rest = text.partition("\n  chunk:")
        after = rest.partition("\n")[2] if rest else ""
        self.scene.config.write_text(f"{before}\n  chunk: {chunk}\n{after}" if rest else text)
        self.process.works.renew(self.process.load())


def dn(team: str) -> str:
    """A team's entry."""
    return company.group_dn(team)


def directory(dice: random.Random) -> Directory:
    """The company's people in teams."""
    made = company.directory()
    for name in PEOPLE:
        made.add(company.person_dn(name), company._person(name))
    for team in TEAMS:
        company.add_group(made, team, [company.person_dn(name) for name in dice.sample(PEOPLE, 12)])
    return made


def organization(dice: random.Random) -> Organization:
    """Everybody has an account; the groups are there, with others in them."""
    made = Organization(clock=lambda: datetime.now(UTC))
    users = [made.add_user(email=company.address(name), name=name) for name in PEOPLE]
    for team in TEAMS:
        made.add_group(team, dice.sample(users, 12))
    return made


@contextmanager
def world(folder: Path, seed: int) -> Iterator[World]:
    """Set the scene, at START."""
    dice = random.Random(seed)  # noqa: S311 - a story's dice
    groups = "\n".join(f'  - {{name: {team}, members: {{corp: "{dn(team)}"}}}}' for team in TEAMS)
    with time_machine.travel(START, tick=False) as travel:
        ldap = LdapSandbox(directory(dice), credentials={company.READER: company.READER_PASSWORD})
        hyperproof = HyperproofSandbox(organization(dice), clients=(BRIDGE,))
        with ldap, hyperproof:
            text = company.configuration(ldap.url, hyperproof.api_url, hyperproof.token_url)
            text = text.replace("\ndirectories:", "  max_wait: 1m\n  chunk: 100\n\ndirectories:", 1)
            scene = Scene(folder, ldap, hyperproof)
            scene.config.write_text(with_groups(text, groups) + _GENEROUS)
            made = World(scene, travel, dice)
            yield made
            made.process.end()


def after(hours: float) -> datetime:
    """A moment of the story."""
    return START + timedelta(hours=hours)
