"""An LDAP directory as a source: tries its servers in order, and reads all of one read from one of them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from bridge.core.model import DirectoryName, DirectoryRead, Selector, SelectorKind
from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.ldap.connection import Session, opened
from bridge.sources.ldap.failures import CredentialsRefused
from bridge.sources.ldap.filters import fault_in
from bridge.sources.ldap.read import Reading
from bridge.sources.ldap.search import Ldap3Pages, PageReader
from bridge.sources.ldap.settings import LdapSettings
from bridge.sources.ldap.wire import WirePages

T = TypeVar("T")

_LAYERLESS: Final = frozenset({None, "EXTERNAL"})
"""Of SASL, or none: what puts no layer of its own between messages and socket (RFC 4422, appendix A)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a look at a directory showed, for a person who sets it up."""

    server: str
    findings: tuple[str, ...]
    """What there is, in words."""
    warnings: tuple[str, ...] = ()
    """What would keep the bridge from doing its work, with the remedy."""


def pages_for(session: Session) -> PageReader:
    """Our own decoder; ldap3's where SASL may put a layer around every message, which only ldap3 takes off."""
    return (WirePages if session.connection.sasl_mechanism in _LAYERLESS else Ldap3Pages)(session)


class LdapSource:
    """One LDAP directory. Every read opens a connection of its own, so that threads may share a source."""

    def __init__(self, settings: LdapSettings, pages: Callable[[Session], PageReader] = pages_for) -> None:
        self._settings = settings
        self._pages = pages

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._settings.name

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the groups that these selectors name, with all their people.

        What is missing is a doubt in the answer. Raises Unavailable when no server answers, Denied when none lets
        us in or a filter or pattern is malformed, IncompleteRead when disabled people cannot be told from others.
        """
        self._refuse_malformed(selectors)
        return self._at_first_server(lambda _, reading: reading.read(selectors))

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """The same: nothing is remembered here."""
        return self.read(selectors)

    def probe(self) -> Probe:
        """Connect, sign in, read and count, for `check`. Raises what `read` raises, with the remedy."""
        self._refuse_malformed(())
        return self._at_first_server(self._surveyed)

    def _at_first_server(self, act: Callable[[Session, Reading], T]) -> T:
        """Do it at the first server where it can be done: in the order given, each over a new connection."""
        failures: list[tuple[str, RemoteError]] = []
        for server in self._settings.servers:
            try:
                with opened(self._settings, server) as session:
                    reader = self._pages(session)
                    return act(session, Reading(self._settings, reader, session.server, session.system))
            except RemoteError as error:
                failures.append((server, error))
                if isinstance(error, CredentialsRefused):
                    break
        raise self._all_failed(failures)

    def _all_failed(self, failures: list[tuple[str, RemoteError]]) -> RemoteError:
        """The one error that tells of every server, of the kind that gives the next run its chance."""
        if len(failures) == 1:
            return failures[0][1]
        kinds = [type(error) for _, error in failures]
        what = "; ".join(f"{server}: {error.what}" for server, error in failures)
        if CredentialsRefused in kinds or not {Unavailable, IncompleteRead} & set(kinds):
            return Denied(self.name, what or "the configuration names no server")
        return (Unavailable if Unavailable in kinds else IncompleteRead)(self.name, what)

    def _surveyed(self, session: Session, reading: Reading) -> Probe:
        reading.survey()
        people, groups = reading.people, reading.groups.by_dn.exact
        findings = (
            f"connected to {session.server} ({session.security})",
            f"{len(people.by_id)} people found, {len(people.disabled)} of them disabled",
            f"{len(groups)} groups found",
        )
        return Probe(session.server, findings, (*self._warnings(reading), *map(str, sorted(reading.doubts))))

    def _warnings(self, reading: Reading) -> Iterable[str]:
        people, groups, schema = reading.people, reading.groups.by_dn.exact, self._settings.schema
        if not people.by_id:
            yield "nobody was found; check people_base, people_filter and what the service account may see"
        if people.faults.exact:
            what = f"{len(people.faults.exact)} people have no {schema.person_id} of their own to be known by"
            yield f"{what}; let the service account read it"
        without = sum(not people.person(person_id).addresses for person_id in people.by_id)
        if without:
            yield f"{without} people have no address in {', '.join(schema.addresses)}; they will have no account"
        if not groups:
            yield "no group was found; check groups_base, group_filter and what the service account may see"
        if any(not group.id for group in groups.values()):
            yield f"some groups show no {schema.group_id}; let the service account read it"

    def _refuse_malformed(self, selectors: Sequence[Selector]) -> None:
        """Find what no server should see, before any connection."""
        schema = self._settings.schema
        ours = {
            "people_filter": schema.people_filter,
            "disabled_filter": schema.disabled_filter,
            "group_filter": schema.group_filter,
        }
        faults = [f"{key} '{text}': {fault}" for key, text in ours.items() if text and (fault := fault_in(text))]
        faults += [f"'{selector.text}': {fault}" for selector in selectors if (fault := fault_of(selector))]
        if faults:
            raise Denied(self.name, f"malformed in the configuration: {'; '.join(faults)}; correct it")


def fault_of(selector: Selector) -> str:
    """What is wrong with a selector that a filter or a pattern was written in; empty when nothing is."""
    if selector.kind is SelectorKind.FILTER:
        return fault_in(selector.text)
    if selector.kind is SelectorKind.PATTERN:
        try:
            re.compile(selector.text)
        except re.error as error:
            return f"no regular expression ({error})"
    return ""
