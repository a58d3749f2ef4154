"""From a configuration to live objects: with wiring_directories.py the only place that names concrete adapters.

Libraries are imported when something is wired, so that `--help` does not wait for them.
"""

import gc
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from bridge import tracing
from bridge.audit.stream import AuditStream
from bridge.clock import SystemClock
from bridge.config import Configuration
from bridge.config.applied import kept
from bridge.config.file_directory import FileDirectory
from bridge.config.policy import policy, reads_alike
from bridge.core.model import DirectoryName
from bridge.cycle.compare import Before
from bridge.cycle.ports import Clock
from bridge.cycle.progress import Steps
from bridge.cycle.run import Bridge
from bridge.errors import Busy, ConfigError, Problem
from bridge.redaction import register_secret
from bridge.sources.probe import Directory
from bridge.store.database import has_database
from bridge.store.store import DatabaseStore, Lock, open_evidence, open_store
from bridge.targets.hyperproof import Hyperproof, open_hyperproof
from bridge.targets.settings import HyperproofSettings, IdSpaceSetting
from bridge.transport.client import Exchange, Observer, Patience, Waiting
from bridge.transport.settings import Limits, Route, Timeouts
from bridge.wiring_directories import Recall, refuse_missing_packages, told_as_problem, wired_source

_LOG = structlog.get_logger("bridge")


@dataclass(frozen=True, slots=True)
class Wired:
    """One organization, ready to run."""

    configuration: Configuration
    sources: tuple[Directory, ...]
    target: Hyperproof
    store: DatabaseStore
    bridge: Bridge
    traced: Steps
    """Whom runs tell of their steps."""


@contextmanager
def wired_for_reading(configuration: Configuration, *, anew: bool = False) -> Iterator[Wired]:
    """Everything that a preview needs. Writes nothing: without a database it begins with an empty memory.

    `anew`: no read of an earlier run serves.
    """
    with ExitStack() as stack:
        place = configuration.store.place
        if not has_database(place):
            place = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "empty.db"
        store = stack.enter_context(open_store(place, configuration.organization, SystemClock().now))
        stack.enter_context(_collector_paused())
        yield stack.enter_context(_wired(configuration, store, _ends(), keeps=False, anew=anew))


@contextmanager
def wired_for_comparing(before: Configuration, after: Configuration) -> Iterator[tuple[Before, Bridge]]:
    """Everything that a preview of an edit needs: all of the edited configuration, and what the other has its way.

    Raises ConfigError if the two are of different organizations, whose groups cannot be compared.
    """
    _refuse_other_organization(before, after)
    with wired_for_reading(after, anew=True) as wired, ExitStack() as stack:
        refuse_missing_packages(before)
        recall = Recall(wired.store, SystemClock(), keeps=False, anew=True)
        own = [name for name in sorted(before.directories) if not reads_alike(name, before, after)]
        sources = [
            stack.enter_context(wired_source(name, before, Observer(log_call, log_wait), recall)) for name in own
        ]
        yield Before(policy(before), tuple(sources), before.apply), wired.bridge


def _refuse_other_organization(before: Configuration, after: Configuration) -> None:
    keys = {
        "organization": before.organization == after.organization,
        "hyperproof": before.hyperproof.api_address == after.hyperproof.api_address,
    }
    problems = tuple(
        Problem(
            str(before.path),
            before.document.line((key,)),
            key,
            f"This is another organization in Hyperproof than that of {after.path}.",
            "Compare two configurations of one organization; preview this one with `plan` by itself.",
        )
        for key, same in keys.items()
        if not same
    )
    if problems:
        raise ConfigError(problems)


@contextmanager
def wired_for_writing(configuration: Configuration) -> Iterator[Wired]:
    """Everything that a run needs, holding the organization. Raises Busy while another run does."""
    with ExitStack() as stack:
        store = stack.enter_context(opened_store(configuration))
        lock = stack.enter_context(store.lock())
        stack.enter_context(_collector_paused())
        wired = stack.enter_context(_wired(configuration, store, _ends(), keeps=True))
        store.record_recalled(_recalled(configuration))
        wired.target.ask(_permit(lock))
        yield replace(wired, bridge=replace(wired.bridge, permit=_nothing_against_it))


@contextmanager
def wired_for_serving(configuration: Configuration, patience: Patience, observer: Observer) -> Iterator[Wired]:
    """What a service keeps from run to run. Nothing can be written with it but in `writing`."""
    ends = (patience, observer)
    with opened_store(configuration) as store, _wired(configuration, store, ends, keeps=True) as wired:
        yield wired


@contextmanager
def writing(wired: Wired, permit: Callable[[], None]) -> Iterator[Bridge]:
    """One run of a service, holding the organization. Raises Busy while another run does.

    `permit` is asked before each intent and each call, and ends the run by what it raises.
    """

    def both() -> None:
        permit()
        held()

    with wired.store.lock() as lock, _collector_paused():
        held = _permit(lock)
        wired.store.record_recalled(_recalled(wired.configuration))
        wired.target.ask(both)
        try:
            yield replace(wired.bridge, permit=permit)  # the store asks the lock before it takes an intent
        finally:
            wired.target.ask(_nobody_writes)


