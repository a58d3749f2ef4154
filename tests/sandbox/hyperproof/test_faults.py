"""Scripted faults: which request they befall, and what they make of it."""

from email.utils import parsedate_to_datetime

import httpx
import pytest

from bridge.sandbox.hyperproof import (
    Act,
    Answer,
    Deed,
    Fault,
    Organization,
    UiAction,
    html_answer,
    throttle_answer,
)
from tests.sandbox.hyperproof.api import Api, Clock, rehearse

OUTAGE = Answer(503, b"")


def statuses(api: Api, count: int) -> list[int]:
    """What so many reads of the groups draw."""
    return [api.get("/groups").status_code for _ in range(count)]


# ---- which request -------------------------------------------------------------------------------------


def test_once_by_default(api: Api) -> None:
    """A fault befalls the first matching request, once."""
    api.sandbox.faults.add(Fault(Act.ANSWER, answer=OUTAGE))
    assert statuses(api, 3) == [503, 200, 200]


def test_occurrence_and_count(api: Api) -> None:
    """`nth` says from which matching request on, `count` how many."""
    api.sandbox.faults.add(Fault(Act.ANSWER, answer=OUTAGE, nth=2, count=2))
    assert statuses(api, 4) == [200, 503, 503, 200]


def test_for_ever(api: Api) -> None:
    """A count of 0 has no end but `clear`."""
    api.sandbox.faults.add(Fault(Act.ANSWER, answer=OUTAGE, count=0))
    assert statuses(api, 3) == [503, 503, 503]
    api.sandbox.faults.clear()
    assert statuses(api, 1) == [200]


def test_by_method_and_path(api: Api) -> None:
    """Only requests whose method and path match are counted."""
    api.sandbox.faults.add(Fault(Act.ANSWER, method="GET", path="/groups/users$", answer=OUTAGE))
    assert statuses(api, 2) == [200, 200]
    assert api.call("POST", "/groups/users").status_code == 405
    assert api.get("/groups/users").status_code == 503


def test_one_after_the_other(api: Api) -> None:
    """Of several faults the first takes the request, and the next one waits for the next."""
    api.sandbox.faults.add(Fault(Act.ANSWER, answer=OUTAGE), Fault(Act.ANSWER, answer=Answer(502)))
    assert statuses(api, 3) == [503, 502, 200]


def test_pending(api: Api) -> None:
    """What has befallen all that it may is no longer pending."""
    fault = Fault(Act.ANSWER, answer=OUTAGE)
    api.sandbox.faults.add(fault)
    assert list(api.sandbox.faults.pending) == [fault]
    statuses(api, 1)
    assert list(api.sandbox.faults.pending) == []


def test_token_endpoint(api: Api) -> None:
    """The token endpoint has faults too."""
    api.sandbox.faults.add(Fault(Act.ANSWER, path="^/oauth/token$", answer=OUTAGE))
    assert api.ask_token().status_code == 503


def test_answer_is_needed() -> None:
    """A fault that answers needs an answer."""
    with pytest.raises(ValueError, match="needs an answer"):
        Fault(Act.ANSWER)


# ---- what it becomes -----------------------------------------------------------------------------------


def test_any_answer(api: Api) -> None:
    """Any status, body and header can be answered, and nothing is done."""
    answer = Answer(418, b"short and stout", "text/plain", (("X-Pot", "tea"),))
    api.sandbox.faults.add(Fault(Act.ANSWER, answer=answer, method="POST"))
    got = api.add("Newcomers", api.user_id("Erik"))
    assert (got.status_code, got.text, got.headers["X-Pot"]) == (418, "short and stout", "tea")
    assert api.names("Newcomers") == set()


def test_throttle(api: Api) -> None:
    """Throttles come with the Retry-After that the fault says."""
    api.sandbox.faults.add(Fault(Act.ANSWER, answer=throttle_answer("403", 5), retry_after=9))
    got = api.get("/groups")
    assert (got.status_code, got.headers["Retry-After"]) == (403, "9")


def test_throttle_by_date() -> None:
    """A date is counted from the moment of the answer."""
    clock = Clock()
    with rehearse(Organization.small(clock=clock)) as api:
        answer = throttle_answer("429", 9)
        api.sandbox.faults.add(Fault(Act.ANSWER, answer=answer, retry_after=9, retry_after_date=True))
        clock.advance(100)
        told = parsedate_to_datetime(api.get("/groups").headers["Retry-After"])
        assert round((told - clock.now).total_seconds()) == 9


