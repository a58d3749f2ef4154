"""The section about notices: nothing in clear text, nothing unsigned, nothing in clear view."""

from pathlib import Path

import pytest

from bridge.config.secrets import secrets_of
from bridge.errors import ConfigError
from tests.config.files import ENVIRON, loaded, sound

ADDRESS = "https://hooks.example/T0/B0?sig=x7y8z9"
SECRETS = ENVIRON | {"URL": ADDRESS, "SIGN": "sixteen-letters-or-more", "MAIL": "hunter2-hunter2", "SHORT": "abc"}
MAIL = "server: smtp.example, sender: a@x.example, to: [b@x.example]"


def problems(folder: Path, notices: str) -> str:
    """What is wrong with a section."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, sound(more=f"notices: {notices}"), SECRETS)
    return str(caught.value)


def test_nobody_is_told_unless_it_is_said_who(tmp_path: Path) -> None:
    """No default goes anywhere."""
    section = loaded(tmp_path, sound()).notices
    assert (section.webhook, section.mail) == (None, None)


def test_address_and_secrets_are_hidden(tmp_path: Path) -> None:
    """And known to the log, so that they cannot slip into it."""
    webhook = "{url: '${env:URL}', secret: '${env:SIGN}'}"
    text = f"notices: {{webhook: {webhook}, mail: {{{MAIL}, user: u, password: '${{env:MAIL}}'}}}}"
    configuration = loaded(tmp_path, sound(more=text), SECRETS)
    told = f"{configuration!r} {configuration.model_dump_json()}"
    for secret in (ADDRESS, SECRETS["SIGN"], SECRETS["MAIL"]):
        assert secret not in told
        assert secret in set(secrets_of(configuration))


@pytest.mark.parametrize(
    ("notices", "what"),
    [
        ("{webhook: {url: '${env:URL}'}}", "could not tell our notices from anybody's"),
        ("{webhook: {url: '${env:URL}', secret: '${env:SHORT}'}}", "can be guessed"),
        ("{webhook: {url: 'https://hooks.example', secret: '${env:SIGN}'}}", "url"),
        ("{webhook: {url: '${env:SIGN}', secret: '${env:SIGN}'}}", "begins with https://"),
        ("{mail: {server: smtp.example, sender: no-address, to: [b@x.example]}}", "not an e-mail address"),
        ("{mail: {server: smtp.example, sender: a@x.example, to: []}}", "to"),
        (f"{{mail: {{{MAIL}, user: u}}}}", "belong together"),
        (f"{{mail: {{{MAIL}, security: none}}}}", "clear text"),
    ],
)
def test_what_is_not_safe_is_refused(tmp_path: Path, notices: str, what: str) -> None:
    """With the remedy, and without the secret."""
    told = problems(tmp_path, notices)
    assert what in told
    assert SECRETS["SIGN"] not in told


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465)])
def test_the_usual_port_goes_with_the_security(tmp_path: Path, security: str, port: int) -> None:
    """Unless another is stated."""
    mail = loaded(tmp_path, sound(more=f"notices: {{mail: {{{MAIL}, security: {security}}}}}")).notices.mail
    assert mail
    assert mail.port_number == port
    stated = loaded(tmp_path, sound(more=f"notices: {{mail: {{{MAIL}, port: 2525}}}}")).notices.mail
    assert stated
    assert stated.port_number == 2525


def test_slack_and_teams_need_no_secret(tmp_path: Path) -> None:
    """Their address is one."""
    for shape in ("slack", "teams"):
        text = f"notices: {{webhook: {{shape: {shape}, url: '${{env:URL}}'}}}}"
        assert loaded(tmp_path, sound(more=text), SECRETS).notices.webhook
