"""Whatever stands in a file, it is a configuration or it has problems; it is never a traceback."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.config import Configuration, load
from bridge.config.document import Place, Plain, read_document
from bridge.config.policy import policy
from bridge.errors import ConfigError, Problem
from tests.config.files import written

WHOLE = read_document(Path("config/every-key.yaml")).data
ENVIRON = {"HYPERPROOF_CLIENT_ID": "id", "HYPERPROOF_CLIENT_SECRET": "secret", "LDAP_PASSWORD": "password"}


def places(value: Plain, place: Place = ()) -> Iterator[Place]:
    """Every place in a document."""
    yield place
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*place, step))


def replaced(value: Plain, place: Place, other: Plain) -> Plain:
    """The document with something else at a place."""
    if not place:
        return other
    first, rest = place[0], place[1:]
    if isinstance(value, list):
        return [replaced(item, rest, other) if n == first else item for n, item in enumerate(value)]
    assert isinstance(value, dict)
    return {key: replaced(item, rest, other) if key == first else item for key, item in value.items()}


WORDS = st.sampled_from(
    (
        "",
        " ",
        "none",
        "corp",
        "any",
        "all",
        "except",
        "cn=x",
        "(a=b)",
        "((",
        "{",
        "{name}",
        "(?P<x>",
        "\\",
        "\x00",
        "a\nb",
        "${env:",
        "${env:X}",
        "${file:/dev/zero}",
        "${file:\x00}",
        "${file:.}",
        "ldap://[",
        "http://a:b",
        "https://x:99999",
        "ldaps://",
        "1s",
        "99999999d",
        "a@b",
        "é",
    )
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@example(("hyperproof", "client_secret"), "${file:\x00}")
@example(("groups", 1, "for_each", "corp"), "(?P<x>" * 50)
@given(st.sampled_from(sorted(places(WHOLE), key=str)), ANYTHING)
def test_anything_is_a_configuration_or_has_problems(place: Place, value: Plain) -> None:
    """A sound document with anything put anywhere: all that comes of it is foreseen."""
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(replaced(WHOLE, place, value)).replace("/etc/hyperproof-bridge", folder)
        for name in ("client_secret", "ca.pem", "client.pem", "client.key"):
            (Path(folder) / name).write_text("made up")
        outcome = result(written(Path(folder), text))
    if isinstance(outcome, Configuration):
        assert policy(outcome).config_hash
    else:
        assert outcome
        assert all(p.line >= 1 and p.key and p.what.endswith(".") and p.remedy for p in outcome)


def result(path: Path) -> Configuration | tuple[Problem, ...]:
    """The configuration, or what is wrong with it."""
    try:
        return load(path, ENVIRON)
    except ConfigError as error:
        return error.problems
