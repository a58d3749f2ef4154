"""Throttling by resource units (reference 5.1)."""

from collections.abc import Iterator

import pytest

from bridge.sandbox.graph import Tenant
from tests.sandbox.graph.api import Api, Clock, error, rehearse


@pytest.fixture
def clock() -> Clock:
    """Time as the tenant has it."""
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Iterator[Api]:
    """Ten units for ten seconds."""
    with rehearse(Tenant(clock=clock), quota=10) as api:
        yield api


def test_quota(api: Api, clock: Clock) -> None:
    """Who has spent the units must wait until enough of them are free again."""
    assert {api.get("/groups").status_code for _ in range(10)} == {200}
    clock.advance(4)
    answer = api.get("/groups")
    assert (error(answer), answer.headers["Retry-After"]) == ((429, "TooManyRequests"), "6")
    assert answer.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert answer.headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/")
    clock.advance(6)
    assert api.get("/groups").status_code == 200


def test_calls_while_throttled_count(api: Api, clock: Clock) -> None:
    """Who does not wait waits longer."""
    assert [api.get("/groups").status_code for _ in range(20)] == [200] * 10 + [429] * 10
    clock.advance(9)
    assert api.get("/groups").status_code == 429


def test_items_are_charged(api: Api) -> None:
    """A batch saves calls, not units: each item is throttled by itself, with its own time to wait."""
    first = api.batch(*["/groups"] * 12).json()["responses"]
    assert [one["status"] for one in first] == [200] * 10 + [429] * 2
    assert first[-1]["headers"]["Retry-After"] == "10"


def test_warning(api: Api) -> None:
    """Above four fifths the answers say how much is used."""
    told = [api.get("/groups").headers.get("x-ms-throttle-limit-percentage") for _ in range(10)]
    assert told == [None] * 8 + ["0.9", "1.0"]
