"""Answers of DirSync as written here: what a domain controller does that Samba does not, and what none should."""

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
from bridge.sources.ldap.news.dirsync import OID, DirSyncTeller
from bridge.sources.ldap.news.telling import MOST_CHANGES, Ground, Taken, Told
from bridge.sources.ldap.presets import PRESETS
from tests.sources.contract import CORP
from tests.sources.ldap.handwritten import at
from tests.sources.ldap.news.test_sync_answers import behind, control

DOMAIN = "dc=corp,dc=test"
GROUND = Ground(CORP, DOMAIN, PRESETS["active-directory"], contexts=(DOMAIN, f"dc=zones,{DOMAIN}"))
TOKEN = {"cookie": "Y29va2ll", "context": DOMAIN, "flags": "-2147483648"}
ANN, BOB = UUID(int=1), UUID(int=2)

Part = Callable[[int], bytes]
"""A message, for an answer of this number."""


def found(uuid: UUID, dn: str = "", **attributes: str) -> Part:
    """An entry that changed in these attributes."""
    listed = [("objectGUID", [uuid.bytes_le])] + [(name, [value.encode()]) for name, value in attributes.items()]
    return lambda number: responses.entry(number, dn or f"cn=u{uuid.int},{DOMAIN}", listed)


def ended(code: int = 0, *, cookie: str = "next", more: bool = False) -> Part:
    """The end of a part, with its control."""
    value = ber.sequence(ber.integer(int(more)), ber.integer(0), ber.octets(cookie))
    return lambda number: behind(responses.done(number, SEARCH_DONE, Result(code)), control(OID, value))


def heard(*parts: tuple[Part, ...]) -> Callable[[int], bytes]:
    """All parts of an answer, each for a request of its own."""
    return lambda number: b"".join(
        message(number + place) for place, messages in enumerate(parts) for message in messages
    )


def tell(*parts: tuple[Part, ...], ground: Ground = GROUND) -> Told:
    """What is told by these parts."""
    with at(heard(*parts)) as session:
        return DirSyncTeller().tell(session, ground, TOKEN)


def take(*parts: tuple[Part, ...], ground: Ground = GROUND) -> Taken:
    """What mark is taken from these parts."""
    with at(heard(*parts)) as session:
        return DirSyncTeller().take(session, ground)


def test_an_answer_in_parts_is_one() -> None:
    """Each goes on from the cookie of the one before; empty ones are no end."""
    news = tell(
        (found(ANN), ended(cookie="1", more=True)),
        (ended(cookie="2", more=True),),
        (found(BOB), ended(cookie="3")),
    )
    assert news.touched == {f"corp:{ANN}", f"corp:{BOB}"}
    assert news.due == ""
    assert news.token == {**TOKEN, "cookie": "Mw=="}
    assert (news.searches[0].pages, news.searches[0].entries) == (3, 2)


def test_the_deleted_and_whoever_left_are_gone() -> None:
    """Tombstones, and what lies beside the base."""
    tombstone = found(ANN, f"cn=ann\\0ADEL:x,cn=Deleted Objects,{DOMAIN}", isDeleted="TRUE")
    ground = replace(GROUND, base=f"ou=staff,{DOMAIN}")
    assert tell((tombstone, ended())).gone == {f"corp:{ANN}"}
    assert tell((found(BOB), ended()), ground=ground).gone == {f"corp:{BOB}"}
    inside = tell((found(BOB, f"cn=bob,OU=Staff,{DOMAIN}"), ended()), ground=ground)
    assert inside.touched == {f"corp:{BOB}"}
    assert not inside.gone


@pytest.mark.parametrize("attribute", ["primaryGroupID", "objectSid"])
def test_whoever_has_another_primary_group_says_where_they_are(attribute: str) -> None:
    """Nobody else does."""
    news = tell((found(ANN, **{attribute: "x"}), found(BOB, mail="x"), ended()))
    assert news.placed == {f"corp:{ANN}"}


