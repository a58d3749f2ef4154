import httpx
import pytest

from bridge.core.model import AccountId, Group, GroupId, IdSpace, Untold
from bridge.cycle.ports import Target
from bridge.errors import ChangeRejected, Denied, IncompleteRead, OutcomeUnknown
from bridge.targets.settings import IdSpaceSetting
from tests.targets.scripted import ScriptedHyperproof, group, hyperproof, members, routes, user

G = GroupId("g")
A, B = AccountId("u-anna"), AccountId("u-ben")

SCENE = routes(
    [user("anna"), user("ben")],
    [group("g", "Auditors", groupLeadId="o-anna")],
    [members("g", "u-anna")],
)


def test_fits_the_port() -> None:
    """The type checker holds the whole class against the protocol here."""
    target: Target = hyperproof(ScriptedHyperproof(SCENE))
    assert target.read().id_space.proved


def test_a_run_reads_with_three_calls() -> None:
    """Everybody with the deactivated, active groups, their members: each asked for in so many words."""
    server = ScriptedHyperproof(SCENE)
    hyperproof(server).read()
    assert server.requests == [
        ("GET", "/users?includeDeactivated=true", None),
        ("GET", "/groups?status=active", None),
        ("GET", "/groups/users?status=active", None),
    ]


def test_each_id_is_kept_once() -> None:
    """However many groups an account is in, its id is one string in memory, as is that of a stranger."""
    told = [members(f"g{n}", "u-anna", "stranger") for n in range(3)]
    server = ScriptedHyperproof(routes([user("anna")], [group(f"g{n}", f"G{n}") for n in range(3)], told))
    found = hyperproof(server).read()
    listed = [member for g in found.groups if not isinstance(g.members, Untold) for member in g.members]
    assert len(listed) == 6
    assert len({id(member) for member in listed}) == 2
    assert id(found.accounts[0].id) in {id(member) for member in listed}


def test_stated_id_space_is_held_against_the_data() -> None:
    """A wrong setting is found by the first read."""
    found = hyperproof(ScriptedHyperproof(SCENE), IdSpaceSetting.ID).read()
    assert (found.id_space.space, found.id_space.proved) == (IdSpace.ID, False)


def test_pages_are_followed() -> None:
    """Should the vendor begin to page, the whole list is read."""
    pages = [
        httpx.Response(200, json={"data": [user("anna")], "nextToken": "2"}),
        httpx.Response(200, json={"data": [user("ben")], "nextToken": None}),
    ]
    server = ScriptedHyperproof({**SCENE, "GET /users": pages})
    assert [account.id for account in hyperproof(server).read().accounts] == [A, B]
    assert server.requests[1][1] == "/users?includeDeactivated=true&nextToken=2"


@pytest.mark.parametrize("tokens", [["2"], ["2", "3", "2"]])
def test_pages_in_a_circle(tokens: list[str]) -> None:
    """A server that leads back is not followed for ever, and what it told is not a list."""
    pages = [httpx.Response(200, json={"data": [user("anna")], "nextToken": token}) for token in tokens]
    with pytest.raises(IncompleteRead, match="read before"):
        hyperproof(ScriptedHyperproof({**SCENE, "GET /users": pages})).read()


@pytest.mark.parametrize("path", ["GET /users", "GET /groups", "GET /groups/users"])
@pytest.mark.parametrize("value", [{"message": "ok"}, "text", 5, True])
def test_list_that_is_none(path: str, value: object) -> None:
    """A 200 does not make an answer."""
    with pytest.raises(IncompleteRead):
        hyperproof(ScriptedHyperproof({**SCENE, path: value})).read()


@pytest.mark.parametrize("path", ["GET /users", "GET /groups", "GET /groups/users"])
def test_refused_read_names_what_to_grant(path: str) -> None:
    """The scope and the role, for whoever administers Hyperproof."""
    refused = httpx.Response(403, json={"statusCode": 403, "message": "Access denied"})
    with pytest.raises(Denied, match=r"Access denied; give the API client .* scope.* role"):
        hyperproof(ScriptedHyperproof({**SCENE, path: refused})).read()


def test_members_of_one_group() -> None:
    """One call, and exactly what it tells."""
    server = ScriptedHyperproof({"GET /groups/g/users": members("g", "u-anna", "u-ben")})
    assert hyperproof(server).read_members(G) == {A, B}
    assert server.requests == [("GET", "/groups/g/users", None)]


def test_members_of_a_group_that_is_gone() -> None:
    """No answer about a group is no empty group."""
    with pytest.raises(IncompleteRead, match="404"):
        hyperproof(ScriptedHyperproof({})).read_members(G)


def test_one_group() -> None:
    """Its members are untold even where the answer has some; its lead is read as in the last full read."""
    server = ScriptedHyperproof(
        {**SCENE, "GET /groups/g": group("g", "Auditors", groupLeadId="o-anna", userIds=["u-ben"])}
    )
    target = hyperproof(server)
    target.read()
    assert target.read_group(G) == Group(G, "Auditors", A, Untold.UNTOLD)


def test_one_group_that_is_not_there() -> None:
    """The API says so."""
    assert hyperproof(ScriptedHyperproof({})).read_group(G) is None


def test_one_group_hidden_by_a_proxy() -> None:
    """A page for people with a 404 does not say that there is no such group."""
    server = ScriptedHyperproof({"GET /groups/g": httpx.Response(404, text="<html>Not found</html>")})
    with pytest.raises(IncompleteRead):
        hyperproof(server).read_group(G)


