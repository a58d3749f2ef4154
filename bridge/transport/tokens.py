"""OAuth 2.0 client credentials (RFC 6749, section 4.4): a token while it lives, one fetch at a time."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from bridge.errors import Denied, IncompleteRead
from bridge.transport.answer import Answer, said
from bridge.transport.client import Client
from bridge.transport.gate import Clock
from bridge.transport.reaction import Call

_REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
"""Which of them a wrong secret draws is not documented (API reference 2.2)."""

_UNSTATED_LIFE: Final = 300.0
"""Seconds that a token is taken to live when its answer does not say."""

_LONGEST_LIFE: Final = 1e9
"""Seconds, thirty years: more is no figure either."""

_MOST_MARGIN: Final = 60.0
"""Seconds before its end from which a token is not used any more: clocks and long requests."""
_MARGIN_SHARE: Final = 0.1
"""The margin of a short-lived token, as a part of its life."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A token and the moment of the monotonic clock until which it is used."""

    text: str = field(default="", repr=False)
    until: float = -math.inf


class ClientCredentials:
    """The bearer of a service account's or a personal API client's tokens.

    The secret is asked for at each fetch, so that a rotated one is picked up. Safe to share between threads.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        *,
        token_url: str,
        client_id: str,
        secret: Callable[[], str],
    ) -> None:
        self._client = client
        self._clock = clock
        self._token_url = token_url
        self._client_id = client_id
        self._secret = secret
        self._lock = Lock()
        self._held = _Held()

    def token(self) -> str:
        """Give the token, fetching it when there is none or it is near its end.

        Raises Denied when the credentials are refused, Unavailable or IncompleteRead when no token was to be had.
        """
        with self._lock:
            if self._clock.monotonic() >= self._held.until:
                self._held = self._fetch()
            return self._held.text

    def renew(self, refused: str) -> None:
        """Fetch another token in place of this one, unless that has happened meanwhile. Raises as `token`."""
        with self._lock:
            if self._held.text == refused:
                self._held = _Held()
                self._held = self._fetch()

    def _fetch(self) -> _Held:
        secret = self._secret()
        asked = self._clock.monotonic()
        answer = self._ask(secret)
        if answer.status in _REFUSALS:
            rotated = self._secret()
            if rotated != secret:
                asked = self._clock.monotonic()
                answer, secret = self._ask(rotated), rotated
        if answer.status in _REFUSALS:
            raise self._denied(answer, secret)
        return self._accept(answer, asked)

    def _ask(self, secret: str) -> Answer:
        call = Call(
            method="POST",
            url=self._token_url,
            template=urlsplit(self._token_url).path,
            repeatable=True,
            form={"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": secret},
            expected=_REFUSALS,
            hidden=(secret,),
        )
        return self._client.send(call)

    def _denied(self, answer: Answer, secret: str) -> Denied:
        words = said(answer, (secret,))
        return Denied(
            self._client.system,
            f"the API client's credentials were refused ({answer.status}{': ' if words else ''}{words}); "
            "check client_id, client_secret and token_url, and that the API client was not deleted",
        )

    def _accept(self, answer: Answer, asked: float) -> _Held:
        value = answer.value
        text = value.get("access_token") if isinstance(value, dict) else None
        if not isinstance(text, str) or not fits_a_header(text):
            raise IncompleteRead(
                self._client.system,
                f"{self._token_url} answered {answer.status} without a usable access_token; check token_url",
            )
        life = _life(value.get("expires_in") if isinstance(value, dict) else None)
        return _Held(text, asked + life - min(_MOST_MARGIN, _MARGIN_SHARE * life))


def fits_a_header(token: str) -> bool:
    """Whether it can be sent as a token at all."""
    return bool(token) and token.isascii() and token.isprintable() and " " not in token


def _life(expires_in: object) -> float:
    """Seconds that a token lives. A boolean, text, infinity or nothing is no figure."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
        return _UNSTATED_LIFE
    return float(expires_in) if 0 < expires_in < _LONGEST_LIFE else _UNSTATED_LIFE
