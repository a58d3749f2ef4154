"""The rules of queries: pages, filters, casts and counts (reference 1)."""

import pytest

from bridge.sandbox.graph import Tenant
from tests.sandbox.graph.api import EVENTUAL, Api, error, rehearse

# ---- casts, counts, and the header that they take --------------------------------------------------------


def test_cast(api: Api) -> None:
    """A cast lists one kind, without types, and counts it on the first page."""
    path = f"{api.of('Auditors', 'transitiveMembers')}/microsoft.graph.user?$count=true&$top=2"
    pages = api.pages(path, headers=EVENTUAL)
    assert [len(page["value"]) for page in pages] == [2, 2]
    assert [page.get("@odata.count") for page in pages] == [4, None]
    assert pages[0]["@odata.context"].endswith("#users")
    assert all("@odata.type" not in one for page in pages for one in page["value"])


@pytest.mark.parametrize(
    "path", ["/microsoft.graph.user?$count=true", "/microsoft.graph.user", "?$filter=mail eq 'x'"]
)
def test_cast_without_the_header(api: Api, path: str) -> None:
    """Casts and filters on members are refused without the header."""
    assert error(api.get(f"{api.of('Auditors')}{path}")) == (400, "Request_UnsupportedQuery")


def test_header_on_every_page(api: Api) -> None:
    """The header does not go along with a link: the second page without it is refused."""
    path = f"{api.of('Auditors', 'transitiveMembers')}/microsoft.graph.user?$count=true&$top=2"
    link = api.eventual(path).json()["@odata.nextLink"]
    assert error(api.get(link)) == (400, "Request_UnsupportedQuery")
    assert len(api.eventual(link).json()["value"]) == 2


def test_header_without_the_count(api: Api) -> None:
    """The header alone is not enough."""
    answer = api.eventual(f"{api.of('Auditors')}/microsoft.graph.user")
    assert error(answer) == (400, "Request_UnsupportedQuery")


def test_count_without_the_header(api: Api) -> None:
    """`$count=true` is ignored without the header; `/$count` is refused."""
    assert "@odata.count" not in api.get(f"{api.of('Auditors')}?$count=true").json()
    assert error(api.get(f"{api.of('Auditors')}/$count")) == (400, "Request_BadRequest")


def test_count(api: Api) -> None:
    """A count is a plain figure, of all kinds or of one."""
    answer = api.eventual(f"{api.of('Auditors', 'transitiveMembers')}/$count")
    assert (answer.text, answer.headers["Content-Type"]) == ("8", "text/plain; charset=utf-8")
    assert api.eventual(f"{api.of('Auditors', 'transitiveMembers')}/microsoft.graph.user/$count").text == "4"
    assert api.eventual("/groups/$count").text == "5"


def test_impossible_cast(api: Api) -> None:
    """A Microsoft 365 group holds users only."""
    answer = api.eventual(f"{api.of('Newsroom')}/microsoft.graph.group?$count=true")
    assert error(answer) == (400, "Request_UnsupportedQuery")


# ---- pages -----------------------------------------------------------------------------------------------


def test_page_sizes() -> None:
    """A hundred by default, 999 at most; one more is refused, not cut."""
    tenant = Tenant()
    tenant.add_group("All", [tenant.add_user(f"User {number}") for number in range(1001)])
    with rehearse(tenant) as api:
        assert [len(page["value"]) for page in api.pages(api.of("All"))] == [*[100] * 10, 1]
        assert [len(page["value"]) for page in api.pages(f"{api.of('All')}?$top=999")] == [999, 2]
        answer = api.get(f"{api.of('All')}?$top=1000")
        assert error(answer) == (400, "Request_UnsupportedQuery")
        assert "Must be between 1 and 999" in answer.json()["error"]["message"]


def test_smaller_pages(api: Api) -> None:
    """Pages can hold fewer than were asked for."""
    api.sandbox.set_modes(page_cap=2)
    assert [len(page["value"]) for page in api.pages(f"{api.of('Internal Audit')}?$top=999")] == [2, 2, 1]


def test_link_keeps_the_question(api: Api) -> None:
    """A link has the whole question in it; whoever strips it begins anew, with the usual properties."""
    link = api.get(f"{api.of('Internal Audit')}?$select=id&$top=2").json()["@odata.nextLink"]
    assert link.startswith(f"{api.sandbox.url}/v1.0/groups/")
    assert set(api.get(link).json()["value"][0]) == {"@odata.type", "id"}
    assert len(api.get(link.partition("?")[0]).json()["value"]) == 5


