"""Scripted faults: which request they befall, and what they make of it (reference 11)."""

import base64
from email.utils import parsedate_to_datetime

import httpx
import pytest

from bridge.sandbox.graph import (
    EXPIRED_PAGE_TOKEN,
    TOKEN_EXPIRED,
    Body,
    ClaimsChallenge,
    CutOff,
    Drop,
    Edit,
    Effect,
    EmptyPage,
    EndEarly,
    Fault,
    Html,
    LinkBack,
    LinkTo,
    Meanwhile,
    Nulls,
    OmitItem,
    OmitValue,
    Refuse,
    RenameItem,
    RepeatItem,
    RepeatItems,
    Reset,
    ReverseItems,
    Silence,
    SkipPage,
    Slow,
    SpoilValue,
    Stale,
    Tenant,
    Truncate,
)
from tests.sandbox.graph.api import Api, Clock, error, rehearse

OUTAGE = Refuse(503, "serviceNotAvailable")


def befall(api: Api, effect: Effect, **when: object) -> None:
    """Put a fault in force."""
    api.sandbox.faults.add(Fault(effect, **when))  # type: ignore[arg-type]  # the fields as each test names them


def statuses(api: Api, count: int) -> list[int]:
    """What so many reads of the groups draw."""
    return [api.get("/groups").status_code for _ in range(count)]


# ---- which request -------------------------------------------------------------------------------------


def test_once_by_default(api: Api) -> None:
    """A fault befalls the first matching request, once."""
    befall(api, OUTAGE)
    assert statuses(api, 3) == [503, 200, 200]


def test_occurrence_and_count(api: Api) -> None:
    """`nth` says from which matching request on, `count` how many."""
    befall(api, OUTAGE, nth=2, count=2)
    assert statuses(api, 4) == [200, 503, 503, 200]


def test_for_ever(api: Api) -> None:
    """A count of 0 has no end but `clear`."""
    befall(api, OUTAGE, count=0)
    assert statuses(api, 2) == [503, 503]
    api.sandbox.faults.clear()
    assert statuses(api, 1) == [200]


def test_by_path_and_query(api: Api) -> None:
    """Only requests whose path and query match are counted."""
    befall(api, OUTAGE, path="/transitiveMembers$", query=r"\$top=5\b")
    assert api.get(api.of("Auditors")).status_code == 200
    assert api.get(api.of("Auditors", "transitiveMembers")).status_code == 200
    assert api.get(f"{api.of('Auditors', 'transitiveMembers')}?$top=5").status_code == 503


def test_by_method(api: Api) -> None:
    """A fault can wait for a method."""
    befall(api, OUTAGE, method="POST")
    assert statuses(api, 1) == [200]
    assert api.batch("/groups").status_code == 503


def test_by_page(api: Api) -> None:
    """A fault can wait for a page, whoever's it is."""
    befall(api, OUTAGE, page=3)
    first = f"{api.of('Internal Audit')}?$top=2"
    second = api.get(first).json()["@odata.nextLink"]
    third = api.get(second).json()["@odata.nextLink"]
    assert api.get(third).status_code == 503
    assert api.get(third).status_code == 200


def test_inside_and_outside(api: Api) -> None:
    """Requests in a batch are befallen one by one, or the batch as a whole is."""
    befall(api, OUTAGE, inside=True)
    befall(api, Refuse(502), inside=False)
    assert api.get("/groups").status_code == 502
    assert [one["status"] for one in api.batch("/groups", "/groups").json()["responses"]] == [503, 200]


def test_token_endpoint(api: Api) -> None:
    """The token endpoint has faults too, in its own form."""
    befall(api, Refuse(503, "temporarily_unavailable", "Try later.", "90033"), path="/token$")
    answer = api.ask_token()
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert answer.json()["error_codes"] == [90033]


def test_discovery(api: Api) -> None:
    """The discovery document has faults too."""
    befall(api, Refuse(429, retry_after=7), path="openid-configuration$")
    answer = api.http.get(f"{api.sandbox.authority}/v2.0/.well-known/openid-configuration")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_no_regular_expression() -> None:
    """A path that cannot be searched for is said at once."""
    with pytest.raises(ValueError, match="no regular expression"):
        Fault(OUTAGE, path="(")


# ---- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "said"), [(7, "7"), (2.128, "2.128")])
def test_throttle(api: Api, seconds: float, said: str) -> None:
    """A throttle says when to come back, in whole seconds or with a fraction."""
    befall(api, Refuse(429, "TooManyRequests", retry_after=seconds))
    answer = api.get("/groups")
    assert (error(answer), answer.headers["Retry-After"]) == ((429, "TooManyRequests"), said)


def test_throttle_by_date() -> None:
    """A date is counted from the moment of the answer."""
    clock = Clock()
    with rehearse(Tenant(clock=clock)) as api:
        befall(api, Refuse(429, retry_after=9, retry_after_date=True))
        clock.advance(100)
        told = parsedate_to_datetime(api.get("/groups").headers["Retry-After"])
        assert (told - clock.now).total_seconds() == 9


