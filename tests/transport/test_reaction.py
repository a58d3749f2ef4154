"""The table in `bridge.transport.reaction`, row by row."""

from dataclasses import replace

import pytest

from bridge.errors import ChangeRejected, Denied, IncompleteRead, OutcomeUnknown, RemoteError, Unavailable
from bridge.transport.answer import Answer
from bridge.transport.failure import Failure, Stage
from bridge.transport.reaction import Accept, Again, Call, Fail, Hold, Renew, reaction
from bridge.transport.waits import BRIEF, LONG
from tests.transport.virtual import READ, WRITE

JSON = b'{"message": "words"}'
HTML = b"<html>Sign in</html>"

Row = tuple[Answer | Failure, type[object], type[RemoteError] | None, type[object], type[RemoteError] | None]

ROWS: list[Row] = [
    # came back                       read: reaction, error         write: reaction, error
    (Answer(200, {}, b"[]"), Accept, None, Accept, None),
    (Answer(201, {}, JSON), Accept, None, Accept, None),
    (Answer(200, {}, b""), Again, IncompleteRead, Accept, None),
    (Answer(204, {}, b""), Again, IncompleteRead, Accept, None),
    (Answer(200, {}, HTML), Again, IncompleteRead, Fail, OutcomeUnknown),
    (Answer(200, {}, b'[{"id": "a"'), Again, IncompleteRead, Fail, OutcomeUnknown),
    (Answer(206, {}, b"[]"), Fail, IncompleteRead, Fail, OutcomeUnknown),
    (Answer(302, {"location": "https://x.example/"}), Fail, Denied, Fail, OutcomeUnknown),
    (Answer(401, {}, JSON), Renew, Denied, Renew, Denied),
    (Answer(403, {}, JSON), Fail, Denied, Fail, Denied),
    (Answer(403, {}, HTML), Fail, Denied, Fail, OutcomeUnknown),
    (Answer(400, {}, JSON), Fail, IncompleteRead, Fail, ChangeRejected),
    (Answer(404, {}, JSON), Fail, IncompleteRead, Fail, ChangeRejected),
    (Answer(409, {}, JSON), Fail, IncompleteRead, Fail, ChangeRejected),
    (Answer(413, {}, b""), Fail, IncompleteRead, Fail, ChangeRejected),
    (Answer(422, {}, JSON), Fail, IncompleteRead, Fail, ChangeRejected),
    (Answer(408, {}, b""), Again, Unavailable, Fail, OutcomeUnknown),
    (Answer(500, {}, JSON), Again, Unavailable, Fail, OutcomeUnknown),
    (Answer(503, {"retry-after": "5"}, b""), Again, Unavailable, Fail, OutcomeUnknown),
    (Failure(Stage.UNSENT, "refused"), Again, Unavailable, Again, Unavailable),
    (Failure(Stage.UNSENDABLE, "ftp"), Fail, Unavailable, Fail, Unavailable),
    (Failure(Stage.UNTRUSTED, "self-signed"), Fail, Denied, Fail, Denied),
    (Failure(Stage.LOST, "reset"), Again, Unavailable, Fail, OutcomeUnknown),
    (Failure(Stage.CUT, "early end"), Again, IncompleteRead, Fail, OutcomeUnknown),
    (Failure(Stage.TOO_LARGE, "large"), Fail, IncompleteRead, Fail, OutcomeUnknown),
]


def error_of(found: object) -> type[RemoteError] | None:
    """The class of the error that a reaction carries."""
    return type(found.error) if isinstance(found, Again | Fail | Renew) else None


@pytest.mark.parametrize(("outcome", "kind", "error", "_kind", "_error"), ROWS)
def test_reaction_to_a_read(
    outcome: Answer | Failure, kind: type[object], error: object, _kind: object, _error: object
) -> None:
    """What may pass is tried again; nothing is ever concluded from less than a whole answer."""
    found = reaction("Server", READ, outcome)
    assert (type(found), error_of(found)) == (kind, error)


