"""What was asked is logged, and no secret is."""

import json

import httpx
import pytest

from bridge.sandbox.graph import BRIDGE, DEFAULT_CLIENT_ID, Drop, Fault
from tests.sandbox.graph.api import Api


def test_entry(api: Api) -> None:
    """An entry says what was asked, by whom, and what was answered."""
    api.sandbox.clear_log()
    answer = api.get("/groups?$top=1&$select=id", client_request_id="mine", x_ms_throttle_priority="low")
    (entry,) = api.sandbox.requests
    assert (entry.method, entry.path, entry.query) == ("GET", "/v1.0/groups", "$top=1&$select=id")
    assert (entry.status, entry.client_id, entry.authorized) == (200, DEFAULT_CLIENT_ID, True)
    assert (entry.sent, entry.received, entry.batch) == (len(answer.content), 0, 0)
    assert entry.headers["client-request-id"] == "mine"
    assert entry.headers["x-ms-throttle-priority"] == "low"


def test_no_answer(api: Api) -> None:
    """A request that got no answer has no status."""
    api.sandbox.faults.add(Fault(Drop(), inside=True))
    with pytest.raises(httpx.TransportError):
        api.batch("/groups")
    assert [one.status for one in api.sandbox.requests[-2:]] == [0, 0]


def test_sign_in_is_counted_apart(api: Api) -> None:
    """Tokens are no calls to Graph."""
    api.sandbox.clear_log()
    api.sign_in()
    api.get("/groups")
    calls = api.sandbox.calls
    assert (calls.direct, calls.sign_ins) == (1, 1)


def test_no_secret(api: Api) -> None:
    """Neither a secret nor a token is in the log, whatever way it came."""
    api.ask_token()
    api.get(f"/groups?client_secret={BRIDGE.secrets[0].text}&$top=1")
    told = json.dumps([one.shape() for one in api.sandbox.requests]) + repr(api.sandbox.requests)
    assert BRIDGE.secrets[0].text not in told
    assert api.token not in told
    assert "client_secret=***" in told


def test_no_token(api: Api) -> None:
    """A request without a token is told from one with a strange one."""
    good, api.token = api.token, ""
    api.get("/groups")
    api.token = "strange"
    api.get("/groups")
    api.token = good
    api.get("/groups")
    told = [(one.authorized, bool(one.client_id)) for one in api.sandbox.requests[-3:]]
    assert told == [(False, False), (True, False), (True, True)]
