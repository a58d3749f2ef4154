"""The target before a sandbox that throttles, breaks off, or is not there: each fault, on virtual time."""

import pytest

from bridge.errors import Denied, IncompleteRead, OutcomeUnknown, RemoteError, Throttled, Unavailable
from bridge.sandbox.hyperproof import (
    BRIDGE,
    Act,
    EventKind,
    Fault,
    Modes,
    html_answer,
    json_answer,
    throttle_answer,
)
from bridge.targets.hyperproof import open_hyperproof
from bridge.targets.settings import HyperproofSettings
from bridge.transport.client import Patience
from bridge.transport.settings import Timeouts
from tests.targets.scene import scene

# ---- throttles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["429", "403"])
@pytest.mark.parametrize("said", ["seconds", "date", "absent"])
def test_every_second_request_throttled(kind: str, said: str) -> None:
    """Both kinds, with every way to say when: reads and writes get through, each write once."""
    modes = Modes(throttle=kind, retry_after=said, throttle_every=2)  # type: ignore[arg-type]  # among its literals
    with scene(modes) as s:
        s.target.read()
        s.target.add_members(s.group("Auditors"), [s.account("erik")])
        s.target.remove_members(s.group("Auditors"), [s.account("david")])
        assert s.statuses.count(int(kind)) >= 2
        assert len(s.clock.waits) == s.statuses.count(int(kind))
        assert s.deeds == [EventKind.MEMBER_ADDED, EventKind.MEMBER_REMOVED]


@pytest.mark.parametrize(
    ("modes", "error", "tries"),
    [
        (Modes(throttle="429"), Throttled, 6),
        (Modes(throttle="403", retry_after="absent"), Throttled, 6),
        (Modes(throttle="reworded"), Throttled, 6),
        (Modes(throttle="429", retry_after_seconds=4000), Throttled, 1),
        (Modes(throttle="reworded", retry_after="absent"), Denied, 1),
        (Modes(throttle="html"), Denied, 1),
    ],
)
def test_throttle_that_does_not_end(modes: Modes, error: type[RemoteError], tries: int) -> None:
    """The run ends; a 403 in words that we do not know is no throttle."""
    with scene(modes) as s:
        with pytest.raises(error):
            s.target.read()
        assert len(s.calls) == tries


def test_next_run_waits_for_what_the_last_was_told() -> None:
    """The gate stays closed between runs: nothing is sent before a quarter of an hour has gone by."""
    with scene(Modes(throttle="429", retry_after_seconds=4000)) as s:
        for _ in range(3):
            with pytest.raises(Throttled) as caught:
                s.target.read()
            assert caught.value.wait == 4000.5
        assert s.clock.waits == [900, 900]
        assert len(s.calls) == 3


# ---- faults ----------------------------------------------------------------------------------------------

BROKEN = [
    Fault(Act.RESET_BEFORE),
    Fault(Act.RESET_AFTER),
    Fault(Act.DROP),
    Fault(Act.DROP_AFTER),
    Fault(Act.TRUNCATE),
    Fault(Act.ANSWER, answer=json_answer({"error": "Oops"}, 500)),
    Fault(Act.ANSWER_AFTER, answer=json_answer({"error": "Oops"}, 502)),
    Fault(Act.ANSWER_AFTER, answer=html_answer(200)),
    Fault(Act.HALF),
]


def befalling(fault: Fault, method: str, count: int = 1) -> Fault:
    """The same fault for requests of one method to the API."""
    return Fault(fault.act, method=method, path="^/v1", count=count, answer=fault.answer)


@pytest.mark.parametrize("fault", BROKEN[:-1], ids=lambda fault: fault.act.value)
def test_read_gets_over_a_fault(fault: Fault) -> None:
    """What broke once is asked again, and the reading is the same as ever."""
    with scene() as s:
        whole = s.target.read()
        s.sandbox.faults.add(befalling(fault, "GET", count=2))
        assert s.target.read() == whole
        assert len(s.clock.waits) == 2


@pytest.mark.parametrize("fault", BROKEN[:-1], ids=lambda fault: fault.act.value)
def test_read_never_makes_something_of_a_fault_that_stays(fault: Fault) -> None:
    """After six tries it is an error, and no list."""
    with scene() as s:
        s.sandbox.faults.add(befalling(fault, "GET", count=0))
        with pytest.raises((Unavailable, IncompleteRead)):
            s.target.read()
        assert len(s.calls) == 6


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.act.value)
def test_write_that_broke_is_not_repeated(fault: Fault) -> None:
    """It may have happened, wholly or by half: one request, and the cycle is told to look."""
    with scene() as s:
        s.sandbox.faults.add(befalling(fault, "POST"))
        with pytest.raises(OutcomeUnknown):
            s.target.add_members(s.group("Auditors"), [s.account("erik"), s.account("anna")])
        assert len(s.calls) == 1
        assert s.clock.waits == []


def test_slow_write_is_not_repeated() -> None:
    """Silence says nothing about what was done."""
    with scene(timeouts=Timeouts(read=0.2)) as s:
        s.target.read()
        s.sandbox.faults.add(Fault(Act.PROCEED, method="POST", path="^/v1", answer_delay=1.0))
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            s.target.add_members(s.group("Auditors"), [s.account("erik")])
        assert s.deeds == [EventKind.MEMBER_ADDED]


def test_quota_on_a_write_is_waited_for() -> None:
    """A throttle in the middle of the writes costs time and nothing else."""
    with scene() as s:
        s.sandbox.faults.add(
            Fault(Act.ANSWER, method="PUT", answer=throttle_answer("403", 0), retry_after=30, count=2)
        )
        s.target.remove_members(s.group("Auditors"), [s.account("david")])
        assert s.clock.waits == [30.5, 30.5]
        assert s.deeds == [EventKind.MEMBER_REMOVED]


def test_address_with_a_slash_at_its_end() -> None:
    """However the operator writes the base, no path has a slash at its end: a redirect would be refused."""
    with scene(Modes(trailing_slash="redirect")) as s:
        settings = HyperproofSettings(
            client_id=BRIDGE.id,
            client_secret=lambda: BRIDGE.secret,
            api_url=s.sandbox.api_url + "/",
            token_url=s.sandbox.token_url,
        )
        with open_hyperproof(settings, Patience.of(s.clock)) as target:
            assert target.read().groups


def test_wrong_address_is_named() -> None:
    """A base without its version meets the gateway's 404, and the error says where to look."""
    with scene() as s:
        settings = HyperproofSettings(
            client_id=BRIDGE.id,
            client_secret=lambda: BRIDGE.secret,
            api_url=s.sandbox.url,
            token_url=s.sandbox.token_url,
        )
        target = open_hyperproof(settings, Patience.of(s.clock))
        with target, pytest.raises(IncompleteRead, match="check the address of the API"):
            target.read()


def test_server_that_is_down() -> None:
    """A closed port is Unavailable for reads and for writes: nothing was sent."""
    with scene() as s:
        s.target.read()
        group, account = s.group("Auditors"), s.account("erik")
        s.sandbox.close()
        for attempt in (s.target.read, lambda: s.target.add_members(group, [account])):
            with pytest.raises(Unavailable) as caught:
                attempt()
            assert type(caught.value) is Unavailable
