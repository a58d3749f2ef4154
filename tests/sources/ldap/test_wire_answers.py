"""Our decoder over answers that no server should give, in whatever pieces they come."""

import socket

import ldap3
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridge.errors import IncompleteRead, RemoteError, Unavailable
from bridge.sandbox.ldap import ber, responses
from bridge.sources.ldap.search import Ldap3Pages, PageEnd, PageReader
from bridge.sources.ldap.source import pages_for
from bridge.sources.ldap.wire import WirePages
from bridge.sources.ldap.wire_exchange import WireExchange
from tests.sources.ldap.handwritten import EVERYTHING, WHOLE, Answer, at, done, entries, items, page


@pytest.mark.parametrize(
    ("mechanism", "kind"), [(None, WirePages), (ldap3.EXTERNAL, WirePages), (ldap3.DIGEST_MD5, Ldap3Pages)]
)
def test_under_a_layer_of_sasl_ldap3_decodes(mechanism: str | None, kind: type[PageReader]) -> None:
    """Only it knows how to take the layer off."""
    with at(done) as session:
        session.connection.sasl_mechanism = mechanism
        assert type(pages_for(session)) is kind


def failure(answer: Answer, *, hangs_up: bool = False) -> RemoteError:
    """The error that a page ends in; the connection is closed."""
    with at(answer, hangs_up=hangs_up) as session:
        with pytest.raises(RemoteError) as caught:
            page(session)
        assert session.connection.closed
        with pytest.raises(Unavailable, match="socket is not open"):
            page(session)
    return caught.value


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