@pytest.mark.parametrize(("outcome", "_kind", "_error", "kind", "error"), ROWS)
def test_reaction_to_a_write(
    outcome: Answer | Failure, _kind: object, _error: object, kind: type[object], error: object
) -> None:
    """Only what is known not to have happened is tried again, or called rejected."""
    found = reaction("Server", WRITE, outcome)
    assert (type(found), error_of(found)) == (kind, error)


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
def test_throttles_hold_everybody(call: Call) -> None:
    """Both kinds were not executed, so reads and writes wait alike; a quota takes longer to come back."""
    busy = reaction("Server", call, Answer(429, {}, JSON))
    quota = reaction("Server", call, Answer(403, {}, b'{"message": "quota"}'))
    assert isinstance(busy, Hold)
    assert isinstance(quota, Hold)
    assert (busy.pace, quota.pace) == (BRIEF, LONG)


def test_expected_status_is_an_answer() -> None:
    """A caller that can make something of a 404 gets it."""
    expecting = replace(READ, expected=frozenset({404, 403}))
    assert isinstance(reaction("Server", expecting, Answer(404, {}, JSON)), Accept)
    assert isinstance(reaction("Server", expecting, Answer(404, {}, b"")), Accept)


def test_expected_status_from_in_between_is_none() -> None:
    """A proxy's page that says 404 tells nothing about the group, and a throttle nothing about the credentials."""
    expecting = replace(READ, expected=frozenset({404, 403}))
    assert isinstance(reaction("Server", expecting, Answer(404, {}, HTML)), Fail)
    assert isinstance(reaction("Server", expecting, Answer(403, {}, b'{"message": "quota"}')), Hold)


def test_forbidden_names_the_remedy_of_the_call() -> None:
    """What to grant is known where the call is made."""
    found = reaction("Server", replace(READ, refused="grant it"), Answer(403, {}, JSON))
    assert isinstance(found, Fail)
    assert str(found.error) == "Server: GET /v1/things was answered 403: words; grant it"


def test_rejected_change_carries_the_status() -> None:
    """The cycle goes by it: a batch too large is cut, a conflict is read again."""
    found = reaction("Server", WRITE, Answer(413, {}, b""))
    assert isinstance(found, Fail)
    assert isinstance(found.error, ChangeRejected)
    assert found.error.status == 413


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://user:pw@login.example/?state=s3cret", "login.example"),
        ("/v1/groups?token=s3cret", "another path"),
        ("https://[bad", "nowhere"),
        ("", "another path"),
    ],
)
def test_redirect_tells_the_host_alone(location: str, told: str) -> None:
    """The rest of such an address may be a secret."""
    found = reaction("Server", READ, Answer(302, {"location": location}))
    assert isinstance(found, Fail)
    assert f"redirected (302) to {told}," in str(found.error)
    assert "s3cret" not in str(found.error)
    assert "pw" not in str(found.error)


def test_an_exchange_with_an_id_is_told_with_it() -> None:
    """And with the server's own, so that its operator finds it; without an id of ours neither is told."""
    traced = replace(READ, headers={"client-request-id": "ours"})
    found = reaction("Server", traced, Answer(403, {"request-id": "theirs"}, JSON))
    assert isinstance(found, Fail)
    assert "was answered 403: words (client-request-id ours, request-id theirs)" in str(found.error)
    lost = reaction("Server", traced, Failure(Stage.LOST, "reset"))
    assert isinstance(lost, Again)
    assert "failed: reset (client-request-id ours)" in str(lost.error)
    plain = reaction("Server", READ, Answer(403, {"request-id": "theirs"}, JSON))
    assert isinstance(plain, Fail)
    assert "theirs" not in str(plain.error)


def test_a_refused_token_is_told_with_the_remedy_of_the_call() -> None:
    """What a token is refused for differs from system to system."""
    found = reaction("Server", replace(READ, unauthorized="check the clock"), Answer(401, {}, JSON))
    assert isinstance(found, Renew)
    assert str(found.error).endswith("words; check the clock")
