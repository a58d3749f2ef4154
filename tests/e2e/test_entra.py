"""The command against a tenant of Entra ID: read whole, it is obeyed; read in part, it removes nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox.graph import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, GROUPS, USERS, Fault, Refuse
from tests.cli.scene import deeds
from tests.e2e.cloud import AUDITORS, EVERYBODY, LEFT, Cloud, cloud
from tests.e2e.truth import assert_evidence_is_whole, assert_failed, records_of

pytestmark = pytest.mark.e2e


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Cloud]:
    """The company, before its first run."""
    with cloud(tmp_path) as made:
        yield made


def _assert_in_sync(company: Cloud) -> None:
    assert company.members("Everybody") == EVERYBODY
    assert company.members("Auditors") == AUDITORS
    assert_evidence_is_whole(company)


def _assert_nobody_removed(company: Cloud) -> None:
    assert [deed for deed in deeds(company) if deed[0] == "member.removed"] == []
    assert {LEFT} <= company.members("Everybody")
    assert_evidence_is_whole(company)


def test_a_tenant_is_obeyed(company: Cloud) -> None:
    """Checked, synchronized, and found in sync: through nested groups, without the disabled, with the guest."""
    checked = company.run("check")
    assert checked.code == Exit.OK, checked.text
    ended = company.run("sync", "--detailed-exitcode")
    assert ended.code == Exit.CHANGED, ended.text
    _assert_in_sync(company)
    assert company.run("sync", "--detailed-exitcode").code == Exit.OK
    (read, *_) = records_of(company, "source.read")
    assert "client-request-id" in str(read["searches"])
    staff = next(record for record in records_of(company, "group.read") if "Staff" in str(record["group"]))
    assert (staff["people"], staff["disabled"], staff["others"]) == (39, 1, 1)


def test_a_small_tenant_takes_few_calls(company: Cloud) -> None:
    """Where tokens are issued, a token, one batch to find the groups, one for their members."""
    company.run("plan")
    on_the_wire = [one.path.rpartition("/")[2] for one in company.entra.requests if not one.batch]
    assert on_the_wire == ["openid-configuration", "token", "$batch", "$batch"]


def test_check_tells_what_the_token_allows(company: Cloud) -> None:
    """In the words of the portal."""
    told = company.run("check")
    assert GROUPS in told.text
    assert USERS in told.text


@pytest.mark.parametrize(("role", "code"), [(GROUPS, Exit.UNREADABLE), (USERS, Exit.DOUBT)])
def test_a_missing_consent_is_told_and_removes_nobody(company: Cloud, role: str, code: Exit) -> None:
    """By its effect, with the permission and where to grant it; hidden people are never taken for nobody."""
    company.entra.applications.consent(DEFAULT_CLIENT_ID, role, granted=False)
    assert_failed(company.run("check"), Exit.UNREADABLE, role, "admin consent")
    assert_failed(company.run("sync"), code, role)
    _assert_nobody_removed(company)
    company.entra.applications.consent(DEFAULT_CLIENT_ID, role)
    assert company.run("sync").code == Exit.OK
    _assert_in_sync(company)


def test_a_wrong_secret_is_told_with_its_remedy(company: Cloud) -> None:
    """And is itself told nowhere."""
    company.environ["ENTRA_SECRET"] = "wrong-and-secret"
    for command in ("check", "sync"):
        ended = company.run(command)
        assert_failed(ended, Exit.UNREADABLE, "AADSTS7000215", "copy the secret's")
        assert "wrong-and-secret" not in ended.text
    assert "wrong-and-secret" not in company.audit.read_text()
    _assert_nobody_removed(company)
    company.environ["ENTRA_SECRET"] = DEFAULT_CLIENT_SECRET
    assert company.run("sync").code == Exit.OK
    _assert_in_sync(company)


def test_a_group_that_is_gone_stops_its_own_managed_group_alone(company: Cloud) -> None:
    """Nobody is taken out of it; the others are served."""
    company.entra.tenant.delete("Staff")
    assert_failed(company.run("sync"), Exit.DOUBT, "there is no group with the display name 'Staff'")
    assert LEFT in company.members("Everybody")
    assert company.members("Auditors") == AUDITORS


def test_a_group_is_named_once(company: Cloud) -> None:
    """Whoever renames groups puts no other in its place: it is read by its id after the first time."""
    assert company.run("sync").code == Exit.OK
    staff = company.entra.tenant.find("Staff")
    company.entra.tenant.change(staff, displayName="Personnel")
    company.entra.tenant.add_group("Staff", [company.entra.tenant.add_user(LEFT)])
    assert company.run("check").code == Exit.OK
    assert company.run("sync", "--detailed-exitcode").code == Exit.OK
    _assert_in_sync(company)
    company.entra.tenant.purge(staff)
    assert_failed(company.run("sync"), Exit.DOUBT, "'Staff' was the group", staff.id)
    _assert_in_sync(company)


def test_a_tenant_that_is_away_changes_nothing(company: Cloud) -> None:
    """The run says so, and the next does what is due."""
    company.entra.faults.add(Fault(Refuse(403, "Forbidden"), path="/v1.0/", count=0))
    assert_failed(company.run("sync"), Exit.UNREADABLE)
    _assert_nobody_removed(company)
    assert records_of(company, "source.failed")
    company.entra.faults.clear()
    assert company.run("sync").code == Exit.OK
    _assert_in_sync(company)