@contextmanager
def wired_target(configuration: Configuration) -> Iterator[Hyperproof]:
    """Hyperproof and nothing else; nothing can be written with it."""
    with _target(configuration, *_ends()) as target:
        target.ask(_nobody_writes)
        yield target


@contextmanager
def opened_store(configuration: Configuration) -> Iterator[DatabaseStore]:
    """The store with its audit stream."""
    audit = configuration.audit
    stream = AuditStream(audit.file, sys.stdout.buffer if audit.stdout else None, audit.stdout_format)
    with open_store(configuration.store.place, configuration.organization, SystemClock().now, stream) as store:
        yield store


@contextmanager
def opened_evidence(configuration: Configuration) -> Iterator[DatabaseStore]:
    """The store as it is, to look at: none is made, and nothing is mended in the audit file."""
    with open_evidence(configuration.store.place, configuration.organization, SystemClock().now) as store:
        yield store


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No looking for reference cycles while a run lasts.

    Half a million memberships have next to none, and looking for them again and again took a third of a run.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _ends() -> tuple[Patience, Observer]:
    """The patience of one run, and who is told of its calls."""
    return Patience.of(SystemClock()), Observer(log_call, log_wait)


@contextmanager
def _wired(
    configuration: Configuration,
    store: DatabaseStore,
    ends: tuple[Patience, Observer],
    *,
    keeps: bool,
    anew: bool = False,
) -> Iterator[Wired]:
    """All of it. `keeps`: whether reads of directories are kept for later runs; `anew`: none serves now."""
    patience, observer = ends
    clock: Clock = patience.clock
    refuse_missing_packages(configuration)
    with ExitStack() as stack:
        target = stack.enter_context(_target(configuration, patience, observer))
        sources = tuple(
            stack.enter_context(wired_source(name, configuration, observer, Recall(store, clock, keeps, anew)))
            for name in sorted(configuration.directories)
        )
        bridge = Bridge(
            sources=sources,
            target=target,
            store=store,
            policy=policy(configuration),
            clock=clock,
            new_id=lambda: new_id(clock.now()),
            permit=_nobody_writes,
            apply=configuration.apply,
            call_time=target.longest_call,
            chunk=configuration.hyperproof.chunk,
            kept=kept(configuration),
        )
        traced = stack.enter_context(tracing.opened_tracing(configuration.tracing if keeps else None))
        yield Wired(configuration, sources, target, store, bridge, traced)


def _recalled(configuration: Configuration) -> Iterator[DirectoryName]:
    """The directories whose full reads serve for later runs."""
    directories = configuration.directories.items()
    return (
        DirectoryName(name)
        for name, each in directories
        if not isinstance(each, FileDirectory) and each.full_read_every
    )


def _target(configuration: Configuration, patience: Patience, observer: Observer) -> Hyperproof:
    section = configuration.hyperproof
    seconds = section.timeout.total_seconds()
    settings = HyperproofSettings(
        client_id=section.client_id,
        client_secret=lambda: _known(section.client_secret.read()),
        api_url=section.api_address,
        token_url=section.token_address,
        user_id_space=IdSpaceSetting(section.user_id_space),
        route=Route(section.ca_file, section.proxy.get_secret_value() if section.proxy else ""),
        timeouts=Timeouts(read=seconds),
        limits=Limits(
            longest_wait=section.max_wait.total_seconds(), waiting_budget=section.wait_budget.total_seconds()
        ),
    )
    with told_as_problem(configuration, "hyperproof"):
        return open_hyperproof(settings, patience, observer)


def _known(secret: str) -> str:
    """A secret that may have been rotated since the start: it must not be logged either."""
    register_secret(secret)
    return secret


def log_call(exchange: Exchange) -> None:
    """Log one call to Hyperproof."""
    _LOG.debug(
        "call.finished",
        method=exchange.method,
        path=exchange.template,
        status=exchange.status,
        milliseconds=round(exchange.seconds * 1000),
        attempt=exchange.attempt,
        failure=exchange.failure,
    )


def log_wait(waiting: Waiting) -> None:
    """Log that a call waits."""
    _LOG.info("call.delayed", seconds=round(waiting.seconds, 1), reason=waiting.reason)


def new_id(now: datetime) -> str:
    """An id that sorts by time and is like no other."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _permit(lock: Lock) -> Callable[[], None]:
    def permit() -> None:
        if not lock.still_held():
            raise Busy("The lock on this organization was lost; nothing more is written.")

    return permit


def _nothing_against_it() -> None:
    """The lock aside, which the store asks before it takes an intent, and the target before each call."""


def _nobody_writes() -> None:
    raise Busy("Nothing is written but by a run that holds the organization.")
