import threading
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from bridge.errors import Denied, IncompleteRead, Throttled, Unavailable
from bridge.transport.tokens import ClientCredentials
from tests.transport.virtual import READ, Bench, Line, Script, answer, requests_with

TOKEN_URL = "https://accounts.example/oauth/token"


class Desk(Bench):
    """A bench with a bearer whose token endpoint follows the script."""

    def __init__(self, *lines: Line, secret: Callable[[], str] = lambda: "s3cret") -> None:
        self.server = Script(*lines)
        super().__init__(self.server)
        self.tokens = ClientCredentials(
            self.client, self.clock, token_url=TOKEN_URL, client_id="the-client", secret=secret
        )


def issued(token: str, expires_in: object = 3600) -> httpx.Response:
    """A token endpoint's answer."""
    return answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": expires_in})


def test_request_is_a_form() -> None:
    """As RFC 6749 has it: the grant, the client and its secret in the body, and no Authorization header."""
    desk = Desk(issued("t1"))
    assert desk.tokens.token() == "t1"
    (request,) = desk.server.requests
    assert (request.method, str(request.url)) == ("POST", TOKEN_URL)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["the-client"],
        "client_secret": ["s3cret"],
    }
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("expires_in", "used_for"),
    [
        (3600, 3540),  # less a minute
        (300, 270),  # less a tenth
        (5, 4.5),
        (1e6, 999_940),
        (None, 270),
        ("3600", 270),
        (True, 270),
        (0, 270),
        (-5, 270),
        (10**400, 270),
        ({}, 270),
    ],
)
def test_token_is_used_until_shortly_before_its_end(expires_in: object, used_for: float) -> None:
    """The margin is a minute or a tenth of its life; a life that is not told as a figure is taken for 300 s."""
    desk = Desk(issued("t1", expires_in), issued("t2"))
    assert desk.tokens.token() == "t1"
    desk.clock.pass_(used_for - 0.01)
    assert desk.tokens.token() == "t1"
    desk.clock.pass_(0.02)
    assert desk.tokens.token() == "t2"


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_life_that_is_no_number(text: str) -> None:
    """Python's JSON takes such words for figures; we do not."""
    desk = Desk(httpx.Response(200, text=f'{{"access_token": "t1", "expires_in": {text}}}'), issued("t2"))
    desk.tokens.token()
    desk.clock.pass_(269)
    assert desk.tokens.token() == "t1"
    desk.clock.pass_(2)
    assert desk.tokens.token() == "t2"


