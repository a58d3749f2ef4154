"""The log of requests."""

import httpx
import pytest

from bridge.sandbox.hyperproof import BRIDGE, Act, Fault, LoggedRequest, Organization
from tests.sandbox.hyperproof.api import Api, Clock, rehearse


def test_entry() -> None:
    """An entry tells when, what, by whom, how it was answered, and how much went either way."""
    clock = Clock()
    with rehearse(Organization.small(clock=clock)) as api:
        api.sandbox.clear_log()
        answer = api.get("/groups", status="active,archived")
        assert api.sandbox.requests == (
            LoggedRequest(
                sequence=2,
                time=clock.now,
                method="GET",
                path="/v1/groups",
                query="status=active,archived",
                status=200,
                client_id=BRIDGE.id,
                received=0,
                sent=len(answer.content),
            ),
        )


def test_token_request(api: Api) -> None:
    """The token endpoint's requests are logged with the client that asks."""
    entry = api.sandbox.requests[0]
    assert (entry.method, entry.path, entry.status, entry.client_id) == ("POST", "/oauth/token", 200, BRIDGE.id)


def test_unknown_client_is_not_named(api: Api) -> None:
    """What an unknown client calls itself is not kept: it might be a secret in the wrong field."""
    api.ask_token(client_id=BRIDGE.secret)
    assert api.sandbox.requests[-1].client_id == ""


def test_body_of_a_write(api: Api) -> None:
    """The bytes of a request's body are counted."""
    answer = api.add("Newcomers", api.user_id("Erik"))
    assert api.sandbox.requests[-1].received == len(answer.request.content)


def test_unanswered_request(api: Api) -> None:
    """A request without an answer has status 0."""
    api.sandbox.faults.add(Fault(Act.TRUNCATE, keep=0), Fault(Act.DROP))
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            api.get("/groups")
    assert [(entry.status, entry.sent) for entry in api.sandbox.requests[-2:]] == [(200, 0), (0, 0)]


def test_revoked_token_has_still_a_name(api: Api) -> None:
    """A refused request is logged with the client whose token it was."""
    api.sandbox.revoke_tokens()
    api.get("/groups")
    entry = api.sandbox.requests[-1]
    assert (entry.status, entry.client_id) == (401, BRIDGE.id)


def test_no_secret_is_kept(api: Api) -> None:
    """Neither tokens nor secrets are in the log, even when they come in a query."""
    api.add("Newcomers", api.user_id("Erik"))
    api.get("/groups", status="active", access_token=api.token, client_secret=BRIDGE.secret)
    text = repr(api.sandbox.requests)
    assert api.token not in text
    assert BRIDGE.secret not in text
    assert api.sandbox.requests[-1].query == "status=active&access_token=***&client_secret=***"


def test_control_is_not_logged(api: Api) -> None:
    """Moving the scenery leaves no entry."""
    count = len(api.sandbox.requests)
    api.control("GET", "modes")
    assert len(api.sandbox.requests) == count


def test_cleared_log(api: Api) -> None:
    """A cleared log is empty, and the numbers go on."""
    api.sandbox.clear_log()
    assert list(api.sandbox.requests) == []
    api.get("/groups")
    assert [entry.sequence for entry in api.sandbox.requests] == [2]
