import io
import json
import logging
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bridge.logs import (
    CLOSED,
    NOISY,
    Cleaner,
    set_up,
)
from bridge.redaction import REDACTED, SECRET_LENGTH, Secrets, is_invisible, register_secret

SECRET = 'hunter2-Zz"9/ü'

SIGNING_IN = f"signing in with {SECRET}"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Logging is one for the whole process: put everything back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in (*NOISY, *CLOSED)}
    yield
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


class Output:
    """What is logged."""

    def __init__(self, form: str, level: str = "info", secrets: Secrets | None = None) -> None:
        self.stream = io.StringIO()
        set_up(level, form, self.stream, secrets or Secrets())

    @property
    def text(self) -> str:
        """All of it."""
        return self.stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        """Each line as JSON."""
        return [json.loads(line) for line in self.text.splitlines()]


def with_secret() -> Secrets:
    """Secrets with one in them."""
    secrets = Secrets()
    secrets.register(SECRET)
    return secrets


def fail(reason: str) -> None:
    """Raise an error from an error."""
    raise RuntimeError("it broke") from ValueError(reason)


def without_q(text: str) -> bool:
    """Whether a text has no Q in it."""
    return "Q" not in text


class TestLines:
    def test_an_event_is_one_json_object(self) -> None:
        """With its level, time, logger and facts."""
        output = Output("json")
        structlog.get_logger("bridge.x").info(
            "run.finished", outcome="done", added=3, share=0.5, names=("ä", None)
        )
        (event,) = output.events
        assert event.pop("timestamp").endswith("Z")
        assert event == {
            "event": "run.finished", "level": "info", "logger": "bridge.x", "outcome": "done", "added": 3,
            "share": 0.5, "names": ["ä", None],
        }  # fmt: skip

    def test_libraries_log_the_same_way(self) -> None:
        """What comes through the standard library has the same form."""
        output = Output("json")
        logging.getLogger("somebody").warning("lost %s of %d", "page", 7)
        (event,) = output.events
        assert (event["event"], event["level"], event["logger"]) == ("lost page of 7", "warning", "somebody")

    def test_warnings_are_logged(self) -> None:
        """Python's own warnings are lines like any other."""
        output = Output("json")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(capture=True)
            warnings.warn("old ways", stacklevel=1)
            logging.captureWarnings(capture=False)
        assert "old ways" in output.events[0]["event"]

    @pytest.mark.parametrize(("level", "count"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
    def test_the_level_is_the_least_that_is_logged(self, level: str, count: int) -> None:
        """And nothing below it."""
        output = Output("json", level)
        log = structlog.get_logger("bridge")
        log.debug("a")
        log.info("b")
        log.warning("c")
        assert len(output.events) == count

    def test_libraries_that_log_each_step_are_heard_when_debugging(self) -> None:
        """And only then."""
        for level, count in (("info", 0), ("debug", 1)):
            output = Output("json", level)
            logging.getLogger("alembic").info("a step")
            assert len(output.events) == count

    def test_a_library_that_quotes_answers_is_not_heard(self) -> None:
        """Not even when debugging: what it quotes may be a token."""
        output = Output("json", "debug")
        logging.getLogger("msal.managed_identity").debug("unexpected payload: a token")
        logging.getLogger("httpx").info("HTTP Request: POST https://made.example/an-address-that-is-a-secret")
        logging.getLogger("httpcore.http11").debug("receive_response_headers (b'set-cookie', b'session=secret')")
        logging.getLogger("msal").warning("heard")
        assert [event["event"] for event in output.events] == ["heard"]

    def test_setting_up_again_does_not_double_lines(self) -> None:
        """As a reload does."""
        Output("json")
        output = Output("json")
        structlog.get_logger("bridge").info("once")
        assert len(output.events) == 1

    def test_a_traceback_is_text_inside_the_object(self) -> None:
        """On the same line, without local variables."""
        output = Output("json")
        try:
            fail("local trouble")
        except RuntimeError:
            structlog.get_logger("bridge").exception("bug.met")
        (event,) = output.events
        assert "ValueError: local trouble" in event["exception"]
        assert "reason = " not in event["exception"]

    def test_auto_is_json_where_nobody_looks(self) -> None:
        """A stream that is no terminal is read by programs."""
        output = Output("auto")
        structlog.get_logger("bridge").info("run.started")
        assert output.events[0]["event"] == "run.started"

    def test_a_value_that_cannot_say_what_it_is_does_not_stop_the_log(self) -> None:
        """Its type is logged instead."""

        class Shy:
            def __repr__(self) -> str:
                raise ValueError("no")

        output = Output("json")
        structlog.get_logger("bridge").info("met", who=Shy(), far=float("inf"))
        assert (output.events[0]["who"], output.events[0]["far"]) == ("<Shy>", "inf")


class TestSecrets:
    @pytest.mark.parametrize("form", ["json", "console"])
    @pytest.mark.parametrize(
        "log",
        [
            lambda log: log.info(SIGNING_IN),
            lambda log: log.info("signed.in", value=SECRET, nested={"a": [{SECRET: SECRET}]}, kept={SECRET}),
            lambda log: log.info("signed.in", error=ValueError(SECRET), raw=SECRET.encode("latin-1")),
            lambda log: log.info("signed.in", text=repr({"x": SECRET}), other=json.dumps(SECRET)),
            lambda log: log.info("signed.in", url=f"https://h/?p={quote(SECRET, safe='')}"),
            lambda log: log.info("signed.in", header="Basic " + b64encode(SECRET.encode()).decode()),
            lambda _: logging.getLogger("ldap3").warning("bound with %s", SECRET),
            lambda _: logging.getLogger("ldap3").warning("bound with %r", {"x": SECRET}),
            lambda log: log.bind(bound=SECRET).info("signed.in"),
        ],
    )
    def test_a_registered_one_is_nowhere(self, form: str, log: Callable[[Any], None]) -> None:
        """Not in the event, not in a value at any depth, not quoted, escaped or encoded, not from a library."""
        output = Output(form, secrets=with_secret())
        log(structlog.get_logger("bridge"))
        assert REDACTED in output.text
        for disguise in (SECRET, "hunter2-Zz", quote(SECRET, safe=""), b64encode(SECRET.encode()).decode()):
            assert disguise not in output.text

    @pytest.mark.parametrize("form", ["json", "console"])
    def test_a_registered_one_is_in_no_traceback(self, form: str) -> None:
        """Neither in the error's text nor in that of its cause."""
        output = Output(form, secrets=with_secret())
        try:
            fail(f"refused: {SECRET}")
        except RuntimeError:
            structlog.get_logger("bridge").exception("bug.met")
            logging.getLogger("somebody").exception("bug met")
        assert output.text.count(REDACTED) == 2
        assert "hunter2" not in output.text

    @pytest.mark.parametrize(
        "name",
        ["password", "bind_password", "clientSecret", "client_secret", "access_token", "Authorization",
         "x-api-key", "APIKEY", "privateKey", "set-cookie", "credentials", "client_assertion", "pwd",
         "passphrase"],
    )  # fmt: skip
    def test_a_value_under_a_secret_name_is_never_written(self, name: str) -> None:
        """Whatever it is, at any depth, known or not."""
        output = Output("json")
        structlog.get_logger("bridge").info("x", **{name: ["never", {"seen": 1}]}, headers={name: "never"})
        (event,) = output.events
        assert (event[name], event["headers"]) == (REDACTED, {name: REDACTED})

    @pytest.mark.parametrize("name", ["token_url", "password_file", "token_type", "group", "author", "compass"])
    def test_a_value_under_a_harmless_name_is_written(self, name: str) -> None:
        """An address, a path, a name."""
        output = Output("json")
        structlog.get_logger("bridge").info("x", **{name: "seen"})
        assert output.events[0][name] == "seen"

    def test_a_short_one_is_not_taken(self) -> None:
        """It would black out half of every line; the configuration should refuse such a password."""
        secrets = Secrets()
        secrets.register("x" * (SECRET_LENGTH - 1))
        assert secrets.hide("xxxxx") == "xxxxx"

    def test_numbers_can_be_secrets(self) -> None:
        """A secret made of digits is hidden as a number as well."""
        secrets = Secrets()
        secrets.register("12345678")
        output = Output("json", secrets=secrets)
        structlog.get_logger("bridge").info("x", pin=12345678, other=7)
        assert (output.events[0]["pin"], output.events[0]["other"]) == (REDACTED, 7)

    def test_those_of_the_process_are_registered_once_for_all(self) -> None:
        """What the configuration registers is hidden in every log set up without secrets of its own."""
        register_secret("an-unlikely-secret-of-this-test")
        stream = io.StringIO()
        set_up("info", "json", stream)
        structlog.get_logger("bridge").info("an-unlikely-secret-of-this-test")
        assert json.loads(stream.getvalue())["event"] == REDACTED

    @given(
        secret=st.tuples(st.text(min_size=SECRET_LENGTH), st.text()).map("Q".join),
        before=st.text().filter(without_q),
        after=st.text().filter(without_q),
    )
    def test_no_planted_secret_survives(self, secret: str, before: str, after: str) -> None:
        """Hypothesis: a Q in the secret, none around it, and none comes out: of event, key, value or traceback."""
        secrets = Secrets()
        secrets.register(secret)
        text = before + secret + after
        cleaned = Cleaner(secrets)(
            None,
            "",
            {"event": text, text: 1, "list": [text, {text: text}], "error": KeyError(text), "exception": text},
        )
        assert without_q(json.dumps(cleaned, ensure_ascii=False))


class TestForgery:
    @pytest.mark.parametrize("form", ["json", "console"])
    @given(text=st.text())
    def test_one_event_is_one_line(self, form: str, text: str) -> None:
        """Hypothesis: no text, as event, key or value, begins another line or moves the cursor."""
        output = Output(form)
        structlog.get_logger("bridge").info("a" + text, value=text, **{"k" + text: 1})
        assert output.text.endswith("\n")
        assert not any(map(is_invisible, output.text[:-1]))

    def test_what_cannot_be_printed_is_shown(self) -> None:
        """Nothing is lost: it is written as an escape."""
        output = Output("json")
        structlog.get_logger("bridge").info("x", name="Eve\n2026 [info] all is well\x1b[2K\u202e")
        assert output.events[0]["name"] == "Eve\\n2026 [info] all is well\\x1b[2K\\u202e"

    def test_the_lines_of_a_traceback_are_marked(self) -> None:
        """For people they stand below the event, behind a bar that no event begins with."""
        output = Output("console")
        try:
            fail("first\nsecond [info] forged\x1b[2K")
        except RuntimeError:
            structlog.get_logger("bridge").exception("bug.met")
        first, *rest = output.text.splitlines()
        assert "bug.met" in first
        assert rest
        assert all(line.startswith("    | ") for line in rest)
        assert "\x1b" not in output.text
