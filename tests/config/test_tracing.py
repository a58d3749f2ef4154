"""The section about tracing: off by itself, and no secret in clear text or in clear view."""

from pathlib import Path

import pytest

from bridge.config.secrets import secrets_of
from tests.config.files import ENVIRON, loaded, problems, sound

TOKEN = "Bearer of-the-collector"
SECRETS = ENVIRON | {"TOKEN": TOKEN}
HEADERS = "headers: {Authorization: '${env:TOKEN}'}"


def test_nothing_is_traced_unless_it_is_said_where(tmp_path: Path) -> None:
    """No default goes anywhere."""
    assert loaded(tmp_path, sound()).tracing is None


def test_headers_are_hidden(tmp_path: Path) -> None:
    """And known to the log, so that they cannot slip into it."""
    text = f"tracing: {{endpoint: 'https://otel.example:4318/', {HEADERS}}}"
    configuration = loaded(tmp_path, sound(more=text), SECRETS)
    assert configuration.tracing
    assert configuration.tracing.endpoint == "https://otel.example:4318"
    assert TOKEN not in f"{configuration!r} {configuration.model_dump_json()}"
    assert TOKEN in set(secrets_of(configuration))


def test_without_headers_a_collector_may_be_near_and_in_clear_text(tmp_path: Path) -> None:
    """It is told no secret and nobody's name."""
    configuration = loaded(tmp_path, sound(more="tracing: {endpoint: 'http://otel.monitoring:4318'}"))
    assert configuration.tracing
    assert dict(configuration.tracing.headers) == {}


@pytest.mark.parametrize(
    ("tracing", "key", "what"),
    [
        (f"{{endpoint: 'http://otel.example:4318', {HEADERS}}}", "tracing.headers", "clear text"),
        ("{endpoint: 'https://a:b@otel.example'}", "tracing.endpoint", "holds a name or password"),
        ("{endpoint: 'grpc://otel.example'}", "tracing.endpoint", "begins with https:// or http://"),
        ("{endpoint: 'https://otel.example', headers: {X: secret}}", "tracing.headers.X", "plain text"),
        ("{endpoint: 'https://otel.example', headers: {'a b': '${env:TOKEN}'}}", "tracing.headers", "a header"),
        ("{headers: {}}", "tracing.endpoint", "missing"),
    ],
)
def test_what_is_not_safe_is_refused(tmp_path: Path, tracing: str, key: str, what: str) -> None:
    """With key and reason."""
    told = " ".join(str(problem) for problem in problems(tmp_path, sound(more=f"tracing: {tracing}"), SECRETS))
    assert key in told
    assert what in told
    assert TOKEN not in told
