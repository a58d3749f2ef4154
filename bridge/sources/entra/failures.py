"""What Graph refuses, turned into our errors, with the remedy in the words of the portal (Graph reference 5.2)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from bridge.errors import IncompleteRead, RemoteError
from bridge.transport.answer import Answer
from bridge.transport.reaction import Call, answered

CONSENT: Final = (
    "in the Entra admin center, under App registrations > API permissions, add the Microsoft Graph application "
    "permission {} and grant admin consent; a token that was issued before lasts for another hour"
)

GROUPS_REMEDY: Final = CONSENT.format("GroupMember.Read.All")
USERS_REMEDY: Final = CONSENT.format("User.Read.All")
HIDDEN_REMEDY: Final = CONSENT.format("Member.Read.Hidden")
STRANGER_REMEDY: Final = "check that tenant_id, cloud and graph_url belong together, and the clock of this machine"


class NotFound(IncompleteRead):
    """There is no such object; or none yet, where a replica lags behind."""


class PageExpired(IncompleteRead):
    """The token of a page came too late: the list has to be read from its beginning."""


class Unsupported(IncompleteRead):
    """This query is answered by the index behind advanced queries only, or not at all."""


class TokenLost(IncompleteRead):
    """What changed since a token cannot be told any more: all has to be read."""


REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Statuses whose code says more than the status does."""

_OF_CODE: Final[Mapping[str, type[IncompleteRead]]] = {
    "directory_expiredpagetoken": PageExpired,
    "request_unsupportedquery": Unsupported,
    "request_resourcenotfound": NotFound,
    "syncstatenotfound": TokenLost,
    "syncstateinvalid": TokenLost,
    "resyncrequired": TokenLost,
}
_OF_STATUS: Final[Mapping[int, type[IncompleteRead]]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: TokenLost,
}


def refusal(system: str, call: Call, answer: Answer) -> RemoteError:
    """The error that an answer with one of REFUSALS stands for: by its code, in any case, else by its status."""
    told = (_OF_CODE[code] for code in _codes(answer) if code in _OF_CODE)
    kind = next(told, _OF_STATUS.get(answer.status, IncompleteRead))
    return kind(system, answered(call, answer))


def _codes(answer: Answer) -> list[str]:
    """Every code of an error, the most specific one first: they nest, under either spelling (reference 5.2)."""
    codes: list[str] = []
    value = answer.value if answer.is_json else None
    told = value.get("error") if isinstance(value, dict) else None
    while isinstance(told, dict):
        code = told.get("code")
        if isinstance(code, str):
            codes.insert(0, code.strip().lower())
        told = told.get("innerError") or told.get("innererror")
    return codes
