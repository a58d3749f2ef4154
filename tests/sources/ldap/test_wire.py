"""Our decoder beside ldap3's: over real servers, and over answers that no server should give."""

import itertools
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import ldap3
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridge.core.model import Doubt, Search
from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sandbox.ldap import (
    ACTIVE_DIRECTORY,
    Directory,
    Drop,
    Effect,
    EndEarly,
    LdapSandbox,
    OmitPaging,
    Refer,
    Refuse,
    ServerLimits,
    Silence,
    Truncate,
    ber,
    responses,
)
from bridge.sources.ldap.connection import Session, opened
from bridge.sources.ldap.entry import Entry
from bridge.sources.ldap.search import Ldap3Pages, PagedSearch, PageEnd, PageReader, Query, Reference, as_it_is
from bridge.sources.ldap.settings import LdapSettings, Tls
from bridge.sources.ldap.source import LdapSource, pages_for
from bridge.sources.ldap.wire import WirePages
from bridge.sources.ldap.wire_exchange import WireExchange
from tests.servers.slapd import Slapd
from tests.sources.contract import WORLD, SourceContract, by_pattern
from tests.sources.ldap.directory import (
    ADMIN,
    BASE,
    SCHEMA,
    TREE,
    crowd,
    entry,
    group,
    group_dn,
    ldif_of,
    person,
    person_dn,
    settings,
)
from tests.sources.ldap.test_contract import NAMED_BY_O

CROWD = [person_dn(f"u{number}") for number in range(20)]
TOWN = (
    TREE
    + crowd(20)
    + person("zoë", cn=("Zoë", "Z" * 200), mail=("z@example.test", "Zoe@example.test"))
    + group("all", *CROWD)
    + "".join(group(f"g{number}", CROWD[number], group_dn("all")) for number in range(9))
    + entry(f"cn=thing,ou=elsewhere,{BASE}", objectClass="device", cn="thing")
)
EVERYTHING = Query("everything", BASE, "(objectClass=*)", ("*", "+"))
QUERIES = [
    EVERYTHING,
    Query("people", f"ou=people,{BASE}", "(objectClass=inetOrgPerson)", ("entryUUID", "mail", "cn")),
    Query("groups", f"ou=groups,{BASE}", "(&(objectClass=groupOfNames)(!(cn=g3)))", ("member", "cn")),
    Query("names", BASE, "(|(cn=Zo\\c3\\ab)(uid=u1*)(mail=*2@*))"),
    Query("nobody", BASE, "(cn=nobody)", ("cn",)),
    Query("nowhere", f"ou=nowhere,{BASE}", "(cn=*)", ("cn",)),
    Query("no base", "what is this", "(cn=*)", ("cn",)),
    Query("no filter", BASE, "(cn=", ("cn",)),
]

Outcome = tuple[
    list[tuple[bytes, dict[str, list[bytes]]]], Search, tuple[Doubt, ...], type[RemoteError] | None, str
]


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    """A town in OpenLDAP."""
    with Slapd(TOWN) as server:
        yield server


def outcome(session: Session, reader: PageReader, query: Query, page_size: int) -> Outcome:
    """All that a search shows when it is over."""
    search = PagedSearch(reader, query, page_size)
    found = [(one.dn, dict(one.attributes)) for one in search.entries()]
    refusal = search.refusal(session.system)
    return found, search.record, search.doubts, type(refusal) if refusal else None, str(refusal)


def both_outcomes(chosen: LdapSettings, query: Query, page_size: int) -> list[Outcome]:
    """What a search shows through our decoder and through ldap3's, each over a connection of its own."""
    outcomes = []
    for reader in (WirePages, Ldap3Pages):
        with opened(chosen, chosen.domains[0].servers[0]) as session:
            outcomes.append(outcome(session, reader(session), query, page_size))
    return outcomes


# ---- the same as ldap3's, over real servers -----------------------------------------------------------------


