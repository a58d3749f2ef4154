"""Adding and removing members under each mode (API reference 11.1 to 11.6 and 11.12)."""

import pytest

from bridge.sandbox.hyperproof import Organization
from tests.sandbox.hyperproof.api import Api, Clock, rehearse


def add_with_a_bad_id(api: Api) -> int:
    """Add Erik, nobody, and Fatima."""
    return api.add("Auditors", api.user_id("Erik"), "nobody", api.user_id("Fatima")).status_code


# ---- 11.1 ----------------------------------------------------------------------------------------------


def test_user_id_space(api: Api) -> None:
    """By default groups speak `userId`, and the other id is unknown."""
    assert api.add("Auditors", api.user("Erik").id).status_code == 400
    assert api.names("Auditors") == {"Carla", "David"}


def test_id_space() -> None:
    """`id_space=id`: groups speak `id` in lists, leads and writes, and the other id is unknown."""
    with rehearse(id_space="id") as api:
        assert api.members("Auditors") == [api.user("Carla").id, api.user("David").id]
        assert api.get("/groups").json()[0]["groupLeadId"] == api.user("Anna").id
        assert api.add("Auditors", api.user_id("Erik")).status_code == 400
        assert api.add("Auditors", api.user("Erik").id).status_code == 200
        assert api.remove("Auditors", api.user("David").id).status_code == 200
        assert api.names("Auditors") == {"Carla", "Erik"}


def test_removing_in_the_wrong_space(api: Api) -> None:
    """An id of the wrong space is nobody's membership: removing it changes nothing, and says 200."""
    assert api.remove("Auditors", api.user("David").id).status_code == 200
    assert api.names("Auditors") == {"Carla", "David"}


# ---- 11.2 ----------------------------------------------------------------------------------------------


def test_unknown_id(api: Api) -> None:
    """By default an unknown id spoils the whole call."""
    assert add_with_a_bad_id(api) == 400
    assert api.names("Auditors") == {"Carla", "David"}


def test_deactivated_id(api: Api) -> None:
    """A deactivated person is added no more than an unknown one."""
    assert api.add("Auditors", api.user_id("Heidi")).status_code == 400


@pytest.mark.parametrize(
    ("mode", "status", "added"),
    [("404", 404, set()), ("skip", 200, {"Erik", "Fatima"}), ("partial", 400, {"Erik", "Fatima"})],
)
def test_unknown_ids(mode: str, status: int, added: set[str]) -> None:
    """`unknown_ids=`: refused with 404; skipped silently; or applied as far as possible and yet a 400."""
    with rehearse(unknown_ids=mode) as api:
        assert add_with_a_bad_id(api) == status
        assert api.names("Auditors") == {"Carla", "David"} | added


def test_unknown_ids_in_a_new_group() -> None:
    """`unknown_ids=partial`: a group is made with whom it can, and yet answered with 400."""
    with rehearse(unknown_ids="partial") as api:
        body = {"name": "Risk", "userIds": [api.user_id("Erik"), "nobody"]}
        assert api.call("POST", "/groups", body).status_code == 400
        assert api.names("Risk") == {"Erik"}


# ---- 11.3 ----------------------------------------------------------------------------------------------


def test_present_and_absent(api: Api) -> None:
    """By default adding a present member and removing an absent one are 200 and no change."""
    assert api.add("Auditors", api.user_id("Carla")).status_code == 200
    assert api.remove("Auditors", api.user_id("Erik")).status_code == 200
    assert api.names("Auditors") == {"Carla", "David"}
    assert api.sandbox.history == ()


def test_present_ids_refused() -> None:
    """`present_ids=409`: somebody who is in already spoils the whole call."""
    with rehearse(present_ids="409") as api:
        assert api.add("Auditors", api.user_id("Carla"), api.user_id("Erik")).status_code == 409
        assert api.names("Auditors") == {"Carla", "David"}


def test_absent_ids_refused() -> None:
    """`absent_ids=404`: somebody who is not in spoils the whole call."""
    with rehearse(absent_ids="404") as api:
        assert api.remove("Auditors", api.user_id("Carla"), api.user_id("Erik")).status_code == 404
        assert api.names("Auditors") == {"Carla", "David"}


def test_no_ids(api: Api) -> None:
    """By default adds and removes need an id; a new group does not."""
    assert api.add("Auditors").status_code == 400
    assert api.remove("Auditors").status_code == 400
    assert api.call("POST", "/groups", {"name": "Risk", "userIds": []}).status_code == 200


def test_no_ids_allowed() -> None:
    """`empty_ids=200`: adds and removes without an id change nothing."""
    with rehearse(empty_ids="200") as api:
        assert api.add("Auditors").status_code == 200
        assert api.remove("Auditors").status_code == 200
        assert api.sandbox.history == ()


