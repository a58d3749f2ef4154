"""The sections of the service: when it runs, and who may read how it is."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.config.secrets import secrets_of
from tests.config.files import ENVIRON, loaded, sound, told

TOKEN = {**ENVIRON, "TOKEN": "sixteen-letters-", "SHORT": "fifteen-letters"}


def test_without_a_word_it_runs_every_quarter_of_an_hour(tmp_path: Path) -> None:
    """And is to be asked on this machine alone."""
    configuration = loaded(tmp_path, sound())
    assert configuration.schedule.interval == timedelta(minutes=15)
    assert configuration.schedule.cron is None
    assert configuration.web.listen == "127.0.0.1:8470"


@pytest.mark.parametrize(
    ("schedule", "key", "says"),
    [
        ('{every: 15m, cron: "0 * * * *"}', "schedule.cron", "Keep one of the two."),
        ('{cron: "0 3 1 * mon"}', "schedule.cron", "Write `*` for one of them."),
        ('{cron: "@daily"}', "schedule.cron", "Write `0 * * * *`."),
        ("{every: 5s}", "schedule.every", "Write 10s to 7d."),
        ("{timezone: Mars/Olympus}", "schedule.timezone", "Write one such as UTC or Europe/Berlin."),
        ("{timezone: ../../etc/passwd}", "schedule.timezone", "Write one such as UTC or Europe/Berlin."),
        ("{stop_within: 0s}", "schedule.stop_within", "Write 1s to 10m."),
    ],
)
def test_a_wrong_schedule_is_told_with_the_remedy(tmp_path: Path, schedule: str, key: str, says: str) -> None:
    """At its place in the file."""
    ((found, sentences),) = told(tmp_path, sound(more=f"schedule: {schedule}"))
    assert found == key
    assert sentences.endswith(says)


@pytest.mark.parametrize(
    ("web", "key", "says"),
    [
        ('{listen: "0.0.0.0:8470"}', "web.listen", "Add `token`, or listen on 127.0.0.1."),
        ('{listen: "[::]:8470"}', "web.listen", "Add `token`, or listen on 127.0.0.1."),
        ('{listen: "bridge.corp.example:8470"}', "web.listen", "Add `token`, or listen on 127.0.0.1."),
        (
            '{listen: "0.0.0.0:8470", token: "${env:TOKEN}"}',
            "web.listen",
            "Add `certificate`, or state `behind_proxy: true` if TLS ends in front of it.",
        ),
        ('{token: "${env:SHORT}"}', "web.token", "Make one of 16 characters."),
        ("{listen: localhost}", "web.listen", "Write host:port such as 127.0.0.1:8470, or `none`."),
        ('{listen: "localhost:70000"}', "web.listen", "Write host:port such as 127.0.0.1:8470, or `none`."),
    ],
)
def test_nobody_reads_it_from_elsewhere_unasked(tmp_path: Path, web: str, key: str, says: str) -> None:
    """Beyond loopback it takes a token, and something that keeps the token secret on its way."""
    ((found, sentences),) = told(tmp_path, sound(more=f"web: {web}"), TOKEN)
    assert found == key
    assert sentences.endswith(says)


@pytest.mark.parametrize(
    "web",
    [
        '{listen: "0.0.0.0:8470", token: "${env:TOKEN}", behind_proxy: true}',
        '{listen: "[::1]:8470"}',
        '{listen: "localhost:0"}',
        "{listen: none}",
    ],
)
def test_it_listens_where_it_is_safe(tmp_path: Path, web: str) -> None:
    """On loopback, nowhere, or behind a proxy with a token."""
    configuration = loaded(tmp_path, sound(more=f"web: {web}"), TOKEN)
    assert f'listen: "{configuration.web.listen}"' in web or configuration.web.listen == "none"


def test_the_token_is_a_secret(tmp_path: Path) -> None:
    """It is kept out of the log as all others are."""
    configuration = loaded(tmp_path, sound(more='web: {token: "${env:TOKEN}"}'), TOKEN)
    assert TOKEN["TOKEN"] in set(secrets_of(configuration))


def test_every_file_that_counts_is_known(tmp_path: Path) -> None:
    """So that a change in any of them is noticed: the file itself, secrets, certificates."""
    for name in ("secret", "ca.pem", "web.pem"):
        (tmp_path / name).write_text("something made up")
        (tmp_path / name).chmod(0o600)
    text = sound(more='web: {token: "${file:secret}", certificate: web.pem}').replace(
        "client_id: ${env:CLIENT_ID}", "client_id: ${env:CLIENT_ID}\n  ca_file: ca.pem"
    )
    files = loaded(tmp_path, text).files
    assert {path.name for path in files} == {"bridge.yaml", "secret", "ca.pem", "web.pem"}
