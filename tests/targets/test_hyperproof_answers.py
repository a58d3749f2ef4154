from datetime import UTC, datetime

import pytest

from bridge.core.model import AccountId
from bridge.errors import IncompleteRead
from bridge.targets import hyperproof_answers as answers
from bridge.targets.hyperproof_answers import GroupRow, Members, Profile, User
from tests.targets.scripted import group, members, user

NO_ROW: list[object] = [None, [], "text", 7]


def as_it_is(row: object) -> object:
    """Make nothing else of a row."""
    return row


def without(row: dict[str, object], key: str) -> dict[str, object]:
    """The row without one of its fields."""
    return {name: value for name, value in row.items() if name != key}


def test_user_of_the_documentation() -> None:
    """The documented example, with fields that we do not use and one that nobody has heard of."""
    row = {
        "id": "82182460-f0cf-11ed-9f4f-0e9de14f3c22",
        "userId": "8217610f-f0cf-11ed-9f4f-0e9de14f3c22",
        "status": "active",
        "type": "activeUser",
        "email": "john.smith@example.com",
        "givenName": "John",
        "surname": "Smith",
        "language": "en",
        "externalUserLinks": [],
        "fieldOfTomorrow": {"a": 1},
    }
    assert answers.user(row, "x") == User(
        id="82182460-f0cf-11ed-9f4f-0e9de14f3c22",
        user_id="8217610f-f0cf-11ed-9f4f-0e9de14f3c22",
        status="active",
        type="activeUser",
        email="john.smith@example.com",
        given_name="John",
        surname="Smith",
    )


@pytest.mark.parametrize("key", ["status", "type", "email", "givenName", "surname"])
@pytest.mark.parametrize("value", [None, 5, []])
def test_user_without_what_may_be_missing(key: str, value: object) -> None:
    """A service account has no address and no name; what is missing is empty."""
    row = user("anna", **{key: value})
    assert "" in answers.user(row, "x")
    assert answers.user(without(row, key), "x") == answers.user(row, "x")


@pytest.mark.parametrize("key", ["id", "userId"])
@pytest.mark.parametrize("value", [None, "", 5])
def test_user_without_an_id(key: str, value: object) -> None:
    """Both ids are relied on."""
    for row in (user("anna", **{key: value}), without(user("anna"), key)):
        with pytest.raises(IncompleteRead, match=f"user without {key}"):
            answers.user(row, "GET /users")


def test_id_is_opaque() -> None:
    """The documentation itself shows an id that is no UUID."""
    assert answers.group_row(group("876654321-1234"), "x").id == "876654321-1234"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (group("g", "Auditors"), GroupRow("g", "Auditors", "")),
        (group("g", "Auditors", groupLeadId=None), GroupRow("g", "Auditors", "")),
        (group("g", "Auditors", groupLeadId="u"), GroupRow("g", "Auditors", "u")),
        (group("g", " Auditors ", userIds=["u"]), GroupRow("g", " Auditors ", "")),
    ],
)
def test_group(row: object, found: GroupRow) -> None:
    """Its name is kept to the letter, and its `userIds` are not looked at."""
    assert answers.group_row(row, "x") == found


@pytest.mark.parametrize(
    ("told", "created"),
    [
        ("2023-01-01T00:00:00.0000000+00:00", datetime(2023, 1, 1, tzinfo=UTC)),
        ("2023-01-01T02:00:00.27416Z", datetime(2023, 1, 1, 2, 0, 0, 274160, tzinfo=UTC)),
        ("2023-01-01T00:00:00", None),
        ("yesterday", None),
        (5, None),
        (None, None),
    ],
)
def test_when_a_group_was_made(told: object, created: datetime | None) -> None:
    """Nothing rests on its being told; a time without an offset is no moment."""
    assert answers.group_row(group("g", createdOn=told), "x").created == created


@pytest.mark.parametrize(
    "row", [*NO_ROW, {"name": "n"}, {"id": "", "name": "n"}, {"id": "g"}, group("g", name="n", groupLeadId=5)]
)
def test_unusable_group(row: object) -> None:
    """A group without its id or name, or with a lead that is no id."""
    with pytest.raises(IncompleteRead):
        answers.group_row(row, "x")


