"""The demo: the real commands on a company with two directories, to a good end, and nothing stays behind."""

import re
import tempfile
from pathlib import Path
from typing import Final

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox import company, hybrid
from bridge.sandbox.graph import DEFAULT_CLIENT_SECRET as ENTRA_SECRET
from bridge.sandbox.hyperproof import DEFAULT_CLIENT_SECRET
from tests.cli.processes import Ended, Order, run
from tests.cli.scene import SPARED

pytestmark = pytest.mark.e2e

LDAP_GROUP: Final = company.group_dn(hybrid.OWNERS)


@pytest.fixture(scope="module")
def demo() -> Ended:
    """The demo, told to its end. It leaves nothing in the folder for what is temporary."""
    with tempfile.TemporaryDirectory() as folder:
        ended = run(Order(["demo"], Path(folder), {"TMPDIR": folder, **SPARED}))
        left = list(Path(folder).iterdir())
    assert left == []
    return ended


def test_every_scene_ends_as_told(demo: Ended) -> None:
    """Each checks its own outcome; one that went otherwise would have ended the demo."""
    assert (demo.code, demo.err) == (Exit.OK, "")
    assert "nothing is left on this machine" in demo.out


def test_one_managed_group_is_fed_by_both_directories(demo: Ended) -> None:
    """Who is in both has one account, and stays while one has him; who is in Entra alone comes and goes."""
    scene = demo.out[demo.out.index("Both directories feed") : demo.out.index("Somebody puts")]
    before, explained = demo.out[: demo.out.index(scene)], scene[: scene.index("He is taken out")]
    assert f"through corp: {LDAP_GROUP}" in explained
    assert f"through cloud: {hybrid.REVIEWERS}" in explained
    assert explained.count(f"is {company.address(hybrid.IN_BOTH)}, by the address") == 2
    assert _changes(before, company.address(hybrid.IN_BOTH)) == {"+"}
    assert _changes(before, hybrid.CONTRACTOR_ADDRESS) == {"+"}
    assert _changes(scene, company.address(hybrid.IN_BOTH)) == set()
    assert _changes(scene, hybrid.CONTRACTOR_ADDRESS) == {"-"}


def test_no_secret_is_told(demo: Ended) -> None:
    """Not those of either directory, and not Hyperproof's."""
    for secret in (company.READER_PASSWORD, ENTRA_SECRET, DEFAULT_CLIENT_SECRET):
        assert secret not in demo.text


def _changes(told: str, address: str) -> set[str]:
    """What became of an account in the group, by the signs in the tables."""
    return set(re.findall(rf"^ {hybrid.GROUP} +([-+*]) +{re.escape(address)} ", told, re.MULTILINE))
