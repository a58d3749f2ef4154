"""No message repeats a secret, wherever and however somebody writes it down."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bridge.config import load
from bridge.errors import ConfigError
from tests.config.files import CORP, ENVIRON, HYPERPROOF, sound, written

PLACES = {
    "client_secret": lambda value: sound(hyperproof=HYPERPROOF.replace("${env:CLIENT_SECRET}", value)),
    "proxy": lambda value: sound(hyperproof=f"{HYPERPROOF}    proxy: {value}"),
    "password": lambda value: sound(
        corp=CORP.replace(
            'bind: {user: "cn=bridge,dc=corp,dc=example", password: "${env:PASSWORD}"}', "bind:"
        ).replace("    bind:", f"    bind:\n      user: x\n      password: {value}")
    ),
    "store": lambda value: sound(more=f"store:\n  url: {value}"),
    "misspelt": lambda value: sound(hyperproof=f"{HYPERPROOF}    client_secrt: {value}"),
}
"""Keys where a secret belongs, and one that was meant to be such a key."""

FORMS = (
    "{0}",
    "'{0}'",
    '"{0}"',
    "[{0}]",
    "{{{0}}}",
    "{{{0}: 1}}",
    "{{{0}: 1, {0}: 2}}",
    "{{{{{0}}}}}",
    "[[{0}], x]",
    "'${{env:{0}}}'",
    "'${{file:{0}}}'",
    "'${{{0}}}'",
    "'x${{env:A}}{0}'",
    "${{env:{0}",
    "*{0}",
    "&{0} x",
    "!{0} x",
    "!{0}!x y",
    "|{0}",
    "@{0}",
    "%{0}",
    "'{0}",
    '"\\{0}"',
    "{0}: {0}",
    "\t{0}",
    "\n  {0}",
    "\n- {0}",
    "http://me:{0}@proxy",
    "http://{0}:x@proxy:99999",
    "ftp://me:{0}@proxy",
    "postgresql+psycopg://me:{0}@db/bridge?sslmode=verify-full",
    "postgresql://db/bridge?password={0}",
    "\n            {0}:\n            {0}: 1",
    "<<: {0}",
)
"""Ways to write it, sound YAML and not."""

SECRETS = st.text("abcdefghkmnpqrstuvwxyzABCDEFG23456789_", min_size=12, max_size=24).filter(str.isidentifier)


@pytest.mark.parametrize("place", PLACES)
@settings(deadline=None)
@example("aaaa_hunter2_aaaa", "{{{0}: 1, {0}: 2}}")
@given(SECRETS, st.sampled_from(FORMS))
def test_no_message_repeats_a_secret(place: str, secret: str, form: str) -> None:
    """Whatever is wrong with it, neither the sentences nor the key paths hold it."""
    assume(not secret.isupper())  # `${env:NAME}` in capitals is a name, and is told
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), PLACES[place](form.format(secret)))
        try:
            configuration = load(path, ENVIRON)
        except ConfigError as error:
            shown = f"{error} {error.args!r} {error.problems!r}"
        else:
            shown = f"{configuration!r} {configuration.model_dump_json()} {configuration.warnings}"
    assert secret not in shown
