"""The modes as settings: their names, their texts, their errors."""

import dataclasses
from pathlib import Path

import pytest

from bridge.sandbox.hyperproof import ModeError, Modes, mode_choices, parse_modes
from bridge.sandbox.hyperproof.modes import DEFAULT_MODES, change_modes
from tests.sandbox.hyperproof.api import Api

NAMES = [field.name for field in dataclasses.fields(Modes)]


def test_texts_become_values() -> None:
    """Modes are read from `key=value`."""
    modes = parse_modes(["id_space=id", "stale_seconds=2.5", "list_cap = 100", "lead_joins=true", "expires_in=5"])
    assert modes == Modes(id_space="id", stale_seconds=2.5, list_cap=100, lead_joins=True, expires_in=5)


def test_no_texts_are_the_defaults() -> None:
    """Modes that are not named have their defaults."""
    assert parse_modes([]) == Modes()


@pytest.mark.parametrize("text", ["absent", "none", "null"])
def test_absent(text: str) -> None:
    """A life that is not told is written `absent`."""
    assert parse_modes([f"expires_in={text}"]).expires_in is None


def test_status_as_number() -> None:
    """A status may come as a number, as it would in JSON."""
    assert change_modes(DEFAULT_MODES, {"name_conflict": 400}).name_conflict == "400"


def test_unknown_mode() -> None:
    """An unknown mode is an error with the nearest name."""
    with pytest.raises(ModeError, match=r"There is no mode 'id_spcae'\. Did you mean 'id_space'\?"):
        parse_modes(["id_spcae=id"])


@pytest.mark.parametrize(
    ("setting", "choices"),
    [
        ("id_space=email", "userId | id"),
        ("list_cap=-1", "a number from 0 up"),
        ("list_cap=many", "a number from 0 up"),
        ("throttle_every=0", "a number from 1 up"),
        ("lead_joins=perhaps", "true | false"),
        ("expires_in=soon", "a number from 0 up | absent"),
    ],
)
def test_impossible_value(setting: str, choices: str) -> None:
    """An impossible value is an error that names those possible."""
    with pytest.raises(ModeError) as error:
        parse_modes([setting])
    assert str(error.value).endswith(f"it can be {choices}.")


def test_no_equals_sign() -> None:
    """A text without `=` is an error with an example."""
    with pytest.raises(ModeError, match="not of the form key=value, such as id_space=id"):
        parse_modes(["id_space"])


def test_every_mode_has_choices() -> None:
    """Every mode can be described."""
    assert list(mode_choices()) == NAMES


def test_change_while_running(api: Api) -> None:
    """A changed mode counts from the next request on; an impossible change leaves all as it was."""
    api.sandbox.set_modes(write_status="201")
    assert api.add("Auditors", api.user_id("Erik")).status_code == 201
    with pytest.raises(ModeError):
        api.sandbox.set_modes(write_status="202")
    assert api.sandbox.modes == Modes(write_status="201")


@pytest.mark.parametrize("name", NAMES)
def test_every_mode_is_tested(name: str) -> None:
    """No mode is without a test that sets it."""
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_modes_*.py"))
    assert f"{name}=" in tests