@pytest.mark.slapd
@pytest.mark.parametrize("page_size", [1, 7, 1000])
@pytest.mark.parametrize("security", ["plain", "StartTLS", "ldaps", "ldapi"])
def test_openldap_says_the_same_through_both(slapd: Slapd, security: str, page_size: int) -> None:
    """Every entry and attribute, operational ones too, and every result, over each kind of connection."""
    server = {"ldaps": slapd.ldaps_url, "ldapi": slapd.ldapi_url}.get(security, slapd.url)
    chosen = settings(server, tls=Tls(start=security == "StartTLS", ca_file=slapd.ca_file))
    found = []
    for query in QUERIES:
        ours, theirs = both_outcomes(chosen, query, page_size)
        assert ours == theirs
        found.append(len(ours[0]))
    assert found == [36, 21, 9, 13, 0, 0, 0, 0]


@pytest.mark.parametrize("page_size", [1, 7, 1000])
@pytest.mark.parametrize(
    "limits",
    [
        ServerLimits(),
        ServerLimits(value_range=4),
        ServerLimits(page_cap=2),
        ServerLimits(size_limit=5),
        ServerLimits(page_limit=3),
        ACTIVE_DIRECTORY,
    ],
    ids=["none", "ranges", "page cap", "size limit", "page limit", "Active Directory"],
)
def test_the_embedded_server_says_the_same_through_both(limits: ServerLimits, page_size: int) -> None:
    """Ranges of values, pages smaller than asked for, and limits that end a search or refuse it."""
    town = Directory.from_ldif(TOWN)
    with LdapSandbox(town, credentials={ADMIN.user: ADMIN.password}, limits=limits) as server:
        for query in QUERIES:
            ours, theirs = both_outcomes(settings(server.url), query, page_size)
            assert ours == theirs
        if limits.value_range == 4:
            found = both_outcomes(settings(server.url), QUERIES[2], page_size)[0][0]
            assert "member;range=0-3" in dict(found)[group_dn("all").encode()]


EFFECTS = [
    *(Refuse(code, after) for code in (1, 3, 4, 11, 32, 50, 51, 52, 53, 80) for after in (0, 2)),
    Refuse(10, referral=("ldap://b/",)),
    Refuse(51, message="too many\nquestions"),
    Refer(("ldap://a/dc=x", "ldap://b/")),
    *(kind(after) for kind in (Drop, Truncate) for after in (0, 2)),
    Silence(after=1),
    EndEarly(after=1),
    OmitPaging(),
]


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("effect", EFFECTS, ids=str)
def test_what_goes_wrong_is_the_same_through_both(effect: Effect, page: int) -> None:
    """The same entries so far, the same doubts, the same errors, word for word."""
    town = Directory.from_ldif(TOWN)
    with LdapSandbox(town, credentials={ADMIN.user: ADMIN.password}) as server:
        server.faults.add(effect, page=page)
        ours, theirs = both_outcomes(settings(server.url, receive_timeout=1), QUERIES[1], 7)
    assert ours == theirs
    assert ours[2] or effect == EndEarly(after=1) or (effect == OmitPaging() and page == 1)


@pytest.mark.slapd
def test_a_read_is_the_same_through_both(slapd: Slapd) -> None:
    """To the last label."""
    chosen = settings(slapd.url, schema=SCHEMA)
    everything = (by_pattern(".*"),)
    assert LdapSource(chosen).read(everything) == LdapSource(chosen, Ldap3Pages).read(everything)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LdapSandbox]:
    """The contract's world in the embedded server."""
    with LdapSandbox(Directory.from_ldif(ldif_of(WORLD)), credentials={ADMIN.user: ADMIN.password}) as server:
        yield server


class TestReadByLdap3(SourceContract):
    """What every source does holds for the fallback too."""

    @pytest.fixture
    def source(self, sandbox: LdapSandbox) -> LdapSource:
        return LdapSource(settings(sandbox.url, schema=NAMED_BY_O), Ldap3Pages)

    @pytest.fixture
    def absent_source(self) -> LdapSource:
        return LdapSource(settings("ldap://127.0.0.1:1", schema=NAMED_BY_O), Ldap3Pages)


# ---- the connection ------------------------------------------------------------------------------------------


