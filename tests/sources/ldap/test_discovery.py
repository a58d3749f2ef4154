"""Servers that DNS lists: what is asked, in which order they come, and what counts when DNS does not answer."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import dns
import dns.exception
import dns.rcode
import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import Denied, RemoteError, Unavailable
from bridge.sources.ldap.discovery import Discovered, Discoverer, Record, addresses, untold
from bridge.sources.ldap.settings import Discovery
from tests.servers.nameserver import Nameserver, Reply, alias, nonsense, refusal, silence, srv, too_long_for_udp
from tests.sources.ldap.test_servers import Clock

PLAIN = "_ldap._tcp.corp.example"
CONTROLLERS = "_ldap._tcp.dc._msdcs.corp.example"
AT_PARIS = "_ldap._tcp.Paris._sites.dc._msdcs.corp.example"

CORP = Discovery("corp.example")
FOREST = Discovery("corp.example", active_directory=True)
PARIS = replace(FOREST, site="Paris")

DC1, DC2 = "ldaps://dc1.corp.example:636", "ldaps://dc2.corp.example:636"
TWO = srv("0 100 389 dc1.corp.example.", "10 100 389 dc2.corp.example.")


class Asked:
    """A discoverer and the nameserver behind it."""

    def __init__(self, nameserver: Nameserver, clock: Clock) -> None:
        self.nameserver = nameserver
        self.clock = clock
        self.discoverer = Discoverer("corp", clock, 1, nameserver.resolver)

    def found(self, discovery: Discovery = CORP) -> Discovered:
        """What is found now."""
        return self.discoverer.found(discovery)

    def says(self, reply: Reply, name: str = PLAIN) -> None:
        """From now on this is said of a name."""
        self.nameserver.replies[name] = reply


@contextmanager
def asking(replies: dict[str, Reply]) -> Iterator[Asked]:
    """A nameserver that says this."""
    with Nameserver(replies) as nameserver:
        yield Asked(nameserver, Clock())


# ---- what is asked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("discovery", "names"), [(CORP, [PLAIN]), (FOREST, [CONTROLLERS]), (PARIS, [AT_PARIS, CONTROLLERS])]
)
def test_servers_are_asked_for_by_their_names(discovery: Discovery, names: list[str]) -> None:
    """Domain controllers under Active Directory's names, others under the plain one; no search list is tried."""
    with asking(dict.fromkeys(names, TWO)) as asked:
        assert asked.found(discovery) == Discovered((DC1, DC2))
        assert asked.nameserver.questions == [(name, False) for name in names]


def test_an_answer_too_long_for_udp_comes_over_tcp() -> None:
    """The same question again: a domain may have hundreds of controllers."""
    many = srv(*(f"{number} 100 389 dc{number}.corp.example." for number in range(300)))
    with asking({PLAIN: too_long_for_udp(many)}) as asked:
        found = asked.found()
        assert asked.nameserver.questions == [(PLAIN, False), (PLAIN, True)]
    assert found.servers == tuple(f"ldaps://dc{number}.corp.example:636" for number in range(300))


def test_servers_of_the_site_come_first() -> None:
    """Then the others of the domain, each once."""
    at_paris = srv("5 100 389 dc2.corp.example.")
    with asking({AT_PARIS: at_paris, CONTROLLERS: TWO}) as asked:
        assert asked.found(PARIS) == Discovered((DC2, DC1))


@pytest.mark.parametrize("reply", [refusal(dns.rcode.NXDOMAIN), srv()])
def test_a_site_that_dns_does_not_know_is_a_warning(reply: Reply) -> None:
    """The others of the domain are used."""
    with asking({AT_PARIS: reply, CONTROLLERS: TWO}) as asked:
        found = asked.found(PARIS)
    assert found.servers == (DC1, DC2)
    (warning,) = found.warnings
    assert AT_PARIS in warning
    assert "correct `discover` or `site`" in warning
    assert warning.endswith("; the others in corp.example are used")


def test_the_servers_of_a_site_are_enough() -> None:
    """When DNS does not say which there are besides."""
    with asking({AT_PARIS: TWO, CONTROLLERS: refusal(dns.rcode.SERVFAIL)}) as asked:
        found = asked.found(PARIS)
    assert found.servers == (DC1, DC2)
    assert "SERVFAIL" in found.warnings[0]


# ---- addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "port", "address"),
    [
        ("ldaps", 389, "ldaps://dc1.corp.example:636"),
        ("ldaps", 636, "ldaps://dc1.corp.example:636"),
        ("ldaps", 10636, "ldaps://dc1.corp.example:10636"),
        ("ldap", 389, "ldap://dc1.corp.example:389"),
        ("ldap", 10389, "ldap://dc1.corp.example:10389"),
    ],
)
def test_the_port_fits_the_scheme(scheme: Any, port: int, address: str) -> None:  # noqa: ANN401 - a literal
    """DNS lists 389 as a rule, where ldaps is on 636; any other port is meant as it stands."""
    with asking({PLAIN: srv(f"0 0 {port} DC1.Corp.Example.")}) as asked:
        assert asked.found(replace(CORP, scheme=scheme)).servers == (address,)


