"""The loop that sends, waits and tries again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, Self, assert_never

from bridge.errors import RemoteError, Throttled
from bridge.transport.answer import Answer
from bridge.transport.exchange import Wire
from bridge.transport.failure import Failure
from bridge.transport.gate import Budget, Clock, Gate
from bridge.transport.reaction import Accept, Again, Call, Fail, Hold, Renew, reaction
from bridge.transport.settings import Limits
from bridge.transport.waits import BRIEF, DICE, Dice, Pace, asked_wait


class Bearer(Protocol):
    """Whoever has the token of the moment."""

    def token(self) -> str:
        """Give a token that should be good, fetching one if need be. Raises RemoteError."""

    def renew(self, refused: str) -> None:
        """Replace this token, which the API has refused; unless somebody already has. Raises RemoteError."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it, for metrics and the log."""

    system: str
    method: str
    template: str
    """The path with its ids left out."""
    status: int | None
    """None: no whole answer came."""
    seconds: float
    attempt: int
    """1 for the first."""
    failure: str = ""
    """What happened instead of an answer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait that begins now."""

    system: str
    seconds: float
    reason: str


def _ignore(_: object) -> None:
    """Observe nothing."""


def _allow() -> None:
    """Whoever only reads needs no leave."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Who is told. Called in the thread that sends; must not raise."""

    on_exchange: Callable[[Exchange], None] = _ignore
    on_wait: Callable[[Waiting], None] = _ignore


@dataclass(frozen=True, slots=True)
class Patience:
    """What all who speak to one system share in this process: time, the gate that a throttle closes, chance."""

    clock: Clock
    gate: Gate
    dice: Dice

    @classmethod
    def of(cls, clock: Clock, dice: Dice = DICE) -> Self:
        """Begin with an open gate."""
        return cls(clock, Gate(clock), dice)


@dataclass(slots=True)
class Tries:
    """How far one request has come."""

    exchanges: int = 0
    """Made so far."""
    spent: int = 1
    """Of the limit; one more than waits. A repeat after a renewed token is not counted."""
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """What has to pass before a request may be made again."""

    seconds: float = 0
    reason: str = ""


class Client:
    """Speaks to one remote system. Safe to share between threads."""

    def __init__(self, system: str, wire: Wire, patience: Patience, limits: Limits, observer: Observer) -> None:
        self.system = system
        self._wire = wire
        self._clock = patience.clock
        self._gate = patience.gate
        self._dice = patience.dice
        self._budget = Budget(patience.clock, limits.waiting_budget)
        self._limits = limits
        self._observer = observer
        self.permit: Callable[[], None] = _allow
        """Asked right before a write is sent, and sent again: there may be a wait before. Ends it by raising."""

    def start_run(self) -> None:
        """Begin a new run's waiting budget."""
        self._budget.start_run()

    def close(self) -> None:
        """Drop all connections."""
        self._wire.close()

    def send(self, call: Call, bearer: Bearer | None = None, tries: Tries | None = None) -> Answer:
        """Make a request, as often as that is harmless, and give its answer. `tries`: those it has behind it.

        Raises Denied, Throttled, Unavailable; for what is repeatable IncompleteRead, for writes ChangeRejected and
        OutcomeUnknown. The whole table is in `bridge.transport.reaction`.
        """
        tries = tries or Tries()
        while True:
            self._pass_gate(call)
            token = bearer.token() if bearer else ""  # after the gate, which may outlast a token
            sent = replace(call, hidden=(*call.hidden, token))
            tries.exchanges += 1
            if not call.repeatable:
                self.permit()
            outcome = self._exchange(sent, token, tries.exchanges)
            step = self.judge(sent, outcome, tries, bearer, token)
            if isinstance(step, Answer):
                return step
            self.wait(step)

    def judge(
        self, call: Call, outcome: Answer | Failure, tries: Tries, bearer: Bearer | None, token: str
    ) -> Answer | Pause:
        """Tell what an exchange comes to: the answer, or the pause after which to make the request again.

        `token` is the one that was sent; `tries` is brought up to date. Raises as `send` when no try is left.
        """
        match reaction(self.system, call, outcome):
            case Accept(answer):
                return answer
            case Fail(error):
                raise error
            case Renew(error):
                if bearer is None or tries.renewed:
                    raise error
                bearer.renew(token)
                tries.renewed = True
                return Pause()
            case Hold() as hold:
                self._hold(hold, outcome, tries.spent)
                tries.spent += 1
                return Pause()
            case Again(error):
                pause = self._pause(error, outcome, tries.spent)
                tries.spent += 1
                return pause
            case other:
                assert_never(other)

    def wait(self, pause: Pause) -> None:
        """Let it pass."""
        if pause.seconds > 0:
            self._sleep(pause.seconds, pause.reason)

    def _exchange(self, call: Call, token: str, attempt: int) -> Answer | Failure:
        started = self._clock.monotonic()
        outcome = self._wire.exchange(call, token)
        seconds = self._clock.monotonic() - started
        status, failure = (outcome.status, "") if isinstance(outcome, Answer) else (None, outcome.text)
        self._observer.on_exchange(
            Exchange(self.system, call.method, call.template, status, seconds, attempt, failure)
        )
        return outcome

    def _pass_gate(self, call: Call) -> None:
        """Wait until nobody has to wait."""
        while (left := self._gate.remaining()) > 0:
            if not self._budget.spend(left):
                raise self._put_off(f"{call} was held back, as the server asked for a pause", left)
            self._sleep(left, f"{call} is held back, as the server asked for a pause")

    def _hold(self, hold: Hold, outcome: Answer | Failure, tries: int) -> None:
        """Close the gate for everybody. The waiting itself is done in front of it."""
        wait, asked = self._wait(hold.pace, outcome, tries)
        self._gate.hold(min(wait, self._limits.longest_wait))
        if tries >= self._limits.tries or asked > self._limits.longest_wait:
            raise self._put_off(hold.what, wait)

    def _pause(self, error: RemoteError, outcome: Answer | Failure, tries: int) -> Pause:
        """What one request has to wait before it is repeated; charged to the run, as it begins at once."""
        wait, asked = self._wait(BRIEF, outcome, tries)
        if asked > self._limits.longest_wait:
            raise self._put_off(error.what, wait)
        if tries >= self._limits.tries or not self._budget.spend(wait):
            raise error
        return Pause(wait, error.what)

    def _wait(self, pace: Pace, outcome: Answer | Failure, tries: int) -> tuple[float, float]:
        """Tell the seconds to wait, and how many of them the server asked for."""
        asked = asked_wait(outcome, self._clock.now()) if isinstance(outcome, Answer) else None
        if asked is None:
            return pace.wait(tries, self._dice), 0
        return asked + self._dice(), asked

    def _sleep(self, seconds: float, reason: str) -> None:
        self._observer.on_wait(Waiting(self.system, seconds, reason))
        self._clock.sleep(seconds)

    def _put_off(self, what: str, wait: float) -> Throttled:
        return Throttled(self.system, f"{what}; the next run tries again in {wait:.0f} s", wait)
