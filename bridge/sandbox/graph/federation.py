"""Workload identity federation: issuers outside Entra ID whose tokens stand for an application (reference 7.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.sandbox.graph.model import utc_now

EXCHANGE_AUDIENCE: Final = "api://AzureADTokenExchange"


@dataclass(frozen=True, slots=True)
class Federation:
    """A federated credential of an application: whose tokens, for whom, are as good as a secret."""

    issuer: str
    subject: str
    key: rsa.RSAPublicKey = field(repr=False)
    """The issuer's, which Entra ID fetches from it."""
    audience: str = EXCHANGE_AUDIENCE


class WorkloadIssuer:
    """A cluster that gives its workloads tokens, such as AKS puts them into a file."""

    def __init__(
        self, url: str = "https://aks.example/cluster/", *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.url = url
        self._clock = clock
        self._key = rsa.generate_private_key(65537, 2048)

    def federation(self, subject: str) -> Federation:
        """What an application is given to trust a workload."""
        return Federation(self.url, subject, self._key.public_key())

    def token(self, subject: str, *, audience: str = EXCHANGE_AUDIENCE, life: float = 3600) -> str:
        """A token for a workload, such as `system:serviceaccount:bridge:bridge`, for so many seconds."""
        now = self._clock()
        claims = {
            "iss": self.url,
            "sub": subject,
            "aud": [audience],
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=life)).timestamp()),
        }
        return jwt.encode(claims, self._key, "RS256", headers={"kid": "1"})
