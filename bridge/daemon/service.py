"""The service: a loop that takes orders, tells systemd that all is well, and sees to a changed configuration."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final, NoReturn

import structlog

from bridge.config import Configuration
from bridge.config.schedule import NOWHERE
from bridge.daemon.clock import StoppableClock
from bridge.daemon.herald import Herald
from bridge.daemon.leadership import LEADER, STANDBY
from bridge.daemon.notify import notify, watchdog_seconds
from bridge.daemon.presence import present
from bridge.daemon.signs import Signs
from bridge.daemon.watch import Watch
from bridge.daemon.works import Works
from bridge.errors import ConfigError, Problem
from bridge.standing.job import Job
from bridge.store.store import DatabaseStore
from bridge.web.app import build_app
from bridge.web.pages import page_routes
from bridge.web.server import Site, WebServer

_LOG = structlog.get_logger("bridge")

_TICK: Final = 1.0
"""Seconds between two looks at the files, and at the signs of life."""

_LOAD_AGAIN: Final = 60.0
"""Seconds after which a configuration that was refused is tried again: what it refers to may be there by now."""


class Order(StrEnum):
    """What a service may be told."""

    STOP = "stop"
    RELOAD = "reload"
    RUN = "run"


_SIGNALS: Final = {
    signal.SIGTERM: Order.STOP,
    signal.SIGINT: Order.STOP,
    signal.SIGHUP: Order.RELOAD,
    signal.SIGUSR1: Order.RUN,
}


@dataclass
class Service:
    """Serves one organization until it is told to stop. Lives in the main thread, for signals come there.

    `load` loads the configuration anew, and makes its secrets known to the log; it raises ConfigError.
    `cut` ends the process when a run does not end in time.
    """

    load: Callable[[], Configuration]
    cut: Callable[[], NoReturn]
    adopt: Callable[[Configuration], None] = lambda _: None
    """Told of each configuration that comes into force."""
    clock: StoppableClock = field(default_factory=StoppableClock)
    _orders: SimpleQueue[Order] = field(default_factory=SimpleQueue)
    _looked_at: float = 0
    """Monotonic seconds; when the files were looked at last."""
    _status: str = ""

    def run(self) -> None:
        """Serve. Raises BridgeError if it cannot begin, such as Busy while another service does."""
        with _heard(self._orders.put), ExitStack() as stack:
            configuration = self.load()
            self.adopt(configuration)
            self._leads = stack.enter_context(present(configuration, lambda: self._orders.put(Order.RUN)))
            self._role = self._leads.role
            signs = Signs(self.clock.monotonic, configuration.schedule.hung_after.total_seconds())
            works = Works(self.clock, signs, leads=self._leads, adopt=self.adopt)
            works.metrics.leading(leads=self._role != STANDBY)
            stack.callback(works.close)
            works.take_up(configuration)
            web = self._listened(works, configuration, stack)
            self._watch = Watch(configuration.files)
            works.timetable.start()
            stack.enter_context(Herald(works, self.clock.now, tells=lambda: self._leads.role != STANDBY))
            _LOG.info(
                "service.started",
                address=_address(configuration, web),
                apply=configuration.apply,
                role=self._role or LEADER,
            )
            notify("READY=1")
            self._serve(works, web)
            self._stop(works)

    # ---- the loop

    def _serve(self, works: Works, web: WebServer | None) -> None:
        watchdog = watchdog_seconds()
        tick = min(_TICK, watchdog / 3) if watchdog else _TICK
        while True:
            match self._taken(tick):
                case Order.STOP:
                    return
                case Order.RELOAD:
                    self._reload(works, web, asked=True)
                case Order.RUN:
                    works.request()
                case None:
                    pass
            self._look_at_files(works, web)
            works.exchange()
            self._look_at_role(works)
            self._tell(works)

    def _taken(self, seconds: float) -> Order | None:
        try:
            return self._orders.get(timeout=seconds)
        except Empty:
            return None

    def _look_at_role(self, works: Works) -> None:
        """See whether this replica leads now and did not before, or the other way round."""
        role = self._leads.role
        if role == self._role:
            return
        self._role = role
        works.metrics.leading(leads=role == LEADER)
        _LOG.warning("role.changed", role=role)
        if role == LEADER:
            works.take_over()

    def _tell(self, works: Works) -> None:
        """Tell systemd how things are. A scheduler or a run that hangs gets no word put in for it."""
        missing = works.signs.missing()
        job = works.job()
        due, last = job.next_run, job.last_complete
        status = "; ".join(missing) or (
            f"{f'{STANDBY}; ' if self._role == STANDBY else ''}"
            f"last complete run {f'{last:%Y-%m-%d %H:%M}Z' if last else 'not yet'}, "
            f"next {f'{due:%Y-%m-%d %H:%M}Z' if due else 'not planned'}"
        )
        if status != self._status:
            self._status = status
            notify(f"STATUS={status}")
            if missing:
                _LOG.error("service.stalled", reason=status)
        if not missing:
            notify("WATCHDOG=1")

    def _stop(self, works: Works) -> None:
        """Let the write in hand end, or leave it in the journal."""
        within = works.wired.configuration.schedule.stop_within.total_seconds()
        _LOG.info("service.stopping", within=within)
        notify("STOPPING=1")
        self.clock.stop()
        works.timetable.stop()
        deadline = self.clock.monotonic() + within
        while not (ended := works.wait(_TICK)) and self.clock.monotonic() < deadline:
            notify("WATCHDOG=1")
        if not ended:
            _LOG.error("service.cut", reason="the run under way did not end in time; the next one settles it")
            self.cut()
        _LOG.info("service.stopped")

    # ---- the configuration

    def _look_at_files(self, works: Works, web: WebServer | None) -> None:
        """Reload when they have changed, or what was refused may be sound by now; however many orders come."""
        now = self.clock.monotonic()
        if now - self._looked_at < _TICK / 2:
            return
        self._looked_at = now
        if self._watch.changed() or (works.refusal and now - works.refused_at > _LOAD_AGAIN):
            self._reload(works, web, asked=False)

    def _reload(self, works: Works, web: WebServer | None, *, asked: bool) -> None:
        """Take up the configuration as it is now. A broken one is refused, and the one in force stays."""
        in_force = works.wired.configuration
        try:
            configuration = self.load()
            _refuse_another_place(in_force, configuration)
            if web:
                _renew_certificate(web, configuration)
        except ConfigError as error:
            works.refused(str(error), asked=asked)
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours in loading ends no service that runs
            _LOG.exception("configuration.broken")
            works.refused(f"The configuration cannot be loaded ({type(error).__name__}).", asked=asked)
            return
        self._watch = Watch(configuration.files)
        if (in_force.web.listen, in_force.web.certificate) != (
            configuration.web.listen,
            configuration.web.certificate,
        ):
            _LOG.warning(
                "restart.needed", reason="another web.listen or web.certificate counts from the next start on"
            )
        works.renew(configuration)

    # ---- the web

    def _listened(self, works: Works, configuration: Configuration, stack: ExitStack) -> WebServer | None:
        section = configuration.web
        if section.listen == NOWHERE:
            return None
        asked = _AsAsked(works)
        site = Site.of(section.listen, section.certificate, section.key)
        role = self._leads
        app = build_app(asked, page_routes(asked), tells=lambda: {"role": role.role} if role.role else {})
        return stack.enter_context(WebServer(app, site))


@dataclass(frozen=True)
class _AsAsked:
    """Fits `bridge.web.standing.Served`."""

    works: Works

    def not_live(self) -> tuple[str, ...]:
        """Tell why it should be restarted."""
        return self.works.signs.missing()

    def not_ready(self) -> tuple[str, ...]:
        """Tell why it does not do its work."""
        return (*self.works.signs.missing(), *self.works.not_ready())

    def token(self) -> str:
        """Tell what a reader has to show."""
        token = self.works.wired.configuration.web.token
        return token.get_secret_value() if token else ""

    def metrics(self) -> bytes:
        """Tell the figures."""
        return self.works.figures()

    def job(self) -> Job:
        """Tell what it does, and when."""
        return self.works.job()

    def store(self) -> DatabaseStore:
        """Tell where the status page reads."""
        return self.works.wired.store


@contextmanager
def _heard(take: Callable[[Order], None]) -> Iterator[None]:
    """Signals as orders. Hearing one does nothing but put one into the queue, which is safe at any moment."""

    def heard(number: int, _frame: object) -> None:
        take(_SIGNALS[signal.Signals(number)])

    before = {number: signal.signal(number, heard) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, formerly in before.items():
            signal.signal(number, formerly)


def _address(configuration: Configuration, web: WebServer | None) -> str:
    return f"{configuration.web.listen.rpartition(':')[0]}:{web.port}" if web else NOWHERE


def _refuse_another_place(before: Configuration, now: Configuration) -> None:
    """A service holds its organization and its database as long as it lives."""
    for key, old, new in (
        ("store.path" if isinstance(now.store.place, Path) else "store.url", before.store.place, now.store.place),
        ("organization", before.organization, now.organization),
    ):
        if old != new:
            what = f"A running service keeps its {key} ({old})."
            raise ConfigError((Problem(str(now.path), 1, key, what, "Restart it to use another."),))


def _renew_certificate(web: WebServer, configuration: Configuration) -> None:
    try:
        web.renew_certificate()
    except OSError as error:
        what = f"The certificate cannot be used ({error.strerror or error})."
        remedy = "Write certificate and key that belong together."
        raise ConfigError((Problem(str(configuration.path), 1, "web.certificate", what, remedy),)) from error
