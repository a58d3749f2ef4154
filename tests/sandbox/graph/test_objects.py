"""Objects by their ids (reference 8)."""

from tests.sandbox.graph.api import Api, error

PATH = "/directoryObjects/getByIds"


def test_by_ids(api: Api) -> None:
    """Those that there are come with their types; the others are left out without a word."""
    ids = [api.tenant.find(name).id for name in ("Anna Smith", "Auditors", "LAPTOP-1")]
    answer = api.call("POST", PATH, {"ids": [*ids, "11111111-1111-1111-1111-111111111111"]})
    assert [one["id"] for one in answer.json()["value"]] == ids
    assert [one["@odata.type"].rpartition(".")[2] for one in answer.json()["value"]] == ["user", "group", "device"]


def test_by_ids_of_a_kind(api: Api) -> None:
    """Kinds can be chosen."""
    ids = [api.tenant.find(name).id for name in ("Anna Smith", "Auditors")]
    answer = api.call("POST", PATH, {"ids": ids, "types": ["group"]})
    assert [one["displayName"] for one in answer.json()["value"]] == ["Auditors"]


def test_most_ids(api: Api) -> None:
    """A thousand ids are the most."""
    answer = api.call("POST", PATH, {"ids": [str(number) for number in range(1001)]})
    assert error(answer) == (400, "Request_BadRequest")
    assert "cannot exceed '1000'" in answer.json()["error"]["message"]


def test_no_options(api: Api) -> None:
    """It takes no `$select`, and no other body."""
    assert error(api.call("POST", f"{PATH}?$select=id", {"ids": []})) == (400, "Request_UnsupportedQuery")
    assert error(api.call("POST", PATH, {"ids": "all"})) == (400, "Request_BadRequest")
    assert error(api.call("POST", PATH)) == (400, "Request_BadRequest")


def test_in_a_batch(api: Api) -> None:
    """It can be asked in a batch, too, with its body in the item."""
    anna = api.tenant.find("Anna Smith").id
    item = {"id": "1", "method": "POST", "url": PATH, "body": {"ids": [anna]}}
    assert api.batch(item).json()["responses"][0]["body"]["value"][0]["id"] == anna
