"""`plan --against` with a tenant of Entra ID: what an edit does, and never more for sure than was read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox.graph import DEFAULT_CLIENT_ID, USERS
from tests.cli.reviews import effects, keep_as_main, keys, outcome, review
from tests.e2e.cloud import GUEST, LEFT, STAFF, Cloud, cloud
from tests.e2e.truth import assert_failed

pytestmark = pytest.mark.e2e


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Cloud]:
    """The company in sync."""
    with cloud(tmp_path) as made:
        keep_as_main(made)
        yield made


def test_another_group_takes_from_everybody_who_is_not_in_it(company: Cloud) -> None:
    """With the line."""
    company.edit("{cloud: Staff}", "{cloud: Night}")
    code, told = review(company)
    assert code == Exit.LOSING
    assert outcome(told) == {("Everybody", name): ("loses", True) for name in STAFF[:20]}
    assert keys(told) == {"groups[0].members.cloud"}


def test_the_same_group_by_its_object_id_does_nothing(company: Cloud) -> None:
    """Another way to name it is an edit without an effect."""
    company.edit("{cloud: Staff}", f"{{cloud: {company.entra.tenant.find('Staff').id}}}")
    code, told = review(company)
    assert (code, effects(told), len(told["edits"])) == (Exit.OK, {}, 1)


@pytest.mark.parametrize(
    ("setting", "who"),
    [
        ("guests: false", {("Auditors", GUEST)}),
        ("nested: false", {("Everybody", name) for name in STAFF[20:39]}),
    ],
    ids=["guests", "nested"],
)
def test_whom_a_setting_of_the_tenant_leaves_out_loses_by_its_line(
    company: Cloud, setting: str, who: set[tuple[str, str]]
) -> None:
    """It is read both ways, and nobody else is touched."""
    company.configure(more=setting)
    code, told = review(company)
    assert code == Exit.LOSING
    assert outcome(told) == dict.fromkeys(who, ("loses", True))
    assert keys(told) == {f"directories.cloud.{setting.partition(':')[0]}"}


def test_a_setting_of_how_it_is_read_does_nothing(company: Cloud) -> None:
    """However long a full read serves."""
    company.configure(more="full_read_every: 1h")
    code, told = review(company)
    assert (code, effects(told)) == (Exit.OK, {})


def test_what_the_tenant_does_is_no_effect_of_the_edit(company: Cloud) -> None:
    """Somebody was disabled meanwhile: it would happen without the edit, too."""
    company.entra.tenant.change("p05", accountEnabled=False)
    company.edit("members: {cloud: Staff}", "members: [{cloud: Staff}, {cloud: Audit}]")
    code, told = review(company)
    assert code == Exit.EDITED
    assert outcome(told) == {("Everybody", GUEST): ("gains", True)}
    assert set(effects(told, "directory")) == {("Everybody", "p05")}


def test_a_group_that_is_not_there_takes_nothing_for_certain(company: Cloud) -> None:
    """Nobody is told as losing for sure."""
    company.edit("{cloud: Staff}", "{cloud: Stuff}")
    code, told = review(company)
    assert code == Exit.LOSING
    assert set(outcome(told).values()) == {("loses", False)}
    assert LEFT not in {who for _, who in outcome(told)}


def test_people_that_are_hidden_take_nothing_for_certain(company: Cloud) -> None:
    """Without the consent to read users, nobody is told as losing for sure."""
    company.entra.applications.consent(DEFAULT_CLIENT_ID, USERS, granted=False)
    company.edit("{cloud: Staff}", "{cloud: Night}")
    _, told = review(company)
    assert outcome(told)
    assert all(not sure for _, sure in outcome(told).values())


def test_a_secret_that_is_refused_is_told(company: Cloud) -> None:
    """No review comes of a tenant that cannot be read."""
    company.environ["ENTRA_SECRET"] = "wrong-and-secret"
    company.edit("{cloud: Staff}", "{cloud: Night}")
    ended = company.run("plan", "--against", "main.yaml")
    assert_failed(ended, Exit.UNREADABLE, "not whole", "AADSTS7000215")
    assert "wrong-and-secret" not in ended.text