@pytest.mark.parametrize(("archived", "query"), [(True, "archived"), (False, "active")])
def test_names_of_groups(*, archived: bool, query: str) -> None:
    """For binding, and before a group is created."""
    server = ScriptedHyperproof(SCENE)
    assert hyperproof(server).read_groups(archived=archived) == {"g": "Auditors"}
    assert server.requests == [("GET", f"/groups?status={query}", None)]


# ---- writes ----------------------------------------------------------------------------------------------

DONE = httpx.Response(200, json={"groupId": "g", "userIds": []})


def test_each_write_is_one_call() -> None:
    """Method, path and body as documented."""
    server = ScriptedHyperproof(
        {
            "POST /groups": {"id": "new", "name": "Auditors"},
            "PATCH /groups/g": DONE,
            "POST /groups/g/users": DONE,
            "PUT /groups/g/users/delete": DONE,
        }
    )
    target = hyperproof(server)
    assert target.create_group("Auditors", [A, B]) == "new"
    target.create_group("Auditors", [])
    target.rename_group(G, "Checkers")
    target.set_lead(G, A)
    target.set_lead(G, None)
    target.add_members(G, [A, B])
    target.remove_members(G, [B])
    assert server.requests == [
        ("POST", "/groups", {"name": "Auditors", "userIds": ["u-anna", "u-ben"]}),
        ("POST", "/groups", {"name": "Auditors"}),
        ("PATCH", "/groups/g", {"name": "Checkers"}),
        ("PATCH", "/groups/g", {"groupLeadId": "u-anna"}),
        ("PATCH", "/groups/g", {"clearGroupLead": True}),
        ("POST", "/groups/g/users", {"userIds": ["u-anna", "u-ben"]}),
        ("PUT", "/groups/g/users/delete", {"userIds": ["u-ben"]}),
    ]


@pytest.mark.parametrize(
    "done", [httpx.Response(204), httpx.Response(201, json={}), httpx.Response(200, text=" ")]
)
def test_any_2xx_is_done(done: httpx.Response) -> None:
    """What a write answers with is not relied on; members are read again afterwards."""
    server = ScriptedHyperproof({"POST /groups/g/users": done})
    hyperproof(server).add_members(G, [A])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={}),
        httpx.Response(204),
        httpx.Response(201, json={"id": ""}),
        httpx.Response(200, json=[]),
    ],
)
def test_new_group_without_an_id(answer: httpx.Response) -> None:
    """It may well be there: that has to be looked up, and it is not created again."""
    server = ScriptedHyperproof({"POST /groups": answer})
    with pytest.raises(OutcomeUnknown):
        hyperproof(server).create_group("Auditors", [])
    assert len(server.requests) == 1


def test_refused_write_ends_all_writes() -> None:
    """A 403 on a write is Denied, with what to grant."""
    refused = httpx.Response(403, json={"statusCode": 403, "message": "Access denied"})
    with pytest.raises(Denied, match="every group scope"):
        hyperproof(ScriptedHyperproof({"POST /groups/g/users": refused})).add_members(G, [A])


def test_rejected_change() -> None:
    """The server's words reach the operator."""
    refused = httpx.Response(409, json={"error": "A group of this name exists."})
    with pytest.raises(ChangeRejected, match=r"PATCH /v1/groups/g was answered 409: A group of this name"):
        hyperproof(ScriptedHyperproof({"PATCH /groups/g": refused})).rename_group(G, "x")


@pytest.mark.parametrize(
    ("group_id", "path"),
    [
        ("a b/c?d#e", "/groups/a%20b%2Fc%3Fd%23e/users"),
        ("../users", "/groups/..%2Fusers/users"),
        ("..", "/groups/%2E%2E/users"),
        ("ä", "/groups/%C3%A4/users"),
        ("users", "/groups/users/users"),
    ],
)
def test_id_is_one_segment_of_the_path(group_id: str, path: str) -> None:
    """Ids are opaque: none leads to another endpoint."""
    server = ScriptedHyperproof({f"POST {path}": DONE})
    hyperproof(server).add_members(GroupId(group_id), [A])
    assert [request[1] for request in server.requests] == [path]


# ---- probing ---------------------------------------------------------------------------------------------


def test_probe_of_an_organization_that_is_open() -> None:
    """Who we are, how many there are, and the evidence for the id space."""
    me = {"id": "m", "givenName": "Bridge", "email": "bridge@corp.example"}
    found = hyperproof(ScriptedHyperproof({**SCENE, "GET /users/me": me})).probe()
    assert (found.who, found.users, found.groups, found.members) == ("Bridge <bridge@corp.example>", 2, 1, 1)
    assert found.refusals == ()
    assert found.read is not None
    assert found.read.id_space.proved


def test_probe_tells_every_refusal_at_once() -> None:
    """An administrator mends the scopes once."""
    refused = httpx.Response(403, json={"message": "Access denied"})
    found = hyperproof(ScriptedHyperproof({**SCENE, "GET /users": refused, "GET /groups/users": refused})).probe()
    assert (found.users, found.groups, found.members, found.read) == (None, 1, None, None)
    assert ["user read scope" in found.refusals[0], "every group scope" in found.refusals[1]] == [True, True]


@pytest.mark.parametrize(
    ("me", "who"),
    [
        (None, "not told (GET /v1/users/me was answered 404"),
        (httpx.Response(403, json={"message": "No"}), "not told (GET /v1/users/me was answered 403: No"),
        ({"id": "m"}, "m"),
        ({}, "not told"),
    ],
)
def test_probe_of_an_account_that_is_not_told_who_it_is(me: object, who: str) -> None:
    """That is no obstacle: no run asks for it."""
    found = hyperproof(ScriptedHyperproof({**SCENE, "GET /users/me": me})).probe()
    assert found.who.startswith(who)
    assert found.read is not None
