"""A Hyperproof that answers by script, for what the sandbox cannot show as exactly."""

import json
from collections.abc import Mapping

import httpx

from bridge.targets.hyperproof import Hyperproof, open_hyperproof
from bridge.targets.settings import HyperproofSettings, IdSpaceSetting
from bridge.transport.client import Patience
from tests.transport.virtual import VirtualClock

API = "https://api.example/v1"
TOKEN = "https://accounts.example/oauth/token"

Routes = Mapping[str, object]
"""From `GET /groups` to the JSON that it is answered with, to a response, or to responses one after the other."""


class ScriptedHyperproof(httpx.BaseTransport):
    """`requests` are those to the API: method, path with query, and JSON body."""

    def __init__(self, routes: Routes) -> None:
        self._routes = dict(routes)
        self.requests: list[tuple[str, str, object]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        if str(request.url) == TOKEN:
            return httpx.Response(200, json={"access_token": "t0ken", "expires_in": 3600})
        path = request.url.raw_path.decode().removeprefix("/v1")
        self.requests.append((request.method, path, json.loads(content) if content else None))
        found = self._routes.get(f"{request.method} {path.partition('?')[0]}")
        if isinstance(found, list) and found and isinstance(found[0], httpx.Response):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, httpx.Response):
            return httpx.Response(found.status_code, headers=found.headers, content=found.content)
        if found is None:
            return httpx.Response(404, json={"statusCode": 404, "message": "Resource not found"})
        return httpx.Response(200, json=found)


def settings(space: IdSpaceSetting = IdSpaceSetting.AUTO) -> HyperproofSettings:
    """Made-up addresses and credentials."""
    return HyperproofSettings(
        client_id="client", client_secret=lambda: "s3cret", api_url=API, token_url=TOKEN, user_id_space=space
    )


def hyperproof(server: ScriptedHyperproof, space: IdSpaceSetting = IdSpaceSetting.AUTO) -> Hyperproof:
    """The target before this server, on virtual time."""
    patience = Patience.of(VirtualClock(), lambda: 0.0)
    return open_hyperproof(settings(space), patience, transport=server)


def user(name: str, **fields: object) -> dict[str, object]:
    """An entry of GET /users: the ids are `u-name` (userId) and `o-name` (id)."""
    return {
        "id": f"o-{name}",
        "userId": f"u-{name}",
        "status": "active",
        "type": "activeUser",
        "email": f"{name}@corp.example",
        "givenName": name.title(),
        "surname": "Test",
        "externalUserLinks": [],
        **fields,
    }


def members(group: str, *ids: str) -> dict[str, object]:
    """An entry of GET /groups/users, with the stray `id` that the documentation shows."""
    return {"id": f"stray-{group}", "groupId": group, "userIds": list(ids)}


def group(id_: str, name: str = "", **fields: object) -> dict[str, object]:
    """An entry of GET /groups."""
    return {"id": id_, "orgId": "org", "name": name or id_.upper(), **fields}


def routes(users: object, groups: object, all_members: object) -> dict[str, object]:
    """The three reads of a run."""
    return {"GET /users": users, "GET /groups": groups, "GET /groups/users": all_members}
