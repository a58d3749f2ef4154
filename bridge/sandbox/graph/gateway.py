"""The way of a request to what answers it: token, address, cost; and what is in every answer's head."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import unquote

from bridge.sandbox.graph import delta_api, directory_api, objects_api
from bridge.sandbox.graph.call import ROOT, Call
from bridge.sandbox.graph.directory_api import RELATIONS
from bridge.sandbox.graph.encoding import Encoder, Sight
from bridge.sandbox.graph.errors import REQUEST_ID, GraphError, Headers, bad_request, error_answer
from bridge.sandbox.graph.model import Kind, timestamp
from bridge.sandbox.graph.query import Query, read_query
from bridge.sandbox.graph.quota import NOTABLE, Quota
from bridge.sandbox.graph.scenery import GRAPH_APP, Scenery
from bridge.sandbox.graph.tenant import Tenant
from bridge.sandbox.graph.tokens import Token
from bridge.sandbox.messages import Answer, Request

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
        self._quota = Quota(scenery.tenant.clock)

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
        operation = _operation(request.method, segments)
        if operation is None or not request.path.startswith(f"{ROOT}/"):
            raise bad_request(f"Resource not found for the segment '{segments[-1]}'.")
        modes = self._scenery.modes
        sight = Sight(token.roles, modes.unreadable)
        query = read_query(request)
        call = Call(request, query, tenant, sight, modes, self._encoder, self._scenery.base)
        units = cost(segments, query)
        usage = self._charge(units, token)
        answer = operation(call)
        return replace(answer, headers=(*answer.headers, ("x-ms-resource-unit", str(units)), *usage))

    def _charge(self, units: int, token: Token) -> Headers:
        """Count what a request costs, and say how much is used where that is much. Raises GraphError with 429."""
        quota = self._scenery.modes.quota
        if not quota:
            return ()
        self._quota.spend(units)
        wait = self._quota.wait(quota)
        if wait:
            scope = f"Tenant_Application/ReadWrite/{token.client_id}/{self._scenery.tenant.id}"
            headers = (
                ("Retry-After", str(wait)),
                ("x-ms-throttle-scope", scope),
                ("x-ms-throttle-information", "ResourceUnitLimitExceeded"),
            )
            raise GraphError(429, "TooManyRequests", "Too many requests.", headers=headers)
        used = self._quota.used() / quota
        return (("x-ms-throttle-limit-percentage", f"{used:.1f}"),) if used > NOTABLE else ()


def cost(segments: list[str], query: Query) -> int:
    """What a request costs, in resource units (Graph reference 5.1)."""
    match segments:
        case ["groups", _, relation, *_]:
            units = _COSTS.get(relation, 1)
        case [*_, last]:
            units = _COSTS.get(last, 1)
    units -= bool(query.select)
    units -= query.top is not None and query.top < _SMALL_PAGE
    return max(units, 1)


def _operation(method: str, segments: list[str]) -> Operation | None:
    match method, segments:
        case "POST", ["directoryObjects", "getByIds"]:
            return objects_api.by_ids
        case "GET", ["organization"]:
            return objects_api.organization
        case "GET", _:
            return _reading(segments)
        case _:
            return None


def _reading(segments: list[str]) -> Operation | None:
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
