"""The way of a request to what answers it: token, address, cost; and what is in every answer's head."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import unquote

from bridge.sandbox.graph import delta_api, directory_api
from bridge.sandbox.graph.call import ROOT, Call
from bridge.sandbox.graph.directory_api import RELATIONS
from bridge.sandbox.graph.encoding import Encoder, Sight
from bridge.sandbox.graph.errors import REQUEST_ID, GraphError, bad_request, error_answer
from bridge.sandbox.graph.model import Kind, timestamp
from bridge.sandbox.graph.query import read_query
from bridge.sandbox.graph.scenery import Scenery
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.graph.tokens import Token
from bridge.sandbox.messages import Answer, Request

GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"
"""Graph's own application id, the same in every tenant."""

_COSTS: Final = {"members": 3, "transitiveMembers": 5, "users": 2, "getByIds": 3}
"""Resource units; everything else costs one (Graph reference 5.1)."""
_SMALL_PAGE: Final = 20
_KINDS: Final = {"users": Kind.USER, "groups": Kind.GROUP}

Operation = Callable[[Call], Answer]


class Gateway:
    """Everything of one tenant that HTTP can reach under `/v1.0`, but for `$batch`. Without a socket."""

    def __init__(self, scenery: Scenery) -> None:
        self._scenery = scenery
        self._encoder = Encoder()

    def answer(self, request: Request, tenant: Tenant | None = None) -> Answer:
        """Answer a request; with another tenant, as a server that knows only that one."""
        with self._scenery.tenant.lock:
            try:
                answer = self._operate(request, tenant or self._scenery.tenant)
            except GraphError as error:
                answer = self.refusal(error, request)
        return self.headed(answer, request)

    def refusal(self, error: GraphError, request: Request) -> Answer:
        """The answer that an error becomes."""
        date = timestamp(self._scenery.tenant.clock()).removesuffix("Z")
        return error_answer(error, date, request.headers.get("client-request-id", ""))

    def headed(self, answer: Answer, request: Request) -> Answer:
        """The answer with what Graph has in every head."""
        told = dict(answer.headers)
        request_id = told.get(REQUEST_ID) or str(uuid.uuid4())
        usual = {
            REQUEST_ID: request_id,
            "client-request-id": request.headers.get("client-request-id", request_id),
            "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"Sandbox","Ring":"1","ScaleUnit":"000"}}',
            "OData-Version": "4.0",
        }
        return replace(answer, headers=tuple((usual | told).items()))

    def admitted(self, request: Request) -> Token:
        """The token that a request carries. Raises GraphError with 401."""
        token = self._scenery.tokens.get(request.bearer)
        if token is not None and self._scenery.tenant.clock() < token.expires:
            return token
        authorization = f"{self._scenery.base}/common/oauth2/authorize"
        challenge = f'Bearer realm="", authorization_uri="{authorization}", client_id="{GRAPH_APP}"'
        message = _complaint(request, token)
        raise GraphError(401, "InvalidAuthenticationToken", message, headers=(("WWW-Authenticate", challenge),))

    def _operate(self, request: Request, tenant: Tenant) -> Answer:
        token = self.admitted(request)
        segments = [unquote(one) for one in request.path.removeprefix(f"{ROOT}/").rstrip("/").split("/")]
        operation = _operation(segments)
        if operation is None or not request.path.startswith(f"{ROOT}/"):
            raise bad_request(f"Resource not found for the segment '{segments[-1]}'.")
        sight = Sight(token.roles, self._scenery.modes.unreadable)
        query = read_query(request)
        call = Call(request, query, tenant, sight, self._scenery.modes, self._encoder, self._scenery.base)
        answer = operation(call)
        units = ("x-ms-resource-unit", str(cost(segments, call)))
        return replace(answer, headers=(*answer.headers, units))


def cost(segments: list[str], call: Call) -> int:
    """What a request costs, in resource units (Graph reference 5.1)."""
    match segments:
        case ["groups", _, relation, *_]:
            units = _COSTS.get(relation, 1)
        case [*_, last]:
            units = _COSTS.get(last, 1)
    units -= bool(call.query.select)
    units -= call.query.top is not None and call.query.top < _SMALL_PAGE
    return max(units, 1)


def _operation(segments: list[str]) -> Operation | None:
    match segments:
        case ["users", user_id, "manager"]:
            return partial(directory_api.manager, user_id=user_id)
        case ["groups", group_id, relation, *rest] if relation in RELATIONS:
            return _relation(group_id, relation, rest)
        case [plural, *rest] if plural in _KINDS:
            return _collection(_KINDS[plural], rest)
        case _:
            return None


def _collection(kind: Kind, rest: list[str]) -> Operation | None:
    match rest:
        case []:
            return partial(directory_api.objects, kind=kind)
        case ["$count"]:
            return partial(directory_api.count_objects, kind=kind)
        case ["delta"]:
            return partial(delta_api.delta, kind=kind)
        case [object_id]:
            return partial(directory_api.single, kind=kind, object_id=object_id)
        case _:
            return None


def _relation(group_id: str, relation: str, rest: list[str]) -> Operation | None:
    match rest:
        case []:
            return partial(directory_api.related, group_id=group_id, relation=relation)
        case ["$count"]:
            return partial(directory_api.count_related, group_id=group_id, relation=relation)
        case [cast]:
            return partial(directory_api.related, group_id=group_id, relation=relation, cast=cast)
        case [cast, "$count"]:
            return partial(directory_api.count_related, group_id=group_id, relation=relation, cast=cast)
        case _:
            return None


def _complaint(request: Request, token: Token | None) -> str:
    if token is not None:
        return "Lifetime validation failed, the token is expired."
    return "Access token validation failure." if request.bearer else "Access token is empty."
