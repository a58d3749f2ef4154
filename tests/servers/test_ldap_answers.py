from collections.abc import Iterator

import ldap3
import pytest

from bridge.sandbox.ldap import Effect, EndEarly, OmitPaging, Refuse
from bridge.sandbox.ldap.ber import octets, sequence
from bridge.sandbox.ldap.faults import Answer
from bridge.sandbox.ldap.responses import SEARCH_DONE, Code, Result, done, page_control
from tests.servers import active_directory as ad
from tests.servers.clients import found, signed_in
from tests.servers.ldap_answers import CutRange, Done
from tests.servers.proxy import FaultProxy
from tests.servers.samba import SambaDc

OTHER = sequence(octets("1.2.3"), octets("state"))
"""A control that is not about pages."""


@pytest.mark.parametrize(
    ("effect", "controls"),
    [
        (EndEarly(), page_control(b"", 0) + OTHER),
        (OmitPaging(), OTHER),
        (Refuse(Code.BUSY), b""),
    ],
)
def test_a_rewritten_end_keeps_what_no_fault_is_about(effect: Effect, controls: bytes) -> None:
    """Other controls stay while the result does; another result comes alone."""
    number, result = 300, Result(Code.SUCCESS, "fine", "dc=x", ("ldap://a/",))
    last = Done.read(done(number, SEARCH_DONE, result, controls=OTHER + page_control(b"go on", 7)))
    before: Answer[bytes] = Answer(result=last.result, paged=True, more=True)
    after = effect.applied_to(before)
    assert last.result == result
    assert last.cookie == b"go on"
    assert last.spoiled(before, before) == last.data
    assert last.spoiled(before, after) == done(number, SEARCH_DONE, after.result, controls=controls)


@pytest.fixture(scope="module")
def dc() -> Iterator[SambaDc]:
    """Nine people in a group."""
    people = [f"u{number}" for number in range(9)]
    with SambaDc(
        ad.tree() + "".join(map(ad.person, people)) + ad.group("staff", *map(ad.person_dn, people))
    ) as dc:
        yield dc


def _ranges(connection: ldap3.Connection) -> dict[str, int]:
    """The ranges of five that come until the last, and how many values each has."""
    ranges: dict[str, int] = {}
    low = 0
    while not any(name.endswith("*") for name in ranges):
        connection.search(
            ad.group_dn("staff"), "(objectClass=group)", attributes=[f"member;range={low}-{low + 4}"]
        )
        entries = found(connection)
        if not entries:
            break
        ranges |= {name: len(values) for name, values in entries[0].items()}
        low += 5
    return ranges


@pytest.mark.samba
def test_a_domain_controller_is_spoken_to_in_the_clear(dc: SambaDc) -> None:
    """The server takes passwords over TLS only; the proxy has that, and the client need not."""
    with (
        FaultProxy(dc.ldaps_url, ca_file=dc.ca_file) as proxy,
        signed_in(proxy.url, dc.service_user, dc.service_password) as connection,
    ):
        assert connection.bound
        assert _ranges(connection) == {"member;range=0-4": 5, "member;range=5-*": 4}


@pytest.mark.samba
def test_ranges_of_values_are_cut(dc: SambaDc) -> None:
    """A range may call itself the last, or promise more than it has; and the one that follows may not come."""
    cases: list[tuple[Effect, str, dict[str, int]]] = [
        (CutRange(3), "", {"member;range=0-*": 3}),
        (CutRange(3, ends=False), "range=0-", {"member;range=0-4": 3, "member;range=5-*": 4}),
        (EndEarly(after=0), "range=5-", {"member;range=0-4": 5}),
    ]
    with (
        FaultProxy(dc.ldaps_url, ca_file=dc.ca_file) as proxy,
        signed_in(proxy.url, dc.service_user, dc.service_password) as connection,
    ):
        for effect, attributes, ranges in cases:
            proxy.faults.clear()
            proxy.faults.add(effect, attributes=attributes)
            assert _ranges(connection) == ranges
