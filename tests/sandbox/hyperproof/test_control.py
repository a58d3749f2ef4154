"""`/_sandbox`: the scenery is moved over HTTP."""

import dataclasses

import pytest

from bridge.sandbox.hyperproof import Modes
from tests.sandbox.hyperproof.api import Api


def test_modes(api: Api) -> None:
    """All modes can be read."""
    assert api.control("GET", "modes").json() == dataclasses.asdict(Modes())


def test_change_modes(api: Api) -> None:
    """Some modes can be changed; the answer has all."""
    answer = api.control("POST", "modes", {"id_space": "id", "expires_in": None})
    assert answer.json() == dataclasses.asdict(Modes(id_space="id", expires_in=None))
    assert api.sandbox.modes == Modes(id_space="id", expires_in=None)


@pytest.mark.parametrize("body", [{"id_space": "email"}, {"nothing": 1}, ["id_space"]])
def test_impossible_modes(api: Api, body: object) -> None:
    """Impossible modes are a 400 that says why, and change nothing."""
    answer = api.control("POST", "modes", body)
    assert answer.status_code == 400
    assert "mode" in answer.json()["error"]
    assert api.sandbox.modes == Modes()


def test_fault_with_a_status(api: Api) -> None:
    """A status, a body and headers make a fault that answers."""
    fault = {"path": "/groups$", "status": 503, "body": "closed", "headers": [["Retry-After", "3"]], "nth": 2}
    assert api.control("POST", "faults", fault).json()[0]["act"] == "answer"
    assert api.get("/groups").status_code == 200
    answer = api.get("/groups")
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "closed", "3")


def test_fault_with_a_throttle(api: Api) -> None:
    """The known throttles have names, and tell the seconds that are asked for."""
    api.control("POST", "faults", {"throttle": "429", "retry_after": 8})
    answer = api.get("/groups")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "8")
    assert "in 8 seconds" in answer.text


def test_fault_with_a_person(api: Api) -> None:
    """A fault can have a person at the web application do something."""
    deed = {"do": "remove_members", "group": "Auditors", "users": ["david.lee@corp.example"]}
    api.control("POST", "faults", {"method": "POST", "ui": deed})
    api.add("Auditors", api.user_id("Erik"))
    assert api.names("Auditors") == {"Carla", "Erik"}


def test_faults_listed_and_cleared(api: Api) -> None:
    """Faults still to come are listed, and can be called off."""
    api.control("POST", "faults", [{"act": "drop"}, {"act": "half", "method": "POST"}])
    assert [fault["act"] for fault in api.control("GET", "faults").json()] == ["drop", "half"]
    api.control("DELETE", "faults")
    assert api.control("GET", "faults").json() == []
    assert api.get("/groups").status_code == 200


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"act": "explode"}, "0.act: Input should be"),
        ({"statsu": 500}, "0.statsu: Unexpected keyword argument"),
        ({"act": "answer"}, "A fault that acts by answer needs an answer."),
        ({"path": "("}, "The path '(' is no regular expression: missing )"),
        ({"ui": {"do": "dance"}}, "0.ui.do: Input should be"),
    ],
)
def test_impossible_fault(api: Api, fault: object, words: str) -> None:
    """An impossible fault is a 400 that says what is wrong with it."""
    answer = api.control("POST", "faults", fault)
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert api.control("GET", "faults").json() == []


def test_requests(api: Api) -> None:
    """The log of requests can be read and cleared."""
    api.get("/groups", status="active")
    entry = api.control("GET", "requests").json()[-1]
    assert (entry["method"], entry["path"], entry["query"]) == ("GET", "/v1/groups", "status=active")
    api.control("DELETE", "requests")
    assert api.control("GET", "requests").json() == []


def test_history(api: Api) -> None:
    """The history can be read, from an event on."""
    api.add("Newcomers", api.user_id("Erik"), api.user_id("Fatima"))
    first, second = api.control("GET", "history").json()
    assert (first["sequence"], first["kind"], first["email"]) == (1, "member.added", "erik.berg@corp.example")
    assert api.control("GET", "history?since=1").json() == [second]


def test_ui(api: Api) -> None:
    """A person does something; the answer has the events that it led to."""
    deed = {"do": "add_members", "group": "Newcomers", "users": ["erik.berg@corp.example"]}
    events = api.control("POST", "ui", deed).json()
    assert [(event["actor"], event["kind"]) for event in events] == [("ui", "member.added")]
    assert api.names("Newcomers") == {"Erik"}


def test_ui_with_nobody(api: Api) -> None:
    """A deed that concerns nobody known is a 400 that names who is meant."""
    answer = api.control("POST", "ui", {"do": "deactivate", "users": ["nobody@corp.example"]})
    assert answer.status_code == 400
    assert answer.json() == {"error": "no user has the address or id 'nobody@corp.example'"}


def test_revoked_tokens(api: Api) -> None:
    """All tokens can be revoked."""
    api.control("DELETE", "tokens")
    assert api.get("/groups").status_code == 401


@pytest.mark.parametrize(("method", "name"), [("GET", "nothing"), ("DELETE", "history"), ("POST", "requests")])
def test_no_such_control(api: Api, method: str, name: str) -> None:
    """An unknown control is a 404 that names those there are."""
    answer = api.control(method, name)
    assert answer.status_code == 404
    assert "POST /_sandbox/modes" in answer.json()["error"]


def test_body_that_is_not_json(api: Api) -> None:
    """A body that cannot be read is a 400."""
    assert api.http.post(f"{api.sandbox.url}/_sandbox/faults", content=b"{").status_code == 400
