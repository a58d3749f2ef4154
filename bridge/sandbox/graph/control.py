"""`/_sandbox/...`: moves the scenery while the sandbox runs.

GET  POST         /_sandbox/modes      all modes; POST takes an object with those to change
GET  POST DELETE  /_sandbox/faults     those still to come; POST takes one fault or an array
GET       DELETE  /_sandbox/requests   the log of requests
GET               /_sandbox/calls      how many there were: on the wire to Graph, batches, in batches, to sign in
     POST         /_sandbox/actions    one deed of an administrator in the tenant, or an array
     POST         /_sandbox/consent    {"client_id": ..., "roles": [...], "granted": true}; or an array
          DELETE  /_sandbox/tokens     every token is revoked

A fault is an effect by name with its fields, and when it comes; all fields are those of `Fault` and of the effect:
{"effect": "refuse", "status": 429, "retry_after": 3, "path": "/transitiveMembers$", "page": 2}
"""

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from bridge.sandbox.graph import batch_effects, effects, page_effects
from bridge.sandbox.graph.actions import Action, Perform
from bridge.sandbox.graph.effects import Effect
from bridge.sandbox.graph.faults import Fault, Occasion
from bridge.sandbox.graph.rehearsal import Rehearsal
from bridge.sandbox.graph.request_log import counted
from bridge.sandbox.graph.tenant import UnknownReference
from bridge.sandbox.messages import Answer, Request, json_answer

CONTROL_PATH: Final = "/_sandbox"
EFFECTS: Final = {
    "refuse": effects.Refuse,
    "claims_challenge": effects.ClaimsChallenge,
    "html": effects.Html,
    "body": effects.Body,
    "truncate": effects.Truncate,
    "cut_off": effects.CutOff,
    "reset": effects.Reset,
    "drop": effects.Drop,
    "silence": effects.Silence,
    "slow": effects.Slow,
    "perform": Perform,
    "resync": page_effects.Resync,
    "omit_value": page_effects.OmitValue,
    "spoil_value": page_effects.SpoilValue,
    "nulls": page_effects.Nulls,
    "empty_page": page_effects.EmptyPage,
    "link_back": page_effects.LinkBack,
    "link_to": page_effects.LinkTo,
    "end_early": page_effects.EndEarly,
    "skip_page": page_effects.SkipPage,
    "repeat_items": page_effects.RepeatItems,
    "reverse_items": batch_effects.ReverseItems,
    "omit_item": batch_effects.OmitItem,
    "repeat_item": batch_effects.RepeatItem,
    "rename_item": batch_effects.RenameItem,
}
"""Those that can be said in JSON. The others take functions, or a replica."""

Item = TypeVar("Item")
_Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Consent:
    """Permissions that an application is given, or that are taken back."""

    client_id: str
    roles: tuple[str, ...]
    granted: bool = True


_ACTIONS: Final = TypeAdapter(list[Action])
_CONSENTS: Final = TypeAdapter(list[Consent])
_DESCRIPTIONS: Final = TypeAdapter(list[_Json])
_WHEN: Final = frozenset(field.name for field in dataclasses.fields(Occasion))
_OCCASION: Final = TypeAdapter(Occasion)


def control(rehearsal: Rehearsal, request: Request) -> Answer:
    """Answer a request to the control address. What cannot be done is a 400 that says why."""
    deeds = _deeds(rehearsal, request)
    deed = deeds.get((request.method, request.path.removeprefix(f"{CONTROL_PATH}/").rstrip("/")))
    if deed is None:
        known = ", ".join(f"{method} {CONTROL_PATH}/{name}" for method, name in deeds)
        return json_answer({"error": f"There is no such control. There are: {known}."}, 404)
    try:
        return json_answer(deed())
    except (UnknownReference, ValueError) as error:
        return json_answer({"error": str(error)}, 400)


def _deeds(rehearsal: Rehearsal, request: Request) -> dict[tuple[str, str], Callable[[], object]]:
    return {
        ("GET", "modes"): lambda: dataclasses.asdict(rehearsal.scenery.modes),
        ("POST", "modes"): partial(_change_modes, rehearsal, request),
        ("GET", "faults"): lambda: [_described(fault) for fault in rehearsal.faults.pending],
        ("POST", "faults"): partial(_add_faults, rehearsal, request),
        ("DELETE", "faults"): partial(_done, rehearsal.faults.clear),
        ("GET", "requests"): lambda: [entry.shape() for entry in rehearsal.log.entries],
        ("DELETE", "requests"): partial(_done, rehearsal.log.clear),
        ("GET", "calls"): lambda: dataclasses.asdict(counted(rehearsal.log.entries)),
        ("POST", "actions"): partial(_perform, rehearsal, request),
        ("POST", "consent"): partial(_consent, rehearsal, request),
        ("DELETE", "tokens"): partial(_done, rehearsal.scenery.tokens.revoke_all),
    }


def _done(deed: Callable[[], None]) -> object:
    deed()
    return []


def _change_modes(rehearsal: Rehearsal, request: Request) -> object:
    values = json.loads(request.body)
    if not isinstance(values, dict):
        raise ValueError('The body must be an object of modes, such as {"page_cap": 2}.')  # noqa: TRY004 - a 400
    rehearsal.set_modes(values)
    return dataclasses.asdict(rehearsal.scenery.modes)


def _add_faults(rehearsal: Rehearsal, request: Request) -> object:
    faults = [_fault(description) for description in _read(_DESCRIPTIONS, request)]
    rehearsal.faults.add(*faults)
    return [_described(fault) for fault in faults]


def _perform(rehearsal: Rehearsal, request: Request) -> object:
    actions = _read(_ACTIONS, request)
    for action in actions:
        action.perform(rehearsal.scenery.tenant)
    return [action.do for action in actions]


def _consent(rehearsal: Rehearsal, request: Request) -> object:
    applications = rehearsal.scenery.applications
    consents = _read(_CONSENTS, request)
    for one in consents:
        if applications.known(one.client_id) is None:
            raise ValueError(f"There is no application {one.client_id!r}.")
        applications.consent(one.client_id, *one.roles, granted=one.granted)
    return [dataclasses.asdict(one) for one in consents]


def _fault(description: _Json) -> Fault:
    """The fault described. Raises ValueError."""
    name = description.get("effect")
    kind = EFFECTS.get(str(name))
    if kind is None:
        raise ValueError(f"There is no effect {name!r}. There are: {', '.join(EFFECTS)}.")
    when = {key: value for key, value in description.items() if key in _WHEN}
    fields = {key: value for key, value in description.items() if key not in {"effect", *_WHEN}}
    unknown = fields.keys() - {field.name for field in dataclasses.fields(kind)}
    if unknown:
        raise ValueError(f"The effect {name} has no {', '.join(sorted(unknown))}.")
    effect: Effect = _valid(TypeAdapter(kind), fields)
    return Fault(effect, **dataclasses.asdict(_valid(_OCCASION, when)))


def _read(adapter: TypeAdapter[list[Item]], request: Request) -> list[Item]:
    """The body as a list of what the adapter reads; one alone is a list of one. Raises ValueError."""
    value = json.loads(request.body)
    return _valid(adapter, value if isinstance(value, list) else [value])


def _valid(adapter: TypeAdapter[Item], value: object) -> Item:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError("; ".join(problems)) from None


def _described(fault: Fault) -> dict[str, object]:
    """A fault in words short enough for a list."""
    when = {name: getattr(fault, name) for name in sorted(_WHEN)}
    return {"effect": type(fault.effect).__name__, **when}
