"""The way of a request to its operation: address, throttle, token, scope and role."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from bridge.sandbox.hyperproof.clients import ApiClient, Clients, Tokens
from bridge.sandbox.hyperproof.encoding import Encoder
from bridge.sandbox.hyperproof.groups_api import Call, GroupsApi
from bridge.sandbox.hyperproof.lag import Lag
from bridge.sandbox.hyperproof.model import MAY_WRITE_GROUPS, User
from bridge.sandbox.hyperproof.modes import Modes
from bridge.sandbox.hyperproof.oauth import TOKEN_PATH, credentials, token_answer
from bridge.sandbox.hyperproof.organization import Organization
from bridge.sandbox.hyperproof.refusals import Refused, refusal
from bridge.sandbox.hyperproof.throttles import retry_after, throttle_answer
from bridge.sandbox.hyperproof.users_api import UsersApi
from bridge.sandbox.messages import Answer, Request

API_PATH: Final = "/v1"
_NAMESPACE: Final = uuid5(NAMESPACE_URL, "https://hyperproof.app/service-accounts")


@dataclass(frozen=True, slots=True)
class Operation:
    """What answers a method at an address, and the scope that it needs; empty: a token alone is enough."""

    answer: Callable[[Call], Answer]
    scope: str


class Gateway:
    """Everything that HTTP can reach of an organization, without a socket."""

    def __init__(self, organization: Organization, clients: Clients, modes: Modes) -> None:
        self.organization = organization
        self.clients = clients
        self.modes = modes
        self.tokens = Tokens(organization.clock)
        encoder = Encoder(organization)
        self._groups = GroupsApi(organization, encoder, Lag(organization.clock))
        self._users = UsersApi(organization, encoder)
        self._principals = {client.id: _principal(organization, client) for client in clients}
        self._table = self._operations()
        self._requests = 0

    def answer(self, request: Request, *, half: bool = False) -> Answer:
        """Answer a request. With `half`, a write is applied by half and answered with 500."""
        with self.organization.lock:
            if request.path.rstrip("/") == TOKEN_PATH:
                return token_answer(request, self.clients, self.tokens, self.modes)
            try:
                return self._operate(request, half=half)
            except Refused as refused:
                return refusal(refused, self.modes.error_body)

    def client_id(self, request: Request) -> str:
        """Who sent a request: the holder of its token, or the known client that asks for one."""
        if request.path.rstrip("/") == TOKEN_PATH:
            asking = self.clients.known(credentials(request).get("client_id", ""))
            return asking.id if asking else ""
        return self.tokens.holder(request.bearer)

    def _operate(self, request: Request, *, half: bool) -> Answer:
        modes = self.modes
        path = self._slashless(request, modes)
        address, group_id = _address(path)
        operation = self._operation(address, request.method)
        throttled = self._throttled(modes)
        if throttled is not None:
            return throttled
        client = self._admitted(request, operation)
        call = Call(client.id, modes, request.parameters, request.body, group_id, half=half)
        return operation.answer(call)

    @staticmethod
    def _slashless(request: Request, modes: Modes) -> str:
        """The path without a trailing slash, where that is the same thing. Raises Refused."""
        path = request.path
        if not path.endswith("/") or modes.trailing_slash == "accepted":
            return path.rstrip("/")
        if modes.trailing_slash == "404":
            raise Refused(404, "Resource not found", by_gateway=True)
        location = path.rstrip("/") + (f"?{request.query}" if request.query else "")
        raise Refused(308, "Moved permanently", by_gateway=True, headers=(("Location", location),))

    def _operation(self, address: str, method: str) -> Operation:
        operations = self._table.get(address)
        if operations is None:
            raise Refused(404, "Resource not found", by_gateway=True)
        if method not in operations:
            allowed = ("Allow", ", ".join(sorted(operations)))
            raise Refused(405, "Method not allowed", by_gateway=True, headers=(allowed,))
        return operations[method]

    def _operations(self) -> dict[str, dict[str, Operation]]:
        """Everything there is, by address and method."""
        groups, users = self._groups, self._users
        return {
            "/v1/users": {"GET": Operation(users.get_users, "user.read")},
            "/v1/users/me": {"GET": Operation(self._me, "")},
            "/v1/groups": {
                "GET": Operation(groups.get_groups, "group.read"),
                "POST": Operation(groups.add_group, "group.update"),
            },
            "/v1/groups/users": {"GET": Operation(groups.get_all_members, "group.read")},
            "/v1/groups/{groupId}": {
                "GET": Operation(groups.get_group, "group.read"),
                "PATCH": Operation(groups.update_group, "group.update"),
            },
            "/v1/groups/{groupId}/users": {
                "GET": Operation(groups.get_members, "group.read"),
                "POST": Operation(groups.add_members, "group.update"),
            },
            "/v1/groups/{groupId}/users/delete": {"PUT": Operation(groups.remove_members, "group.update")},
        }

    def _me(self, call: Call) -> Answer:
        return self._users.get_me(call, self._principals[call.actor])

    def _throttled(self, modes: Modes) -> Answer | None:
        self._requests += 1
        if modes.throttle == "off" or self._requests % modes.throttle_every:
            return None
        answer = throttle_answer(modes.throttle, modes.retry_after_seconds)
        if modes.throttle == "html" or modes.retry_after == "absent":
            return answer
        as_date = modes.retry_after == "date"
        header = retry_after(modes.retry_after_seconds, self.organization.clock(), as_date=as_date)
        return Answer(answer.status, answer.body, answer.content_type, (header,))

    def _admitted(self, request: Request, operation: Operation) -> ApiClient:
        """The client behind a token that may do this. Raises Refused."""
        client = self.clients.known(self.tokens.holder(request.bearer))
        if client is None or not self.tokens.valid(request.bearer):
            raise Refused(401, "Unauthorized. Access token is missing or invalid.", by_gateway=True)
        if operation.scope and operation.scope not in client.scopes:
            raise Refused(403, f"The API client lacks the scope {operation.scope}.")
        if operation.scope == "group.update" and client.role not in MAY_WRITE_GROUPS:
            raise Refused(403, "You do not have permission to perform this action.")
        return client


def _address(path: str) -> tuple[str, str]:
    """A path with the group's id replaced by `{groupId}`, and that id. The literal `users` comes before an id."""
    match path.split("/"):
        case ["", "v1", "groups", group_id, *rest] if group_id != "users" or rest:
            return "/".join(["/v1/groups/{groupId}", *rest]), unquote(group_id)
        case _:
            return path, ""


def _principal(organization: Organization, client: ApiClient) -> User:
    """The service account that a client acts as: one of the organization's users, the same one each time."""
    user_id = str(uuid5(_NAMESPACE, f"{client.id}/user"))
    return organization.user_of_user_id(user_id) or organization.add_user(
        id=str(uuid5(_NAMESPACE, f"{client.id}/organization user")),
        user_id=user_id,
        name=client.name,
        type="serviceAccount",
        role=client.role,
    )