# ---- 11.4 ----------------------------------------------------------------------------------------------


def test_answer_with_the_ids_sent() -> None:
    """`write_answer=sent`: adds and removes answer with the request's own ids."""
    with rehearse(write_answer="sent") as api:
        assert api.add("Auditors", api.user_id("Erik")).json()["userIds"] == [api.user_id("Erik")]
        assert api.remove("Auditors", api.user_id("Erik")).json()["userIds"] == [api.user_id("Erik")]


def test_answer_without_ids() -> None:
    """`write_answer=missing`: adds and removes do not answer with ids, and are done."""
    with rehearse(write_answer="missing") as api:
        assert "userIds" not in api.add("Auditors", api.user_id("Erik")).json()
        assert api.names("Auditors") == {"Carla", "David", "Erik"}


# ---- 11.5 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "status"), [("400", 400), ("413", 413)])
def test_batch_limit(mode: str, status: int) -> None:
    """`batch_limit=` and `batch_limit_status=`: a larger batch is refused whole."""
    with rehearse(batch_limit=2, batch_limit_status=mode) as api:
        names = ("Erik", "Fatima", "Grace")
        assert api.add("Newcomers", *map(api.user_id, names)).status_code == status
        assert api.names("Newcomers") == set()
        assert api.add("Newcomers", *map(api.user_id, names[:2])).status_code == 200


def test_batch_breaks() -> None:
    """`batch_breaks_after=`: a larger batch is applied up to there and answered with 500."""
    with rehearse(batch_breaks_after=2) as api:
        assert api.add("Newcomers", *map(api.user_id, ("Erik", "Fatima", "Grace"))).status_code == 500
        assert api.names("Newcomers") == {"Erik", "Fatima"}
        everybody = map(api.user_id, ("Anna", "Ben", "Carla"))
        assert api.remove("Compliance Managers", *everybody).status_code == 500
        assert api.names("Compliance Managers") == {"Carla"}


# ---- 11.6 ----------------------------------------------------------------------------------------------


def test_reads_show_writes(api: Api) -> None:
    """By default the first read shows the write."""
    api.add("Newcomers", api.user_id("Erik"))
    assert api.members("Newcomers") == [api.user_id("Erik")]


def test_stale_reads() -> None:
    """`stale_reads=`: so many reads show the group as it was; each group counts for itself."""
    with rehearse(stale_reads=2) as api:
        api.add("Newcomers", api.user_id("Erik"))
        assert [len(api.members("Newcomers")) for _ in range(3)] == [0, 0, 1]
        assert len(api.members("Auditors")) == 2


def test_stale_seconds() -> None:
    """`stale_seconds=`: for so long reads show the group as it was before the first of several writes."""
    clock = Clock()
    with rehearse(Organization.small(clock=clock), stale_seconds=3.0) as api:
        api.add("Newcomers", api.user_id("Erik"))
        clock.advance(2)
        api.add("Newcomers", api.user_id("Fatima"))
        clock.advance(2)
        assert api.members("Newcomers") == []
        clock.advance(1)
        assert len(api.members("Newcomers")) == 2


def test_stale_answer_to_the_write() -> None:
    """`stale_reads=`: the write's own answer is up to date."""
    with rehearse(stale_reads=1) as api:
        assert api.add("Newcomers", api.user_id("Erik")).json()["userIds"] == [api.user_id("Erik")]


def test_stale_creation() -> None:
    """`stale_reads=`: a new group is not seen at first, neither by id nor in lists."""
    with rehearse(stale_reads=2) as api:
        group_id = api.call("POST", "/groups", {"name": "Risk"}).json()["id"]
        assert api.get(f"/groups/{group_id}").status_code == 404
        assert len(api.get("/groups").json()) == 3
        assert len(api.get("/groups").json()) == 4


# ---- 11.12 ---------------------------------------------------------------------------------------------


def test_contacts_and_service_accounts(api: Api) -> None:
    """By default contacts can be members and service accounts cannot."""
    assert api.add("Newcomers", api.user_id("Julia")).status_code == 200
    assert api.add("Newcomers", api.user_id("Bridge"), api.user_id("Erik")).status_code == 400
    assert api.names("Newcomers") == {"Julia"}


def test_contacts_refused() -> None:
    """`contact_members=400`: contacts cannot be members."""
    with rehearse(contact_members="400") as api:
        assert api.add("Newcomers", api.user_id("Julia")).status_code == 400


def test_service_accounts_allowed() -> None:
    """`service_members=allowed`: service accounts can be members."""
    with rehearse(service_members="allowed") as api:
        assert api.add("Newcomers", api.user_id("Bridge")).status_code == 200
