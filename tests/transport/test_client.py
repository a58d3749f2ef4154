import threading

import httpx
import pytest

from bridge.errors import Busy, ChangeRejected, Denied, IncompleteRead, OutcomeUnknown, Throttled, Unavailable
from bridge.transport.client import Client
from bridge.transport.reaction import Call
from bridge.transport.settings import Limits
from tests.transport.virtual import READ, WRITE, Bench, FixedBearer, Script, answer, requests_with

BUSY = answer(429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 5 seconds."})
QUOTA = answer(403, {"statusCode": 403, "message": "Bandwidth quota exceeded. Try again later."})
DONE = answer(200, [])


# ---- throttles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
def test_throttled_request_is_repeated_when_its_time_has_come(call: Call) -> None:
    """A throttle was not executed: reads and writes wait as asked, half a second more, and go again."""
    server = Script(BUSY, DONE)
    bench = Bench(server, dice=0.5)
    assert bench.client.send(call).status == 200
    assert bench.clock.waits == [5.5]
    assert len(server.requests) == 2


def test_throttle_without_a_time_is_met_with_growing_waits() -> None:
    """Where the server names no time, ours double: from 15 s for a quota, up to five minutes."""
    bench = Bench(Script(QUOTA), limits=Limits(waiting_budget=10_000))
    with pytest.raises(Throttled):
        bench.client.send(READ)
    assert bench.clock.waits == [15, 30, 60, 120, 240]


def test_six_tries_and_no_more() -> None:
    """A server that keeps refusing is left in peace, and the next run is told when to come."""
    server = Script(answer(429))
    bench = Bench(server)
    with pytest.raises(Throttled) as caught:
        bench.client.send(READ)
    assert len(server.requests) == 6
    assert caught.value.wait == 60
    assert bench.clock.waits == [2, 4, 8, 16, 32]


def test_wait_beyond_the_longest_puts_the_run_off() -> None:
    """Asked to come back in half an hour, the run ends at once and says so."""
    bench = Bench(Script(answer(429, retry_after="1800")), dice=0)
    with pytest.raises(Throttled) as caught:
        bench.client.send(READ)
    assert caught.value.wait == 1800
    assert bench.clock.waits == []


def test_spent_budget_puts_the_run_off() -> None:
    """A run may wait 900 s in all, not 900 s for each request."""
    bench = Bench(Script(answer(429, retry_after="400"), DONE), dice=0, limits=Limits(waiting_budget=900))
    bench.client.send(READ)
    bench = Bench(Script(answer(429, retry_after="400")), dice=0, limits=Limits(waiting_budget=900))
    with pytest.raises(Throttled) as caught:
        bench.client.send(READ)
    assert bench.clock.waits == [400, 400]
    assert caught.value.wait == 400


def test_next_run_has_a_budget_of_its_own() -> None:
    """Otherwise a daemon would stop to wait after some weeks."""
    bench = Bench(
        Script(answer(429, retry_after="9"), DONE, answer(429, retry_after="9"), DONE),
        dice=0,
        limits=Limits(waiting_budget=10),
    )
    bench.client.send(READ)
    bench.client.start_run()
    assert bench.client.send(READ).status == 200


def test_throttle_holds_all_requests() -> None:
    """While one request waits, no other is sent, not even by another client that shares the gate."""
    bench = Bench(Script(DONE))
    bench.patience.gate.hold(30)
    bench.client.send(READ)
    assert bench.clock.waits == [30]
    assert bench.exchanges[0].attempt == 1


def test_long_throttle_outlasts_the_run() -> None:
    """The next run does not ask before the time has come; but the gate is never closed beyond our own limit."""
    server = Script(answer(429, retry_after="99999999"), DONE)
    bench = Bench(server, dice=0, limits=Limits(waiting_budget=5))
    with pytest.raises(Throttled):
        bench.client.send(READ)
    bench.client.start_run()
    with pytest.raises(Throttled) as caught:
        bench.client.send(READ)
    assert caught.value.wait == 900
    assert len(server.requests) == 1
    bench.clock.pass_(901)
    assert bench.client.send(READ).status == 200


def test_threads_before_a_closed_gate_all_wait() -> None:
    """Requests of several threads pass the gate when it opens, and are charged for one wait."""
    bench = Bench(Script(DONE), limits=Limits(waiting_budget=30))
    bench.patience.gate.hold(30)
    threads = [threading.Thread(target=bench.client.send, args=(READ,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bench.exchanges) == 4
    assert bench.clock.monotonic() >= 30


# ---- failures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (answer(502), Unavailable),
        (httpx.ReadTimeout("slow"), Unavailable),
        (httpx.ReadError("reset"), Unavailable),
        (httpx.ConnectError("refused"), Unavailable),
        (httpx.Response(200, text="<html>maintenance</html>"), IncompleteRead),
        (httpx.Response(200), IncompleteRead),
    ],
)
def test_read_is_tried_six_times(line: httpx.Response | Exception, error: type[Exception]) -> None:
    """On the same schedule as a throttle, and then it is an error: never an empty answer."""
    server = Script(line)
    bench = Bench(server)
    with pytest.raises(error):
        bench.client.send(READ)
    assert len(server.requests) == 6
    assert bench.clock.waits == [2, 4, 8, 16, 32]


@pytest.mark.parametrize("line", [answer(500), httpx.ReadError("reset"), httpx.Response(200, text="[{")])
def test_read_that_passes_in_the_end_is_good(line: httpx.Response | Exception) -> None:
    """A hiccup costs a wait and nothing else."""
    bench = Bench(Script(line, line, answer(200, ["a"])))
    assert bench.client.send(READ).value == ["a"]


@pytest.mark.parametrize(
    "line",
    [
        answer(500),
        answer(503, retry_after="5"),
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("broken pipe"),
        httpx.RemoteProtocolError("disconnected"),
        httpx.Response(200, text="<html>maintenance</html>"),
    ],
)
def test_write_of_unknown_outcome_is_sent_once(line: httpx.Response | Exception) -> None:
    """It may have happened. Whether it did has to be read, and repeating it is not ours to decide."""
    server = Script(line, DONE)
    bench = Bench(server)
    with pytest.raises(OutcomeUnknown):
        bench.client.send(WRITE)
    assert len(server.requests) == 1
    assert bench.clock.waits == []


@pytest.mark.parametrize(
    "line", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("none free")]
)
def test_write_that_was_never_sent_is_repeated(line: Exception) -> None:
    """Nothing has left this machine, so nothing can happen twice."""
    server = Script(line, line, DONE)
    bench = Bench(server)
    assert bench.client.send(WRITE).status == 200
    assert len(server.requests) == 3


