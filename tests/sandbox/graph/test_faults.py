"""Scripted faults: which request they befall, and what they make of it (reference 11)."""

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
    Fault,
    Html,
    Nulls,
    OmitValue,
    Refuse,
    Reset,
    Silence,
    Slow,
    SpoilValue,
    Tenant,
    Truncate,
)
from tests.sandbox.graph.api import Api, Clock, befall, error, rehearse

OUTAGE = Refuse(503, "serviceNotAvailable")


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
