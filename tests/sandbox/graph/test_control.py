"""`/_sandbox`: the scenery is moved over HTTP."""

import dataclasses

import httpx
import pytest

from bridge.sandbox.graph import DEFAULT_CLIENT_ID, USERS, Modes
from bridge.sandbox.graph.actions import Deed
from bridge.sandbox.graph.control import EFFECTS
from tests.sandbox.graph.api import Api, Json, error

NEEDED: dict[str, Json] = {
    "refuse": {"status": 500},
    "body": {"text": "x"},
    "link_to": {"url": "x"},
    "perform": {"actions": []},
}
"""What effects cannot do without."""


def control(api: Api, method: str, name: str, body: object = None) -> httpx.Response:
    """Move the scenery."""
    return api.http.request(method, f"{api.sandbox.url}/_sandbox/{name}", json=body)


# ---- modes -----------------------------------------------------------------------------------------------


def test_modes(api: Api) -> None:
    """All modes can be read, and some be changed; the answer has all."""
    assert control(api, "GET", "modes").json() == dataclasses.asdict(Modes())
    answer = control(api, "POST", "modes", {"page_cap": 2})
    assert answer.json() == dataclasses.asdict(Modes(page_cap=2))
    assert api.sandbox.modes == Modes(page_cap=2)


@pytest.mark.parametrize("body", [{"unreadable": "zero"}, {"nothing": 1}, ["page_cap"]])
def test_impossible_modes(api: Api, body: object) -> None:
    """Impossible modes are a 400 that says why, and change nothing."""
    answer = control(api, "POST", "modes", body)
    assert answer.status_code == 400
    assert "mode" in answer.json()["error"]
    assert api.sandbox.modes == Modes()


# ---- faults ----------------------------------------------------------------------------------------------


def test_fault(api: Api) -> None:
    """An effect by name with its fields, and when it comes."""
    fault = {"effect": "refuse", "status": 429, "retry_after": 3, "path": "/groups$", "nth": 2}
    assert control(api, "POST", "faults", fault).json()[0]["effect"] == "Refuse"
    assert api.get("/groups").status_code == 200
    answer = api.get("/groups")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


def test_page_and_place_in_a_batch(api: Api) -> None:
    """Pages and items of batches can be named."""
    control(api, "POST", "faults", {"effect": "nulls", "names": ["mail"], "page": 1, "inside": True})
    assert api.get(api.of("Newsroom")).json()["value"][0]["mail"] is not None
    assert api.batch(api.of("Newsroom")).json()["responses"][0]["body"]["value"][0]["mail"] is None


def test_deeds_before_a_request(api: Api) -> None:
    """A fault can have an administrator do something just before a request is looked at."""
    deed = {"do": "remove_members", "what": "Newsroom", "who": ["Anna Smith"]}
    control(api, "POST", "faults", {"effect": "perform", "actions": [deed]})
    assert len(api.ids(api.of("Newsroom"))) == 1


@pytest.mark.parametrize("effect", EFFECTS)
def test_every_effect(api: Api, effect: str) -> None:
    """Every effect can be named; it waits for a request that does not come."""
    fault: Json = {"effect": effect, "path": "/nowhere"} | NEEDED.get(effect, {})
    assert control(api, "POST", "faults", fault).status_code == 200
    assert len(control(api, "GET", "faults").json()) == 1
    control(api, "DELETE", "faults")
    assert control(api, "GET", "faults").json() == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"effect": "melt"}, "There is no effect 'melt'. There are: refuse, "),
        ({}, "There is no effect None"),
        ({"effect": "drop", "status": 503}, "The effect drop has no status."),
        ({"effect": "refuse"}, "status"),
        ({"effect": "drop", "nth": "first"}, "nth"),
        ({"effect": "drop", "path": "("}, "no regular expression"),
        (["drop"], "0: Input should be a valid dictionary"),
    ],
)
def test_impossible_faults(api: Api, fault: object, told: str) -> None:
    """An impossible fault is a 400 that says why."""
    answer = control(api, "POST", "faults", fault)
    assert answer.status_code == 400
    assert told in answer.json()["error"]
    assert api.sandbox.faults.pending == ()


