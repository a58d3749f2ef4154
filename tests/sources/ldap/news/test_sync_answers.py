"""Answers of content synchronization as written here: what real servers do not do, or not on demand."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridge.errors import IncompleteRead, RemoteError, Unavailable
from bridge.sandbox.ldap import ber, responses
from bridge.sandbox.ldap.responses import SEARCH_DONE, Result
from bridge.sources.ldap.news.syncrepl import SyncTeller
from bridge.sources.ldap.news.telling import MOST_CHANGES, Ground, Taken, Told
from bridge.sources.ldap.wire_ber import INTERMEDIATE
from tests.sources.contract import CORP
from tests.sources.ldap.directory import BASE, SCHEMA, person_dn
from tests.sources.ldap.handwritten import at

GROUND = Ground(CORP, BASE, SCHEMA)
TOKEN = {"cookie": "Y29va2ll", "form": "8-4-4-4-12"}
ANN, BOB = UUID(int=1), UUID(int=2)
ADDED, MODIFIED, DELETED, PRESENT = 1, 2, 3, 0

_CONTROLS = 0xA0
_NAME, _VALUE = 0x80, 0x81
_STATE, _END, _INFO = (f"1.3.6.1.4.1.4203.1.9.1.{number}" for number in (2, 3, 4))

Part = Callable[[int], bytes]
"""A message, for an answer of this number."""


def control(oid: str, value: bytes) -> bytes:
    """A control behind what is in a message."""
    return ber.sequence(ber.octets(oid), ber.octets(value))


def behind(message: bytes, *controls: bytes) -> bytes:
    """A message with controls."""
    content = ber.Reader(message).take(ber.SEQUENCE)
    return ber.sequence(content, ber.sequence(*controls, tag=_CONTROLS)) if controls else message


def found(uuid: UUID, what: int = ADDED, dn: str = "", **attributes: str) -> Part:
    """An entry with its state."""
    shown = {"entryUUID": str(uuid), **attributes} if what != DELETED else {}
    listed = [(name, [value.encode()]) for name, value in shown.items() if value]
    state = ber.sequence(ber.integer(what, ber.ENUMERATED), ber.octets(uuid.bytes))
    return lambda number: behind(
        responses.entry(number, dn or person_dn(f"u{uuid.int}"), listed), control(_STATE, state)
    )


def told(name: str, value: bytes) -> Part:
    """An intermediate response."""
    content = ber.octets(name, _NAME) + ber.octets(value, _VALUE)
    return lambda number: ber.sequence(ber.integer(number), ber.encode(INTERMEDIATE, content))


def id_set(*uuids: UUID, deleted: bool = True, cookie: str = "") -> Part:
    """Ids of entries that are gone, or still there."""
    parts = [ber.octets(cookie)] if cookie else []
    parts += [ber.encode(ber.BOOLEAN, b"\xff")] if deleted else []
    return told(
        _INFO, ber.sequence(*parts, ber.sequence(*(ber.octets(u.bytes) for u in uuids), tag=0x31), tag=0xA3)
    )


def ended(code: int = 0, *, cookie: str = "next", named: bool = True) -> Part:
    """The end, with its control."""
    flag = [ber.encode(ber.BOOLEAN, b"\xff")] if named else []
    end = ber.sequence(*([ber.octets(cookie)] if cookie else []), *flag)
    return lambda number: behind(responses.done(number, SEARCH_DONE, Result(code)), control(_END, end))


def tell(*parts: Part, always_names: bool = False, hangs_up: bool = True) -> Told:
    """What is told by these messages."""
    with at(lambda number: b"".join(part(number) for part in parts), hangs_up=hangs_up) as session:
        return SyncTeller(always_names=always_names).tell(session, GROUND, TOKEN)


def take(*parts: Part) -> Taken:
    """What mark is taken from these messages."""
    with at(lambda number: b"".join(part(number) for part in parts)) as session:
        return SyncTeller(always_names=False).take(session, GROUND)


def test_what_changed_and_what_is_gone_is_told() -> None:
    """By the ids that people and groups have; the next cookie takes the place of the last."""
    news = tell(found(ANN), found(BOB, DELETED), id_set(UUID(int=3), UUID(int=4), cookie="c"), ended())
    assert news.touched == {f"corp:{ANN}"}
    assert news.gone == {f"corp:{UUID(int=number)}" for number in (2, 3, 4)}
    assert (news.due, news.token["cookie"], news.searches[0].entries) == ("", "bmV4dA==", 2)
    assert tell(ended(cookie="")).token == TOKEN


@pytest.mark.parametrize(
    "part",
    [id_set(ANN, deleted=False), found(ANN, PRESENT), told(_INFO, ber.sequence(tag=0xA2))],
    ids=["ids of what is there", "an entry that is there", "the word that what is there follows"],
)
def test_a_server_that_tells_what_is_there_has_forgotten_the_rest(part: Part) -> None:
    """What is not named is gone; so everything has to be read. It is not listened to further."""
    assert tell(part, hangs_up=False).due == "the server no longer knows what was deleted"


def test_an_end_that_does_not_vouch_for_deletions_is_no_end() -> None:
    """But of a server that always names them."""
    assert tell(found(ANN), ended(named=False)).due == "the server did not name all that was deleted"
    assert tell(found(ANN), lambda number: responses.done(number, SEARCH_DONE, Result(0))).due
    assert tell(found(ANN), ended(named=False), always_names=True).due == ""


@pytest.mark.parametrize("code", [4096, 53, 50, 12, 4, 3, 51])
def test_any_other_result_is_a_reason(code: int) -> None:
    """Whatever came before it."""
    assert tell(found(ANN), ended(code)).due.startswith(f"the server does not go on from there: {code} ")


@pytest.mark.parametrize(
    ("part", "due"),
    [
        (found(ANN, dn="DC=Example, DC=test"), "the server sent everything anew"),
        (lambda number: responses.reference(number, ["ldap://other"]), "the server points elsewhere"),
    ],
    ids=["the base", "a reference"],
)
def test_what_cannot_be_weighed_is_a_reason(part: Part, due: str) -> None:
    """The rest is not listened to."""
    assert tell(part, hangs_up=False).due.startswith(due)


def test_too_much_is_not_listened_to() -> None:
    """Of entries and of deletions."""
    many = [found(UUID(int=number)) for number in range(MOST_CHANGES + 1)]
    assert "changed" in tell(*many, hangs_up=False).due
    assert "changed" in tell(id_set(*(UUID(int=n) for n in range(MOST_CHANGES + 1))), hangs_up=False).due


def tell_without_uuids(*parts: Part) -> Told:
    """What is told where ids are something else than UUIDs."""
    with at(lambda number: b"".join(part(number) for part in parts)) as session:
        return SyncTeller(always_names=True).tell(session, GROUND, {**TOKEN, "form": ""})


def test_an_id_is_the_uuid_where_ids_are_uuids() -> None:
    """389 shows less of a changed entry than was asked for. Elsewhere the id is what is shown."""
    assert tell(found(ANN, entryUUID=str(BOB)), ended()).touched == {f"corp:{ANN}"}
    assert tell_without_uuids(found(ANN, entryUUID=str(BOB)), ended()).touched == {f"corp:{BOB}"}
    hidden = tell_without_uuids(found(ANN, entryUUID=""), ended())
    assert hidden.due == f"{person_dn('u1')}, which shows no id, changed"


def test_deletions_need_ids_that_are_uuids() -> None:
    """Otherwise nobody can tell who is gone."""
    assert "by which id we know it" in tell_without_uuids(id_set(ANN), ended()).due


def test_other_words_in_between_say_nothing() -> None:
    """A cookie, the word that deletions follow, and what is not of content synchronization at all."""
    cookie, deletions = told(_INFO, ber.octets("c", 0x80)), told(_INFO, ber.sequence(tag=0xA1))
    assert tell(cookie, deletions, told("1.2.3", b"\x00"), ended()).due == ""


NO_STATE = control(_STATE, b"\x30\x00")
SHORT_ID = ber.sequence(ber.encode(ber.BOOLEAN, b"\xff"), ber.encode(ber.SET, b"\x04\x0f" + b"x" * 15), tag=0xA3)
BROKEN: dict[str, Part] = {
    "an entry without its state": lambda number: responses.entry(number, "cn=x", []),
    "a state that is none": lambda number: behind(responses.entry(number, "cn=x", []), NO_STATE),
    "an id of fifteen bytes": told(_INFO, SHORT_ID),
    "an answer to another question": lambda number: ended()(number + 1),
    "no message": lambda _: b"HTTP/1.1 400 Bad Request",
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_answer_that_makes_no_sense_is_an_error(what: str) -> None:
    """Of ours; the connection is not used again."""
    with at(BROKEN[what]) as session:
        with pytest.raises((IncompleteRead, Unavailable)):
            SyncTeller(always_names=False).tell(session, GROUND, TOKEN)
        assert session.connection.closed


def test_an_answer_that_breaks_off_is_an_error() -> None:
    """Whatever had come."""
    with pytest.raises(Unavailable):
        tell(found(ANN))


@given(st.binary(min_size=1, max_size=60), st.integers(0, 400))
@hypothesis_settings(max_examples=300, deadline=None)
def test_odd_bytes_never_pass_for_nothing(data: bytes, place: int) -> None:
    """Wherever they come: an error of ours, a reason for a full read, or what was told unharmed."""

    def spoilt(number: int) -> bytes:
        whole = found(ANN)(number) + id_set(BOB)(number) + ended()(number)
        cut = place % len(whole)
        return whole[:cut] + data + whole[cut + len(data) :]

    with at(spoilt) as session:
        try:
            news = SyncTeller(always_names=False).tell(session, GROUND, TOKEN)
        except RemoteError:
            return
    assert news.due or news.touched or news.gone


class TestMarks:
    BASE_ENTRY = found(UUID(int=9), dn=BASE)

    def test_a_mark_is_a_cookie(self) -> None:
        """With the way in which ids are made of UUIDs, seen in the first entry that shows one."""
        taken = take(found(UUID(int=9), dn=BASE, entryUUID=""), found(ANN), ended(cookie="c", named=False))
        assert taken.token == {"cookie": "Yw==", "form": "8-4-4-4-12"}
        assert taken.searches[0].entries == 2

    def test_ids_of_another_kind_are_known_as_such(self) -> None:
        """389's nsUniqueId has its dashes elsewhere; FreeIPA's ipaUniqueID is another UUID."""
        for shown, form in ((f"{ANN.hex[:8]}-{ANN.hex[8:]}", "8-24"), (str(BOB), ""), ("u1", "")):
            taken = take(found(ANN, dn=BASE, entryUUID=shown), ended(cookie="c"))
            assert taken.token == {"cookie": "Yw==", "form": form}

    def test_a_database_within_the_database_is_not_counted(self) -> None:
        """Glued together they are searched as one, and each counts its own changes."""
        inner = replace(GROUND, contexts=(BASE, f"DC=sub, {BASE}"))
        with at(ended(cookie="c")) as session:
            taken = SyncTeller(always_names=False).take(session, inner)
        assert taken.token is None
        assert "is another database" in taken.why_not

    @pytest.mark.parametrize(
        ("parts", "why_not"),
        [
            ((BASE_ENTRY, ended(cookie="")), "the server gives no cookie"),
            ((found(ANN), ended()), f"{BASE} itself is not shown; let the service account read that entry"),
            (
                (BASE_ENTRY, ended(50)),
                "50 insufficientAccessRights; let the service account read people and groups",
            ),
            ((BASE_ENTRY, ended(4096)), "4096 e-syncRefreshRequired"),
            ((BASE_ENTRY, lambda number: responses.done(number, SEARCH_DONE, Result(0))), "no cookie"),
        ],
    )
    def test_without_all_it_takes_there_is_none(self, parts: tuple[Part, ...], why_not: str) -> None:
        """And a reason."""
        taken = take(*parts)
        assert taken.token is None
        assert why_not in taken.why_not
