import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BODY_LIMIT
from bridge.transport.answer import Answer, Kind, kind_of, said

QUOTA_BODY = b'{"statusCode": 403, "message": "Bandwidth quota exceeded. Try again later."}'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"statusCode": 404, "message": "Resource not found"}', "Resource not found"),
        (b'{"error": "Service accounts cannot be proof owners."}', "Service accounts cannot be proof owners."),
        (b'{"error": {"code": 7, "message": "No such group"}}', "No such group"),
        (b'{"error": "invalid_client", "error_description": "Unknown client"}', "Unknown client"),
        (b'{"message": "", "error": "second"}', "second"),
        (b"plain text", "plain text"),
        (b'{"detail": "other shape"}', '{"detail": "other shape"}'),
        (b'["a list"]', '["a list"]'),
        (b"\xff\xfe not text", "�� not text"),
        (b"", ""),
    ],
)
def test_servers_own_words(body: bytes, words: str) -> None:
    """They are found in `message`, in `error` or in the raw text, in that order."""
    assert said(Answer(400, {}, body)) == words


def test_words_are_one_short_printable_line() -> None:
    """A body cannot flood the log, break its lines or steer a terminal."""
    line = said(Answer(500, {}, b"a\r\nb\x1b[2J\x00c " + b"x" * 10_000))
    assert line.startswith("a b [2J c x")
    assert len(line) == BODY_LIMIT


@pytest.mark.parametrize("form", ["s3cret/+ä", "s3cret%2F%2B%C3%A4"])
def test_echoed_secrets_are_hidden(form: str) -> None:
    """A server that repeats our secret, plain or as a form has it, does not get it into our messages."""
    assert said(Answer(400, {}, f"wrong: {form}!".encode()), ["s3cret/+ä", ""]) == "wrong: [redacted]!"


def test_secret_across_the_cut_is_hidden() -> None:
    """Hiding comes before cutting, or the first half of a secret would be left."""
    body = ("x" * (BODY_LIMIT - 10) + "very-secret-token").encode()
    assert "very-secr" not in said(Answer(400, {}, body), ["very-secret-token"])


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Kind.SUCCESS),
        (201, Kind.SUCCESS),
        (204, Kind.SUCCESS),
        (301, Kind.REDIRECT),
        (307, Kind.REDIRECT),
        (400, Kind.REFUSED),
        (401, Kind.UNAUTHORIZED),
        (404, Kind.REFUSED),
        (408, Kind.FAILING),
        (409, Kind.REFUSED),
        (429, Kind.BUSY),
        (500, Kind.FAILING),
        (503, Kind.FAILING),
        (599, Kind.FAILING),
        (103, Kind.FAILING),
    ],
)
def test_kind_by_status(status: int, kind: Kind) -> None:
    """But for the 403, the status alone says what an answer is."""
    assert kind_of(Answer(status)) is kind


@pytest.mark.parametrize(
    ("body", "headers", "kind"),
    [
        (QUOTA_BODY, {}, Kind.QUOTA),
        (b'{"message": "You do not have permission"}', {"retry-after": "5"}, Kind.QUOTA),
        (b'{"error": "RATE LIMIT reached"}', {}, Kind.QUOTA),
        (b"Bandwidth used up", {}, Kind.QUOTA),
        (b'{"message": "You do not have permission"}', {}, Kind.FORBIDDEN),
        (b"{}", {}, Kind.FORBIDDEN),
        (b"<html><body>Blocked. Please try again</body></html>", {}, Kind.BLOCKED),
        (b"<html>busy</html>", {"retry-after": "5"}, Kind.QUOTA),
        (b"Forbidden", {}, Kind.BLOCKED),
        (b"", {}, Kind.BLOCKED),
    ],
)
def test_the_403_that_passes_is_told_from_the_one_that_stays(
    body: bytes, headers: dict[str, str], kind: Kind
) -> None:
    """Retry-After or a throttle's words make it pass; otherwise JSON is the API's no, all else a firewall's."""
    assert kind_of(Answer(403, headers, body)) is kind


@given(
    body=st.binary()
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_body_is_quotable(body: bytes) -> None:
    """Whatever a server sends can be classified and quoted."""
    answer = Answer(403, {}, body)
    assert kind_of(answer) in {Kind.QUOTA, Kind.FORBIDDEN, Kind.BLOCKED}
    assert len(said(answer)) <= BODY_LIMIT


def test_deep_json_is_not_json() -> None:
    """A body that nests beyond what we can read is an unusable answer, and no crash."""
    assert not Answer(200, {}, b"[" * 200_000).is_json


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"error": {"code": "Request_BadRequest", "message": "No."}}, "Request_BadRequest: No."),
        ({"error": {"code": "", "message": "No."}}, "No."),
        ({"error": {"code": 7, "message": "No."}}, "No."),
        ({"error": {"code": "TooManyRequests", "message": ""}}, "TooManyRequests"),
        ({"error": "invalid_client"}, "invalid_client"),
    ],
)
def test_an_error_in_parts_is_quoted_with_its_code(value: object, words: str) -> None:
    """It is what one searches for."""
    assert said(Answer(400, {}, json.dumps(value).encode())) == words


def test_a_part_of_an_answer_is_an_answer() -> None:
    """Its JSON was read with the whole."""
    part = Answer.of_value(403, {"retry-after": "3"}, {"message": "words"})
    assert (part.value, part.is_json, part.is_markup) == ({"message": "words"}, True, False)
    assert said(part) == "words"
    assert kind_of(part) is Kind.QUOTA
