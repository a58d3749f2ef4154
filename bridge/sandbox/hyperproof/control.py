"""`/_sandbox/...`: moves the scenery while the sandbox runs.

GET  POST         /_sandbox/modes      all modes; POST takes an object with those to change
GET  POST DELETE  /_sandbox/faults     those still to come; POST takes one fault or an array
GET       DELETE  /_sandbox/requests   the log of requests
GET               /_sandbox/history    what truly happened; `?since=N`: after event N
     POST         /_sandbox/ui         one action of a person in the web application, or an array
          DELETE  /_sandbox/tokens     every token is revoked
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from bridge.sandbox.hyperproof.faults import Fault, FaultDescription
from bridge.sandbox.hyperproof.modes import change_modes
from bridge.sandbox.hyperproof.organization import UnknownReference
from bridge.sandbox.hyperproof.refusals import Refused, refusal
from bridge.sandbox.hyperproof.rehearsal import Rehearsal
from bridge.sandbox.hyperproof.ui import UiAction
from bridge.sandbox.messages import Answer, Request, json_answer
from bridge.sandbox.modes import ModeError

CONTROL_PATH: Final = "/_sandbox"
_FAULTS: Final = TypeAdapter(list[FaultDescription])
_ACTIONS: Final = TypeAdapter(list[UiAction])
Item = TypeVar("Item")


def control(rehearsal: Rehearsal, request: Request) -> Answer:
    """Answer a request to the control address. What cannot be done is a 400 that says why."""
    deeds = _deeds(rehearsal, request)
    deed = deeds.get((request.method, request.path.removeprefix(f"{CONTROL_PATH}/").rstrip("/")))
    if deed is None:
        known = ", ".join(f"{method} {CONTROL_PATH}/{name}" for method, name in deeds)
        return refusal(Refused(404, f"There is no such control. There are: {known}."), "json")
    try:
        return json_answer(deed())
    except (ModeError, UnknownReference, Refused, ValueError) as error:
        return refusal(Refused(400, str(error)), "json")


def _deeds(rehearsal: Rehearsal, request: Request) -> dict[tuple[str, str], Callable[[], object]]:
    return {
        ("GET", "modes"): lambda: asdict(rehearsal.gateway.modes),
        ("POST", "modes"): partial(_change_modes, rehearsal, request),
        ("GET", "faults"): lambda: [_described(fault) for fault in rehearsal.faults.pending],
        ("POST", "faults"): partial(_add_faults, rehearsal, request),
        ("DELETE", "faults"): partial(_done, rehearsal.faults.clear),
        ("GET", "requests"): lambda: [entry.shape() for entry in rehearsal.log.entries],
        ("DELETE", "requests"): partial(_done, rehearsal.log.clear),
        ("GET", "history"): partial(_history, rehearsal, request),
        ("POST", "ui"): partial(_perform, rehearsal, request),
        ("DELETE", "tokens"): partial(_done, rehearsal.gateway.tokens.revoke_all),
    }


def _done(deed: Callable[[], None]) -> object:
    deed()
    return []


def _change_modes(rehearsal: Rehearsal, request: Request) -> object:
    values = json.loads(request.body)
    if not isinstance(values, dict):
        raise ModeError('The body must be an object of modes, such as {"id_space": "id"}.')
    rehearsal.gateway.modes = change_modes(rehearsal.gateway.modes, values)
    return asdict(rehearsal.gateway.modes)


def _add_faults(rehearsal: Rehearsal, request: Request) -> object:
    faults = [description.fault() for description in _read(_FAULTS, request)]
    rehearsal.faults.add(*faults)
    return [_described(fault) for fault in faults]


def _history(rehearsal: Rehearsal, request: Request) -> object:
    since = int(request.parameters.get("since", "0"))
    with rehearsal.organization.lock:
        return [event.shape() for event in rehearsal.organization.history.since(since)]


def _perform(rehearsal: Rehearsal, request: Request) -> object:
    seen = len(tuple(rehearsal.organization.history))
    for action in _read(_ACTIONS, request):
        rehearsal.ui.perform(action)
    return [event.shape() for event in rehearsal.organization.history.since(seen)]


def _read(adapter: TypeAdapter[list[Item]], request: Request) -> list[Item]:
    """The body as a list of what the adapter reads; one alone is a list of one. Raises ValueError."""
    value = json.loads(request.body)
    try:
        return adapter.validate_python(value if isinstance(value, list) else [value])
    except ValidationError as error:
        raise ValueError(
            "; ".join(_problem(problem["loc"], problem["msg"]) for problem in error.errors())
        ) from None


def _problem(where: tuple[int | str, ...], what: str) -> str:
    return f"{'.'.join(map(str, where))}: {what}"


def _described(fault: Fault) -> dict[str, object]:
    """A fault in words short enough for a list."""
    return {
        "act": str(fault.act),
        "method": fault.method,
        "path": fault.path,
        "nth": fault.nth,
        "count": fault.count,
        "status": fault.answer.status if fault.answer else None,
    }