def test_members_go_by_group_id() -> None:
    """The `id` beside it means something else, whatever it is."""
    assert answers.members(members("g", "a", "b"), "x") == Members(
        "g", frozenset({AccountId("a"), AccountId("b")})
    )


def test_nobody_is_an_answer() -> None:
    """An empty list says that the group is empty."""
    assert answers.members(members("g"), "x").user_ids == frozenset()


@pytest.mark.parametrize(
    "row",
    [
        *NO_ROW,
        {"groupId": "g"},
        {"groupId": "g", "userIds": None},
        {"groupId": "g", "userIds": {}},
        {"groupId": "g", "userIds": "a b"},
        {"groupId": "g", "userIds": ["a", ""]},
        {"groupId": "g", "userIds": ["a", 5]},
        {"groupId": "g", "userIds": ["a", None]},
        {"id": "g", "userIds": ["a"]},
        {"groupId": "", "userIds": ["a"]},
    ],
)
def test_members_that_are_not_told(row: object) -> None:
    """A missing list is not an empty one, and a list is either whole or nothing."""
    with pytest.raises(IncompleteRead):
        answers.members(row, "x")


def test_members_of_the_group_that_was_asked_for() -> None:
    """The answer may leave the group out, but not name another."""
    assert answers.members({"userIds": ["a"]}, "x", of="g").group_id == "g"
    with pytest.raises(IncompleteRead, match="another group"):
        answers.members(members("h", "a"), "x", of="g")


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ([1], ""),
        ({"data": [1]}, ""),
        ({"data": [1], "nextToken": None}, ""),
        ({"data": [1], "nextToken": ""}, ""),
        ({"data": [1], "nextToken": "t"}, "t"),
        ({"data": [1], "continuationToken": "t"}, "t"),
    ],
)
def test_list_is_an_array_or_an_envelope(value: object, token: str) -> None:
    """Should there ever be paging, it looks like the paging of the proof endpoint."""
    page = answers.page(value, "x", as_it_is)
    assert (list(page.rows), page.next_token) == ([1], token)


@pytest.mark.parametrize(
    "value",
    [None, "text", 7, {}, {"data": None}, {"data": {}}, {"users": [1]}, {"data": [1], "nextToken": 5}],
)
def test_what_is_no_list(value: object) -> None:
    """An error body with a 200, or a shape that we do not know, is no empty list."""
    with pytest.raises(IncompleteRead):
        answers.page(value, "x", as_it_is)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"id": "m", "email": "e", "givenName": "A", "surname": "B"}, Profile("m", "e", "A B")),
        ({}, Profile("", "", "")),
        ({"id": 5, "givenName": "A"}, Profile("", "", "A")),
    ],
)
def test_profile_promises_nothing(value: object, found: Profile) -> None:
    """What a service account is told of itself is not documented."""
    assert answers.profile(value, "x") == found


@pytest.mark.parametrize(
    ("value", "found"), [({"id": "g"}, "g"), ({}, ""), ({"id": None}, ""), ({"id": 5}, ""), ([], ""), (None, "")]
)
def test_id_of_a_new_group(value: object, found: str) -> None:
    """Empty when it is not told."""
    assert answers.created_id(value) == found


@pytest.mark.parametrize("told", [{"groupId": "g"}, {"groupId": "g", "userIds": None}])
def test_members_that_are_absent_are_untold(told: object) -> None:
    """Null is absent, too: it leaves that group untold, and is not the end of the run."""
    assert not answers.tells_members(told)
    with pytest.raises(IncompleteRead, match="without userIds"):
        answers.members(told, "x")


@pytest.mark.parametrize("told", [{"groupId": "g", "userIds": []}, {"userIds": "a"}, [], None])
def test_members_of_another_kind_are_not_passed_over(told: object) -> None:
    """An empty list is an answer, and what cannot be read is an error."""
    assert answers.tells_members(told)
