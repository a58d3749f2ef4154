import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import structlog
import trustme

from bridge.core.model import DoubtKind
from bridge.errors import Denied, IncompleteRead, Unavailable
from bridge.sandbox.ldap import (
    Directory,
    Drop,
    Effect,
    EndEarly,
    LdapSandbox,
    OmitPaging,
    Refuse,
    Silence,
    Truncate,
)
from bridge.sources.ldap.servers import REST
from bridge.sources.ldap.settings import Bind, BindMethod, Tls
from bridge.sources.ldap.source import LdapSource
from tests.sources.contract import by_name
from tests.sources.ldap.directory import ADMIN, BASE, TREE, crowd, group, person_dn, settings
from tests.sources.ldap.silent import black_hole, silent
from tests.sources.ldap.test_servers import Clock

TOWN = (
    TREE
    + crowd(4)
    + "".join(group(f"g{number}", person_dn("u0")) for number in range(4))
    + group("odd", f"ou=elsewhere,{BASE}")
)
"""Two pages of people, two of groups."""

PEOPLE, GROUPS = r"^\(objectClass=inetOrgPerson\)$", r"^\(\|\(objectClass=groupOfNames"
TEAM = by_name("g3")
"""On the second page."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Who issued every server's certificate."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its own certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """A server's end of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def towns(certificate: ssl.SSLContext) -> Iterator[tuple[LdapSandbox, LdapSandbox, LdapSandbox]]:
    """Three servers that hold the same."""
    with ExitStack() as stack:

        def serve() -> LdapSandbox:
            credentials = {ADMIN.user: ADMIN.password}
            directory = Directory.from_ldif(TOWN)
            return stack.enter_context(LdapSandbox(directory, credentials=credentials, certificate=certificate))

        yield serve(), serve(), serve()


# ---- servers that fall silent ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quiet:
    """When a server falls silent."""

    scheme: str = "ldap"
    start: bool = False
    """Whether StartTLS is wanted."""
    agrees: bool = False
    """Whether it is agreed to."""
    shakes_hands: bool = False
    """Whether TLS comes about."""


