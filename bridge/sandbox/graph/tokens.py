"""Access tokens."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from bridge.sandbox.graph.applications import Application


@dataclass(frozen=True, slots=True)
class Token:
    """What an access token stands for."""

    client_id: str
    roles: frozenset[str]
    """As they were when it was issued."""
    expires: datetime


class Tokens:
    """Every access token given out: JWTs whose claims a client may look at, and that mean something here only."""

    def __init__(self, clock: Callable[[], datetime], tenant_id: str) -> None:
        self._clock = clock
        self._tenant_id = tenant_id
        self._key = secrets.token_bytes(32)
        self._tokens: dict[str, Token] = {}

    def issue(self, application: Application, audience: str, life: int) -> str:
        """Give an application a token for so many seconds. Those it has stay good."""
        now = self._clock()
        expires = now + timedelta(seconds=life)
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(expires.timestamp()),
            "appid": application.id,
            "app_displayname": application.name,
            "idtyp": "app",
            "tid": self._tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        if application.roles:
            claims["roles"] = sorted(application.roles)
        text = jwt.encode(claims, self._key)
        self._tokens[text] = Token(application.id, application.roles, expires)
        return text

    def get(self, text: str) -> Token | None:
        """The token that this text is, spent or not."""
        return self._tokens.get(text)

    def revoke_all(self) -> None:
        """Make every token given out so far worthless."""
        self._tokens.clear()
