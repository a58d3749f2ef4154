"""`$batch`: many requests in one (reference 4)."""

from typing import Any

import pytest

from tests.sandbox.graph.api import EVENTUAL, Api, error

Json = dict[str, Any]


def item(number: int, url: str = "/groups", **more: object) -> Json:
    """A request in a batch."""
    return {"id": str(number), "method": "GET", "url": url} | more


def test_each_on_its_own(api: Api) -> None:
    """The batch is 200; each item has its own status, head and body."""
    answer = api.batch(api.of("Newsroom"), "/groups/none", "groups?$top=1")
    first, second, third = answer.json()["responses"]
    assert answer.status_code == 200
    assert (first["status"], len(first["body"]["value"])) == (200, 2)
    assert (second["status"], second["body"]["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert (third["status"], len(third["body"]["value"])) == (200, 1)
    assert {"request-id", "x-ms-resource-unit"} <= set(first["headers"])


def test_pages_of_items(api: Api) -> None:
    """An item's link is a whole address; without its root it can be asked for in another batch."""
    body = api.batch(f"{api.of('Internal Audit')}?$top=2").json()["responses"][0]["body"]
    link = body["@odata.nextLink"]
    assert link.startswith(f"{api.sandbox.url}/v1.0/")
    further = api.batch(link.removeprefix(f"{api.sandbox.url}/v1.0")).json()["responses"][0]
    assert (further["status"], len(further["body"]["value"])) == (200, 2)


def test_headers_of_items(api: Api) -> None:
    """An item has headers of its own; those of the batch are not its."""
    path = f"{api.of('Auditors')}/$count"
    with_header = item(1, path, headers=EVENTUAL)
    answer = api.call("POST", "/$batch", {"requests": [with_header, item(2, path)]}, headers=EVENTUAL)
    first, second = answer.json()["responses"]
    assert (first["status"], first["body"]) == (200, "3")
    assert second["status"] == 400


def test_twenty(api: Api) -> None:
    """Twenty requests are the most."""
    assert len(api.batch(*["/groups"] * 20).json()["responses"]) == 20
    assert error(api.batch(*["/groups"] * 21)) == (400, "BadRequest")


def test_same_id_twice(api: Api) -> None:
    """Ids must differ, and not in case alone."""
    assert error(api.batch(item(1) | {"id": "a"}, item(2) | {"id": "A"})) == (400, "BadRequest")


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"requests": [1]}, {"requests": [{"id": "1"}]}, {"requests": [item(1) | {"id": 1}]}],
)
def test_malformed(api: Api, body: object) -> None:
    """What cannot be read is refused as a whole."""
    assert error(api.call("POST", "/$batch", body)) == (400, "BadRequest")


def test_dependencies(api: Api) -> None:
    """Who depends on a failure fails."""
    answer = api.batch(item(1, "/groups/none"), item(2, dependsOn=["1"]), item(3))
    assert [one["status"] for one in answer.json()["responses"]] == [404, 424, 200]


def test_counted(api: Api) -> None:
    """A batch is one call; what is in it is counted by itself, and logged with it."""
    api.sandbox.clear_log()
    api.get("/groups")
    api.batch("/groups", api.of("Newsroom"))
    calls = api.sandbox.calls
    assert (calls.direct, calls.batches, calls.inner, calls.sign_ins) == (2, 1, 2, 0)
    batch = api.sandbox.requests[-1]
    assert [one.path for one in api.sandbox.requests if one.batch == batch.sequence] == [
        "/v1.0/groups",
        f"/v1.0{api.of('Newsroom')}",
    ]


def test_no_batch_in_a_batch(api: Api) -> None:
    """A batch is no request to be in one."""
    answer = api.batch(item(1, "/$batch") | {"method": "POST"})
    assert answer.json()["responses"][0]["status"] == 400
