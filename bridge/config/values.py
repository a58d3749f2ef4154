"""What one value may be. Each type says what is wrong in our words, and never repeats a secret."""

import re
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    Strict,
    StrictBool,
    StrictInt,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from bridge.config.references import (
    HOW_TO_REFER,
    SHAPE,
    Reference,
    Secret,
    Surroundings,
    reference,
    resembles_reference,
)
from bridge.core.model import Email, email
from bridge.errors import ConfigError

OURS: Final = "bridge"
"""The type of errors that carry their sentences with them."""

SEALED: Final = "bridge_secret"
"""The same, of a secret: nothing inside its value may be spoken of."""

SHOWN: Final = "{shown}"
"""Stands in a sentence for the value as the file has it; never for what a reference led to."""


def wrong(what: str, remedy: str) -> PydanticCustomError:
    """Say what is wrong with a value, and what to write instead. `{shown}` in `what` becomes the value."""
    return PydanticCustomError(OURS, "wrong value", {"what": what, "remedy": remedy})


def sealed(what: str, remedy: str) -> PydanticCustomError:
    """Say the same of a secret: its value is never shown."""
    return PydanticCustomError(SEALED, "wrong secret", {"what": what, "remedy": remedy})


# ---- texts ---------------------------------------------------------------------------------------------


def surroundings(info: ValidationInfo) -> Surroundings:
    """Take the surroundings of the file being read; without a file there are none."""
    return info.context if isinstance(info.context, Surroundings) else Surroundings({}, Path())


def text_value(value: object, info: ValidationInfo) -> str:
    """Take a value for a text; a reference for the text that it leads to."""
    if not isinstance(value, str):
        remedy = "Put it in quotes." if isinstance(value, int | float) else "Write one text."
        raise wrong(f"{SHOWN} is not a text.", remedy)
    source = reference(value, surroundings(info))
    if source is None and resembles_reference(value):
        raise wrong(f"{SHOWN} looks like a reference, but is not one from end to end.", HOW_TO_REFER)
    return _one_line(_referenced(source) if source else value)


def _one_line(text: str) -> str:
    trimmed = text.strip()
    if not trimmed:
        raise wrong("The text is empty.", "Write a value, or leave the key out.")
    if re.search(r"[\x00-\x1f\x7f]", trimmed):
        raise wrong("The text has a line break or a control character in it.", "Write it in one line.")
    return trimmed


def _referenced(source: Reference) -> str:
    try:
        return source.read()
    except ConfigError as error:
        problem = error.problems[0]
        raise wrong(problem.what, problem.remedy) from None


Text: TypeAlias = Annotated[str, BeforeValidator(text_value)]
"""Any text with something in it; trimmed; may be given by reference."""


def _secret(value: object, info: ValidationInfo) -> Secret:
    if not isinstance(value, str):
        raise sealed("A secret is given by reference, and this is none.", HOW_TO_REFER)
    source = reference(value, surroundings(info))
    if source is None:
        raise sealed(_no_reference(value), HOW_TO_REFER)
    try:
        secret = Secret(source.read(), source)
        warn(info, source.read_exposure())
    except ConfigError as error:
        problem = error.problems[0]
        raise sealed(problem.what, problem.remedy) from None
    return secret


def _no_reference(value: str) -> str:
    if not value.strip():
        return "The secret is empty."
    if resembles_reference(value):
        return "This looks like a reference, but is not one."
    return "A secret stands here in plain text. Take it out of the file, and change it where it is valid."


def warn(info: ValidationInfo, warning: str) -> None:
    """Let the file be told of with this warning; none if it is empty."""
    if warning:
        surroundings(info).warnings[warning] = None


_REFERENCE_SCHEMA: Final = {"type": "string", "pattern": f"^{SHAPE}$"}

SecretText: TypeAlias = Annotated[
    Secret, PlainValidator(_secret), PlainSerializer(str), WithJsonSchema(_REFERENCE_SCHEMA)
]
"""A secret, by reference only."""


def checked(pattern: str, what: str, remedy: str) -> AfterValidator:
    """Check that a text looks like this."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise wrong(what, remedy)
        return text

    return AfterValidator(check)


Label: TypeAlias = Annotated[
    Text,
    checked(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        f"{SHOWN} is not a label.",
        "Write up to 64 letters, digits, dots, dashes and underscores.",
    ),
]
"""A short name that can stand in file names and records."""


HeaderName: TypeAlias = Annotated[
    Text,
    checked(
        r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", f"{SHOWN} is not the name of a header.", "Write one such as Authorization."
    ),
]
"""The name of an HTTP header."""


def _email(text: str) -> Email:
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text):
        raise wrong(f"{SHOWN} is not an e-mail address.", "Write one such as anna.smith@corp.example.")
    return email(text)


Address: TypeAlias = Annotated[Text, AfterValidator(_email)]
"""An e-mail address; case does not matter."""

NO_LEAD: Final = "none"
"""What is written for the lead of a group that shall have none."""


OWNER_LEAD: Final = "owner"
"""What is written for the lead of a group that shall be led by who owns its directory groups."""


def _lead(text: str) -> str:
    return text if text in {NO_LEAD, OWNER_LEAD} else _email(text)


Lead: TypeAlias = Annotated[Text, AfterValidator(_lead)]
"""An e-mail address, or one of the words `owner` and `none`."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        reason = error.msg if isinstance(error, re.error) else "it is too large"
        raise wrong(
            f"The regular expression cannot be used: {reason}.", "Write it as Python's `re` does."
        ) from None
    return text


Pattern: TypeAlias = Annotated[Text, AfterValidator(_pattern)]
"""A regular expression, matched against a whole name."""


ID_SHAPE: Final = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""A UUID, as directories write the ids of groups."""


# ---- figures -------------------------------------------------------------------------------------------

Flag: TypeAlias = StrictBool
Count: TypeAlias = Annotated[StrictInt, Field(ge=0)]
Percent: TypeAlias = Annotated[float, Strict(), Field(ge=0, le=100, allow_inf_nan=False)]
