"""Asking a service on this machine how it is: what a probe does, without a library."""

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bridge.config.schedule import NOWHERE, WebSection
from bridge.errors import BridgeError

_SECONDS: Final = 5.0
_MOST: Final = 65_536
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - where to ask one that listens there


@dataclass(frozen=True, slots=True)
class Told:
    """What it answered."""

    ok: bool
    problems: tuple[str, ...]
    role: str = ""
    """`leader` or `standby`; empty where there are no replicas."""


def ask(web: WebSection, path: str) -> Told:
    """Ask. One that does not answer is not well. Raises BridgeError where nothing is listened on."""
    if web.listen == NOWHERE:
        raise BridgeError("The service listens nowhere: set `web.listen` to ask it.")
    try:
        with _answer(web, path) as answer:
            told = json.loads(answer.read(_MOST))
        ok = answer.status == http.client.OK and told["ok"] is True
        reasons = () if ok else ("the service is not well, and tells the reasons to whoever shows its token",)
        return Told(ok, tuple(map(str, told.get("problems", reasons))), str(told.get("role", "")))
    except (*_SILENCE, KeyError, TypeError, AttributeError) as error:
        return Told(ok=False, problems=(f"the service does not answer at {web.listen} ({error})",))


def next_runs(web: WebSection) -> dict[str, datetime]:
    """Ask when the next run of each job is due. Empty: it does not say, or nothing is listened on."""
    if web.listen == NOWHERE:
        return {}
    try:
        with _answer(web, "/metrics") as answer:
            found = [match for line in answer if (match := _NEXT_RUN.match(line))]
        due = {match[1].decode(): float(match[2]) for match in found}
        return {job: datetime.fromtimestamp(at, UTC) for job, at in due.items() if at}
    except (*_SILENCE, OverflowError):
        return {}


_NEXT_RUN: Final = re.compile(rb'hyperproof_bridge_next_run_timestamp_seconds\{bridge_job="([^"]*)"\} (\S+)')
_SILENCE: Final = (OSError, http.client.HTTPException, ValueError)
"""How it shows that nobody answers who should."""


@contextmanager
def _answer(web: WebSection, path: str) -> Iterator[http.client.HTTPResponse]:
    host, _, port = web.listen.rpartition(":")
    headers = {"Authorization": f"Bearer {web.token.get_secret_value()}"} if web.token else {}
    with closing(_connection(web, _EVERYWHERE.get(host, host).strip("[]"), int(port))) as connection:
        connection.request("GET", path, headers=headers)
        yield connection.getresponse()


def _connection(web: WebSection, host: str, port: int) -> http.client.HTTPConnection:
    if web.certificate is None:
        return http.client.HTTPConnection(host, port, timeout=_SECONDS)
    trust = ssl.create_default_context(cafile=web.certificate)  # it has to show the very certificate that we know
    trust.check_hostname = False
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=trust)
