"""Letters arrive: over real HTTP and real SMTP, signed, encrypted, and without a secret or a person in them."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.config.notices import MailSection, WebhookSection
from bridge.config.references import Reference, Secret, Surroundings
from bridge.errors import BridgeError
from bridge.notices.channels import Mail, Webhook
from bridge.notices.letter import MOST, Letter, letter
from bridge.notices.matter import Matter, MatterKind
from bridge.redaction import register_secret
from tests.notices.receivers import listening, mailed
from tests.store.stores import NOON

SIGN, PASSWORD = "a-secret-to-sign-with", "a-password-for-mail"
HELD = Matter(MatterKind.HELD, "d1", "Auditors: 14 held", "See whom.", "hyperproof-bridge held show d1", "d1")
HOSTILE = replace(HELD, text="<https://evil.example|click> **bold** & @channel \r\nBcc: all@corp.example \u202e")


def told(*matters: Matter) -> Letter:
    """A letter."""
    return letter("acme", NOON, matters or (HELD,))


def secret(value: str) -> Secret:
    """A secret as the configuration has it."""
    found = Reference("env", "IT", Surroundings({"IT": value}, Path()))
    return Secret(value, found)


def webhook(url: str, shape: str = "json", ca_file: Path | None = None) -> Webhook:
    """A webhook at an address."""
    made = {"shape": shape, "url": secret(url), "secret": secret(SIGN), "ca_file": ca_file}
    return Webhook(WebhookSection.model_construct(**made))  # type: ignore[arg-type]  # by the case


def mail(port: int, folder: Path, security: str = "starttls", **more: object) -> Mail:
    """Mail by a server on loopback."""
    stated = {"server": "localhost", "port": port, "security": security, "ca_file": folder / "ca.pem"}
    people = {"sender": "bridge@corp.example", "to": ("ann@corp.example", "bo@corp.example")}
    return Mail(MailSection.model_construct(**(stated | people | more)))  # type: ignore[arg-type]  # by the case


# ---- the webhook ---------------------------------------------------------------------------------------


def test_a_letter_is_posted_and_signed_over_time_and_body() -> None:
    """Whoever has the secret can prove that it is ours, and that it is not an old one."""
    with listening() as inbox:
        webhook(inbox.url).send(told())
    ((headers, content),) = inbox.posts
    stamped = headers["X-Bridge-Timestamp"].encode() + b"." + content
    expected = hmac.new(SIGN.encode(), stamped, hashlib.sha256).hexdigest()
    assert headers["X-Bridge-Signature"] == f"sha256={expected}"
    assert headers["X-Bridge-Timestamp"] == str(int(NOON.timestamp()))
    body = json.loads(content)
    assert body["id"] == headers["X-Bridge-Notice"]
    assert body["notices"] == [
        {
            "kind": "held",
            "grave": False,
            "text": "Auditors: 14 held",
            "remedy": "See whom.",
            "command": "hyperproof-bridge held show d1",
        }
    ]


def test_slack_gets_blocks_of_plain_text() -> None:
    """A name cannot become a link or call everybody."""
    with listening() as inbox:
        webhook(inbox.url, "slack").send(told(HOSTILE))
    body = json.loads(inbox.posts[0][1])
    assert {block["text"]["type"] for block in body["blocks"]} == {"plain_text"}
    assert "<" not in body["text"]
    assert "&lt;https://evil.example|click&gt;" in body["text"]


def test_teams_gets_a_card_of_text_runs() -> None:
    """They know no Markdown."""
    with listening() as inbox:
        webhook(inbox.url, "teams").send(told(HOSTILE))
    (attachment,) = json.loads(inbox.posts[0][1])["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    blocks = attachment["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}
    assert "**bold**" in blocks[1]["inlines"][0]["text"]


def test_tls_is_verified(tmp_path: Path) -> None:
    """By the authority that is stated; without it nothing is sent."""
    with listening(tmp_path) as inbox:
        webhook(inbox.url, ca_file=tmp_path / "ca.pem").send(told())
        with pytest.raises(BridgeError, match="cannot be reached"):
            webhook(inbox.url).send(told())
    assert len(inbox.posts) == 1


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500])
def test_an_answer_that_is_no_yes_is_a_failure(status: int) -> None:
    """A redirect, too: the letter goes nowhere else. The address, which is a secret, is not told."""
    with listening() as inbox:
        inbox.status = status
        with pytest.raises(BridgeError, match=f"answered {status}") as caught:
            webhook(inbox.url).send(told())
    assert "s3cret" not in str(caught.value)
    assert len(inbox.posts) == 1


def test_nobody_there_is_a_failure_without_the_address() -> None:
    """It may stand in a log."""
    with listening() as inbox:
        gone = webhook(inbox.url)
    with pytest.raises(BridgeError) as caught:
        gone.send(told())
    assert str(caught.value) == "the webhook cannot be reached (ConnectError)"


# ---- mail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_encrypted(tmp_path: Path, security: str) -> None:
    """Whether encryption begins with the first byte or is asked for."""
    with mailed(tmp_path, tls=security == "tls") as box:
        mail(box.port, tmp_path, security).send(told())
    (message,) = box.mails
    assert box.encrypted == [True]
    assert message["To"] == "ann@corp.example, bo@corp.example"
    assert message["Subject"] == "Hyperproof Bridge (acme): Auditors: 14 held"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "    hyperproof-bridge held show d1" in message.get_content()


def test_the_sender_signs_in(tmp_path: Path) -> None:
    """Behind encryption, where the server asks for it."""
    with mailed(tmp_path, password=PASSWORD) as box:
        mail(box.port, tmp_path, user="bridge", password=secret(PASSWORD)).send(told())
    assert len(box.mails) == 1


def test_a_name_cannot_add_a_receiver(tmp_path: Path) -> None:
    """A line end in it is shown as what it is."""
    with mailed(tmp_path) as box:
        mail(box.port, tmp_path).send(told(HOSTILE))
    (message,) = box.mails
    assert message["Bcc"] is None
    assert r"\r\nBcc: all@corp.example" in message["Subject"]


def test_a_server_that_is_not_trusted_gets_nothing(tmp_path: Path) -> None:
    """Neither the mail nor the password."""
    with mailed(tmp_path, password=PASSWORD) as box, pytest.raises(BridgeError, match="SSLCertVerificationError"):
        mail(box.port, tmp_path, user="bridge", password=secret(PASSWORD), ca_file=None).send(told())
    assert box.mails == []


def test_a_wrong_password_and_a_refused_receiver_are_failures(tmp_path: Path) -> None:
    """An error never looks like success, not even for one of two receivers."""
    with mailed(tmp_path, password=PASSWORD) as box, pytest.raises(BridgeError, match="answered 535"):
        mail(box.port, tmp_path, user="bridge", password=secret("wrong-wrong")).send(told())
    with mailed(tmp_path) as box:
        box.refused = ("bo@corp.example",)
        with pytest.raises(BridgeError, match="refused 1 of the receivers"):
            mail(box.port, tmp_path).send(told())


# ---- what is in a letter -------------------------------------------------------------------------------


def test_a_secret_is_in_no_letter() -> None:
    """Even if a server's words repeated it."""
    register_secret("kn0wn-secret-value")
    (line,) = told(replace(HELD, text="refused: kn0wn-secret-value")).lines
    assert line.text == "refused: [redacted]"


def test_many_matters_are_one_letter() -> None:
    """Two thousand doubts are no reason for two thousand mails."""
    many = told(*(replace(HELD, subject=str(number)) for number in range(2000)))
    assert len(many.lines) == MOST
    assert many.rest == f"and {2000 - MOST} more, see the status page"
    assert many.title == "Hyperproof Bridge (acme): 2000 things need you"


def test_the_same_content_has_the_same_id() -> None:
    """So that a receiver can tell a letter that it gets twice."""
    assert told().id == letter("acme", NOON.replace(hour=13), (HELD,)).id
    assert told().id != told(replace(HELD, essence="d2")).id
