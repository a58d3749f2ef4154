"""Microsoft Graph: addresses, ids of requests, and many requests in one (Graph reference 1 and 4)."""

import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Final
from urllib.parse import quote, urlsplit

from bridge.errors import IncompleteRead
from bridge.sources.entra.failures import GROUPS_REMEDY, REFUSALS, STRANGER_REMEDY
from bridge.transport.answer import Answer
from bridge.transport.bundle import Bundler, Result
from bridge.transport.client import Bearer, Client
from bridge.transport.failure import Failure, Stage
from bridge.transport.reaction import Call

SYSTEM: Final = "Microsoft Graph"

MOST_IN_BATCH: Final = 20
"""Requests in one `$batch`; more are refused."""

_EVENTUAL: Final = {"ConsistencyLevel": "eventual"}
"""What an advanced query needs on each of its pages: links do not carry headers."""

_PATIENT: Final = {"x-ms-throttle-priority": "low"}
"""Under pressure Graph may let others go first: nobody waits for a background run."""


class RequestIds:
    """A GUID for each request of one read: they differ in their last eight digits, which count."""

    def __init__(self) -> None:
        digits = uuid.uuid4().hex
        self._begin = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:24]))
        self._lock = Lock()
        self._given = 0

    def next(self) -> str:
        """The next request's."""
        with self._lock:
            self._given += 1
            return self._text(self._given)

    @property
    def given(self) -> int:
        """How many were given out."""
        with self._lock:
            return self._given

    def since(self, given: int) -> str:
        """In words: which ids were given out after so many. Empty when none was."""
        last = self.given
        if last == given:
            return ""
        first = self._text(given + 1)
        return f"client-request-id {first}" + (f" to {last:08x}" if last > given + 1 else "")

    def _text(self, number: int) -> str:
        return f"{self._begin}{number:08x}"


class Graph:
    """One tenant's Graph. Safe to share between threads."""

    def __init__(self, client: Client, bearer: Bearer, address: str) -> None:
        self._client = client
        self._bearer = bearer
        self._address = address
        self._bundler = Bundler(client, bearer, Batching(address))

    def start_run(self) -> None:
        """Begin a new run: what may be waited in it starts anew."""
        self._client.start_run()

    def close(self) -> None:
        """Drop all connections."""
        self._client.close()

    def call(
        self, path: str, template: str, ids: RequestIds, *, advanced: bool = False, remedy: str = GROUPS_REMEDY
    ) -> Call:
        """A GET of a path under the version, query included, or of a link that Graph gave, as it stands.

        Raises IncompleteRead for a link that leads elsewhere: no token goes there.
        """
        return Call(
            method="GET",
            url=self._within(path) if "://" in path else self._address + path,
            template=template,
            repeatable=True,
            headers={"client-request-id": ids.next(), **_PATIENT, **(_EVENTUAL if advanced else {})},
            expected=REFUSALS,
            refused=remedy,
            unauthorized=STRANGER_REMEDY,
        )

    def send(self, call: Call) -> Answer:
        """Make one request. Raises as `bridge.transport.client.Client.send`; REFUSALS are answers."""
        return self._client.send(call, self._bearer)

    def send_all(self, calls: Sequence[Call]) -> list[Result]:
        """Make requests together, and tell what came of each, in their order."""
        return self._bundler.send(calls)

    def _within(self, link: str) -> str:
        """The link itself, byte for byte: Graph's tokens do not survive being put together anew."""
        if _place(link) != _place(self._address) or not _path(link).startswith(_path(self._address) + "/"):
            raise IncompleteRead(SYSTEM, "a page's link to the next one leads elsewhere; it was not followed")
        return link


def _place(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port. An address that is none is nowhere."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port


def _path(address: str) -> str:
    return urlsplit(address).path


_PLAIN: Final = "(),/:=*!$'@"
"""What stands for itself in the value of a query option, besides letters and digits."""


def query(path: str, **options: str) -> str:
    """A path with OData's query options: `query("/groups", top="999")` is /groups?$top=999."""
    told = "&".join(f"${name}={quote(text, safe=_PLAIN)}" for name, text in options.items())
    return f"{path}?{told}"


def literal(text: str) -> str:
    """A text as OData writes it in a filter: quotes within it are doubled."""
    return "'" + text.replace("'", "''") + "'"


class Batching:
    """JSON batching: up to 20 requests in one POST, each answered by itself, in any order."""

    most: Final = MOST_IN_BATCH

    def __init__(self, address: str) -> None:
        self._address = address

    def wrapped(self, calls: Sequence[Call]) -> Call:
        """The POST that makes all of these. Reads alone, so that it may be repeated."""
        requests = [self._part(str(number), call) for number, call in enumerate(calls)]
        first = calls[0]
        return Call(
            method="POST",
            url=f"{self._address}/$batch",
            template="/$batch",
            repeatable=all(call.repeatable for call in calls),
            headers={**_PATIENT, "client-request-id": first.headers["client-request-id"]},
            json={"requests": requests},
            refused=first.refused,
            unauthorized=first.unauthorized,
        )

    def _part(self, number: str, call: Call) -> dict[str, object]:
        parts = urlsplit(call.url)
        path = parts.path.removeprefix(_path(self._address)) + (f"?{parts.query}" if parts.query else "")
        return {"id": number, "method": call.method, "url": path, "headers": dict(call.headers)}

    def unwrapped(self, calls: Sequence[Call], answer: Answer) -> Sequence[Answer | Failure]:
        """What came of each, matched by id. Raises IncompleteRead when there is no list of answers at all."""
        value = answer.value
        responses = value.get("responses") if isinstance(value, dict) else None
        if not isinstance(responses, list):
            raise IncompleteRead(SYSTEM, "POST /$batch was answered without a list of responses")
        by_id = {part.get("id"): part for part in responses if isinstance(part, dict)}
        date = answer.headers.get("date", "")
        return [_outcome(by_id.get(str(number)), date) for number in range(len(calls))]


def _outcome(part: Mapping[str, object] | None, date: str) -> Answer | Failure:
    """One part of a batch's answer, as if the request had been made alone. `date`: of the answer as a whole."""
    status = part.get("status") if part else None
    if part is None or isinstance(status, bool) or not isinstance(status, int):
        return Failure(Stage.CUT, "the batch was answered without this part of it")
    if status == HTTPStatus.OK and not isinstance(part.get("body"), dict):  # what is no JSON comes as base64
        return Failure(Stage.CUT, "this part of the batch was answered with something that is not whole JSON")
    headers = part.get("headers")
    told = headers.items() if isinstance(headers, dict) else ()
    named = {str(name).lower(): str(value) for name, value in told}
    return Answer.of_value(status, {"date": date, **named}, part.get("body"))