def test_where_people_name_their_groups_everybody_says_it() -> None:
    """As with memberOf at the person."""
    ground = replace(GROUND, schema=replace(GROUND.schema, memberships="memberOf"))
    assert tell((found(ANN, mail="x"), ended()), ground=ground).placed == {f"corp:{ANN}"}


@pytest.mark.parametrize("code", [12, 50, 53, 8, 51, 1])
def test_any_other_result_is_a_reason(code: int) -> None:
    """Rights taken away, a cookie that is none, a server that is busy."""
    assert tell((found(ANN), ended(code))).due.startswith(f"the server does not go on from there: {code} ")


def test_an_entry_without_a_guid_is_a_reason() -> None:
    """Nobody can tell what changed."""
    news = tell((lambda number: responses.entry(number, f"cn=x,{DOMAIN}", []), ended()))
    assert news.due == f"cn=x,{DOMAIN}, which shows no id, changed"


def test_references_say_nothing_of_changes() -> None:
    """A domain controller ends every search at the root of its domain with them."""
    news = tell((found(ANN), lambda number: responses.reference(number, ["ldap://zones/dc=zones"]), ended()))
    assert (news.due, len(news.touched)) == ("", 1)


def test_too_much_is_not_asked_for_to_the_end() -> None:
    """A full read is no more work."""
    many = [found(UUID(int=number)) for number in range(MOST_CHANGES + 1)]
    assert "changed" in tell((*many, ended(more=True))).due


@pytest.mark.parametrize(
    "part",
    [
        lambda number: responses.done(number, SEARCH_DONE, Result(0)),
        lambda number: behind(responses.done(number, SEARCH_DONE, Result(0)), control(OID, b"\x30\x00")),
        ended(cookie="cookie", more=True),
        lambda number: ended()(number + 1),
    ],
    ids=["no control", "an empty one", "more, and the same cookie", "of another question"],
)
def test_an_answer_that_makes_no_sense_is_an_error(part: Part) -> None:
    """Of ours; the connection is not used again."""
    with at(heard((part,))) as session:
        with pytest.raises((IncompleteRead, Unavailable)):
            DirSyncTeller().tell(session, GROUND, TOKEN)
        assert session.connection.closed


@given(st.binary(min_size=1, max_size=60), st.integers(0, 300))
@hypothesis_settings(max_examples=300, deadline=None)
def test_odd_bytes_never_pass_for_nothing(data: bytes, place: int) -> None:
    """Wherever they come."""

    def spoilt(number: int) -> bytes:
        whole = found(ANN)(number) + found(BOB, isDeleted="TRUE")(number) + ended()(number)
        cut = place % len(whole)
        return whole[:cut] + data + whole[cut + len(data) :]

    with at(spoilt) as session:
        try:
            news = DirSyncTeller().tell(session, GROUND, TOKEN)
        except RemoteError:
            return
    assert news.due or news.touched or news.gone


class TestMarks:
    def test_an_account_that_may_replicate_takes_it_plainly(self) -> None:
        """And will be told of deletions."""
        assert take((ended(),)).token == {"cookie": "bmV4dA==", "context": DOMAIN, "flags": "-2147483648"}

    def test_any_other_takes_it_by_object_security(self) -> None:
        """After it was refused."""
        taken = take((ended(50),), (ended(),))
        assert taken.token == {"cookie": "bmV4dA==", "context": DOMAIN, "flags": "-2147483647"}
        assert [search.result[:2] for search in taken.searches] == ["50", "0 "]

    def test_refused_both_ways_there_is_none(self) -> None:
        """With the remedy."""
        taken = take((ended(50),), (ended(50),))
        assert taken.token is None
        assert "50 insufficientAccessRights; let the service account" in taken.why_not

    def test_of_a_branch_the_context_is_asked(self) -> None:
        """The innermost that holds it."""
        zone = replace(GROUND, base=f"ou=x,DC=zones,{DOMAIN}")
        assert take((ended(),), ground=zone).token["context"] == f"dc=zones,{DOMAIN}"  # type: ignore[index]  # there is one
        unknown = replace(GROUND, contexts=())
        assert take((ended(),), ground=unknown).token["context"] == DOMAIN  # type: ignore[index]  # there is one
