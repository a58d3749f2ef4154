"""Everything that msal raises and Graph refuses has its translation."""

import inspect
from collections.abc import Iterator
from types import ModuleType

import msal  # type: ignore[import-untyped]  # it carries no types
import pytest
from msal import exceptions, managed_identity, oauth2cli  # as above

from bridge.errors import Denied, IncompleteRead, RemoteError, Unavailable
from bridge.sources.entra.failures import NotFound, PageExpired, TokenLost, Unsupported, refusal
from bridge.sources.entra.signin.failures import STUMBLES, refused, stumbled
from bridge.transport.answer import Answer
from bridge.transport.reaction import Call

CALL = Call("GET", "https://graph.example/v1.0/groups", "/groups", repeatable=True)


def exceptions_of(*modules: ModuleType) -> Iterator[type[Exception]]:
    """Every exception that these modules define."""
    for module in modules:
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, Exception) and cls.__module__.startswith("msal"):
                yield cls


RAISED = sorted(
    set(exceptions_of(msal, exceptions, managed_identity, oauth2cli, oauth2cli.oauth2, oauth2cli.oidc)),
    key=lambda cls: cls.__name__,
)


def test_msal_has_exceptions() -> None:
    """The walk finds them."""
    assert len(RAISED) > 3


@pytest.mark.parametrize("cls", RAISED)
def test_an_exception_of_msal_becomes_ours(cls: type[Exception]) -> None:
    """Whatever it raises while signing in is caught, and named."""
    assert issubclass(cls, STUMBLES)
    error = BaseException.__new__(cls)  # each wants other arguments
    assert isinstance(error, Exception)
    assert cls.__name__ in stumbled("the application", error).what


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (exceptions.MsalServiceError("500", error="e", error_description="d"), Unavailable),
        (exceptions.MsalError("no"), Denied),
        (managed_identity.ManagedIdentityError("no"), Denied),
        (FileNotFoundError("key"), Denied),
        (KeyError("token_endpoint"), IncompleteRead),
        (ValueError("not JSON"), IncompleteRead),
    ],
)
def test_what_may_pass_is_told_from_what_stays(error: Exception, kind: type[RemoteError]) -> None:
    """A server that fails is tried again by the next run; what a person has to mend ends this one loudly."""
    assert type(stumbled("the application", error)) is kind


def test_a_dictionary_without_anything_is_a_refusal() -> None:
    """What came is handed on by msal, whatever it is."""
    assert "no token and no reason" in refused("the application", {}).what


def test_ids_of_microsofts_log_stay_out_of_the_sentence() -> None:
    """They change each time, and would make each failure another one."""
    told = {"error": "invalid_client", "error_description": "AADSTS7000215: Bad. Trace ID: 1 Correlation ID: 2"}
    assert refused("the application", told).what.startswith("the application was not let in: AADSTS7000215: Bad;")


def answer(status: int, code: str, **inner: object) -> Answer:
    """A refusal of Graph's."""
    return Answer.of_value(status, {}, {"error": {"code": code, "message": "words", **inner}})


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (answer(404, "Request_ResourceNotFound"), NotFound),
        (answer(404, ""), NotFound),
        (answer(400, "Directory_ExpiredPageToken"), PageExpired),
        (answer(400, "directory_expiredpagetoken"), PageExpired),
        (answer(400, "BadRequest", innerError={"code": "Directory_ExpiredPageToken"}), PageExpired),
        (answer(400, "BadRequest", innererror={"innererror": {"code": "SyncStateNotFound"}}), TokenLost),
        (answer(400, "Request_UnsupportedQuery"), Unsupported),
        (answer(400, "resyncRequired"), TokenLost),
        (answer(410, "Gone"), TokenLost),
        (answer(400, "Request_BadRequest"), IncompleteRead),
        (Answer(404, {}, b""), NotFound),
        (Answer(400, {}, b"[]"), IncompleteRead),
    ],
)
def test_a_refusal_is_known_by_its_code(told: Answer, kind: type[RemoteError]) -> None:
    """In any letter case and at any depth, under either spelling; never by its message."""
    assert type(refusal("Microsoft Graph", CALL, told)) is kind


def test_a_refusal_is_quoted_with_its_code() -> None:
    """Which is what one searches for."""
    error = refusal("Microsoft Graph", CALL, answer(400, "Request_BadRequest"))
    assert "Request_BadRequest: words" in error.what
