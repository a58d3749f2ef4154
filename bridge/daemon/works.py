"""What a service works with from run to run, and the runs themselves, one at a time."""

import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock

import structlog

from bridge.config import Configuration
from bridge.config.notices import NoticesSection
from bridge.core.jobs import EVERY
from bridge.core.journal import RunKind
from bridge.cycle.progress import Progress
from bridge.cycle.run import run_cycle
from bridge.daemon.clock import StoppableClock
from bridge.daemon.endings import Endings
from bridge.daemon.jobs import Jobs
from bridge.daemon.leadership import STANDBY, Alone, Leads
from bridge.daemon.once import Ended, Witness
from bridge.daemon.signs import Signs
from bridge.daemon.stages import Stages
from bridge.daemon.timetable import Reason, Runs, Timetable
from bridge.errors import BridgeError, Busy, Stopped, StoreError
from bridge.notices.matter import Facts
from bridge.notices.round import Told
from bridge.standing.job import Job
from bridge.standing.overview import load_facts
from bridge.store.store import DatabaseStore
from bridge.transport.client import Exchange, Observer, Patience, Waiting
from bridge.web.metrics import Kept, Metrics
from bridge.wiring import Wired, log_call, log_wait, wired_for_serving, writing

_LOG = structlog.get_logger("bridge")

_SOON = timedelta(seconds=1)
"""After which a run is asked for again that found one under way."""


