from dataclasses import replace

import pytest

from bridge.core.model import IdSpace
from bridge.targets.hyperproof import open_hyperproof
from bridge.targets.settings import REGIONS, HyperproofSettings, IdSpaceSetting
from bridge.transport.client import Patience
from bridge.transport.settings import address_problem
from tests.targets.scripted import settings
from tests.transport.virtual import VirtualClock


def test_usable_settings_have_no_problem() -> None:
    """Neither do the defaults with credentials: the United States."""
    assert settings().problems() == ()
    assert HyperproofSettings("client", lambda: "s").problems() == ()


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_has_an_api(region: str) -> None:
    """Each at an address that a token may go to, without a slash at its end."""
    assert address_problem(REGIONS[region].api_url) == ""
    assert REGIONS[region].api_url.endswith("/v1")


@pytest.mark.parametrize("region", ["eu", "gov"])
def test_token_url_of_other_regions_is_not_guessed(region: str) -> None:
    """The vendor does not publish it, and a guess would send the secret to somebody."""
    wrong = replace(settings(), api_url=REGIONS[region].api_url, token_url=REGIONS[region].token_url)
    ((key, problem),) = wrong.problems()
    assert key == "token_url"
    assert "is not stated" in problem


def test_all_problems_at_once() -> None:
    """An operator mends a file once."""
    wrong = replace(settings(), client_id="", api_url="http://api.example/v1", token_url="accounts.example")
    assert [key for key, _ in wrong.problems()] == ["client_id", "api_url", "token_url"]


def test_nothing_is_opened_with_wrong_settings() -> None:
    """Also where nobody has asked for the problems before."""
    with pytest.raises(ValueError, match=r"hyperproof\.api_url is plain http"):
        open_hyperproof(replace(settings(), api_url="http://api.example/v1"), Patience.of(VirtualClock()))


@pytest.mark.parametrize(("setting", "space"), [("auto", None), ("userId", IdSpace.USER_ID), ("id", IdSpace.ID)])
def test_id_space_setting(setting: str, space: IdSpace | None) -> None:
    """The words of the configuration."""
    assert IdSpaceSetting(setting).stated is space


def test_secret_is_not_printed() -> None:
    """Not even where to get it from."""
    assert "secret" not in repr(settings())
