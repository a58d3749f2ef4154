"""The token endpoint: OAuth 2.0 client credentials, as a form or as JSON (API reference 2; RFC 6749, 4.4)."""

import json
from typing import Final
from urllib.parse import parse_qs

from bridge.sandbox.hyperproof.clients import Clients, Tokens
from bridge.sandbox.hyperproof.modes import Modes
from bridge.sandbox.messages import Answer, Request, json_answer

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - an address
_UNSAID_LIFE: Final = 3600


def token_answer(request: Request, clients: Clients, tokens: Tokens, modes: Modes) -> Answer:
    """Give a token to a client that proves itself. A `scope` is not looked at."""
    if request.method != "POST":
        return json_answer({"error": "invalid_request"}, 405, (("Allow", "POST"),))
    fields = credentials(request)
    if fields.get("grant_type") != "client_credentials":
        return json_answer({"error": "unsupported_grant_type"}, 400)
    client = clients.trusted(fields.get("client_id", ""), fields.get("client_secret", ""))
    if client is None:
        return json_answer({"error": "invalid_client"}, int(modes.refused_client))
    life = _UNSAID_LIFE if modes.expires_in is None else modes.expires_in
    told = {} if modes.expires_in is None else {"expires_in": modes.expires_in}
    token = tokens.issue(client, life)
    return json_answer(
        {"access_token": token, "token_type": "Bearer"} | told, headers=(("Cache-Control", "no-store"),)
    )


def credentials(request: Request) -> dict[str, str]:
    """The fields of a token request. What cannot be read is no field."""
    if "json" in request.headers.get("content-type", ""):
        return _json_fields(request.body)
    fields = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in fields.items()}


def _json_fields(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {name: text for name, text in value.items() if isinstance(text, str)}
