"""Faults of pages and of batches, and what people do between two pages (reference 11)."""

import base64

import httpx
import pytest

from bridge.sandbox.graph import (
    Effect,
    EmptyPage,
    EndEarly,
    LinkBack,
    LinkTo,
    Meanwhile,
    OmitItem,
    Refuse,
    RenameItem,
    RepeatItem,
    RepeatItems,
    Reset,
    ReverseItems,
    SkipPage,
    Stale,
    Truncate,
)
from tests.sandbox.graph.api import Api, befall, error

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
