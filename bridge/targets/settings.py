"""How Hyperproof is reached, and the addresses of its regions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bridge.core.model import IdSpace
from bridge.transport.settings import Limits, Route, Timeouts, address_problem


@dataclass(frozen=True, slots=True)
class Region:
    """Where one instance of Hyperproof lives (API reference, section 1)."""

    api_url: str
    token_url: str
    """Empty: the vendor does not publish it, so the operator has to state it."""


REGIONS: Final[Mapping[str, Region]] = MappingProxyType(
    {
        "us": Region("https://api.hyperproof.app/v1", "https://accounts.hyperproof.app/oauth/token"),
        "eu": Region("https://api.hyperproof.eu/v1", ""),
        "gov": Region("https://api.hyperproofgov.app/v1", ""),
    }
)


class IdSpaceSetting(StrEnum):
    """Which of an account's two ids the group endpoints take: found out at every read, or stated."""

    AUTO = "auto"
    USER_ID = "userId"
    ID = "id"

    @property
    def stated(self) -> IdSpace | None:
        """The space that the operator states; None for auto."""
        return None if self is IdSpaceSetting.AUTO else IdSpace(self.value)


@dataclass(frozen=True, slots=True)
class HyperproofSettings:
    """One organization in Hyperproof: the API client decides which."""

    client_id: str
    client_secret: Callable[[], str] = field(repr=False)
    """Gives the secret of the moment. Asked at each fetch of a token, so that a rotated one is picked up."""
    api_url: str = REGIONS["us"].api_url
    token_url: str = REGIONS["us"].token_url
    user_id_space: IdSpaceSetting = IdSpaceSetting.AUTO
    route: Route = field(default_factory=Route)
    timeouts: Timeouts = field(default_factory=Timeouts)
    limits: Limits = field(default_factory=Limits)

    def problems(self) -> tuple[tuple[str, str], ...]:
        """What is wrong with it: keys, and sentences to follow them. Empty: it can be used."""
        found = []
        if not self.client_id:
            found.append(("client_id", "is empty; copy it from Settings > API clients in Hyperproof"))
        if not self.token_url:
            found.append(
                ("token_url", "is not stated, and Hyperproof publishes none for this region; ask its support")
            )
        for key, url in (("api_url", self.api_url), ("token_url", self.token_url)):
            problem = address_problem(url) if url else ""
            if problem:
                found.append((key, problem))
        return tuple(found)