def test_throttle_without_a_word(api: Api) -> None:
    """A throttle can come without Retry-After, and without a code."""
    befall(api, Refuse(429))
    answer = api.get("/groups")
    assert "Retry-After" not in answer.headers
    assert answer.json()["error"]["code"] == ""


def test_inner_code(api: Api) -> None:
    """The deepest code is the most specific."""
    befall(api, Refuse(400, "BadRequest", inner_code="Directory_ExpiredPageToken"))
    inner = api.get("/groups").json()["error"]["innerError"]
    assert inner["innerError"] == {"code": "Directory_ExpiredPageToken"}


def test_expired_page_token(api: Api) -> None:
    """A page token can expire on a page of one's choice."""
    befall(api, EXPIRED_PAGE_TOKEN, page=2)
    first = api.get(f"{api.of('Auditors')}?$top=2").json()
    assert error(api.get(first["@odata.nextLink"])) == (400, "Directory_ExpiredPageToken")


def test_token_expired_once(api: Api) -> None:
    """A good token can be refused once."""
    befall(api, TOKEN_EXPIRED)
    assert error(api.get("/groups")) == (401, "InvalidAuthenticationToken")
    assert api.get("/groups").status_code == 200


def test_claims_challenge(api: Api) -> None:
    """A 401 can ask for claims."""
    befall(api, ClaimsChallenge())
    assert 'claims="' in api.get("/groups").headers["WWW-Authenticate"]


# ---- broken answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 503])
def test_html(api: Api, status: int) -> None:
    """A page for people can stand where JSON should be, even with 200."""
    befall(api, Html(status))
    answer = api.get("/groups")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_truncated_json(api: Api) -> None:
    """The JSON can end in mid-object though the answer is 200 and whole, with an error's text at its end."""
    befall(api, Truncate(tail='{"error":{"code":"InternalServerError"}}'))
    answer = api.get("/groups")
    assert answer.status_code == 200
    assert answer.text.endswith('{"error":{"code":"InternalServerError"}}')
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Extra"):
        answer.json()


def test_another_body(api: Api) -> None:
    """Any body can come with 200."""
    befall(api, Body("[]"))
    assert api.get("/groups").json() == []


def test_no_value(api: Api) -> None:
    """A page can come without `value`, or with one that is no list."""
    befall(api, OmitValue())
    befall(api, SpoilValue())
    assert "value" not in api.get("/groups").json()
    assert api.get("/groups").json()["value"] is None


def test_nulls(api: Api) -> None:
    """Items can be null-stuffed: all of them or the first, whole or a property of them; lists are empty."""
    path = f"{api.of('Newsroom')}?$select=mail,otherMails,accountEnabled"
    befall(api, Nulls(first=1))
    befall(api, Nulls(("mail",)))
    stuffed, whole = api.get(path).json()["value"]
    assert (stuffed["mail"], stuffed["otherMails"], stuffed["accountEnabled"]) == (None, [], None)
    assert stuffed["@odata.type"] == "#microsoft.graph.user"
    assert whole["accountEnabled"] is True
    assert {(one["mail"], one["accountEnabled"]) for one in api.get(path).json()["value"]} == {(None, True)}


def test_any_edit(api: Api) -> None:
    """A page can be changed in any way."""
    befall(api, Edit(lambda page: page["value"].clear()))
    assert api.ids("/groups") == []


# ---- connections and time --------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [Reset(), Drop(), CutOff(), CutOff(keep=0)])
def test_broken_connection(api: Api, effect: Effect) -> None:
    """A connection can be reset, closed without a word, or closed in the middle of a body."""
    befall(api, effect)
    with pytest.raises(httpx.TransportError):  # over TLS a reset is told now as a reset, now as an early end
        api.get("/groups")
    assert api.get("/groups").status_code == 200


def test_silence(api: Api) -> None:
    """Nothing may come for ever; the sandbox ends all the same."""
    befall(api, Silence())
    api.http.timeout = httpx.Timeout(0.1)
    with pytest.raises(httpx.ReadTimeout):
        api.get("/groups")


def test_slow(api: Api) -> None:
    """An answer can be late beyond a client's patience."""
    befall(api, Slow(60))
    api.http.timeout = httpx.Timeout(0.1)
    with pytest.raises(httpx.ReadTimeout):
        api.get("/groups")


def test_drop_by_drop(api: Api) -> None:
    """A body can come byte by byte, whole in the end."""
    befall(api, Slow(pace=0.0001))
    assert len(api.get(f"{api.of('Nobody')}?$select=id").json()["value"]) == 0


# ---- pages -----------------------------------------------------------------------------------------------


def test_empty_page(api: Api) -> None:
    """An empty page with a link loses nothing."""
    befall(api, EmptyPage(), page=2)
    pages = api.pages(f"{api.of('Internal Audit')}?$top=2")
    assert [len(page["value"]) for page in pages] == [2, 0, 2, 1]