SILENCES = {
    "at the bind": Quiet(),
    "in the handshake": Quiet("ldaps"),
    "at the bind over ldaps": Quiet("ldaps", shakes_hands=True),
    "at StartTLS": Quiet(start=True),
    "in the handshake after StartTLS": Quiet(start=True, agrees=True),
    "at the bind after StartTLS": Quiet(start=True, agrees=True, shakes_hands=True),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("when", SILENCES)
def test_a_server_that_falls_silent_is_given_up(
    towns: tuple[LdapSandbox, ...], certificate: ssl.SSLContext, ca_file: Path, when: str
) -> None:
    """Within receive_timeout, whatever it is silent at and however long connecting may take; the next is read."""
    quiet = SILENCES[when]
    well = towns[0].ldaps_url if quiet.scheme == "ldaps" else towns[0].url
    with silent(starts_tls=quiet.agrees, certificate=certificate if quiet.shakes_hands else None) as port:
        mute = f"{quiet.scheme}://localhost:{port}"
        tls = Tls(start=quiet.start, ca_file=ca_file)
        both = settings(mute, well, tls=tls, connect_timeout=3600, receive_timeout=1)
        assert LdapSource(both).read((TEAM,)).server == well
        with pytest.raises(Unavailable, match="timed out"):
            LdapSource(replace(both, domains=(replace(both.domains[0], servers=(mute,)),))).read(())


@pytest.mark.timeout(30)
@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_an_address_that_never_answers_is_given_up(
    towns: tuple[LdapSandbox, ...], ca_file: Path, scheme: str
) -> None:
    """Within connect_timeout, however long an answer might take; the next server is read."""
    well = towns[0].ldaps_url if scheme == "ldaps" else towns[0].url
    with black_hole() as port:
        hole = f"{scheme}://localhost:{port}"
        both = settings(hole, well, tls=Tls(ca_file=ca_file), connect_timeout=1, receive_timeout=3600)
        assert LdapSource(both).read((TEAM,)).server == well


# ---- servers that break off --------------------------------------------------------------------------------

LOSSES = [Drop(), Drop(after=1), Truncate(after=1), Silence(after=1), Refuse(51), Refuse(52), Refuse(80)]


@pytest.mark.parametrize("matching", [PEOPLE, GROUPS, "employeeType"], ids=["people", "groups", "disabled"])
@pytest.mark.parametrize("effect", LOSSES, ids=str)
def test_a_read_that_breaks_off_is_done_again_at_the_next_server(
    towns: tuple[LdapSandbox, ...], effect: Effect, matching: str
) -> None:
    """From the beginning: nothing of what the first server said is in it, and nothing is in doubt."""
    first, second, _ = towns
    page = 1 if matching == "employeeType" else 2
    first.faults.add(effect, matching=matching, page=page)
    read = LdapSource(settings(first.url, second.url, receive_timeout=1)).read((TEAM,))
    assert read.server == second.url
    assert (read.doubts, len(read.selections[TEAM].groups)) == ((), 1)


@pytest.mark.parametrize("effect", [Drop(), Refuse(51)], ids=str)
def test_a_look_up_that_breaks_off_is_done_again_at_the_next_server(
    towns: tuple[LdapSandbox, ...], effect: Effect
) -> None:
    """With the whole read around it."""
    first, second, _ = towns
    first.faults.add(effect, matching="entryDN")
    read = LdapSource(settings(first.url, second.url)).read((by_name("odd"),))
    assert read.server == second.url
    assert read.selections[by_name("odd")].groups[0].doubts == ()


@pytest.mark.parametrize("effect", [Refuse(3), Refuse(4), Refuse(11), OmitPaging()], ids=str)
def test_a_limit_is_a_doubt_and_no_other_server_is_asked(towns: tuple[LdapSandbox, ...], effect: Effect) -> None:
    """Every server has it, and each would be read in vain."""
    first, second, _ = towns
    first.faults.add(effect, matching=GROUPS, page=2)
    read = LdapSource(settings(first.url, second.url)).read((TEAM,))
    assert (read.server, [doubt.kind for doubt in read.doubts]) == (first.url, [DoubtKind.TRUNCATED])
    assert second.operations == ()


def test_a_server_that_leaves_something_out_is_not_found_out(towns: tuple[LdapSandbox, ...]) -> None:
    """It says that this was all; a group that is gone so is missing, which keeps everybody in."""
    first, second, _ = towns
    first.faults.add(EndEarly(), matching=GROUPS, page=1)
    read = LdapSource(settings(first.url, second.url)).read((TEAM,))
    assert read.server == first.url
    assert [doubt.kind for doubt in read.selections[TEAM].doubts] == [DoubtKind.MISSING]


def test_where_every_server_breaks_off_the_first_read_is_handed_on(towns: tuple[LdapSandbox, ...]) -> None:
    """With its doubts: what came is better than nothing, and nobody is removed by it."""
    for town in towns:
        town.faults.add(Drop(), matching=GROUPS, page=2)
    read = LdapSource(settings(*(town.url for town in towns))).read((TEAM,))
    assert read.server == towns[0].url
    assert [doubt.kind for doubt in read.doubts] == [DoubtKind.TRUNCATED]
    assert all(town.operations for town in towns)


def test_all_failures_are_told_when_nothing_came(towns: tuple[LdapSandbox, ...]) -> None:
    """Of every server, each with its own."""
    first, second, third = towns
    first.faults.add(Drop(), matching="employeeType")
    second.faults.add(Refuse(51), op="bind")
    third.stop()
    with pytest.raises(Unavailable) as caught:
        LdapSource(settings(first.url, second.url, third.url)).read((TEAM,))
    for server, reason in (
        (first.url, "nobody can be told from the disabled people"),
        (second.url, "51 busy"),
        (third.url, "connecting failed"),
    ):
        assert f"{server}: " in str(caught.value)
        assert reason in str(caught.value)


# ---- which server is tried first ---------------------------------------------------------------------------


def test_a_server_that_failed_is_tried_after_the_others_for_a_while(towns: tuple[LdapSandbox, ...]) -> None:
    """For five minutes; then the order of the configuration holds again."""
    first, second, third = towns
    clock = Clock()
    source = LdapSource(settings(first.url, second.url, third.url), monotonic=clock)
    first.faults.add(Refuse(51), op="bind", occurrence=1)
    assert source.read(()).server == second.url
    asked = len(first.operations)
    assert source.read(()).server == second.url
    assert len(first.operations) == asked
    clock.now += REST
    assert source.read(()).server == first.url
    assert third.operations == ()


def test_servers_that_all_failed_are_all_tried_again(towns: tuple[LdapSandbox, ...]) -> None:
    """At once, in the order of the configuration."""
    first, second, _ = towns
    source = LdapSource(settings(first.url, second.url), monotonic=Clock())
    for town in (first, second):
        town.faults.add(Refuse(52), op="bind", occurrence=1)
    with pytest.raises(Unavailable):
        source.read(())
    assert source.read(()).server == first.url


def test_a_server_that_broke_off_is_tried_after_the_others(towns: tuple[LdapSandbox, ...]) -> None:
    """As one that could not be reached."""
    first, second, _ = towns
    first.faults.add(Drop(), matching=GROUPS, page=2, occurrence=1)
    source = LdapSource(settings(first.url, second.url), monotonic=Clock())
    source.read((TEAM,))
    first.forget_operations()
    assert source.read((TEAM,)).server == second.url
    assert first.operations == ()


def test_a_wrong_password_says_nothing_about_a_server(towns: tuple[LdapSandbox, ...]) -> None:
    """It is wrong everywhere: the same server is asked again next time, and no other sees it."""
    first, second, _ = towns
    source = LdapSource(settings(first.url, second.url, bind=Bind(BindMethod.SIMPLE, ADMIN.user, "not-it")))
    for _ in range(2):
        with pytest.raises(Denied, match="49 invalidCredentials"):
            source.read(())
    assert [operation.op for operation in first.operations].count("bind") == 2
    assert second.operations == ()


def test_every_failure_is_logged(towns: tuple[LdapSandbox, ...]) -> None:
    """So that a directory read from its second server does not look like one in good health."""
    first, second, _ = towns
    first.faults.add(Refuse(51), matching=GROUPS)
    with structlog.testing.capture_logs() as logs:
        LdapSource(settings(first.url, second.url)).read(())
    (event,) = logs
    assert (event["event"], event["log_level"]) == ("server.failed", "warning")
    assert (event["directory"], event["server"]) == ("corp", first.url)
    assert "51 busy" in event["reason"]


def test_a_server_that_could_not_take_over_is_a_warning(towns: tuple[LdapSandbox, ...]) -> None:
    """`check` tries every server, so that the last one standing is not the first news."""
    first, second, third = towns
    second.faults.add(Refuse(52), op="bind")
    third.stop()
    probe = LdapSource(settings(first.url, second.url, third.url)).probe()
    assert probe.server == first.url
    broken = [warning for warning in probe.warnings if "could not take over" in warning]
    assert [warning.partition(" ")[0] for warning in broken] == [second.url, third.url]
    assert "52 unavailable" in broken[0]


def test_a_read_without_its_disabled_people_is_none_at_any_server(towns: tuple[LdapSandbox, ...]) -> None:
    """However many servers there are."""
    for town in towns:
        town.faults.add(Refuse(4), matching="employeeType")
    with pytest.raises(IncompleteRead, match="nobody can be told from the disabled people"):
        LdapSource(settings(*(town.url for town in towns))).read((TEAM,))
