"""What Entra and msal answer instead of a token, turned into our errors, with the remedy in the portal's words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msal.exceptions import MsalError, MsalServiceError  # type: ignore[import-untyped]  # it carries no types
from msal.managed_identity import ManagedIdentityError  # type: ignore[import-untyped]  # as above

from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.transport.answer import quotable

SYSTEM: Final = "Entra sign-in"

STUMBLES: Final = (MsalError, ManagedIdentityError, OSError, ValueError, LookupError, TypeError, RuntimeError)
"""What msal lets out besides answers: its own exceptions, and of whatever it fails to read."""

_SECRETS: Final = "App registrations > Certificates & secrets"
_CHECK: Final = "check tenant_id, client_id and the credential"

_REMEDIES: Final[Mapping[int, str]] = {
    7000222: f"the client secret has expired: add a new one under {_SECRETS}, and put its value where "
    "client_secret refers to",
    7000215: f"copy the secret's value, not its id, from {_SECRETS}",
    700016: "check client_id and tenant_id: they are the Application (client) ID and the Directory (tenant) ID on "
    "the Overview page of the app registration",
    90002: "check tenant_id (Directory (tenant) ID on the Overview page), and that cloud is the tenant's",
    900023: "tenant_id is the Directory (tenant) ID on the Overview page, or a domain of the tenant",
    900021: "state the tenant itself as tenant_id",
    700027: f"upload the certificate, without its key, under {_SECRETS} > Certificates",
    700024: "check the clock of this machine: what it signs seems to come from another time",
    500011: "check that cloud is the tenant's",
    70011: "check that cloud is the tenant's",
    7000112: "enable the application under Enterprise applications > Properties",
    7000229: "grant admin consent under App registrations > API permissions: the tenant has no enterprise "
    "application for it yet",
    65001: "grant admin consent under App registrations > API permissions",
    53003: "a Conditional Access policy keeps the application out: exclude it there",
}
"""By the number behind AADSTS."""

_FEDERATED: Final = (
    f"compare issuer, subject and audience (api://AzureADTokenExchange) under {_SECRETS} > Federated credentials "
    "with those of the token"
)
_OF_FEDERATION: Final = frozenset({70021, 700211, 700212, 700213, 700223})

_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})
_PASSING_CODES: Final = frozenset({90033, 90006, 90024})


def refused(who: str, answer: Mapping[str, object], hidden: Iterable[str] = ()) -> RemoteError:
    """The error for an answer without a token. `who` tried to sign in, in words."""
    codes = _codes(answer.get("error_codes"))
    told = answer.get("error_description") or answer.get("error") or ""
    words = (
        quotable(str(told).partition("Trace ID:")[0], hidden).rstrip(".") or "Entra gave no token and no reason"
    )
    what = f"{who} was not let in: {words}"
    if answer.get("error") in _PASSING or _PASSING_CODES.intersection(codes):
        return Unavailable(SYSTEM, what)
    return Denied(SYSTEM, f"{what}; {_remedy(codes)}")


def _codes(told: object) -> Sequence[int]:
    return [code for code in told if isinstance(code, int)] if isinstance(told, list) else []


def _remedy(codes: Sequence[int]) -> str:
    if _OF_FEDERATION.intersection(codes):
        return _FEDERATED
    return next((_REMEDIES[code] for code in codes if code in _REMEDIES), _CHECK)


def stumbled(who: str, error: Exception, hidden: Iterable[str] = ()) -> RemoteError:
    """The error for what msal let out instead of an answer."""
    words = quotable(str(error), hidden)
    what = f"{who} could not sign in: {type(error).__name__}{f': {words}' if words else ''}"
    match error:
        case MsalServiceError():
            return Unavailable(SYSTEM, what)
        case MsalError() | ManagedIdentityError() | OSError():
            return Denied(SYSTEM, f"{what}; {_CHECK}")
        case _:
            return IncompleteRead(SYSTEM, f"{what}; {_CHECK}")