def test_page_twice(api: Api) -> None:
    """A page can be told twice."""
    befall(api, LinkBack(), page=2)
    ids = api.ids(f"{api.of('Internal Audit')}?$top=2")
    assert (len(ids), len(set(ids))) == (7, 5)


def test_endless_link(api: Api) -> None:
    """A link can lead to its own page for ever."""
    befall(api, LinkBack(), count=0)
    first = f"{api.of('Auditors')}?$top=2"
    link = api.get(first).json()["@odata.nextLink"]
    assert api.get(link).json()["@odata.nextLink"] == link


def test_page_missing(api: Api) -> None:
    """A page can be left out: its items are never told, and nothing says so."""
    befall(api, SkipPage(), page=2)
    path = f"{api.of('Internal Audit')}?$top=2"
    lost = api.ids(path)
    assert (len(lost), len(api.ids(path))) == (3, 5)


def test_last_page_missing(api: Api) -> None:
    """So can the last one."""
    befall(api, SkipPage(), page=3)
    assert len(api.ids(f"{api.of('Internal Audit')}?$top=2")) == 4


def test_silent_cut(api: Api) -> None:
    """A list can end early without a word."""
    befall(api, EndEarly())
    assert len(api.ids(f"{api.of('Internal Audit')}?$top=2")) == 2


def test_link_to_another_host(api: Api) -> None:
    """A link can lead to another host; the log shows whether a token went there."""
    befall(api, LinkTo(f"{api.sandbox.elsewhere}/v1.0/groups"))
    api.http.get(api.get("/groups").json()["@odata.nextLink"])
    told = [(one.headers["host"].partition(":")[0], one.authorized) for one in api.sandbox.requests if one.graph]
    assert told == [("localhost", True), ("127.0.0.1", False)]


def test_items_twice(api: Api) -> None:
    """A page can tell its items twice."""
    befall(api, RepeatItems())
    ids = api.ids(api.of("Newsroom"))
    assert (len(ids), len(set(ids))) == (4, 2)


# ---- what people do meanwhile ----------------------------------------------------------------------------


def test_group_deleted_between_pages(api: Api) -> None:
    """A group can be gone when its second page is asked for."""
    befall(api, Meanwhile(lambda tenant: tenant.delete("Internal Audit")), page=2)
    link = api.get(f"{api.of('Internal Audit')}?$top=2").json()["@odata.nextLink"]
    assert error(api.get(link)) == (404, "Request_ResourceNotFound")


def test_member_removed_between_pages(api: Api) -> None:
    """A member who left between two pages takes nobody along."""
    path = f"{api.of('Internal Audit')}?$top=2"
    first = api.get(path).json()
    gone = first["value"][0]["id"]
    befall(api, Meanwhile(lambda tenant: tenant.remove_members("Internal Audit", gone)))
    assert len(api.ids(first["@odata.nextLink"])) == 3


def test_stale_replica(api: Api) -> None:
    """Answers can alternate between two states of the tenant."""
    before = api.tenant.replica()
    api.tenant.remove_members("Newsroom", "Anna Smith")
    for nth in (1, 2):
        befall(api, Stale(before), nth=nth)
    assert [len(api.ids(api.of("Newsroom"))) for _ in range(4)] == [2, 1, 2, 1]


# ---- batches ---------------------------------------------------------------------------------------------


def test_one_item_throttled(api: Api) -> None:
    """One item can be throttled while the batch is 200; its own headers say when to come back."""
    befall(api, Refuse(429, "TooManyRequests", retry_after=4), path=api.of("Auditors"))
    first, second = api.batch(api.of("Newsroom"), api.of("Auditors")).json()["responses"]
    assert (first["status"], second["status"], second["headers"]["Retry-After"]) == (200, 429, "4")
    assert second["body"]["error"]["code"] == "TooManyRequests"


def test_item_truncated(api: Api) -> None:
    """A broken body of one item leaves the others readable."""
    befall(api, Truncate(), inside=True)
    first, second = api.batch("/groups", "/groups").json()["responses"]
    assert first["status"] == 200
    assert base64.b64decode(first["body"]).startswith(b'{"@odata.context"')
    assert len(second["body"]["value"]) == 5


def test_item_breaks_the_connection(api: Api) -> None:
    """What befalls the connection at one item befalls the whole batch."""
    befall(api, Reset(), inside=True, nth=2)
    with pytest.raises(httpx.TransportError):
        api.batch("/groups", "/groups")


@pytest.mark.parametrize(
    ("effect", "ids"),
    [
        (ReverseItems(), ["3", "2", "1"]),
        (OmitItem(1), ["1", "3"]),
        (RepeatItem(0), ["1", "2", "3", "1"]),
        (RenameItem(2, "x"), ["1", "2", "x"]),
    ],
)
def test_batch_in_disorder(api: Api, effect: Effect, ids: list[str]) -> None:
    """Answers can come in another order, be missing, come twice, or answer nothing that was asked."""
    befall(api, effect, path=r"/\$batch$")
    answer = api.batch("/groups", "/groups", "/groups")
    assert [one["id"] for one in answer.json()["responses"]] == ids
