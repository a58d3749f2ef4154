"""`POST /$batch`: up to 20 requests in one (Graph reference 4)."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.sandbox.graph.call import ROOT
from bridge.sandbox.graph.errors import GraphError
from bridge.sandbox.messages import JSON_TYPE, Answer, Request, json_answer

BATCH_PATH: Final = f"{ROOT}/$batch"
LARGEST_BATCH: Final = 20
_FAILED_DEPENDENCY: Final = 424
_ERRORS_FROM: Final = 400


@dataclass(frozen=True, slots=True)
class Item:
    """One of the requests in a batch."""

    id: str
    request: Request
    after: tuple[str, ...] = field(default=())
    """Ids of those that must have gone well before."""


def read_batch(request: Request) -> list[Item]:
    """The requests in a batch. Raises GraphError with 400 where it cannot be read, or is too large."""
    try:
        body = json.loads(request.body)
        items = [_item(entry, request) for entry in body["requests"]]
    except (ValueError, TypeError, LookupError, AttributeError):
        raise _invalid("The batch request could not be parsed.") from None
    if len(items) > LARGEST_BATCH:
        raise _invalid(f"The number of batch requests exceeds the maximum of {LARGEST_BATCH}.")
    if len({item.id.casefold() for item in items}) < len(items):
        raise _invalid("The ids of batch requests must be unique.")
    return items


def answer_batch(items: Sequence[Item], serve: Callable[[Request], Answer]) -> Answer:
    """Answer each request on its own; the whole is 200 whatever becomes of them."""
    answers: dict[str, Answer] = {}
    for item in items:
        met = all(answers[other].status < _ERRORS_FROM for other in item.after if other in answers)
        answers[item.id] = serve(item.request) if met else json_answer({}, _FAILED_DEPENDENCY)
    parts = (_part(one, answer) for one, answer in answers.items())
    return Answer(200, b'{"responses":[' + b",".join(parts) + b"]}")


def _item(entry: Mapping[str, object], outer: Request) -> Item:
    path, _, query = str(entry["url"]).partition("?")
    headers = entry.get("headers", {})
    depends = entry.get("dependsOn", [])
    if not (isinstance(headers, dict) and isinstance(depends, list) and isinstance(entry["id"], str)):
        raise TypeError
    own = {str(name).lower(): str(value) for name, value in headers.items()}
    own = {"authorization": outer.headers.get("authorization", "")} | own
    body = json.dumps(entry["body"]).encode() if "body" in entry else b""
    inner = Request(str(entry["method"]).upper(), f"{ROOT}/{path.lstrip('/')}", query, own, body)
    return Item(entry["id"], inner, tuple(str(one) for one in depends))


def _part(item_id: str, answer: Answer) -> bytes:
    """One answer in the batch's. A body that is no JSON is a text, in base 64 unless it is plain."""
    head = {"id": item_id, "status": answer.status, "headers": _headers(answer)}
    if answer.content_type == JSON_TYPE:
        body = answer.body or b"null"
    elif answer.content_type.startswith("text/plain"):
        body = json.dumps(answer.body.decode()).encode()
    else:
        body = json.dumps(base64.b64encode(answer.body).decode()).encode()
    return json.dumps(head).encode()[:-1] + b',"body":' + body + b"}"


def _headers(answer: Answer) -> dict[str, str]:
    return {"Content-Type": answer.content_type, **dict(answer.headers)}


def _invalid(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)
