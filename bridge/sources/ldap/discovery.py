"""Servers found by DNS (SRV, RFC 2782), and the memory of what DNS said.

A directory's servers are asked for by these names, the first of which comes first:

    Active Directory, its site stated    _ldap._tcp.SITE._sites.dc._msdcs.DOMAIN    (MS-ADTS 6.3.6.1)
    Active Directory                     _ldap._tcp.dc._msdcs.DOMAIN
    any other                            _ldap._tcp.DOMAIN

DNS can be forged. A server that it names has to prove its name by its certificate, and that name has to lie in the
domain: any other could be a forger's own, with a certificate to match.
"""

import hashlib
import math
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import dns.name
from dns.exception import DNSException
from dns.exception import SyntaxError as DnsSyntaxError
from dns.rdtypes.IN.SRV import SRV
from dns.resolver import NXDOMAIN, YXDOMAIN, NoAnswer, NoResolverConfiguration, Resolver

from bridge.errors import Denied, RemoteError, Unavailable, excerpt
from bridge.sources.ldap.settings import Discovery

_LDAP_PORT: Final = 389
_LDAPS_PORT: Final = 636
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_NO_WEIGHT: Final = 0.01
"""What a weight of 0 counts: such a server is to be chosen hardly ever, as long as there are others."""

_REMEDIES: Final[dict[type[DNSException], str]] = {
    NXDOMAIN: "correct `discover` or `site`, or let this machine ask a DNS server that knows the domain",
    NoAnswer: "correct `discover` or `site`, or list the addresses under `servers`",
    YXDOMAIN: "correct `discover`",
    NoResolverConfiguration: "say in /etc/resolv.conf which DNS server this machine asks",
    DnsSyntaxError: "correct `discover` or `site`",
    dns.name.NameTooLong: "correct `discover` or `site`",
    dns.name.IDNAException: "correct `discover` or `site`",
}
"""Of what a person has to mend. Everything else may pass: another query, or the next run, may do better."""


class Record(NamedTuple):
    """One server, as DNS lists it."""

    priority: int
    weight: int
    port: int
    host: str
    """In lower case, without the dot at the end; empty: the service is decidedly not there."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What was found."""

    servers: tuple[str, ...]
    """Addresses, in order of preference; at least one."""
    warnings: tuple[str, ...] = ()
    """What is not as it should be, with the remedy."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What DNS said."""

    records: tuple[Record, ...]
    at: float
    until: float


class Discoverer:
    """Finds servers by DNS, and remembers them for as long as DNS says. For all threads.

    When DNS is down the last good answer is used, however old.
    """

    def __init__(
        self,
        system: str,
        monotonic: Callable[[], float],
        lifetime: float,
        resolver: Callable[[], Resolver] = Resolver,
    ) -> None:
        """`system` is for errors; `lifetime` the seconds that a question may take; `resolver` is made for each."""
        self._system = system
        self._monotonic = monotonic
        self._lifetime = lifetime
        self._resolver = resolver
        self._answers: dict[str, _Answer] = {}
        self._turn = threading.Lock()

    def found(self, discovery: Discovery) -> Discovered:
        """Find the servers. Raises Unavailable when DNS is down from the start, Denied when it names none."""
        servers: list[str] = []
        warnings: list[str] = []
        failures: list[RemoteError] = []
        for name in names(discovery):
            try:
                records = self._records(name, warnings)
            except RemoteError as error:
                failures.append(error)
            else:
                warnings += _objections(name, records, discovery)
                trusted = (record for record in records if _trusted(record, discovery))
                servers += addresses(trusted, discovery, self._system)
        if not servers:
            raise failures[-1] if failures else Denied(self._system, "; ".join(warnings))
        told = (*(f"{error.what}; the others in {discovery.domain} are used" for error in failures), *warnings)
        return Discovered(tuple(dict.fromkeys(servers)), tuple(dict.fromkeys(told)))

    def _records(self, name: str, warnings: list[str]) -> tuple[Record, ...]:
        """What DNS lists under a name, now or the last time that it answered."""
        now = self._monotonic()
        with self._turn:
            remembered = self._answers.get(name)
        if remembered and now < remembered.until:
            return remembered.records
        try:
            answer = self._asked(name)
        except RemoteError as error:
            if not remembered:
                raise
            minutes = round((now - remembered.at) / 60)
            warnings.append(f"{error.what}; what it said {minutes} minutes ago is used")
            return remembered.records
        with self._turn:
            self._answers[name] = answer
        return answer.records

    def _asked(self, name: str) -> _Answer:
        try:
            answer = self._resolver().resolve(f"{name}.", "SRV", lifetime=self._lifetime, search=False)
        except (DNSException, OSError, ValueError) as error:
            raise untold(self._system, error) from error
        now = self._monotonic()
        records = tuple(_record(data) for data in answer if isinstance(data, SRV))
        return _Answer(records, now, now + answer.chaining_result.minimum_ttl)


def names(discovery: Discovery) -> tuple[str, ...]:
    """The names to ask DNS for, the preferred one first."""
    if not discovery.active_directory:
        return (f"_ldap._tcp.{discovery.domain}",)
    controllers = f"dc._msdcs.{discovery.domain}"
    at_site = (f"_ldap._tcp.{discovery.site}._sites.{controllers}",) if discovery.site else ()
    return (*at_site, f"_ldap._tcp.{controllers}")


def addresses(records: Iterable[Record], discovery: Discovery, seed: str) -> Iterator[str]:
    """Addresses by priority, and drawn by weight where that is equal.

    The draw comes out the same for the same seed, and who comes or goes does not change the order of the others:
    servers that hold the same learn of changes one after the other, so that each run had better ask the same one.
    """

    def turn(record: Record) -> tuple[int, float]:
        digest = hashlib.sha256(f"{seed} {record.host}:{record.port}".encode()).digest()
        chance = (int.from_bytes(digest[:8]) + 1) / 2**64  # above 0, up to 1
        return record.priority, -math.log(chance) / (record.weight or _NO_WEIGHT)

    for record in sorted(records, key=turn):
        port = record.port
        if discovery.scheme == "ldaps" and port == _LDAP_PORT:
            port = _LDAPS_PORT
        yield f"{discovery.scheme}://{record.host}:{port}"


def untold(system: str, error: Exception) -> RemoteError:
    """Our error for a question that DNS did not answer."""
    what = f"DNS did not name the servers ({excerpt(str(error)) or type(error).__name__})"
    for kind in type(error).__mro__:
        if kind in _REMEDIES:
            return Denied(system, f"{what}; {_REMEDIES[kind]}")
    return Unavailable(system, what)


def _record(data: SRV) -> Record:
    host = "" if data.target == dns.name.root else data.target.to_text(omit_final_dot=True).lower()
    return Record(data.priority, data.weight, data.port, host)


def _trusted(record: Record, discovery: Discovery) -> bool:
    if not _HOST.fullmatch(record.host):
        return False
    domain = discovery.domain.lower()
    return discovery.elsewhere or record.host == domain or record.host.endswith(f".{domain}")


def _objections(name: str, records: tuple[Record, ...], discovery: Discovery) -> Iterator[str]:
    """Why what DNS lists under a name is not used."""
    if not any(record.host for record in records):
        yield f"DNS says that there is no server under {name}"
    strangers = sorted(record.host for record in records if record.host and not _trusted(record, discovery))
    if strangers:
        what = f"{', '.join(strangers)} is not in {discovery.domain}, though DNS lists it under {name}"
        yield f"{what}; it is left out, unless `ca_file` says whose certificates are to be trusted"
