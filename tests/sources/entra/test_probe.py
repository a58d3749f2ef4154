"""What `check` is told of a tenant."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.errors import Denied
from bridge.sandbox.graph import BRIDGE, DEFAULT_CLIENT_ID, GROUPS, USERS, EntraSandbox, Fault, Nulls, Tenant
from bridge.sources.entra.probing import roles_in
from bridge.sources.entra.settings import Certificate, ClientSecret, Credential
from bridge.sources.entra.source import open_entra
from bridge.sources.probe import Probe
from tests.sources.entra.tenants import settings


@pytest.fixture
def entra() -> Iterator[EntraSandbox]:
    """A tenant with a group and a user."""
    tenant = Tenant()
    tenant.add_group("All", [tenant.add_user("Anna")])
    with EntraSandbox(tenant) as sandbox:
        yield sandbox


def probe(entra: EntraSandbox, folder: Path, credential: Credential | None = None) -> Probe:
    """Look at it."""
    chosen = settings(entra, folder, **({"credential": credential} if credential else {}))
    with open_entra(chosen, SystemClock()) as source:
        return source.probe()


def test_a_tenant_that_is_set_up_is_told_of(entra: EntraSandbox, tmp_path: Path) -> None:
    """Who signed in, what the token carries, what can be read; nothing to complain of."""
    found = probe(entra, tmp_path)
    assert found.server == f"{entra.url}/v1.0"
    assert found.findings[0] == f"signed in as the application {DEFAULT_CLIENT_ID} of tenant {entra.tenant.id}"
    assert f"permissions in the token: {GROUPS}, Member.Read.Hidden, {USERS}" in found.findings
    assert found.findings[-2:] == ("groups can be read", "users can be read")
    assert (found.warnings, found.failures) == ((), ())


@pytest.mark.parametrize("role", [GROUPS, USERS])
def test_a_missing_consent_is_a_failure_with_its_remedy(entra: EntraSandbox, tmp_path: Path, role: str) -> None:
    """By its effect; the other one is looked at all the same."""
    entra.applications.consent(DEFAULT_CLIENT_ID, role, granted=False)
    found = probe(entra, tmp_path)
    (failure,) = found.failures
    assert role in failure
    assert "grant admin consent" in failure
    assert sum("can be read" in finding for finding in found.findings) == 1


def test_users_without_their_state_are_a_failure(entra: EntraSandbox, tmp_path: Path) -> None:
    """As with User.ReadBasic.All, which shows names and not who is disabled."""
    entra.faults.add(Fault(Nulls(names=("accountEnabled",)), path="/users$"))
    (failure,) = probe(entra, tmp_path).failures
    assert "which users are disabled" in failure
    assert USERS in failure


def test_more_than_is_needed_is_a_warning(entra: EntraSandbox, tmp_path: Path) -> None:
    """The bridge writes nothing in a directory."""
    entra.applications.consent(DEFAULT_CLIENT_ID, "Group.ReadWrite.All")
    (warning,) = probe(entra, tmp_path).warnings
    assert "Group.ReadWrite.All" in warning
    assert "API permissions" in warning


@pytest.mark.parametrize(("days", "warned"), [(29, True), (90, False)])
def test_a_certificate_that_ends_soon_is_a_warning(
    entra: EntraSandbox, tmp_path: Path, days: int, *, warned: bool
) -> None:
    """A month before; the day is told in any case."""
    pair = entra.certificates.issue("bridge", life=timedelta(days=days))
    entra.applications.put(replace(BRIDGE, certificates=(pair.certificate,)))
    file = tmp_path / "app.pem"
    file.write_text(pair.key_pem() + pair.certificate_pem)
    found = probe(entra, tmp_path, Certificate(file))
    until = f"the certificate is good until {pair.certificate.not_valid_after_utc:%Y-%m-%d}"
    assert until in found.findings
    assert [warning.startswith(until) for warning in found.warnings] == [True] * warned


def test_an_empty_tenant_is_a_warning(tmp_path: Path) -> None:
    """It may be another one than was meant."""
    with EntraSandbox(Tenant()) as entra:
        found = probe(entra, tmp_path)
    assert [warning.partition(":")[0] for warning in found.warnings] == [
        "Graph shows no groups",
        "Graph shows no users",
    ]


def test_a_refused_sign_in_is_an_error(entra: EntraSandbox, tmp_path: Path) -> None:
    """There is nothing more to look at."""
    with pytest.raises(Denied, match="AADSTS7000215"):
        probe(entra, tmp_path, ClientSecret(lambda: "wrong"))


def jwt(claims: object) -> str:
    """A token that carries these claims."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{payload}.signature"


@pytest.mark.parametrize(
    ("token", "roles"),
    [
        (jwt({"roles": ["B", "A"]}), ("A", "B")),
        (jwt({"roles": []}), ()),
        (jwt({}), ()),
        (jwt([]), ()),
        (jwt({"roles": 7}), ()),
        ("opaque", ()),
        ("a.b", ()),
        ("a.%%%.c", ()),
        ("a.äöü.c", ()),
    ],
)
def test_a_token_need_not_show_anything(token: str, roles: tuple[str, ...]) -> None:
    """It is Graph's to read; what is not as expected is left alone."""
    assert roles_in(token) == roles