def test_write_that_never_can_be_sent_is_unavailable() -> None:
    """It did not happen, and that is known: no OutcomeUnknown."""
    with pytest.raises(Unavailable) as caught:
        Bench(Script(httpx.ConnectError("refused"))).client.send(WRITE)
    assert type(caught.value) is Unavailable


def test_outage_outlasting_the_budget_is_named_as_what_it_is() -> None:
    """A server that is down has not asked anybody to wait."""
    bench = Bench(Script(answer(500)), limits=Limits(waiting_budget=7))
    with pytest.raises(Unavailable) as caught:
        bench.client.send(READ)
    assert type(caught.value) is Unavailable
    assert bench.clock.waits == [2, 4]


def test_failing_server_may_name_its_time() -> None:
    """Retry-After on a 503 is kept to, and beyond the longest wait it puts the run off as a throttle does."""
    bench = Bench(Script(answer(503, retry_after="20"), DONE), dice=0)
    assert bench.client.send(READ).status == 200
    assert bench.clock.waits == [20]
    with pytest.raises(Throttled):
        Bench(Script(answer(503, retry_after="20000"))).client.send(READ)


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422])
def test_rejected_write_is_not_repeated(status: int) -> None:
    """The server has understood it, and said no."""
    server = Script(answer(status, {"error": "No."}))
    with pytest.raises(ChangeRejected) as caught:
        Bench(server).client.send(WRITE)
    assert caught.value.status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
def test_forbidden_is_not_repeated(call: Call) -> None:
    """A person has to act; asking again is noise."""
    server = Script(answer(403, {"message": "You lack permission"}))
    with pytest.raises(Denied, match="lack permission"):
        Bench(server).client.send(call)
    assert len(server.requests) == 1


def test_firewalls_no_is_called_so() -> None:
    """An operator shall not search in Hyperproof for what a proxy on the way has done."""
    with pytest.raises(Denied, match=r"forbidden or blocked.*firewall"):
        Bench(Script(httpx.Response(403, text="<html>Blocked</html>"))).client.send(READ)


# ---- tokens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
def test_refused_token_is_renewed_once(call: Call) -> None:
    """A 401 was not executed: with a new token the same request goes again, at once."""
    server = Script(answer(401), DONE)
    bearer = FixedBearer("old", "new")
    bench = Bench(server)
    assert bench.client.send(call, bearer).status == 200
    assert requests_with(server.requests, "Authorization") == ["Bearer old", "Bearer new"]
    assert bench.clock.waits == []
    assert [exchange.attempt for exchange in bench.exchanges] == [1, 2]


