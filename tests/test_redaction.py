import base64
import html
import json
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.redaction import REDACTED, SECRET_LENGTH, Secrets

SECRETS: Final = st.text("abZ09 -_.~!'\"\\/&<>+%=;:é€😀\n\t", min_size=SECRET_LENGTH)


def numbered(text: str, form: str) -> str:
    """With everything but letters and digits as HTML can have it, too."""
    return "".join(c if c.isascii() and c.isalnum() else form.format(ord(c)) for c in text)


SPELLINGS: Final[list[Callable[[str], str]]] = [
    str,
    lambda text: repr(text)[1:-1],
    lambda text: repr(text.encode())[2:-1],
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(json.dumps(text))[3:-3],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    lambda text: text.encode("unicode_escape").decode(),
    lambda text: "".join(
        c if c.isascii() and c.isalnum() else f"\\u{ord(c):04X}" for c in text if ord(c) < 0x10000
    ),
    html.escape,
    lambda text: html.escape(text, quote=False),
    lambda text: numbered(text, "&#{};"),
    lambda text: numbered(text, "&#x{:X};"),
    lambda text: numbered(text, "&#x{:04x};"),
    quote,
    lambda text: quote(text, safe=""),
    lambda text: quote(text, safe="").lower(),
    quote_plus,
    lambda text: text.encode().hex(),
    lambda text: text.encode().hex().upper(),
]


@pytest.mark.parametrize("spelled", SPELLINGS, ids=range(len(SPELLINGS)))
@given(secret=SECRETS)
@example(secret='Sup3r&Secret<Value>"9"')
def test_a_secret_is_hidden_however_it_is_spelled(spelled: Callable[[str], str], secret: str) -> None:
    """By Python, JSON, addresses or HTML, in either case of their digits; of what was around it nothing is."""
    if spelled is SPELLINGS[8]:
        secret = "".join(c for c in secret if ord(c) < 0x10000) + "z" * SECRET_LENGTH
    if spelled is SPELLINGS[16]:
        secret = secret.lower()
    secrets = Secrets()
    secrets.register(secret)
    assert secrets.hide(f"[{spelled(secret)}]") == f"[{REDACTED}]"


@given(secret=SECRETS, before=st.binary(max_size=4), after=st.binary(max_size=4))
def test_a_secret_within_base64_is_hidden(secret: str, before: bytes, after: bytes) -> None:
    """Wherever it begins: behind a client's id and a colon, as Basic has it."""
    secrets = Secrets()
    secrets.register(secret)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert REDACTED in secrets.hide(encode(before + secret.encode() + after).decode())


@given(secret=SECRETS, text=st.text(max_size=40))
def test_what_holds_no_secret_is_as_it_was(secret: str, text: str) -> None:
    """Unless it says the secret in some spelling."""
    secrets = Secrets()
    secrets.register(f"never-{secret}-said")
    assert secrets.hide(text) == text


@pytest.mark.parametrize("secret", ["\\" * 30 + "&x", "&" * 30 + "x", "\n" * 30 + "x", "& \\" * 12])
@pytest.mark.parametrize("text", ["\\", "\\x5c", "\\x26", "&amp;", "%26", "\\\\u005c", "& "])
def test_no_answer_takes_for_ever_to_look_through(secret: str, text: str) -> None:
    """One that goes on beginning like the secret is as it was."""
    secrets = Secrets()
    secrets.register(secret)
    assert secrets.hide(f"{text * 20_000}!") == f"{text * 20_000}!"