RECORDS = st.lists(
    st.builds(
        Record, st.integers(0, 3), st.integers(0, 65535), st.just(389), st.sampled_from(["a", "b", "c", "d", "e"])
    ),
    unique_by=lambda record: record.host,
)


@given(RECORDS, st.text())
def test_priority_comes_before_weight(records: list[Record], seed: str) -> None:
    """Every record has its address, those of a lower priority first, whatever order DNS sends them in."""
    found = list(addresses(records, CORP, seed))
    by_address = {f"ldaps://{record.host}:636": record.priority for record in records}
    assert sorted(found) == sorted(by_address)
    assert [by_address[address] for address in found] == sorted(by_address.values())
    assert found == list(addresses(reversed(records), CORP, seed))


@given(RECORDS, st.text(), st.sampled_from(["a", "b", "c", "d", "e"]))
def test_who_goes_does_not_change_the_order_of_the_others(records: list[Record], seed: str, gone: str) -> None:
    """So that a run asks the server that the last one asked, for as long as it is there."""
    left = [address for address in addresses(records, CORP, seed) if address != f"ldaps://{gone}:636"]
    assert left == list(addresses([record for record in records if record.host != gone], CORP, seed))


def test_weight_says_how_often_a_server_comes_first() -> None:
    """Over many installations; one of weight 0 hardly ever does."""
    records = [Record(0, 60, 389, "a"), Record(0, 30, 389, "b"), Record(0, 10, 389, "c"), Record(0, 0, 389, "d")]
    first = Counter(next(addresses(records, CORP, f"installation {number}")) for number in range(10_000))
    shares = [round(first[f"ldaps://{host}:636"] / 10_000, 1) for host in "abcd"]
    assert shares == [0.6, 0.3, 0.1, 0.0]


@pytest.mark.parametrize(
    "host", ["evil.example", "corp.example.evil.example", "notcorp.example", "example", "localhost"]
)
def test_a_server_outside_the_domain_is_left_out(host: str) -> None:
    """Whoever forges DNS could have a certificate for it; with an authority of one's own it counts."""
    reply = srv("0 100 389 dc1.corp.example.", f"0 100 636 {host}.")
    with asking({PLAIN: reply}) as asked:
        found = asked.found()
        assert found.servers == (DC1,)
        assert f"{host} is not in corp.example" in found.warnings[0]
        assert "`ca_file`" in found.warnings[0]
        everywhere = asked.found(replace(CORP, elsewhere=True))
    assert (sorted(everywhere.servers), everywhere.warnings) == (sorted((DC1, f"ldaps://{host}:636")), ())


def test_only_servers_outside_the_domain_are_none() -> None:
    """An error that names them."""
    with asking({PLAIN: srv("0 100 636 evil.example.")}) as asked, pytest.raises(Denied, match=r"evil\.example"):
        asked.found()


@pytest.mark.parametrize("host", [r"dc1\@evil.corp.example", r"a\.b/c.corp.example", r"x\032y.corp.example"])
def test_what_is_no_host_name_is_left_out(host: str) -> None:
    """No part of it may be taken for another part of an address."""
    with asking({PLAIN: srv("0 100 389 dc1.corp.example.", f"0 100 636 {host}.")}) as asked:
        assert asked.found(replace(CORP, elsewhere=True)).servers == (DC1,)


# ---- when DNS does not answer ------------------------------------------------------------------------------