def test_second_refusal_is_final() -> None:
    """A token that was just issued and is refused all the same is no matter of time."""
    server = Script(answer(401, {"message": "Unauthorized"}))
    bearer = FixedBearer("old", "new")
    with pytest.raises(Denied, match="API client"):
        Bench(server).client.send(READ, bearer)
    assert bearer.renewed == ["old"]
    assert len(server.requests) == 2


def test_redirect_is_not_followed() -> None:
    """The token does not go to an address that somebody else names."""
    server = Script(httpx.Response(302, headers={"Location": "https://evil.example/"}), DONE)
    with pytest.raises(Denied, match=r"evil\.example"):
        Bench(server).client.send(READ, FixedBearer("t"))
    assert len(server.requests) == 1


# ---- what is told ----------------------------------------------------------------------------------------


def test_observer_is_told_of_everything() -> None:
    """Every exchange and every wait, with what metrics need."""
    bench = Bench(Script(BUSY, httpx.ReadError("reset"), DONE), dice=1)
    bench.client.send(READ)
    told = [(e.method, e.template, e.status, e.attempt, e.failure) for e in bench.exchanges]
    assert told == [
        ("GET", "/things", 429, 1, ""),
        ("GET", "/things", None, 2, "ReadError: reset"),
        ("GET", "/things", 200, 3, ""),
    ]
    assert [w.seconds for w in bench.waitings] == [6, 4]
    assert bench.waitings[0].reason == "GET /v1/things is held back, as the server asked for a pause"
    assert bench.waitings[1].reason == "GET /v1/things failed: ReadError: reset"


def test_exchange_is_timed() -> None:
    """Seconds are those of the exchange, without the waits before it."""

    def slow(_: httpx.Request) -> httpx.Response:
        bench.clock.pass_(3)
        return answer(200, [])

    bench = Bench(Script(answer(429, retry_after="7"), slow))
    bench.client.send(READ)
    assert [e.seconds for e in bench.exchanges] == [0, 3]


SECRET = "sEcr3t-Tok3n"

LEAKY: list[httpx.Response | Exception] = [
    answer(400, {"message": f"bad token {SECRET}"}),
    answer(401, {"message": f"bad token {SECRET}"}),
    answer(403, {"message": f"bad token {SECRET}"}),
    answer(403, {"message": f"quota of {SECRET}"}),
    httpx.Response(403, text=f"<html>Authorization: Bearer {SECRET}</html>"),
    answer(429, {"message": SECRET}),
    answer(500, {"error": SECRET}),
    httpx.Response(200, text=f"Authorization: Bearer {SECRET}"),
    answer(302, location=f"https://x.example/?token={SECRET}"),
    httpx.ReadError(f"after Bearer {SECRET}"),
    httpx.LocalProtocolError(f"Illegal header value b'Bearer {SECRET}'"),
    httpx.ConnectError(f"Bearer {SECRET}"),
    httpx.RemoteProtocolError(f"Bearer {SECRET}"),
]


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize("line", LEAKY)
def test_no_token_leaves_by_an_error(line: httpx.Response | Exception, call: Call) -> None:
    """Whatever the server echoes, neither the error, its causes nor the observer hold the token."""
    bench = Bench(Script(line), limits=Limits(waiting_budget=1e9))
    with pytest.raises((Denied, Unavailable, IncompleteRead, ChangeRejected)) as caught:
        bench.client.send(call, FixedBearer(SECRET))
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error!s} {error!r}"
        assert not isinstance(error, httpx.HTTPError)  # it would carry the request
        error = error.__cause__ or error.__context__
    assert SECRET not in repr((bench.exchanges, bench.waitings, bench.client, bench.patience))


def test_client_is_for_many_threads() -> None:
    """It holds no state of a request."""
    bench = Bench(Script(DONE))
    assert isinstance(bench.client, Client)
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(bench.client.send(READ).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 8


# ---- the leave to write ----------------------------------------------------------------------------------


def test_leave_is_asked_right_before_each_sending_of_a_write() -> None:
    """Also before it is sent again after a wait, in which another may have become the one writer."""
    server = Script(BUSY, DONE)
    bench = Bench(server, dice=0.5)
    asked: list[tuple[int, float]] = []
    bench.client.permit = lambda: asked.append((len(server.requests), sum(bench.clock.waits)))
    assert bench.client.send(WRITE).status == 200
    assert asked == [(0, 0), (1, 5.5)]
    bench.client.send(READ)
    assert len(asked) == 2


def test_a_write_without_leave_is_not_sent_again() -> None:
    """What was raised ends the call."""
    server = Script(BUSY, DONE)
    bench = Bench(server)

    def permit() -> None:
        if server.requests:
            raise Busy("another run holds the organization")

    bench.client.permit = permit
    with pytest.raises(Busy):
        bench.client.send(WRITE)
    assert len(server.requests) == 1
