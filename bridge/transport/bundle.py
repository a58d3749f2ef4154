"""Many requests in few exchanges: each is judged by itself, and only those that may be repeated go again.

What stops one request does not stop the others in its exchange; a throttle of one holds everybody, as it would
had the request been made alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from bridge.errors import RemoteError
from bridge.transport.answer import Answer
from bridge.transport.client import Bearer, Client, Pause, Tries
from bridge.transport.failure import Failure
from bridge.transport.reaction import Call

Result: TypeAlias = Answer | RemoteError
"""What came of one request."""


class Bundling(Protocol):
    """How one remote system takes several requests in one."""

    @property
    def most(self) -> int:
        """Requests in one exchange, at most."""

    def wrapped(self, calls: Sequence[Call]) -> Call:
        """The one request that makes all of these."""

    def unwrapped(self, calls: Sequence[Call], answer: Answer) -> Sequence[Answer | Failure]:
        """What came of each, in their order. Raises IncompleteRead when the answer is none to them."""


@dataclass(slots=True)
class _Request:
    call: Call
    tries: Tries = field(default_factory=Tries)
    result: Result | None = None


class Bundler:
    """Makes repeatable requests of one remote system, several in one exchange."""

    def __init__(self, client: Client, bearer: Bearer, bundling: Bundling) -> None:
        self._client = client
        self._bearer = bearer
        self._bundling = bundling

    def send(self, calls: Sequence[Call]) -> list[Result]:
        """Make each request as often as `Client.send` would, and tell what came of it, in their order.

        An exchange that fails as a whole fails each request in it. A request that is alone goes by itself.
        """
        requests = [_Request(call) for call in calls]
        most = self._bundling.most
        for start in range(0, len(requests), most):
            self._settle(requests[start : start + most])
        return [request.result for request in requests if request.result is not None]

    def _settle(self, requests: Sequence[_Request]) -> None:
        """Make them all, then those again that may be repeated, until something came of each."""
        due = requests
        while len(due) > 1:
            self._round(due)
            due = [request for request in due if request.result is None]
        for request in due:
            try:
                request.result = self._client.send(request.call, self._bearer, request.tries)
            except RemoteError as error:
                request.result = error

    def _round(self, due: Sequence[_Request]) -> None:
        """One exchange, and the longest of the pauses that its parts have to make."""
        calls = [request.call for request in due]
        try:
            answer = self._client.send(self._bundling.wrapped(calls), self._bearer)
            outcomes = self._bundling.unwrapped(calls, answer)
            token = self._bearer.token()
        except RemoteError as error:
            for request in due:
                request.result = error
            return
        pauses = [self._judge(*each, token) for each in zip(due, outcomes, strict=True)]
        self._client.wait(max(pauses, key=lambda pause: pause.seconds))

    def _judge(self, request: _Request, outcome: Answer | Failure, token: str) -> Pause:
        call = replace(request.call, hidden=(*request.call.hidden, token))
        try:
            step = self._client.judge(call, outcome, request.tries, self._bearer, token)
        except RemoteError as error:
            request.result = error
            return Pause()
        if isinstance(step, Pause):
            return step
        request.result = step
        return Pause()