# ---- what people do --------------------------------------------------------------------------------------


def test_every_deed(api: Api) -> None:
    """Every deed of an administrator can be done."""
    deeds: list[Json] = [
        {"do": "add_user", "what": "Erik Berg", "properties": {"accountEnabled": False}},
        {"do": "add_guest", "what": "kim@partner.example"},
        {"do": "add_group", "what": "Newcomers", "who": ["Erik Berg"]},
        {"do": "add_members", "what": "Newcomers", "who": ["kim@partner.example", "Anna Smith"]},
        {"do": "remove_members", "what": "Newcomers", "who": ["Anna Smith"]},
        {"do": "add_owners", "what": "Newcomers", "who": ["Anna Smith", "Ben Jones"]},
        {"do": "remove_owners", "what": "Newcomers", "who": ["Ben Jones"]},
        {"do": "set_manager", "what": "Erik Berg", "who": ["Anna Smith"]},
        {"do": "change", "what": "Erik Berg", "properties": {"otherMails": ["e@home.example"]}},
        {"do": "delete", "what": "Erik Berg"},
        {"do": "restore", "what": "Erik Berg"},
        {"do": "delete", "what": "Carla Diaz"},
        {"do": "purge", "what": "Carla Diaz"},
    ]
    assert {one["do"] for one in deeds} == set(Deed)
    assert control(api, "POST", "actions", deeds).status_code == 200
    members = {one["displayName"] for one in api.items(f"{api.of('Newcomers')}?$select=displayName")}
    assert members == {"Erik Berg", "kim"}
    assert api.ids(api.of("Newcomers", "owners")) == [api.tenant.find("Anna Smith").id]
    erik = api.tenant.find("Erik Berg").id
    assert api.get(f"/users/{erik}/manager").json()["displayName"] == "Anna Smith"
    assert api.get(f"/users/{erik}?$select=otherMails").json()["otherMails"] == ["e@home.example"]
    assert error(api.get("/users/carla.diaz@corp.example"))[0] == 404


def test_nobody_manages(api: Api) -> None:
    """A manager can be taken away."""
    api.tenant.set_manager("Ben Jones", "Anna Smith")
    control(api, "POST", "actions", {"do": "set_manager", "what": "Ben Jones"})
    assert error(api.get("/users/ben.jones@corp.example/manager"))[0] == 404


@pytest.mark.parametrize("action", [{"do": "delete", "what": "Nobody Here"}, {"do": "dance", "what": "Auditors"}])
def test_impossible_deeds(api: Api, action: object) -> None:
    """An impossible deed is a 400 that says why."""
    answer = control(api, "POST", "actions", action)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_consent(api: Api) -> None:
    """Consent can be given and taken back; every token can be revoked."""
    wanted = {"client_id": DEFAULT_CLIENT_ID, "roles": [USERS], "granted": False}
    assert control(api, "POST", "consent", wanted).status_code == 200
    control(api, "DELETE", "tokens")
    assert error(api.get("/users"))[0] == 401
    api.sign_in()
    assert error(api.get("/users"))[0] == 403
    assert control(api, "POST", "consent", wanted | {"client_id": "x"}).status_code == 400


# ---- what happened ---------------------------------------------------------------------------------------


def test_log(api: Api) -> None:
    """The log can be read, counted and cleared."""
    control(api, "DELETE", "requests")
    api.batch("/groups")
    logged = control(api, "GET", "requests").json()
    assert [(one["path"], one["batch"]) for one in logged] == [
        ("/v1.0/groups", logged[1]["sequence"]),
        ("/v1.0/$batch", 0),
    ]
    assert control(api, "GET", "calls").json() == {"direct": 1, "batches": 1, "inner": 1, "sign_ins": 0}


def test_unknown_control(api: Api) -> None:
    """What can be controlled is said where something else is asked for."""
    answer = control(api, "GET", "weather")
    assert answer.status_code == 404
    assert "POST /_sandbox/actions" in answer.json()["error"]
