"""Asking a service on this machine how it is: what a probe does, without a library."""

import http.client
import json
import ssl
from contextlib import closing
from dataclasses import dataclass
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
    host, _, port = web.listen.rpartition(":")
    headers = {"Authorization": f"Bearer {web.token.get_secret_value()}"} if web.token else {}
    try:
        with closing(_connection(web, _EVERYWHERE.get(host, host).strip("[]"), int(port))) as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            told = json.loads(answer.read(_MOST))
            problems = tuple(map(str, told["problems"]))
            return Told(answer.status == http.client.OK, problems, str(told.get("role", "")))
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        return Told(
            ok=False,
            problems=(f"the service does not answer at {web.listen} ({error}); see that `run` runs, and its log",),
        )


def _connection(web: WebSection, host: str, port: int) -> http.client.HTTPConnection:
    if web.certificate is None:
        return http.client.HTTPConnection(host, port, timeout=_SECONDS)
    trust = ssl.create_default_context(cafile=web.certificate)  # it has to show the very certificate that we know
    trust.check_hostname = False
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=trust)
