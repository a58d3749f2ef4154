"""An Entra tenant as a source."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

import httpx

from bridge.core.model import DirectoryName, DirectoryRead, Selector
from bridge.core.nesting import TracedRead, goes_by
from bridge.sources.entra.changes import ChangeFeed, Changes
from bridge.sources.entra.graph import SYSTEM, Graph
from bridge.sources.entra.nesting import walk
from bridge.sources.entra.probing import Probing
from bridge.sources.entra.read import Reading
from bridge.sources.entra.settings import EntraSettings, ManagedIdentity
from bridge.sources.entra.signin.failures import SYSTEM as SIGN_IN
from bridge.sources.entra.signin.tokens import EntraTokens, who_signs_in
from bridge.sources.probe import ListedGroup, Probe
from bridge.transport.client import Client, Observer, Patience
from bridge.transport.exchange import Wire, open_http
from bridge.transport.gate import Clock
from bridge.transport.settings import Limits, Route, Timeouts, is_loopback


@dataclass(frozen=True, slots=True)
class MarkedRead:
    """A full read with the moment from which to ask what changed."""

    read: DirectoryRead
    involved: frozenset[str]
    """Ids of all users and groups that the read rests on."""
    mark: str
    """Taken before the read began. Empty: Graph gives none."""
    why_not: str = ""
    """Why there is none."""


class EntraSource:
    """One Entra tenant. Safe to share between threads."""

    def __init__(self, settings: EntraSettings, graph: Graph, tokens: EntraTokens, clock: Clock) -> None:
        self._settings = settings
        self._graph = graph
        self._tokens = tokens
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop all connections."""
        self._graph.close()
        self._tokens.close()

    @property
    def name(self) -> DirectoryName:
        """Its key in the configuration."""
        return self._settings.name

    def read(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """Read the groups that these selectors name, with all their people.

        What is missing is a doubt in the answer. Raises Denied when Entra does not let us in or Graph grants
        nothing, Throttled and Unavailable when they do not answer.
        """
        self._start_run()
        return Reading(self._settings, self._graph).read(selectors)

    def read_fully(self, selectors: Sequence[Selector]) -> DirectoryRead:
        """The same: nothing is remembered here."""
        return self.read(selectors)

    def trace(self, selectors: Sequence[Selector], text: str) -> TracedRead:
        """The same read, with the groups in the groups that whoever goes by this name is in. Raises likewise."""
        read = self.read(selectors)
        asked = tuple(person for person in read.people.values() if goes_by(person, text))
        ids = {person.id for person in asked}
        every = {group.id: group for found in read.selections.values() for group in found.groups}
        theirs = [group for group in every.values() if self._settings.nested and not ids.isdisjoint(group.members)]
        return TracedRead(read, walk(self._graph, self.name, theirs), asked)

    @property
    def settings_digest(self) -> str:
        """Names everything in the settings that decides what a read finds, and where marks are good."""
        chosen = self._settings
        parts = (chosen.graph_address, chosen.tenant_id, chosen.addresses, chosen.guests, chosen.nested)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def read_marked(self, selectors: Sequence[Selector]) -> MarkedRead:
        """The same as `read`, with a mark taken before it began, from which to ask later what changed."""
        self._start_run()
        taken = ChangeFeed(self._graph).read_mark()
        reading = Reading(self._settings, self._graph)
        read = reading.read(selectors)
        searches = (*taken.searches, *read.searches)
        return MarkedRead(replace(read, searches=searches), frozenset(reading.involved), taken.mark, taken.due)

    def read_changes(self, mark: str, involved: frozenset[str], selectors: Sequence[Selector]) -> Changes:
        """Read what happened since a mark that concerns a read of these selectors, resting on these ids.

        What keeps Graph from telling is a reason for a full read in the answer. Raises Throttled and Unavailable:
        that one would come to the same end.
        """
        self._start_run()
        return ChangeFeed(self._graph).read_since(mark, involved, selectors)

    def probe(self) -> Probe:
        """Sign in and find out what may be read, for `check`. Raises what `read` raises, with the remedy."""
        self._start_run()
        probing = Probing(self._settings, self._graph, self._tokens, self._clock)
        return probing.probe(who_signs_in(self._settings))

    def list_groups(self) -> tuple[ListedGroup, ...]:
        """Read which groups there are, without their members. Raises what `read` raises, and IncompleteRead."""
        self._start_run()
        return Reading(self._settings, self._graph).list_groups()

    def _start_run(self) -> None:
        self._tokens.start_run()
        self._graph.start_run()


_NEARBY: Final = Timeouts(connect=5, read=30)
"""To the endpoint of a managed identity, on this machine or beside it. Where there is none, nobody answers."""

_BRIEFLY: Final = Limits(tries=3, waiting_budget=60)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all clients of one source stand on."""

    clock: Clock
    observer: Observer
    transport: httpx.BaseTransport | None

    def client(self, system: str, http: httpx.Client, limits: Limits, timeouts: Timeouts) -> Client:
        wire = Wire(http, self.clock.monotonic, limits, timeouts)
        return Client(system, wire, Patience.of(self.clock), limits, self.observer)


def open_entra(
    settings: EntraSettings,
    clock: Clock,
    observer: Observer = Observer(),  # noqa: B008 - frozen
    *,
    transport: httpx.BaseTransport | None = None,
) -> EntraSource:
    """Make ready to read a tenant; nothing is sent yet. `transport` is for tests.

    Raises ValueError when the proxy is not one, and OSError when `ca_file` cannot be loaded.
    """
    ground = _Ground(clock, observer, transport)
    tokens = EntraTokens(settings, _sign_in(settings, ground))
    client = _client(SYSTEM, settings.graph_address, settings, ground)
    return EntraSource(settings, Graph(client, tokens, settings.graph_address), tokens, clock)


def _sign_in(settings: EntraSettings, ground: _Ground) -> Client:
    """To where tokens are issued. A managed identity's are issued nearby, and no proxy may come between."""
    if not isinstance(settings.credential, ManagedIdentity):
        return _client(SIGN_IN, settings.login_address, settings, ground)
    http = open_http(Route(), _NEARBY, loopback=True, transport=ground.transport)
    return ground.client(SIGN_IN, http, _BRIEFLY, _NEARBY)


def _client(system: str, address: str, settings: EntraSettings, ground: _Ground) -> Client:
    http = open_http(settings.route, settings.timeouts, loopback=is_loopback(address), transport=ground.transport)
    return ground.client(system, http, settings.limits, settings.timeouts)
