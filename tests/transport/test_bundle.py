"""Many requests in one exchange: each is judged by itself."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import pytest

from bridge.errors import Denied, IncompleteRead, RemoteError, Throttled, Unavailable
from bridge.transport.answer import Answer
from bridge.transport.bundle import Bundler, Result
from bridge.transport.failure import Failure, Stage
from bridge.transport.reaction import Call
from bridge.transport.settings import Limits
from tests.transport.virtual import Bench, FixedBearer, Line, Script, answer

DONE = {"status": 200, "body": {"ok": True}}
BUSY = {"status": 429, "headers": {"retry-after": "7"}}
FAILING = {"status": 503, "body": {"message": "down"}}
STALE = {"status": 401, "body": {"message": "expired"}}
REFUSED = {"status": 403, "body": {"message": "no"}}


def calls(*names: str) -> list[Call]:
    """Reads, one for each name."""
    return [Call("GET", f"https://api.example/{name}", "/{name}", repeatable=True) for name in names]


@dataclass(frozen=True)
class Plain:
    """Sends the paths and takes a list of parts back; None is a part that is missing."""

    most: int = 3

    def wrapped(self, calls: Sequence[Call]) -> Call:
        """The paths, in a list."""
        return Call(
            "POST", "https://api.example/many", "/many", repeatable=True, json=[call.url for call in calls]
        )

    def unwrapped(self, calls: Sequence[Call], answer: Answer) -> Sequence[Answer | Failure]:
        """Part by part."""
        parts = answer.value
        if not isinstance(parts, list):
            raise IncompleteRead("Server", "no parts")
        return [
            Answer.of_value(part["status"], part.get("headers", {}), part.get("body"))
            if part
            else Failure(Stage.CUT, "missing")
            for part in parts
        ]


def parts(*told: object) -> httpx.Response:
    """The answer to a bundle."""
    return answer(200, list(told))


class Bundles:
    """A bundler in front of a script, and what was asked of it."""

    def __init__(self, *lines: Line, limits: Limits | None = None, most: int = 3) -> None:
        self.server = Script(*lines)
        self.bench = Bench(self.server, limits=limits, dice=0.5)
        self.bearer = FixedBearer("old", "new")
        self._bundler = Bundler(self.bench.client, self.bearer, Plain(most))

    def send(self, *names: str) -> list[Result]:
        """Send reads of these names."""
        return self._bundler.send(calls(*names))

    @property
    def asked(self) -> list[object]:
        """What each exchange asked for: names in a list, or one by itself."""
        return [self._names(request) for request in self.server.requests]

    @staticmethod
    def _names(request: httpx.Request) -> object:
        if request.method == "GET":
            return request.url.path.strip("/")
        return [url.rpartition("/")[2] for url in json.loads(request.content)]


def statuses(results: list[Result]) -> list[object]:
    """The status of each answer, or the class of what stopped it."""
    return [one.status if isinstance(one, Answer) else type(one) for one in results]


def test_requests_go_together_and_are_told_in_order() -> None:
    """So many in each exchange as may be; one that is left goes by itself."""
    bundles = Bundles(parts(DONE, DONE, DONE), answer(200, {}))
    assert statuses(bundles.send("a", "b", "c", "d")) == [200] * 4
    assert bundles.asked == [["a", "b", "c"], "d"]


def test_only_what_failed_is_repeated() -> None:
    """After the longest of their waits, which the parts that are done do not share."""
    bundles = Bundles(parts(FAILING, DONE, None), parts(DONE, DONE))
    assert statuses(bundles.send("a", "b", "c")) == [200] * 3
    assert bundles.asked == [["a", "b", "c"], ["a", "c"]]
    assert bundles.bench.clock.waits == [1]


def test_a_throttled_part_holds_everybody() -> None:
    """For as long as it asks: whoever sends meanwhile would only prolong it."""
    bundles = Bundles(parts(DONE, BUSY, BUSY), parts(DONE, DONE))
    assert statuses(bundles.send("a", "b", "c")) == [200] * 3
    assert bundles.bench.clock.waits == [7.5]
    assert bundles.bench.waitings[0].reason.endswith("as the server asked for a pause")


def test_a_part_with_a_stale_token_goes_again_with_a_new_one() -> None:
    """The token is replaced once, however many parts refuse it."""
    bundles = Bundles(parts(STALE, STALE, DONE), parts(DONE, DONE))
    assert statuses(bundles.send("a", "b", "c")) == [200] * 3
    assert {request.headers["authorization"] for request in bundles.server.requests} == {
        "Bearer old",
        "Bearer new",
    }
    assert bundles.bearer.renewed[0] == "old"


def test_a_token_that_is_refused_again_is_denied() -> None:
    """A new one is asked for once."""
    bundles = Bundles(parts(STALE, DONE), answer(401, {"message": "no"}))
    assert statuses(bundles.send("a", "b")) == [Denied, 200]


@pytest.mark.parametrize(
    ("part", "error"), [(FAILING, Unavailable), (BUSY, Throttled), (REFUSED, Denied), (None, IncompleteRead)]
)
def test_what_stops_one_stops_no_other(part: object, error: type[RemoteError]) -> None:
    """The others have their answers; the tries of each are counted."""
    bundles = Bundles(parts(part, DONE, part), parts(part, part), limits=Limits(tries=3))
    assert statuses(bundles.send("a", "b", "c")) == [error, 200, error]


@pytest.mark.parametrize(
    ("line", "error"),
    [(answer(500), Unavailable), (answer(200, {"no": "parts"}), IncompleteRead), (answer(403, {}), Denied)],
)
def test_an_exchange_that_fails_fails_all_in_it(line: httpx.Response, error: type[RemoteError]) -> None:
    """And no more: the next exchange is made."""
    bundles = Bundles(line, limits=Limits(tries=1), most=2)
    assert statuses(bundles.send("a", "b", "c", "d")) == [error] * 4
    assert bundles.asked == [["a", "b"], ["c", "d"]]


def test_a_part_may_echo_no_token() -> None:
    """What a server says of one part is quoted without the token that went with all of them."""
    bundles = Bundles(parts({"status": 403, "body": {"message": "the token old is bad"}}, DONE))
    (refused, _) = bundles.send("a", "b")
    assert "[redacted]" in str(refused)
    assert "old" not in str(refused)


def test_nothing_is_sent_for_nothing() -> None:
    """No request, no exchange."""
    bundles = Bundles(answer(500))
    assert bundles.send() == []
    assert bundles.asked == []