def test_escaped_question(api: Api) -> None:
    """A question may be escaped in any way that addresses allow."""
    address = f"{api.sandbox.url}/v1.0/groups"
    question = {"$filter": "displayName eq 'Internal Audit'", "$select": "id,displayName"}
    answer = api.http.get(address, params=question, headers={"Authorization": f"Bearer {api.token}"})
    assert "%24select=" in str(answer.request.url)
    assert [set(one) for one in answer.json()["value"]] == [{"id", "displayName"}]


def test_token_of_another_list(api: Api) -> None:
    """A page token is good for its own list alone."""
    link = api.get(f"{api.of('Internal Audit')}?$top=2").json()["@odata.nextLink"]
    other = link.replace(api.of("Internal Audit"), api.of("Auditors"))
    assert error(api.get(other)) == (400, "Directory_ExpiredPageToken")
    assert error(api.get(f"{api.of('Auditors')}?$skiptoken=x")) == (400, "Directory_ExpiredPageToken")


def test_page_token_expires(api: Api) -> None:
    """A page token is short-lived."""
    api.sandbox.set_modes(page_token_life=0)
    link = api.get(f"{api.of('Internal Audit')}?$top=2").json()["@odata.nextLink"]
    assert error(api.get(link)) == (400, "Directory_ExpiredPageToken")


# ---- finding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("displayName eq 'Auditors'", {"Auditors"}),
        ("displayName eq 'AUDITORS'", {"Auditors"}),
        ("mailNickname eq 'InternalAudit'", {"Internal Audit"}),
        ("startswith(displayName,'n')", {"Newsroom", "Nobody"}),
        ("displayName in ('Auditors', 'Nobody')", {"Auditors", "Nobody"}),
        ("displayName eq 'Auditors' or displayName eq 'Nobody'", {"Auditors", "Nobody"}),
        ("securityEnabled eq true and mailEnabled eq true", {"Newsroom"}),
        ("startswith(displayName,'N') and (mailEnabled eq true or displayName eq 'x')", {"Newsroom"}),
        ("groupTypes/any(c:c eq 'Unified')", {"Newsroom", "Secret"}),
        ("displayName eq 'nothing'", set()),
    ],
)
def test_filter(api: Api, text: str, found: set[str]) -> None:
    """Groups are found by what they are called and of what kind they are, without regard to case."""
    assert {one["displayName"] for one in api.items(f"/groups?$filter={text}")} == found


def test_quotes_in_a_filter(api: Api) -> None:
    """A quote in a name is doubled."""
    api.tenant.add_group("O'Brien's")
    assert len(api.ids("/groups?$filter=displayName eq 'O''Brien''s'")) == 1


@pytest.mark.parametrize(
    "text", ["displayName ne 'x'", "not startswith(displayName,'x')", "endswith(displayName,'room')"]
)
def test_advanced_filter(api: Api, text: str) -> None:
    """Some filters are advanced queries: header and count."""
    assert error(api.get(f"/groups?$filter={text}")) == (400, "Request_UnsupportedQuery")
    answer = api.eventual(f"/groups?$filter={text}&$count=true")
    assert answer.json()["@odata.count"] == len(answer.json()["value"]) > 0


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(f"displayName eq '{number}'" for number in range(16)),
        f"displayName in ({','.join(repr(str(number)) for number in range(16))})",
    ],
)
def test_too_many_clauses(api: Api, text: str) -> None:
    """Fifteen clauses are the most."""
    answer = api.get(f"/groups?$filter={text}")
    assert error(answer) == (400, "Request_UnsupportedQuery")
    assert "16. Max allowed: 15." in answer.json()["error"]["message"]


@pytest.mark.parametrize("text", ["displayName", "displayName eq", "displayName eq x", "(displayName eq 'x'", "?"])
def test_bad_filter(api: Api, text: str) -> None:
    """A filter that makes no sense is a bad request."""
    assert error(api.get(f"/groups?$filter={text}")) == (400, "Request_BadRequest")


def test_unsupported_options(api: Api) -> None:
    """Options that are not here are refused, not ignored; so is an address that does not exist."""
    assert error(api.get("/groups?$orderby=displayName")) == (400, "Request_UnsupportedQuery")
    assert error(api.get("/grupos")) == (400, "Request_BadRequest")
