"""From a configuration to one of its directories: the only place that names the sources' classes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge import tracing
from bridge.clock import SystemClock
from bridge.config import Configuration
from bridge.config.directories import LdapDirectory, ldap_settings
from bridge.config.entra import EntraDirectory, entra_settings
from bridge.config.file_directory import FileDirectory, file_settings
from bridge.cycle.ports import Clock
from bridge.errors import ConfigError, Problem
from bridge.redaction import register_secret
from bridge.sources.bound import BoundSource
from bridge.sources.entra.settings import ClientSecret, EntraSettings
from bridge.sources.file.source import FileSource
from bridge.sources.ldap import kerberos
from bridge.sources.ldap.source import LdapSource
from bridge.sources.probe import Browsed, Directory
from bridge.sources.recalling import Marking, RecallingSource
from bridge.store.store import DatabaseStore
from bridge.transport.client import Observer

if TYPE_CHECKING:
    from bridge.sources.entra.source import EntraSource


@dataclass(frozen=True, slots=True)
class Recall:
    """Where full reads are kept, and whether they are."""

    store: DatabaseStore
    clock: Clock
    keeps: bool
    anew: bool

    def source(self, source: Marking, every: timedelta) -> RecallingSource:
        """A source that hands on its last full read, until that is so old."""
        return RecallingSource(source, self.store, self.clock.now, every, keeps=self.keeps)


def refuse_missing_packages(configuration: Configuration) -> None:
    """Raise ConfigError where the configuration wants what is not installed."""
    problems = [
        Problem(
            str(configuration.path), 1, f"directories.{name}.bind.method", f"{missing}.", f"{kerberos.INSTALL}"
        )
        for name, directory in sorted(configuration.directories.items())
        if isinstance(directory, LdapDirectory)
        and ldap_settings(name, directory).wants_kerberos
        and (missing := kerberos.missing_packages())
    ]
    if configuration.tracing and (missing := tracing.missing_packages()):
        problems.append(Problem(str(configuration.path), 1, "tracing", f"{missing}.", tracing.INSTALL))
    if problems:
        raise ConfigError(tuple(problems))


def ldap_alone(name: str, configuration: Configuration) -> LdapSource:
    """An LDAP directory by itself, for the first steps of whoever sets it up."""
    directory = configuration.directories[name]
    if not isinstance(directory, LdapDirectory):
        raise TypeError(name)
    refuse_missing_packages(configuration)
    return LdapSource(ldap_settings(name, directory))


@contextmanager
def wired_source(
    name: str, configuration: Configuration, observer: Observer, recall: Recall
) -> Iterator[Directory]:
    """A directory as runs read it."""
    directory = configuration.directories[name]
    every = None if recall.anew or isinstance(directory, FileDirectory) else directory.full_read_every
    if not isinstance(directory, EntraDirectory):
        with wired_alone(name, configuration, observer) as source:
            yield recall.source(source, every) if every and isinstance(source, LdapSource) else source
        return
    from bridge.sources.entra.marking import MarkingTenant  # noqa: PLC0415 - msal loads longer than a run takes

    with _tenant(name, directory, configuration, observer) as tenant:
        marking = recall.source(MarkingTenant(tenant), every) if every else tenant
        yield BoundSource(marking, recall.store.load_names)


@contextmanager
def wired_alone(name: str, configuration: Configuration, observer: Observer) -> Iterator[Browsed]:
    """A directory by itself, without anything that is remembered of it."""
    match configuration.directories[name]:
        case FileDirectory() as directory:
            yield FileSource(file_settings(name, directory), SystemClock().now)
        case EntraDirectory() as directory:
            with _tenant(name, directory, configuration, observer) as tenant:
                yield tenant
        case directory:
            yield LdapSource(ldap_settings(name, directory))


@contextmanager
def _tenant(
    name: str, directory: EntraDirectory, configuration: Configuration, observer: Observer
) -> "Iterator[EntraSource]":
    from bridge.sources.entra.source import open_entra  # noqa: PLC0415 - as above

    with told_as_problem(configuration, f"directories.{name}"):
        opened = open_entra(registering(entra_settings(name, directory)), SystemClock(), observer)
    with opened as tenant:
        yield tenant


def registering(settings: EntraSettings) -> EntraSettings:
    """The same, whose client secret may be rotated after the start: it must not be shown either."""
    credential = settings.credential
    if not isinstance(credential, ClientSecret):
        return settings

    def read() -> str:
        secret = credential.read()
        register_secret(secret)
        return secret

    return replace(settings, credential=ClientSecret(read))


@contextmanager
def told_as_problem(configuration: Configuration, key: str) -> Iterator[None]:
    """What only the library finds wrong with a value: a proxy, certificate authorities."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise ConfigError((Problem(str(configuration.path), 1, key, f"{error}."),)) from error
