"""Asking a service on this machine how it is: what a probe does, without a library."""

import http.client
import json
import re
import ssl
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bridge.config.schedule import NOWHERE, WebSection
from bridge.errors import BridgeError

_SECONDS: Final = 5.0
_MOST: Final = 65_536
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - where to ask one that listens there


_SILENT: Final = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError)
"""What is raised by one that does not answer, or answers as no service of ours does."""


@dataclass(frozen=True, slots=True)
class Told:
    """What it answered."""

    ok: bool
    problems: tuple[str, ...]
    role: str = ""
    """`leader` or `standby`; empty where there are no replicas."""


def ask(web: WebSection, path: str) -> Told:
    """Ask. One that does not answer is not well. Raises BridgeError where nothing is listened on."""
    headers = _shown(web)
    try:
        return _asked(web.listen, path, headers, _known(web))
    except _SILENT as error:
        return _silent(web.listen, error)


def next_runs(web: WebSection) -> dict[str, datetime]:
    """Ask when the next run of each job is due. Empty: it does not say, or nothing is listened on."""
    if web.listen == NOWHERE:
        return {}
    try:
        with closing(_connection(web.listen, _known(web))) as connection:
            connection.request("GET", "/metrics", headers=_shown(web))
            found = [match for line in connection.getresponse() if (match := _NEXT_RUN.match(line))]
        due = {match[1].decode(): float(match[2]) for match in found}
        return {job: datetime.fromtimestamp(at, UTC) for job, at in due.items() if at}
    except (*_SILENT, OverflowError):
        return {}


_NEXT_RUN: Final = re.compile(rb'hyperproof_bridge_next_run_timestamp_seconds\{bridge_job="([^"]*)"\} (\S+)')


def _shown(web: WebSection) -> dict[str, str]:
    return {"Authorization": f"Bearer {web.token.get_secret_value()}"} if web.token else {}


def ask_here(address: str, path: str) -> Told:
    """Ask a service on this machine whose configuration is not known: in plain words, or over TLS if it has that.

    Nobody's certificate is checked: no secret is told, and whoever listens on loopback could answer either way.
    """
    try:
        try:
            return _asked(address, path, {}, None)
        except (http.client.HTTPException, ConnectionResetError):
            return _asked(address, path, {}, _anybody())
    except _SILENT as error:
        return _silent(address, error)


def _silent(address: str, error: Exception) -> Told:
    what = f"the service does not answer at {address} ({error}); see that `run` runs, and its log"
    return Told(ok=False, problems=(what,))


def _asked(address: str, path: str, headers: dict[str, str], trust: ssl.SSLContext | None) -> Told:
    if address == NOWHERE:
        raise BridgeError("The service listens nowhere: set `web.listen` to ask it.")
    with closing(_connection(address, trust)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        told = json.loads(answer.read(_MOST))
        well = told["ok"] is True and answer.status == http.client.OK
        problems = tuple(map(str, told.get("problems", () if well else ("it tells why to readers alone",))))
        return Told(well, problems, str(told.get("role", "")))


def _connection(address: str, trust: ssl.SSLContext | None) -> http.client.HTTPConnection:
    listening, _, port = address.rpartition(":")
    host = _EVERYWHERE.get(listening, listening).strip("[]")
    if trust is None:
        return http.client.HTTPConnection(host, int(port), timeout=_SECONDS)
    return http.client.HTTPSConnection(host, int(port), timeout=_SECONDS, context=trust)


def _anybody() -> ssl.SSLContext:
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    return trust


def _known(web: WebSection) -> ssl.SSLContext | None:
    """Trust in the certificate of the configuration, and in no other."""
    if web.certificate is None:
        return None
    trust = ssl.create_default_context(cafile=web.certificate)  # it has to show the very certificate that we know
    trust.check_hostname = False
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return trust