DOWN: dict[str, tuple[Reply, type[RemoteError], str]] = {
    "silent": (silence, Unavailable, "expired after 1"),
    "silent over TCP": (too_long_for_udp(silence), Unavailable, "expired after 1"),
    "failing": (refusal(dns.rcode.SERVFAIL), Unavailable, "SERVFAIL"),
    "refusing": (refusal(dns.rcode.REFUSED), Unavailable, "REFUSED"),
    "nonsense": (nonsense, Unavailable, "DNS did not name the servers"),
    "no such name": (
        refusal(dns.rcode.NXDOMAIN),
        Denied,
        "let this machine ask a DNS server that knows the domain",
    ),
    "empty": (srv(), Denied, "list the addresses under `servers`"),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("how", DOWN)
def test_without_an_answer_there_are_no_servers(how: str) -> None:
    """Within the time that a question may take; what may pass is told from what a person has to mend."""
    reply, kind, words = DOWN[how]
    with asking({PLAIN: reply}) as asked, pytest.raises(RemoteError) as caught:
        asked.found()
    assert type(caught.value) is kind
    assert str(caught.value).startswith("corp: ")
    assert words in str(caught.value)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("how", DOWN)
def test_when_dns_is_down_the_last_good_answer_is_used(how: str) -> None:
    """However old it is; the warning says how old. A good answer counts again at once."""
    with asking({PLAIN: TWO}) as asked:
        asked.found()
        asked.says(DOWN[how][0])
        asked.clock.now += 7200
        found = asked.found()
        assert found.servers == (DC1, DC2)
        assert found.warnings[0].endswith("; what it said 120 minutes ago is used")
        asked.says(srv("0 100 389 dc2.corp.example."))
        assert asked.found() == Discovered((DC2,))


def test_a_domain_that_has_no_servers_says_so() -> None:
    """The target `.` is an answer (RFC 2782), and an older one is not used in its place."""
    with asking({PLAIN: TWO}) as asked:
        asked.found()
        asked.says(srv("0 0 0 ."))
        asked.clock.now += 3600
        with pytest.raises(Denied, match=f"DNS says that there is no server under {PLAIN}"):
            asked.found()


def test_an_answer_is_remembered_for_as_long_as_dns_says() -> None:
    """And not a second longer."""
    with asking({PLAIN: srv("0 100 389 dc1.corp.example.", ttl=600)}) as asked:
        asked.found()
        asked.says(TWO)
        asked.clock.now += 599
        assert asked.found().servers == (DC1,)
        assert len(asked.nameserver.questions) == 1
        asked.clock.now += 1
        assert asked.found().servers == (DC1, DC2)


def test_an_answer_that_is_not_to_be_remembered_is_asked_for_each_time() -> None:
    """A time to live of 0."""
    with asking({PLAIN: srv("0 100 389 dc1.corp.example.", ttl=0)}) as asked:
        asked.found()
        asked.found()
        assert len(asked.nameserver.questions) == 2


def test_an_alias_is_followed_and_remembered_for_the_shorter_time() -> None:
    """Of the alias and of what it leads to."""
    reply = alias("ldap.corp.example", "0 100 389 dc1.corp.example.", ttl=60, its_ttl=600)
    with asking({PLAIN: reply}) as asked:
        assert asked.found().servers == (DC1,)
        asked.clock.now += 60
        asked.found()
        assert len(asked.nameserver.questions) == 2


def test_each_name_is_remembered_by_itself() -> None:
    """A site's servers do not keep the domain's alive."""
    at_paris = srv("0 100 389 dc1.corp.example.", ttl=10)
    with asking({AT_PARIS: at_paris, CONTROLLERS: TWO}) as asked:
        asked.found(PARIS)
        asked.clock.now += 11
        asked.found(PARIS)
        assert [name for name, _ in asked.nameserver.questions] == [AT_PARIS, CONTROLLERS, AT_PARIS]


@pytest.mark.parametrize(
    "domain", ["corp..example", "x" * 64 + ".example", "a." * 130 + "example", "\udce4.example"]
)
def test_a_domain_that_is_none_is_refused(domain: str) -> None:
    """As a thing for a person to mend."""
    with asking({}) as asked, pytest.raises(Denied, match="correct `discover`"):
        asked.found(Discovery(domain))


def exceptions() -> list[type[dns.exception.DNSException]]:
    """Every exception class that dnspython has, wherever it is defined."""
    for module in pkgutil.walk_packages(dns.__path__, "dns."):
        if not module.name.startswith(("dns.quic", "dns._trio")):  # these need packages of their own
            importlib.import_module(module.name)

    def below(kind: type[dns.exception.DNSException]) -> Iterator[type[dns.exception.DNSException]]:
        yield kind
        for inner in kind.__subclasses__():
            yield from below(inner)

    return sorted(set(below(dns.exception.DNSException)), key=str)


FOR_A_PERSON = {
    "dns.exception": {"SyntaxError", "UnexpectedEnd"},
    "dns.name": {"BadEscape", "EmptyLabel", "IDNAException", "LabelTooLong", "NameTooLong"},
    "dns.message": {"NoPreviousName"},
    "dns.ttl": {"BadTTL"},
    "dns.resolver": {"NXDOMAIN", "NoAnswer", "NoResolverConfiguration", "YXDOMAIN"},
}


@pytest.mark.parametrize("kind", exceptions())
def test_every_exception_of_dnspython_becomes_one_of_ours(kind: type[dns.exception.DNSException]) -> None:
    """Wherever in the asking it comes from; what a person has to mend is a refusal, all else may pass."""
    error = kind.__new__(kind)
    # each has a way of its own to be made
    dns.exception.DNSException.__init__(error, "trouble")  # type: ignore[no-untyped-call]  # dnspython's own lack

    def broken() -> dns.resolver.Resolver:
        raise error

    with pytest.raises(RemoteError) as caught:
        Discoverer("corp", Clock(), 1, broken).found(CORP)
    for_a_person = kind.__name__ in FOR_A_PERSON.get(kind.__module__, set())
    assert type(caught.value) is (Denied if for_a_person else Unavailable)


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("nameserver x is no address")])
def test_what_dnspython_lets_out_is_translated_too(error: Exception) -> None:
    """Trouble of the socket, and of resolv.conf."""
    assert type(untold("corp", error)) is Unavailable
    assert str(error) in str(untold("corp", error))


def test_the_order_of_records_is_no_matter() -> None:
    """DNS servers turn them round at every answer."""
    records = [f"0 {number} 389 dc{number}.corp.example." for number in range(20)]
    with asking({PLAIN: srv(*records, ttl=0)}) as asked:
        first = asked.found()
        asked.says(srv(*reversed(records), ttl=0))
        assert asked.found() == first
