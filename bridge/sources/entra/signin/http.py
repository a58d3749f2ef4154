"""msal's HTTP, over ours: our timeouts, retries and errors, and no session of its own (Graph reference 7.3)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from bridge.errors import IncompleteRead
from bridge.sources.entra.signin.failures import SYSTEM, refused
from bridge.transport.answer import Answer
from bridge.transport.client import Client
from bridge.transport.reaction import Call

_REFUSALS: Final = frozenset(range(400, 500)) - {
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.GONE,
    HTTPStatus.TOO_MANY_REQUESTS,
}
"""Statuses whose answers are for msal to read. The others of this class pass, or come from somebody else."""

_DISCOVERY: Final = "/.well-known/openid-configuration"
_SECRETS: Final = frozenset({"client_secret", "client_assertion", "authorization", "x-identity-header", "secret"})
"""Fields and headers, in lower case, that the answer may echo and nobody shall repeat."""

Texts = Mapping[str, str]


class MsalAnswer:
    """An answer as msal wants to see it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() != _REPLAYED}
        self.text = answer.body.decode("utf-8", "replace")


_REPLAYED: Final = "retry-after"
"""For its time msal would give the same answer again, even a good one (reference 7.2). The waiting is ours."""


class MsalHttp:
    """The calls that msal makes of its HTTP client. What they raise is ours, and msal lets it through."""

    def __init__(self, client: Client, who: str) -> None:
        self._client = client
        self._who = who
        self.sent: tuple[str, ...] = ()
        """The last secrets that were sent: an answer may repeat them, and nobody shall."""

    def get(self, url: str, params: Texts | None = None, headers: Texts | None = None) -> MsalAnswer:
        """Fetch where a tenant issues its tokens, or a managed identity's token."""
        answer = self._send("GET", url, params, headers)
        if url.endswith(_DISCOVERY) and answer.status != HTTPStatus.OK:
            raise refused(self._who, answer.value if isinstance(answer.value, dict) else {}, self.sent)
        return MsalAnswer(answer)

    def post(
        self,
        url: str,
        params: Texts | None = None,
        data: Mapping[str, str | bytes] | None = None,
        headers: Texts | None = None,
    ) -> MsalAnswer:
        """Ask for a token."""
        # msal hands a signed assertion on as bytes, which httpx would write as b'...'
        form = {name: text.decode() if isinstance(text, bytes) else text for name, text in (data or {}).items()}
        answer = self._send("POST", url, params, headers, form)
        if not answer.is_json:  # msal would log it
            raise IncompleteRead(
                SYSTEM, f"{self._who}: {url} answered {answer.status} with something other than JSON"
            )
        return MsalAnswer(answer)

    def close(self) -> None:
        """Do nothing: the connections are not msal's."""

    def _send(
        self, method: str, url: str, params: Texts | None, headers: Texts | None, form: Texts | None = None
    ) -> Answer:
        told = headers or {}
        hidden = tuple(text for name, text in (*(form or {}).items(), *told.items()) if name.lower() in _SECRETS)
        self.sent = hidden or self.sent
        call = Call(
            method=method,
            url=url,
            template=urlsplit(url).path,
            repeatable=True,
            params=params or {},
            headers=told,
            form=form,
            expected=_REFUSALS,
            hidden=hidden,
        )
        return self._client.send(call)