def test_html(api: Api) -> None:
    """A page for people can stand where JSON should be, even with 200."""
    api.sandbox.faults.add(Fault(Act.ANSWER, answer=html_answer(200)))
    got = api.get("/groups")
    assert (got.status_code, got.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_answer_after(api: Api) -> None:
    """A write can be done and yet answered with an error."""
    api.sandbox.faults.add(Fault(Act.ANSWER_AFTER, answer=Answer(500), method="POST"))
    assert api.add("Newcomers", api.user_id("Erik")).status_code == 500
    assert api.names("Newcomers") == {"Erik"}


@pytest.mark.parametrize(("act", "done"), [(Act.RESET_BEFORE, set()), (Act.RESET_AFTER, {"Erik"})])
def test_reset(api: Api, act: Act, done: set[str]) -> None:
    """The connection can be reset before or after a write is done."""
    api.sandbox.faults.add(Fault(act, method="POST"))
    with pytest.raises(httpx.ReadError, match="reset"):
        api.add("Newcomers", api.user_id("Erik"))
    assert api.names("Newcomers") == done


@pytest.mark.parametrize(("act", "done"), [(Act.DROP, set()), (Act.DROP_AFTER, {"Erik"})])
def test_drop(api: Api, act: Act, done: set[str]) -> None:
    """The connection can be closed without an answer before or after a write is done."""
    api.sandbox.faults.add(Fault(act, method="POST"))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        api.add("Newcomers", api.user_id("Erik"))
    assert api.names("Newcomers") == done


def test_half_an_add(api: Api) -> None:
    """An add can be applied by half and answered with 500."""
    api.sandbox.faults.add(Fault(Act.HALF, method="POST"))
    assert api.add("Newcomers", *map(api.user_id, ("Erik", "Fatima", "Grace"))).status_code == 500
    assert api.names("Newcomers") == {"Erik", "Fatima"}


def test_half_a_remove(api: Api) -> None:
    """A remove can be applied by half and answered with 500."""
    api.sandbox.faults.add(Fault(Act.HALF, method="PUT"))
    assert api.remove("Auditors", api.user_id("Carla"), api.user_id("David")).status_code == 500
    assert api.names("Auditors") == {"David"}


def test_half_a_creation(api: Api) -> None:
    """A group can be made with half its members and answered with 500."""
    api.sandbox.faults.add(Fault(Act.HALF))
    body = {"name": "Risk", "userIds": [api.user_id("Erik"), api.user_id("Fatima")]}
    assert api.call("POST", "/groups", body).status_code == 500
    assert api.names("Risk") == {"Erik"}


def test_half_an_update(api: Api) -> None:
    """An update can change the name, leave the lead, and be answered with 500."""
    api.sandbox.faults.add(Fault(Act.HALF))
    body = {"name": "Inspectors", "groupLeadId": api.user_id("Ben")}
    assert api.call("PATCH", f"/groups/{api.group_id('Auditors')}", body).status_code == 500
    assert api.organization.find_group("Inspectors").lead is None


def test_half_with_another_answer(api: Api) -> None:
    """The half that is done can be answered with anything."""
    api.sandbox.faults.add(Fault(Act.HALF, answer=Answer(504), method="POST"))
    assert api.add("Newcomers", api.user_id("Erik")).status_code == 504


def test_truncated_body(api: Api) -> None:
    """An answer can end in its middle."""
    api.sandbox.faults.add(Fault(Act.TRUNCATE))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        api.get("/groups")


def test_truncated_before_the_body(api: Api) -> None:
    """An answer can end after its head, the write being done."""
    api.sandbox.faults.add(Fault(Act.TRUNCATE, keep=0, method="POST"))
    with pytest.raises(httpx.RemoteProtocolError, match="received 0 bytes"):
        api.add("Newcomers", api.user_id("Erik"))
    assert api.names("Newcomers") == {"Erik"}


def test_delay_before_the_deed(api: Api) -> None:
    """A client that gives up during the delay before the deed leaves nothing done, after closing too."""
    api.sandbox.faults.add(Fault(delay=600, method="POST"))
    api.http.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        api.add("Newcomers", api.user_id("Erik"))
    api.sandbox.close()
    assert api.names("Newcomers") == set()


def test_delay_after_the_deed(api: Api) -> None:
    """A client that gives up during the delay after the deed has had it done."""
    api.sandbox.faults.add(Fault(answer_delay=600, method="POST"))
    api.http.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        api.add("Newcomers", api.user_id("Erik"))
    assert api.names("Newcomers") == {"Erik"}


def test_delayed_answer_comes(api: Api) -> None:
    """After its delays a request is answered as ever."""
    api.sandbox.faults.add(Fault(delay=0.001, answer_delay=0.001))
    assert api.get("/groups").status_code == 200


def test_revoked_token(api: Api) -> None:
    """The token that a request carries can be revoked under it; another of the same client stays good."""
    spare = api.ask_token().json()["access_token"]
    api.sandbox.faults.add(Fault(revoke=True))
    assert statuses(api, 2) == [401, 401]
    api.token = spare
    assert statuses(api, 1) == [200]


def test_membership_changed_before_a_write(api: Api) -> None:
    """A person can change the group between a client's read and its write."""
    action = UiAction(Deed.ADD_MEMBERS, group="Auditors", users=("erik.berg@corp.example",))
    api.sandbox.faults.add(Fault(method="PUT", path="/users/delete$", ui=action))
    assert len(api.members("Auditors")) == 2
    api.remove("Auditors", api.user_id("David"))
    assert api.names("Auditors") == {"Carla", "Erik"}
    assert [event.actor for event in api.sandbox.history] == ["ui", api.client.id]