@pytest.mark.slapd
@pytest.mark.parametrize("start", [False, True], ids=["plain", "StartTLS"])
def test_the_connection_stays_good_for_ldap3(slapd: Slapd, *, start: bool) -> None:
    """Its own searches and other operations, in turn with ours."""
    chosen = settings(slapd.url, tls=Tls(start=start, ca_file=slapd.ca_file))
    with opened(chosen, slapd.url) as session:
        wire = WirePages(session)
        for _ in range(3):
            assert len(outcome(session, wire, EVERYTHING, 7)[0]) == 36
            assert session.connection.extend.standard.who_am_i() == f"dn:{ADMIN.user}"
            assert len(outcome(session, Ldap3Pages(session), EVERYTHING, 7)[0]) == 36


@pytest.mark.slapd
def test_a_search_given_up_half_way_leaves_nothing_behind(slapd: Slapd) -> None:
    """The next page is on its way already; another search gets its own answer all the same, and so does ldap3."""
    with opened(settings(slapd.url), slapd.url) as session:
        wire = WirePages(session)
        assert len(wire.fetch(EVERYTHING, 20, b"", as_it_is).made) == 20
        assert len(outcome(session, wire, QUERIES[1], 7)[0]) == 21
        assert session.connection.extend.standard.who_am_i() == f"dn:{ADMIN.user}"
        assert len(outcome(session, wire, QUERIES[1], 7)[0]) == 21


@pytest.mark.slapd
def test_a_filter_that_cannot_be_sent_costs_no_connection(slapd: Slapd) -> None:
    """Nothing went out, so nothing is half-way."""
    with opened(settings(slapd.url), slapd.url) as session:
        wire = WirePages(session)
        with pytest.raises(Denied):
            wire.fetch(QUERIES[-1], 7, b"", as_it_is)
        assert len(outcome(session, wire, EVERYTHING, 7)[0]) == 36


@pytest.mark.parametrize(
    ("mechanism", "kind"), [(None, WirePages), (ldap3.EXTERNAL, WirePages), (ldap3.DIGEST_MD5, Ldap3Pages)]
)
def test_under_a_layer_of_sasl_ldap3_decodes(mechanism: str | None, kind: type[PageReader]) -> None:
    """Only it knows how to take the layer off."""
    with at(done) as session:
        session.connection.sasl_mechanism = mechanism
        assert type(pages_for(session)) is kind


# ---- answers as written here ---------------------------------------------------------------------------------


