"""Tokens, throttles and the form of answers under each mode (API reference 2, 6, 7 and 11.14 to 11.18)."""

from email.utils import parsedate_to_datetime

import pytest

from bridge.sandbox.hyperproof import Organization
from tests.sandbox.hyperproof.api import Api, Clock, rehearse

# ---- 11.15 ---------------------------------------------------------------------------------------------


def test_short_life() -> None:
    """`expires_in=`: the token's life is told and kept."""
    with rehearse(expires_in=5) as api:
        assert api.ask_token().json()["expires_in"] == 5


def test_life_not_told() -> None:
    """`expires_in=absent`: the answer does not tell a life, and the token ends after an hour."""
    clock = Clock()
    with rehearse(Organization.small(clock=clock), expires_in="absent") as api:
        assert set(api.ask_token().json()) == {"access_token", "token_type"}
        clock.advance(3599)
        assert api.get("/groups").status_code == 200
        clock.advance(1)
        assert api.get("/groups").status_code == 401


@pytest.mark.parametrize("status", [400, 403])
def test_refused_client(status: int) -> None:
    """`refused_client=`: wrong credentials draw another status."""
    with rehearse(refused_client=str(status)) as api:
        answer = api.ask_token(client_secret="wrong")
        assert (answer.status_code, answer.json()) == (status, {"error": "invalid_client"})


# ---- 6, 11.16 ------------------------------------------------------------------------------------------


def test_too_many_requests() -> None:
    """`throttle=429`: the vendor's words, with Retry-After in seconds."""
    with rehearse(throttle="429", retry_after_seconds=7) as api:
        answer = api.get("/groups")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
        assert answer.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."}


def test_over_quota() -> None:
    """`throttle=403`: the vendor's words for a spent quota."""
    with rehearse(throttle="403") as api:
        answer = api.get("/groups")
        assert (answer.status_code, answer.headers["Retry-After"]) == (403, "5")
        assert answer.json() == {"statusCode": 403, "message": "Bandwidth quota exceeded. Try again later."}


@pytest.mark.parametrize("throttle", ["429", "403", "reworded"])
def test_no_retry_after(throttle: str) -> None:
    """`retry_after=absent`: nothing says when to come back but the words."""
    with rehearse(throttle=throttle, retry_after="absent") as api:
        assert "Retry-After" not in api.get("/groups").headers


def test_retry_after_as_date() -> None:
    """`retry_after=date`: a moment instead of seconds."""
    clock = Clock()
    with rehearse(Organization.small(clock=clock), throttle="429", retry_after="date") as api:
        told = parsedate_to_datetime(api.get("/groups").headers["Retry-After"])
        assert round((told - clock.now).total_seconds()) == 5


def test_other_words() -> None:
    """`throttle=reworded`: a 403 none of whose words are those of a throttle."""
    with rehearse(throttle="reworded") as api:
        answer = api.get("/groups")
        assert answer.status_code == 403
        assert not any(word in answer.text.lower() for word in ("quota", "bandwidth", "rate limit", "try again"))


def test_firewall_page() -> None:
    """`throttle=html`: a page for people, without Retry-After."""
    with rehearse(throttle="html") as api:
        answer = api.get("/groups")
        assert answer.status_code == 403
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Retry-After" not in answer.headers


def test_throttle_now_and_then() -> None:
    """`throttle_every=`: of so many requests the last is throttled."""
    with rehearse(throttle="429", throttle_every=3) as api:
        assert [api.get("/groups").status_code for _ in range(6)] == [200, 200, 429, 200, 200, 429]


def test_throttled_write_is_not_done() -> None:
    """A throttled write changes nothing."""
    with rehearse(throttle="403") as api:
        api.add("Newcomers", api.user_id("Erik"))
        assert api.names("Newcomers") == set()


def test_tokens_are_not_throttled() -> None:
    """The token endpoint stands before another house."""
    with rehearse(throttle="429") as api:
        assert api.ask_token().status_code == 200


# ---- 11.18, 4.3, 7 -------------------------------------------------------------------------------------


def writes(api: Api) -> list[tuple[int, bool]]:
    """Every kind of write: its status, and whether it has a body."""
    group = f"/groups/{api.group_id('Auditors')}"
    answers = [
        api.call("POST", "/groups", {"name": "Risk"}),
        api.call("PATCH", group, {"groupLeadId": api.user_id("Ben")}),
        api.add("Auditors", api.user_id("Erik")),
        api.remove("Auditors", api.user_id("Erik")),
    ]
    return [(answer.status_code, bool(answer.content)) for answer in answers]


def test_writes_answer_200(api: Api) -> None:
    """By default every write that goes well is a 200."""
    assert writes(api) == [(200, True)] * 4


def test_writes_answer_201() -> None:
    """`write_status=201`: another success."""
    with rehearse(write_status="201") as api:
        assert writes(api) == [(201, True)] * 4


def test_writes_answer_204() -> None:
    """`write_status=204`: success without a body; the connection goes on."""
    with rehearse(write_status="204") as api:
        assert writes(api) == [(204, False)] * 4
        assert "Risk" in {group.name for group in api.organization.groups}


def test_slash_unknown() -> None:
    """`trailing_slash=404`: an address with a slash is unknown."""
    with rehearse(trailing_slash="404") as api:
        assert api.get("/groups/").status_code == 404
        assert api.get("/groups").status_code == 200


def test_slash_sent_on() -> None:
    """`trailing_slash=redirect`: an address with a slash leads to the one without, query and all."""
    with rehearse(trailing_slash="redirect") as api:
        answer = api.get("/groups/", status="archived")
        assert (answer.status_code, answer.headers["Location"]) == (308, "/v1/groups?status=archived")


@pytest.mark.parametrize(
    ("form", "body"), [("json", b'{"error": "Group not found."}'), ("text", b"Group not found."), ("empty", b"")]
)
def test_words_of_the_application(form: str, body: bytes) -> None:
    """`error_body=`: the application's refusals are JSON, plain text, or without a word."""
    with rehearse(error_body=form) as api:
        answer = api.get("/groups/none")
        assert (answer.status_code, answer.content) == (404, body)


def test_words_of_the_gateway() -> None:
    """`error_body=`: the gateway keeps its own form."""
    with rehearse(error_body="empty") as api:
        assert api.get("/none").json()["statusCode"] == 404
