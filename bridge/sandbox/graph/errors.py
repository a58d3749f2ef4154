"""Errors: Graph's own, and those of the token endpoint (Graph reference 5.2 and 7.9)."""

import uuid
from typing import Final

from bridge.sandbox.messages import Answer, json_answer

Headers = tuple[tuple[str, str], ...]

REQUEST_ID: Final = "request-id"
NO_PRIVILEGES: Final = "Insufficient privileges to complete the operation."


class GraphError(Exception):
    """The request is answered with an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        headers: Headers = (),
        inner_code: str = "",
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
        self.inner_code = inner_code
        """A more specific code, two levels down."""
        super().__init__(f"{status} {code}: {message}")


class SignInError(Exception):
    """No token is given (Graph reference 7.9)."""

    def __init__(self, code: int, error: str, message: str, status: int = 400, *, headers: Headers = ()) -> None:
        self.code = code
        self.error = error
        self.message = message
        self.status = status
        self.headers = headers
        super().__init__(f"AADSTS{code}: {message}")


def bad_request(message: str) -> GraphError:
    """The request is wrong."""
    return GraphError(400, "Request_BadRequest", message)


def unsupported(message: str) -> GraphError:
    """The query is one that Graph does not answer, or not in this way."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def expired_page() -> GraphError:
    """The page token is too old, or belongs to something else."""
    return GraphError(400, "Directory_ExpiredPageToken", "The specified page token has expired.")


def not_found(what: str) -> GraphError:
    """There is no such object (any more, or yet)."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{what}' does not exist or one of its queried reference-property objects are not present.",
    )


def denied() -> GraphError:
    """The application has no consent for this."""
    return GraphError(403, "Authorization_RequestDenied", NO_PRIVILEGES)


def error_answer(error: GraphError, date: str, client_request_id: str = "") -> Answer:
    """An error as an answer, with a request id of its own in body and head."""
    request_id = str(uuid.uuid4())
    inner: dict[str, object] = {
        "date": date,
        "request-id": request_id,
        "client-request-id": client_request_id or request_id,
    }
    if error.inner_code:
        inner["innerError"] = {"code": error.inner_code}
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return json_answer(body, error.status, ((REQUEST_ID, request_id), *error.headers))