class Pieces:
    """A socket that receives in small pieces; one of no bytes has not come yet, and has to be waited for."""

    def __init__(self, real: socket.socket, sizes: Sequence[int]) -> None:
        self._real = real
        self._sizes = itertools.cycle(sizes)

    def recv(self, size: int) -> bytes:
        piece = next(self._sizes)
        if self._real.gettimeout() == 0 and not piece:
            raise BlockingIOError
        return self._real.recv(min(size, max(piece, 1)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


Answer = Callable[[int], bytes]


@contextmanager
def at(answer: Answer, *, hangs_up: bool = True, sizes: Sequence[int] = (2**18,)) -> Iterator[Session]:
    """A connection on which this already waits: the answer to the search with the next id."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = ldap3.Connection(ldap3.Server("127.0.0.1", get_info=ldap3.NONE), raise_exceptions=True)
        connection.socket, connection.listening, connection.closed = Pieces(ours, sizes), True, False
        ours.settimeout(10)
        theirs.sendall(answer(connection.server.next_message_id() + 1))
        if hangs_up:
            theirs.shutdown(socket.SHUT_WR)
        yield Session("ldap://x", "corp (ldap://x)", "", connection)


def page(session: Session) -> list[Entry | Reference | PageEnd]:
    """A page as it comes."""
    return items(WirePages(session))


def items(wire: WirePages) -> list[Entry | Reference | PageEnd]:
    """The next page."""
    read = wire.fetch(EVERYTHING, 7, b"", as_it_is)
    assert read.first == (read.made[0].dn if read.made else b"")
    return [*read.made, *read.references, read.end]


def failure(answer: Answer, *, hangs_up: bool = False) -> RemoteError:
    """The error that a page ends in; the connection is closed."""
    with at(answer, hangs_up=hangs_up) as session:
        with pytest.raises(RemoteError) as caught:
            page(session)
        assert session.connection.closed
        with pytest.raises(Unavailable, match="socket is not open"):
            page(session)
    return caught.value


def entries(number: int, *names: str) -> bytes:
    """Entries that answer a search."""
    return b"".join(responses.entry(number, name, [("cn", [b"x"])]) for name in names)


def done(number: int) -> bytes:
    """The end of the last page."""
    controls = responses.page_control(b"", 0)
    return responses.done(number, responses.SEARCH_DONE, responses.SUCCESS, controls=controls)


WHOLE = [Entry(b"cn=a", {"cn": [b"x"]}), Entry(b"cn=b", {"cn": [b"x"]}), PageEnd(0, "0 success", b"")]


@given(st.lists(st.integers(0, 40), min_size=1))
@hypothesis_settings(deadline=None)
def test_an_answer_may_come_in_any_pieces(sizes: list[int]) -> None:
    """Byte by byte, or with several messages in one."""
    with at(lambda number: entries(number, "cn=a", "cn=b") + done(number), sizes=sizes) as session:
        assert page(session) == WHOLE


@given(st.lists(st.integers(0, 40), min_size=1))
@hypothesis_settings(deadline=None)
def test_messages_may_come_in_any_pieces(sizes: list[int]) -> None:
    """Those too that are asked for one by one, for the sake of what else they carry."""
    sent: list[bytes] = []

    def answer(number: int) -> bytes:
        sent.append(entries(number, "cn=a", "cn=b") + done(number))
        return sent[0]

    with at(answer, sizes=sizes) as session:
        messages = [message.data for message in WireExchange(session).answers(EVERYTHING, [])]
    assert (len(messages), b"".join(messages)) == (3, sent[0])


class Reset:
    """A socket whose server resets the connection when it has sent so many pieces."""

    def __init__(self, real: socket.socket, pieces: int) -> None:
        self._real = real
        self._left = pieces

    def recv(self, size: int) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise ConnectionResetError(104, "reset by peer")
        return self._real.recv(size)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_a_reset_behind_a_page_takes_nothing_from_it() -> None:
    """Whatever else has come is looked for at once; the page after it is what does not come."""
    with at(lambda number: entries(number, "cn=a", "cn=b") + done(number)) as session:
        session.connection.socket = Reset(session.connection.socket, 1)
        wire = WirePages(session)
        assert items(wire) == WHOLE
        with pytest.raises(Unavailable, match="reset by peer"):
            items(wire)


def test_a_reset_within_a_page_is_told() -> None:
    """In the words of the system, whenever it was met."""
    with at(lambda number: entries(number, "cn=a", "cn=b"), hangs_up=False) as session:
        session.connection.socket = Reset(session.connection.socket, 1)
        with pytest.raises(Unavailable, match="reset by peer"):
            page(session)


def test_intermediate_answers_are_passed_over() -> None:
    """They say nothing of entries (RFC 4511, 4.13)."""
    said = ber.sequence(ber.octets("1.2.3", 0x80), tag=0x79)
    with at(lambda number: ber.sequence(ber.integer(number), said) + done(number)) as session:
        assert page(session) == WHOLE[2:]


@pytest.mark.parametrize("before", [(), ("cn=a",)])
def test_a_notice_of_disconnection_is_unavailability(before: tuple[str, ...]) -> None:
    """With the server's word for it; whatever came before is half an answer."""
    notice = responses.disconnection(responses.Result(52, "going down"))
    error = failure(lambda number: entries(number, *before) + notice)
    assert type(error) is Unavailable
    assert "session terminated by server: 52 unavailable (going down)" in str(error)


@pytest.mark.parametrize("offset", [-1, 1, 2**20])
def test_the_answer_to_another_question_is_refused(offset: int) -> None:
    """Nothing is known of what it answers."""
    error = failure(lambda number: entries(number + offset, "cn=a") + done(number))
    assert type(error) is Unavailable


def test_what_follows_an_answer_is_never_taken_for_the_next() -> None:
    """It was read along with the answer; the next search refuses it."""

    def twice(number: int) -> bytes:
        return entries(number, "cn=a", "cn=b") + done(number) + entries(number, "cn=c") + done(number)

    with at(twice) as session:
        wire = WirePages(session)
        assert items(wire) == WHOLE
        with pytest.raises(Unavailable, match="invalid messageId"):
            items(wire)


@pytest.mark.parametrize(
    "malformed",
    [
        b"HTTP/1.1 400 Bad Request",
        b"\x30\x80\x02\x01",
        b"\x30\x00",
        b"\x30\x84\x20\x00\x00\x01",
        b"\x30\x88" + b"\xff" * 8,
        ber.sequence(ber.octets("x")),
    ],
    ids=["another protocol", "indefinite", "empty", "over 512 MiB", "over everything", "no id"],
)
def test_what_makes_no_sense_is_an_incomplete_read(malformed: bytes) -> None:
    """At once: the server has not hung up, and no length is waited for that nobody would send."""
    assert type(failure(lambda number: entries(number, "cn=a") + malformed)) is IncompleteRead


def test_an_answer_to_something_else_is_no_end_of_a_page() -> None:
    """A success of another kind, with the right id, would make the search look complete."""
    error = failure(lambda number: entries(number, "cn=a") + responses.extended(number, responses.SUCCESS))
    assert type(error) is IncompleteRead


def test_a_malformed_entry_is_an_incomplete_read() -> None:
    """Though its message is a whole one; nothing of its page is given."""

    def answer(number: int) -> bytes:
        broken = ber.sequence(ber.integer(number), ber.sequence(ber.octets("cn=b"), tag=0x64))
        return entries(number, "cn=a") + broken + done(number)

    assert type(failure(answer)) is IncompleteRead


@pytest.mark.parametrize("names", [["cn=" + "a" * 2000], ["cn=a"] * 20], ids=["one large", "many small"])
def test_a_page_is_held_up_to_a_limit(names: list[str]) -> None:
    """Whatever a server sends, in one message or in many, it cannot fill our memory."""
    refused = pytest.raises(IncompleteRead, match="choose a smaller page_size")
    with at(lambda number: entries(number, *names) + done(number)) as session, refused:
        items(WirePages(session, most_bytes=2000))


def test_being_stopped_while_an_answer_comes_closes_the_connection() -> None:
    """By a signal for instance: the rest of the answer would wait there for the next search."""

    def interrupted(size: int) -> bytes:
        raise KeyboardInterrupt

    with at(done) as session:
        session.connection.socket.recv = interrupted
        with pytest.raises(KeyboardInterrupt):
            page(session)
        assert session.connection.closed


@given(st.binary(max_size=200))
@hypothesis_settings(deadline=None)
def test_any_bytes_may_come(noise: bytes) -> None:
    """Instead of an answer or in its midst, nothing but our errors, and never a page that looks complete."""
    for before in (False, True):
        with at(lambda number, before=before: (entries(number, "cn=a") if before else b"") + noise) as session:  # type: ignore[misc]  # a default binds the loop's value
            with pytest.raises(RemoteError):
                page(session)
            assert session.connection.closed


@given(st.data())
@hypothesis_settings(deadline=None, max_examples=200)
def test_any_bytes_may_be_wrong(data: st.DataObject) -> None:
    """An answer in which some bytes are others, too many or missing: a page, or one of our errors."""

    def spoiled(number: int) -> bytes:
        answer = entries(number, "cn=a", "cn=b") + responses.reference(number, ["ldap://a/"]) + done(number)
        for _ in range(data.draw(st.integers(1, 3))):
            start = data.draw(st.integers(0, len(answer)))
            stop = min(len(answer), start + data.draw(st.integers(0, 2)))
            answer = answer[:start] + data.draw(st.binary(max_size=2)) + answer[stop:]
        return answer

    with at(spoiled) as session:
        try:
            assert isinstance(page(session)[-1], PageEnd)
        except RemoteError:
            assert session.connection.closed
