"""Addresses, ids of requests, and batches."""

import pytest

from bridge.errors import IncompleteRead
from bridge.sources.entra.graph import Batching, Graph, RequestIds, literal, query
from bridge.transport.answer import Answer
from bridge.transport.failure import Failure
from bridge.transport.waits import asked_wait
from tests.transport.virtual import START, Bench, FixedBearer, Script, answer

BASE = "https://graph.example/v1.0"


def graph() -> Graph:
    """A Graph that nobody asks."""
    return Graph(Bench(Script(answer(500))).client, FixedBearer("token"), BASE)


def test_ids_are_guids_that_count() -> None:
    """A read is known by the beginning, a request by the end."""
    ids = RequestIds()
    given = [ids.next() for _ in range(3)]
    assert [len(one) for one in given] == [36] * 3
    assert len({one[:28] for one in given}) == 1
    assert [one[28:] for one in given] == ["00000001", "00000002", "00000003"]
    assert ids.since(0) == f"client-request-id {given[0]} to 00000003"
    assert ids.since(2) == f"client-request-id {given[2]}"
    assert ids.since(3) == ""


def test_every_request_has_an_id_and_gives_way() -> None:
    """Nobody waits for a background run; an advanced query says so on each of its pages."""
    ids = RequestIds()
    plain, advanced = (
        graph().call("/groups", "/groups", ids),
        graph().call("/groups", "/groups", ids, advanced=True),
    )
    assert plain.headers["client-request-id"] != advanced.headers["client-request-id"]
    assert plain.headers["x-ms-throttle-priority"] == "low"
    assert "ConsistencyLevel" not in plain.headers
    assert advanced.headers["ConsistencyLevel"] == "eventual"


def test_a_link_is_followed_byte_for_byte() -> None:
    """Graph's tokens do not survive being put together anew."""
    link = f"{BASE}/groups?$skiptoken=RFNwdAIAAQ%2b%2B/~'x'&$top=999"
    assert graph().call(link, "/groups", RequestIds()).url == link
    with_port = link.replace("graph.example", "GRAPH.example:443")
    assert graph().call(with_port, "/groups", RequestIds()).url == with_port


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/v1.0/groups?$skiptoken=x",
        "http://graph.example/v1.0/groups?$skiptoken=x",
        "https://graph.example:444/v1.0/groups?$skiptoken=x",
        "https://graph.example/beta/groups?$skiptoken=x",
        "https://graph.example@elsewhere.example/v1.0/groups",
        "https://[graph.example/v1.0/groups",
        "https://graph.example:port/v1.0/groups",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(link: str) -> None:
    """No token goes there."""
    with pytest.raises(IncompleteRead, match="leads elsewhere"):
        graph().call(link, "/groups", RequestIds())


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("O'Brien", "'O''Brien'"),
        ("A & B", "'A%20%26%20B'"),
        ("50% + 1 #2?", "'50%25%20%2B%201%20%232%3F'"),
        ("Größe", "'Gr%C3%B6%C3%9Fe'"),
    ],
)
def test_a_name_stands_for_itself_in_a_filter(name: str, written: str) -> None:
    """Quotes are doubled, and whatever means something in an address is encoded."""
    path = query("/groups", select="id", filter=f"displayName eq {literal(name)}")
    assert path == f"/groups?$select=id&$filter=displayName%20eq%20{written}"


# ---- batches -------------------------------------------------------------------------------------------------


def unwrapped(*responses: object, **headers: str) -> list[Answer | Failure]:
    """What became of three requests."""
    calls = [graph().call(f"/groups/{n}", "/groups/{id}", RequestIds()) for n in range(3)]
    told = Answer.of_value(200, headers, {"responses": list(responses)})
    return list(Batching(BASE).unwrapped(calls, told))


def part(number: int, status: object = 200, **more: object) -> dict[str, object]:
    """One answer."""
    return {"id": str(number), "status": status, "headers": {}, "body": {"value": []}, **more}


def test_requests_of_a_batch_are_relative_and_keep_their_headers() -> None:
    """Links too, with their query as it stands."""
    ids = RequestIds()
    calls = [
        graph().call("/groups?$top=999", "/groups", ids, advanced=True),
        graph().call(f"{BASE}/groups?$skiptoken=a%2Bb", "/groups", ids),
    ]
    call = Batching(BASE).wrapped(calls)
    assert (call.method, call.url, call.repeatable) == ("POST", f"{BASE}/$batch", True)
    assert isinstance(call.json, dict)
    first, second = call.json["requests"]
    assert (first["id"], first["method"], first["url"]) == ("0", "GET", "/groups?$top=999")
    assert second["url"] == "/groups?$skiptoken=a%2Bb"
    assert first["headers"]["ConsistencyLevel"] == "eventual"
    assert first["headers"]["client-request-id"] == call.headers["client-request-id"]


def test_answers_are_matched_by_id() -> None:
    """In whatever order they come; one that is missing, or tells no status, is a failure."""
    found = unwrapped(part(2, 404), part(0), part(7))
    assert [one.status if isinstance(one, Answer) else None for one in found] == [200, None, 404]
    assert isinstance(unwrapped(part(0, status="200"))[0], Failure)
    assert isinstance(unwrapped(part(0, status=True))[0], Failure)


@pytest.mark.parametrize("body", [None, "PGh0bWw+", []])
def test_a_part_without_json_is_a_failure(body: object) -> None:
    """What is no JSON comes as base64, with the status as it was."""
    assert isinstance(unwrapped(part(0, body=body))[0], Failure)


@pytest.mark.parametrize("told", [None, [], {}, {"responses": None}, {"responses": {}}])
def test_a_batch_without_answers_is_incomplete(told: object) -> None:
    """Nothing is concluded from it."""
    calls = [graph().call("/groups", "/groups", RequestIds())] * 2
    with pytest.raises(IncompleteRead):
        Batching(BASE).unwrapped(calls, Answer.of_value(200, {}, told))


def test_a_part_waits_by_the_clock_of_its_server() -> None:
    """A date in Retry-After is measured by the Date of the answer that it came in: our clock may be wrong."""
    later = "Tue, 24 Nov 2026 10:00:30 GMT"
    (busy, _, _) = unwrapped(
        part(0, 429, headers={"Retry-After": later}), part(1), part(2), date="Tue, 24 Nov 2026 10:00:00 GMT"
    )
    assert isinstance(busy, Answer)
    assert asked_wait(busy, START) == 30
    (as_figure, _, _) = unwrapped(part(0, 429, headers={"Retry-After": 7}), part(1), part(2))
    assert isinstance(as_figure, Answer)
    assert asked_wait(as_figure, START) == 7