@dataclass
class Works:
    """The runs of one service. For all threads: the service's loop, APScheduler's, and those of the web."""

    clock: StoppableClock
    signs: Signs
    dice: Callable[[], float] = random.random
    timetable_of: Callable[[Runs, Callable[[], None]], Timetable] = Timetable
    """Given who makes the runs, and what takes the scheduler's beats."""
    leads: Leads = field(default_factory=Alone)
    timetable: Timetable = field(init=False)
    metrics: Metrics = field(init=False)
    _turn: Lock = field(default_factory=Lock)
    """Held while a run is made, and while what it works with is exchanged."""
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _wired: Wired | None = None
    _under_way: str | None = None
    """The job whose run is under way."""
    _next: Configuration | None = None
    """To be taken up before the next run."""
    _not_before: float = 0
    """Monotonic seconds; Hyperproof has asked us to stay away until then."""
    chain: str = ""
    """Why the audit chain does not verify."""
    refusal: str = ""
    """Why a changed configuration was not taken up."""
    refused_at: float = 0
    """Monotonic seconds; when that was found last."""
    adopt: Callable[[Configuration], None] = lambda _: None
    """Told of another configuration that is in force from now on."""

    def __post_init__(self) -> None:
        self._began = self.clock.now()
        self.timetable = self.timetable_of(self, self.signs.beat)
        self._jobs = Jobs(self.timetable, self.clock, self.dice)
        self.metrics = Metrics(self.kept, self._jobs.standing)
        self._endings = Endings(self.metrics)
        self._patience = Patience.of(self.clock)

    # ---- what it works with

    @property
    def wired(self) -> Wired:
        """The configuration in force, and what was made of it."""
        if self._wired is None:
            raise LookupError("nothing was taken up yet")
        return self._wired

    def take_up(self, configuration: Configuration) -> None:
        """Work by a configuration from now on. Raises BridgeError: then the one before stays in force."""
        stack = contextlib.ExitStack()
        observer = Observer(self._called, self._waited)
        wired = stack.enter_context(wired_for_serving(configuration, self._patience, observer))
        try:
            self._recall(wired)
        except BaseException:
            stack.close()
            raise
        before, self._stack, self._wired = self._stack, stack, wired
        before.close()
        self.signs.hung_after = configuration.schedule.hung_after.total_seconds()
        self._jobs.follow(configuration.jobs)
        self.refusal = ""
        self.metrics.loaded(good=True)

    def _recall(self, wired: Wired) -> None:
        """Learn from the store how the runs before ended. Raises StoreError."""
        self._jobs.recall(wired.store, wired.configuration.jobs)
        self._endings.recall(wired.store)

    def renew(self, configuration: Configuration) -> None:
        """Work by another configuration: at once if no run is under way, otherwise after it."""
        self._next = configuration
        self.exchange()

    def exchange(self) -> None:
        """Take up what is waiting to be, unless a run is under way. The service's loop calls it in every round."""
        if self._next is not None and self._turn.acquire(blocking=False):
            try:
                self._take_up_next()
            finally:
                self._turn.release()

    def close(self) -> None:
        """Let go of everything."""
        self._stack.close()

    def _take_up_next(self) -> None:
        configuration, self._next = self._next, None
        if configuration is None:
            return
        try:
            self.take_up(configuration)
        except BridgeError as error:
            self.refused(str(error), asked=False)
        else:
            self.adopt(configuration)
            _LOG.info("configuration.reloaded", config_hash=self.wired.bridge.policy.config_hash)

    def refused(self, reason: str, *, asked: bool = True) -> None:
        """Tell that a configuration is not taken up; the same reason again only when somebody asked for it."""
        self.refused_at = self.clock.monotonic()
        if asked or reason != self.refusal:
            self.refusal = reason
            self.metrics.loaded(good=False)
            _LOG.error("configuration.refused", reason=reason)

    # ---- runs

    def run(self, reason: Reason, job: str) -> None:
        """Make a job's run, unless one is under way, another replica leads, or Hyperproof asked for a pause."""
        if self.clock.stopping or self._stands_by:
            return
        if not self._turn.acquire(blocking=False):
            self.overlapped(reason, job)
            return
        try:
            self._take_up_next()
            left = self._not_before - self.clock.monotonic()
            if left > 0:
                self._put_off(left, reason, job)
            else:
                self._under_way = job
                self._run(reason, job)
        finally:
            self._under_way = None
            self._turn.release()

    def overlapped(self, reason: Reason, job: str) -> None:
        """A run is under way. One that a person asked for comes after it: the directory may be another by now.

        So does one of another job, whose groups the one under way does not write, and one that was due while
        another configuration was taken up.
        """
        if reason is Reason.REQUEST:
            self.timetable.run_at(self.clock.now() + _SOON, reason, job)
            return
        if self._under_way not in {job, EVERY}:
            self.timetable.run_at(self.clock.now() + _SOON, Reason.TURN, job)
            return
        self.metrics.skipped("overlap")
        _LOG.warning("run.skipped", reason=f"the run before is still under way (this one: {reason.value})")

    def request(self) -> None:
        """Make a run at once, or after the one under way."""
        _LOG.info("run.requested")
        self.timetable.run_at(self.clock.now(), Reason.REQUEST)

    def take_over(self) -> None:
        """Lead from now on: what the leader before left open is settled by a run at once."""
        with contextlib.suppress(StoreError):  # the run will stumble over it
            self._recall(self.wired)
        self._jobs.take_over()

    @property
    def _stands_by(self) -> bool:
        return self.leads.role == STANDBY

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the run under way. Afterwards there is no other. False: it goes on."""
        return self._turn.acquire(timeout=seconds)

    def _put_off(self, seconds: float, reason: Reason, job: str) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        self.metrics.skipped("throttle")
        _LOG.info("run.deferred", until=until.isoformat(timespec="seconds"), reason=reason.value)
        self.timetable.run_at(until, Reason.RETRY, job)

    def _run(self, reason: Reason, job: str) -> None:
        began = self.clock.now()
        self.metrics.running(going_on=True)
        self.signs.begin()
        try:
            ended = self._attempt(job)
        finally:
            self.signs.end()
            self.metrics.running(going_on=False)
        if isinstance(ended.error, Stopped):
            self._endings.tell_stopped(ended.error)
            return
        if reason is Reason.TAKEOVER and isinstance(ended.error, Busy):
            soon = self.clock.now() + _SOON  # the run before may hold its lock a little longer
            self.timetable.run_at(soon, reason, job)
        if ended.complete:
            self._jobs.completed(job, began)
        self._endings.tell(ended, reason, self.clock.now() - began, self.wired.store)
        if ended.server_wait:
            self._not_before = self.clock.monotonic() + ended.server_wait
        self._jobs.plan_retry(ended, job, self.wired.configuration.schedule.retry)

    def _attempt(self, job: str) -> Ended:
        witness, stages = Witness(self.signs.sign), Stages(self.clock, self.metrics.staged)

        def staged(stage: str) -> None:
            self.clock.permit()
            self.signs.sign()
            stages.begin(stage)

        try:
            with writing(self.wired, self._permit) as bridge:
                watched = replace(bridge, sources=witness.of(bridge.sources), job=self._jobs.written_by(job))
                progress = Progress(stage=staged, written=lambda _: self.signs.sign(), step=self.wired.traced)
                report = run_cycle(watched, RunKind.SYNC, progress)
        except BridgeError as error:
            return Ended(error=error)
        except Exception as error:  # noqa: BLE001 - the service outlives a fault of ours; what was begun is in the journal
            _LOG.exception("run.broken")
            return Ended(error=error)
        else:
            return Ended(report, unread=tuple(witness.failures))
        finally:
            stages.end()

    def _permit(self) -> None:
        """Asked before each write. Raises Stopped, and Busy once another replica may lead."""
        self.clock.permit()
        if self._stands_by:
            raise Busy("This replica does not lead any more; nothing more is written.")

    # ---- what is asked of it

    def kept(self) -> Kept:
        """What the store knows. Raises StoreError."""
        store = self.wired.store
        return Kept(store.list_held(), store.load_intents(), store.list_troubles())

    def figures(self) -> bytes:
        """The metrics, in Prometheus' text format."""
        return self.metrics.text()

    def not_ready(self) -> tuple[str, ...]:
        """Why the service does not do its work."""
        found = []
        try:
            self.wired.store.load_last((), EVERY)
        except StoreError as error:
            found.append(str(error))
        if not self._stands_by:  # the leader tells of its runs
            found += self._jobs.late()
        if self.clock.stopping:
            found.append("the service is stopping")
        return tuple(found)

    def job(self) -> Job:
        """What the service does, and when."""
        configuration = self.wired.configuration
        return Job(
            organization=configuration.organization,
            config=str(configuration.path),
            apply=configuration.apply,
            config_hash=self.wired.bridge.policy.config_hash,
            now=self.clock.now(),
            jobs=self._jobs.standing(),
            running=self._turn.locked(),
            refusal=self.refusal,
            chain=self.chain,
        )

    def facts(self) -> Facts:
        """What needs a person is found in this. Raises StoreError."""
        found = load_facts(self.wired.store, self.job(), self.signs.missing())
        return replace(found, began=self._began)

    def telling(self) -> tuple[DatabaseStore, NoticesSection, str]:
        """Where it stands what was told, whom to tell, and of which organization."""
        configuration = self.wired.configuration
        return self.wired.store, configuration.notices, configuration.organization

    def proved(self, finding: str) -> None:
        """Take note whether the audit chain verifies."""
        self.chain = finding
        self.metrics.chained(sound=not finding)
        if finding:
            _LOG.error("chain.broken", reason=finding)

    def told(self, told: Told) -> None:
        """Take note of a round of notices."""
        self.metrics.told(told)

    def _called(self, exchange: Exchange) -> None:
        self.signs.sign()
        self.metrics.called(exchange)
        log_call(exchange)

    def _waited(self, waiting: Waiting) -> None:
        self.signs.sign(waiting.seconds)
        self.metrics.waited(waiting)
        log_wait(waiting)
