"""The two shapes of an error body (API reference 7)."""

from typing import Literal

from bridge.sandbox.messages import TEXT_TYPE, Answer, json_answer


class Refused(Exception):  # noqa: N818 - a refusal is a regular answer here
    """The request is answered with an error: in the application's words, or in the gateway's."""

    def __init__(
        self, status: int, message: str, *, by_gateway: bool = False, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.status = status
        self.message = message
        self.by_gateway = by_gateway
        self.headers = headers
        super().__init__(message)


def gateway_error(status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The gateway's error body: a status code and a message."""
    return json_answer({"statusCode": status, "message": message}, status, headers)


def refusal(refused: Refused, form: Literal["json", "text", "empty"]) -> Answer:
    """The answer that a refusal becomes."""
    if refused.by_gateway:
        return gateway_error(refused.status, refused.message, refused.headers)
    match form:
        case "json":
            return json_answer({"error": refused.message}, refused.status, refused.headers)
        case "text":
            return Answer(refused.status, refused.message.encode(), TEXT_TYPE, refused.headers)
        case "empty":
            return Answer(refused.status, b"", TEXT_TYPE, refused.headers)