def test_life_counts_from_the_asking() -> None:
    """An answer that takes ten seconds leaves ten seconds less."""

    def slow(_: httpx.Request) -> httpx.Response:
        desk.clock.pass_(10)
        return issued("t1", 100)

    desk = Desk(slow, issued("t2"))
    desk.tokens.token()
    desk.clock.pass_(81)
    assert desk.tokens.token() == "t2"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"access_token": ""},
        {"access_token": 5},
        {"access_token": "two words"},
        {"access_token": "line\nbreak"},
        {"access_token": "schlüssel"},
    ],
)
def test_answer_without_a_usable_token(body: object) -> None:
    """What does not fit into a header is no token, and nothing is sent with it."""
    with pytest.raises(IncompleteRead, match="access_token"):
        Desk(answer(200, body)).tokens.token()


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials(status: int) -> None:
    """One question, a clear end, and no hammering."""
    desk = Desk(answer(status, {"error": "invalid_client"}))
    with pytest.raises(Denied, match=r"invalid_client\); check client_id, client_secret and token_url"):
        desk.tokens.token()
    assert len(desk.server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_rotated_secret_is_picked_up(status: int) -> None:
    """The secret is asked for again, and when it has changed, it gets its chance."""
    secrets = iter(["old", "new"])
    desk = Desk(answer(status, {"error": "invalid_client"}), issued("t1"), secret=lambda: next(secrets))
    assert desk.tokens.token() == "t1"
    assert [parse_qs(r.content.decode())["client_secret"] for r in desk.server.requests] == [["old"], ["new"]]


def test_two_wrong_secrets_are_enough() -> None:
    """A secret that changes with every question is not tried for ever."""
    secrets = iter("abcdef")
    desk = Desk(answer(401, {"error": "invalid_client"}), secret=lambda: next(secrets))
    with pytest.raises(Denied):
        desk.tokens.token()
    assert len(desk.server.requests) == 2


@pytest.mark.parametrize(
    "line",
    [
        answer(429),
        answer(403, {"message": "Bandwidth quota exceeded."}),
        answer(503),
        httpx.ReadError("reset"),
        httpx.Response(200, text="<html>"),
    ],
)
def test_trouble_at_the_token_endpoint_passes(line: Line) -> None:
    """It is no refusal: asking for a token can be repeated as a read can."""
    assert Desk(line, issued("t1")).tokens.token() == "t1"


def test_trouble_that_stays() -> None:
    """Then the run ends, and the next one tries."""
    with pytest.raises(Unavailable):
        Desk(answer(503)).tokens.token()
    with pytest.raises(Throttled):
        Desk(answer(429)).tokens.token()


def test_firewall_at_the_token_endpoint_is_no_refusal_of_the_credentials() -> None:
    """The operator is sent to the firewall, not to the API client."""
    with pytest.raises(Denied, match="forbidden or blocked"):
        Desk(httpx.Response(403, text="<html>Blocked</html>")).tokens.token()


def test_threads_fetch_one_token() -> None:
    """The vendor's endpoint answers 400 when two refresh at once; only one ever does."""
    desk = Desk(issued("t1"))
    start = threading.Barrier(8)
    found: list[str] = []

    def ask() -> None:
        start.wait()
        found.append(desk.tokens.token())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["t1"] * 8
    assert len(desk.server.requests) == 1


def test_token_that_was_replaced_meanwhile_is_not_replaced_again() -> None:
    """Eight requests that all got a 401 renew the token once."""
    desk = Desk(issued("t1"), issued("t2"), issued("t3"))
    desk.tokens.token()
    desk.tokens.renew("t1")
    desk.tokens.renew("t1")
    assert desk.tokens.token() == "t2"
    assert len(desk.server.requests) == 2


def test_refused_token_is_not_used_again_when_renewing_fails() -> None:
    """A failed renewal leaves no token, rather than the bad one."""
    desk = Desk(issued("t1"), answer(401), issued("t2"))
    desk.tokens.token()
    with pytest.raises(Denied):
        desk.tokens.renew("t1")
    assert desk.tokens.token() == "t2"


def test_requests_carry_the_token_and_our_name() -> None:
    """Bearer, and a User-Agent by which the vendor can find us."""

    def serve(request: httpx.Request) -> httpx.Response:
        return issued("t1") if request.url.path == "/oauth/token" else answer(200, [])

    desk = Desk(serve)
    desk.client.send(READ, desk.tokens)
    assert requests_with(desk.server.requests, "Authorization") == ["Bearer t1"]
    assert all(a.startswith("hyperproof-bridge/") for a in requests_with(desk.server.requests, "User-Agent"))


def test_secret_is_nowhere_to_be_read() -> None:
    """Neither in the error, whatever the endpoint echoes, nor in what is told, nor in any repr."""
    desk = Desk(answer(401, {"error": "no such secret: s3cret/+ä"}), secret=lambda: "s3cret/+ä")
    with pytest.raises(Denied) as caught:
        desk.tokens.token()
    told = repr((str(caught.value), caught.value, desk.exchanges, desk.waitings, desk.tokens, vars(desk.tokens)))
    assert "s3cret" not in told
    held = Desk(issued("t0ken"))
    held.tokens.token()
    assert "t0ken" not in repr(vars(held.tokens))
