"""From a configuration to live objects: the only place that names concrete adapters.

Libraries are imported when something is wired, so that `--help` does not wait for them.
"""

import gc
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from bridge.audit.stream import AuditStream
from bridge.clock import SystemClock
from bridge.config import Configuration
from bridge.config.directories import Directory as DirectorySection
from bridge.config.directories import ldap_settings
from bridge.config.file_directory import FileDirectory, file_settings
from bridge.config.policy import policy
from bridge.cycle.run import Bridge
from bridge.errors import Busy, ConfigError, Problem
from bridge.sources.file.source import FileSource
from bridge.sources.ldap.source import LdapSource
from bridge.sources.probe import Directory
from bridge.store.lock import OrganizationLock
from bridge.store.store import DatabaseStore, open_evidence, open_store
from bridge.targets.hyperproof import Hyperproof, open_hyperproof
from bridge.targets.settings import HyperproofSettings, IdSpaceSetting
from bridge.transport.client import Exchange, Observer, Patience, Waiting
from bridge.transport.settings import Limits, Route, Timeouts

_LOG = structlog.get_logger("bridge")


@dataclass(frozen=True, slots=True)
class Wired:
    """One organization, ready to run."""

    configuration: Configuration
    sources: tuple[Directory, ...]
    target: Hyperproof
    store: DatabaseStore
    bridge: Bridge


@contextmanager
def wired_for_reading(configuration: Configuration) -> Iterator[Wired]:
    """Everything that a preview needs. Writes nothing: without a database it begins with an empty memory."""
    with ExitStack() as stack:
        path = configuration.store.path
        if not path.exists():
            path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "empty.db"
        store = stack.enter_context(open_store(path, configuration.organization, SystemClock().now))
        yield _wired(configuration, store, _nobody_writes, stack)


@contextmanager
def wired_for_writing(configuration: Configuration) -> Iterator[Wired]:
    """Everything that a run needs, holding the organization. Raises Busy while another run does."""
    with ExitStack() as stack:
        store = stack.enter_context(opened_store(configuration))
        lock = stack.enter_context(store.lock())
        yield _wired(configuration, store, _permit(lock), stack)


@contextmanager
def opened_store(configuration: Configuration) -> Iterator[DatabaseStore]:
    """The store with its audit stream."""
    audit = configuration.audit
    stream = AuditStream(audit.file, sys.stdout.buffer if audit.stdout else None, audit.stdout_format)
    with open_store(configuration.store.path, configuration.organization, SystemClock().now, stream) as store:
        yield store


@contextmanager
def opened_evidence(configuration: Configuration) -> Iterator[DatabaseStore]:
    """The store as it is, to look at: none is made, and nothing is mended in the audit file."""
    with open_evidence(configuration.store.path, configuration.organization, SystemClock().now) as store:
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


def _wired(
    configuration: Configuration,
    store: DatabaseStore,
    permit: Callable[[], None],
    stack: ExitStack,
) -> Wired:
    clock = SystemClock()
    stack.enter_context(_collector_paused())
    target = stack.enter_context(_target(configuration, clock))
    sources = tuple(_source(name, section) for name, section in sorted(configuration.directories.items()))
    bridge = Bridge(
        sources=sources,
        target=target,
        store=store,
        policy=policy(configuration),
        clock=clock,
        new_id=lambda: new_id(clock.now()),
        permit=permit,
        apply=configuration.apply,
        chunk=configuration.hyperproof.chunk,
    )
    return Wired(configuration, sources, target, store, bridge)


def _source(name: str, section: DirectorySection) -> Directory:
    if isinstance(section, FileDirectory):
        return FileSource(file_settings(name, section), SystemClock().now)
    return LdapSource(ldap_settings(name, section))


def _target(configuration: Configuration, clock: SystemClock) -> Hyperproof:
    section = configuration.hyperproof
    seconds = section.timeout.total_seconds()
    settings = HyperproofSettings(
        client_id=section.client_id,
        client_secret=section.client_secret.read,
        api_url=section.api_address,
        token_url=section.token_address,
        user_id_space=IdSpaceSetting(section.user_id_space),
        route=Route(section.ca_file, section.proxy.get_secret_value() if section.proxy else ""),
        timeouts=Timeouts(read=seconds),
        limits=Limits(
            longest_wait=section.max_wait.total_seconds(), waiting_budget=section.wait_budget.total_seconds()
        ),
    )
    try:
        return open_hyperproof(settings, Patience.of(clock), Observer(_called, _waited))
    except (ValueError, OSError) as error:
        problem = Problem(str(configuration.path), 1, "hyperproof", f"{error}.")
        raise ConfigError((problem,)) from error


def _called(exchange: Exchange) -> None:
    _LOG.debug(
        "call.finished",
        method=exchange.method,
        path=exchange.template,
        status=exchange.status,
        milliseconds=round(exchange.seconds * 1000),
        attempt=exchange.attempt,
        failure=exchange.failure,
    )


def _waited(waiting: Waiting) -> None:
    _LOG.info("call.delayed", seconds=round(waiting.seconds, 1), reason=waiting.reason)


def new_id(now: datetime) -> str:
    """An id that sorts by time and is like no other."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _permit(lock: OrganizationLock) -> Callable[[], None]:
    def permit() -> None:
        if not lock.still_held():
            raise Busy("The lock on this organization was lost; nothing more is written.")

    return permit


def _nobody_writes() -> None:
    raise Busy("A preview never writes.")
